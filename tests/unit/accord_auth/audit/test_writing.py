"""Writing the audit log: what an entry holds, and that nobody who writes it can change it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.conftest import Databases, Members, PrincipalOf
from tests.unit.accord_auth.audit.conftest import TABLES, AuditLog

from accord_auth.audit.service import NOWHERE, AuditTag, Where, act_from, record
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role, Scope


def test_an_entry_says_who_what_when_where_why_and_what_changed(
    log: AuditLog, organisations: Members, principal_of: PrincipalOf
) -> None:
    person = principal_of(organisations.company, PersonRole.INVESTIGATOR)
    act_from(Where("192.0.2.7", "Browser " + "x" * 400))
    try:
        log.write(person, why="the case is urgent", before={"status": "open"}, after={"status": "closed"})
    finally:
        act_from(NOWHERE)
    log.write(person)
    first, second = log.rows(
        "SELECT organisation_id, person_id, actor, tag, subject, why, before, after, address,"
        " length(user_agent), at > now() - interval '1 minute' FROM audit_entries ORDER BY id"
    )
    who = (organisations.company.id, person.person_id, person.person_name)
    assert first[:6] == (*who, "case.open", "case 0", "the case is urgent")
    assert first[6:] == ({"status": "open"}, {"status": "closed"}, "192.0.2.7", 300, True)
    assert second[5:10] == (None, None, None, None, None)


def test_an_entry_goes_with_its_transaction(log: AuditLog, organisations: Members) -> None:
    operator = organisations.company.operator
    with log.database(Role.WEB).transaction(operator.scope) as session:
        record(session, operator, AuditTag.CASE_OPEN, "case 1")
        session.rollback()
    assert log.rows("SELECT count(*) FROM audit_entries") == [(0,)]
    assert log.rows("SELECT count(*) FROM audit_pending") == [(0,)]


A_COLUMN = {
    "audit_entries": "actor",
    "audit_heads": "public_key",
    "audit_leaves": "hash",
    "audit_nodes": "hash",
    "audit_seals": "salt",
}
CHANGES = [
    statement.format(table=table, column=A_COLUMN[table])
    for table in TABLES
    for statement in ("UPDATE {table} SET {column} = 'x'", "DELETE FROM {table}", "TRUNCATE {table} CASCADE")
]
POWERS = [
    statement.format(table=table)
    for table in TABLES
    for statement in ("ALTER TABLE {table} DISABLE TRIGGER ALL", "DROP TABLE {table} CASCADE")
]


def as_sealer(log: AuditLog, role: Role, scope: Scope, statement: str, **values: Any) -> None:
    """Run a statement as somebody who says to the database what the sealing job says."""
    with log.database(role).transaction(scope) as session:
        session.execute(text("SELECT set_config('accord.audit', 'seal', true)"))
        session.execute(text(statement), values)


@pytest.mark.parametrize("statement", CHANGES + POWERS)
@pytest.mark.parametrize("role", [Role.WEB, Role.GATE, Role.WORKER])
def test_who_writes_cannot_change_or_delete_before_sealing_or_after(
    statement: str, role: Role, sealed_once: AuditLog, module_organisations: Members
) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        as_sealer(sealed_once, role, module_organisations.company.scope, statement)


@pytest.mark.parametrize("statement", CHANGES)
def test_not_even_the_owner_does_it_by_accident(statement: str, sealed_once: AuditLog) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        as_sealer(sealed_once, Role.OWNER, NOBODY, statement)


@pytest.fixture(scope="module")
def sealed_once(module_home: Any, module_database: Databases, module_organisations: Members) -> AuditLog:
    """A log with a sealed and a waiting entry of two members each; nobody can change it."""
    log = AuditLog(module_home, module_database)
    for member in (module_organisations.company, module_organisations.police):
        log.write(member.operator)
    log.seal()
    for member in (module_organisations.company, module_organisations.police):
        log.write(member.operator)
    return log


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit_entries (at, tag, subject, detail) VALUES ('2020-01-01', 'a.b', 'x', '{}')",
        "INSERT INTO audit_entries (organisation_id, tag, subject, detail) VALUES (:other, 'a.b', 'x', '{}')",
        "INSERT INTO audit_seals VALUES (99, 1, :own, 99, '')",
        "INSERT INTO audit_leaves VALUES (99, '', '')",
        "INSERT INTO audit_nodes VALUES (8, 99, '')",
        "INSERT INTO audit_heads VALUES (99, now(), '', '', '')",
        "SELECT * FROM audit_pending",
        "DELETE FROM audit_pending",
    ],
)
def test_the_web_role_can_neither_backdate_nor_seal_nor_hide_an_entry(
    statement: str, sealed_once: AuditLog, module_organisations: Members
) -> None:
    own, other = module_organisations.company, module_organisations.police
    given = {name: one.id for name, one in (("own", own), ("other", other)) if f":{name}" in statement}
    with pytest.raises(DBAPIError, match=r"permission denied|row-level security"):
        as_sealer(sealed_once, Role.WEB, own.scope, statement, **given)


def test_each_member_reads_its_own_entries_and_seals_only(
    sealed_once: AuditLog, module_organisations: Members
) -> None:
    for member in (module_organisations.company, module_organisations.police):
        for role in (Role.WEB, Role.WORKER):
            with sealed_once.database(role).transaction(member.scope) as session:
                for table, count in (("audit_entries", 2), ("audit_seals", 1)):
                    owners = session.scalars(text(f"SELECT organisation_id FROM {table}")).all()
                    assert owners == [member.id] * count


def test_the_web_role_gains_nothing_by_claiming_to_seal(
    sealed_once: AuditLog, module_organisations: Members
) -> None:
    with sealed_once.database(Role.WEB).transaction(module_organisations.company.scope) as session:
        session.execute(text("SELECT set_config('accord.audit', 'seal', true)"))
        owners = set(session.scalars(text("SELECT organisation_id FROM audit_entries")))
    assert owners == {module_organisations.company.id}


def test_nobody_sees_nothing_not_even_hashes(sealed_once: AuditLog) -> None:
    for table in TABLES:
        with sealed_once.database(Role.WEB).transaction(NOBODY) as session:
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


def test_the_platform_sees_the_platform_s_entries_only(sealed_once: AuditLog) -> None:
    with sealed_once.database(Role.WEB).transaction(Scope(person_id=uuid4())) as session:
        session.execute(
            text("INSERT INTO audit_entries (tag, subject, detail) VALUES ('a.b', 'the platform', '{}')")
        )
        assert session.scalars(text("SELECT subject FROM audit_entries")).all() == ["the platform"]
        session.rollback()
