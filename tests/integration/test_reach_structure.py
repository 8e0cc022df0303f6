"""Every table, role and rule is accounted for: what the database's catalogue says is what the rules say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import text
from tests.conftest import Databases

from accord.reach.rules import RULES, Rule
from accord_config.database import NOBODY, Role

ROLES = (Role.WEB, Role.WORKER, Role.GATE)
WITHOUT_ROW_SECURITY: Mapping[str, str] = {
    "alembic_version": "the schema's revision",
    "audit_pending": "numbers of entries that wait for their seal; members can only add to it",
    "job_failures": "of the queue; only the worker and the gate, which ends access, read it",
    "plugins": "what is installed, the same for every member",
    "procrastinate_events": "of the queue; only the worker and the gate, which ends access, read it",
    "procrastinate_periodic_defers": "of the queue; only the worker and the gate, which ends access, read it",
    "procrastinate_workers": "of the queue; only the worker and the gate, which ends access, read it",
}
"""Tables whose rows are nobody's, each with the reason."""

CATALOGUE = text(
    """
    SELECT relname, relrowsecurity,
           ARRAY(SELECT DISTINCT rolname::text FROM pg_policy CROSS JOIN unnest(polroles) AS named
                 JOIN pg_roles ON pg_roles.oid = named
                 WHERE polrelid = pg_class.oid AND polcmd IN ('r', '*')) AS shown_to,
           ARRAY(SELECT rolname::text FROM pg_roles
                 WHERE rolname IN ('accord_web', 'accord_worker', 'accord_gate')
                 AND has_any_column_privilege(rolname, pg_class.oid, 'SELECT')) AS granted_to,
           EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polroles = '{0}') AS for_everybody,
           EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'organisation_id'
                   AND NOT attisdropped) AS owned
    FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
    """
)

Catalogue = dict[str, Any]


@pytest.fixture(scope="module")
def catalogue(module_database: Databases) -> Catalogue:
    with module_database(Role.OWNER).transaction(NOBODY) as session:
        return {row.relname: row for row in session.execute(CATALOGUE)}


def test_every_table_has_a_rule_and_every_rule_a_table(catalogue: Catalogue) -> None:
    assert sorted(RULES) == sorted(catalogue)
    assert list(RULES) == sorted(RULES)


def test_every_table_with_rows_of_an_organisation_has_row_security(catalogue: Catalogue) -> None:
    without = {name for name, row in catalogue.items() if not row.relrowsecurity}
    assert without == set(WITHOUT_ROW_SECURITY)
    assert not [name for name in without if catalogue[name].owned]


@pytest.mark.parametrize("table", sorted(RULES))
def test_a_role_may_read_a_table_if_a_rule_says_so_and_not_otherwise(
    table: str, catalogue: Catalogue
) -> None:
    row = catalogue[table]
    by_rule = {role.value for way in RULES[table] for role in way.roles}
    readers = set(row.granted_to)
    if row.relrowsecurity:
        readers &= set(row.shown_to)
    assert readers == by_rule
    assert not row.for_everybody


def test_rules_of_credentials_are_the_gate_s_alone() -> None:
    assert {way.rule for way in RULES["sessions"]} == {Rule.GATE}


def test_no_role_but_the_owner_s_bypasses_row_security(module_database: Databases) -> None:
    query = text(
        "SELECT rolname FROM pg_roles WHERE rolname IN ('accord_web', 'accord_worker', 'accord_gate')"
        " AND (rolsuper OR rolbypassrls OR rolcreaterole OR EXISTS (SELECT FROM pg_auth_members"
        " WHERE member = pg_roles.oid) OR EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid))"
    )
    owners = text(
        "SELECT DISTINCT rolname::text FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner"
        " WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    )
    with module_database(Role.OWNER).transaction(NOBODY) as session:
        assert session.scalars(query).all() == []
        assert session.scalars(owners).all() == [Role.OWNER.value]
