"""Row security, in raw SQL: what one member's connection can see and change of another's rows.

Every table of the schema is looked at, those of the future too: rows are made from the metadata.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError, ProgrammingError
from tests.integration.table_rows import Made, fill, row_of

from accord.models import metadata
from accord_config.database import NOBODY, Role, Scope

OWNED = sorted(table.name for table in metadata.sorted_tables if "organisation_id" in table.columns)

WITHOUT_OWNER: Mapping[str, str] = {
    "alembic_version": "the schema's revision",
    "application_checks": "what platform admins saw of an applicant; only the gate may see it",
    "application_votes": "approvals of platform admins; only the gate may see them",
    "audit_heads": "roots of the audit log's tree, published to every member so that all see the same log",
    "audit_leaves": "salted hashes of entries: nobody can tell from one what it seals",
    "audit_nodes": "hashes of hashes, likewise",
    "audit_pending": "entries that wait for their seal; the web role can only add to it",
    "authenticator_apps": "a person's, whatever they act for; only the gate reads it",
    "job_failures": "of the queue, which serves all members; the web role has no grant on it",
    "oauth_access_tokens": "of a grant, which has the organisation; only the gate reads it",
    "oauth_client_secrets": "of a client, which has the organisation; only the gate reads it",
    "oauth_codes": "of a grant, likewise",
    "oauth_device_codes": "of a client and a grant, likewise",
    "oauth_proof_nonces": "the same for everybody; only the gate reads it",
    "oauth_pushed_requests": "of a client, likewise",
    "oauth_refresh_tokens": "of a grant, likewise",
    "oauth_seen_proofs": "hashes of what was seen; only the gate reads it",
    "organisations": "the directory of members, open to every member",
    "passkey_challenges": "of a sign-in that is under way; only the gate reads it",
    "passkeys": "a person's, likewise",
    "pending_sign_ins": "nobody is signed in yet; only the gate reads it",
    "people": "belong to several organisations; a policy over their roles says who sees them",
    "plugin_advisories": "on what any member published; the web role has no grant on it",
    "plugin_approvals": "of a version, which has the publisher; only the gate reads it",
    "plugin_environments": "of a version, likewise; workers build and run them",
    "plugin_grant_checks": "of a version, on made-up records; the web role has no grant on it",
    "plugin_hosts": "whether hosts can sandbox plugins, the same for every member",
    "plugin_stops": "how many processes of a plugin ended where; the web role has no grant on it",
    "plugin_wheels": "files by digest, of versions that have publishers; the web role has no grant on it",
    "plugins": "what is installed, the same for every member",
    "procrastinate_events": "of the queue; the web role can only add to it",
    "procrastinate_jobs": "of the queue; a policy over the job's arguments says who sees them",
    "procrastinate_periodic_defers": "of the queue; the web role has no grant on it",
    "procrastinate_workers": "of the queue; the web role has no grant on it",
    "recovery_codes": "hashes, a person's; only the gate reads it",
    "sso_pending": "of a provider, which has the organisation; only the gate reads it",
    "sso_sessions": "of a session and a provider, likewise",
    "throttles": "hashes of limits' keys; only the gate may see them",
}
"""Tables without an organisation, each with the reason why that harms nobody."""
OF_WORKERS: Mapping[str, str] = {
    "plugin_versions": "workers check and run what any member published",
    "source_schedules": "when which source is due: workers look at all of them each minute",
}
"""Tables with an organisation that workers see whole, each with the reason."""
AS_OWNER: Mapping[str, str] = {
    **{
        f"restrict_{table}": "a trigger: what is made of a restricted lead is restricted, whoever makes it"
        for table in ("case_events", "case_notes", "cases", "deliveries", "verdicts")
    },
    "spread_restriction": "a trigger: with a lead all that was made of it is restricted, or no more",
    "spread_restriction_of_case": "a trigger: likewise of a case",
    "spread_restriction_to_share": "a trigger: a share of a restricted case is restricted",
    "forget_plugin_runs": "workers forget old numbers of every member; it takes an age and gives a count",
    "plugin_health_of_author": "a publisher sees numbers of all members together, and never whose",
}
"""Functions above row security, each with the reason. Nobody else may call them."""


@dataclass(frozen=True)
class Filled:
    """Two members, each with a row in every table."""

    company: Scope
    police: Scope
    rows: Mapping[UUID | None, Made]


@pytest.fixture(scope="module")
def filled(module_database: Any, module_organisations: Any) -> Filled:
    company, police = module_organisations.company, module_organisations.police
    with module_database(Role.OWNER).engine.begin() as connection:
        rows: dict[UUID | None, Made] = {
            member.id: fill(connection, member.id) for member in (company, police)
        }
    # People who see all that is their member's; what is hidden from most is test_suspected_minors.py's.
    scopes = (replace(member.scope, minors=True) for member in (company, police))
    return Filled(*scopes, rows)


Look = Callable[[Role, Scope, str], list[UUID | None] | None]


@pytest.fixture
def owners_seen(module_database: Any) -> Look:
    """Whose rows of a table a role sees under a scope; None where it may not look at all."""

    def look(role: Role, scope: Scope, table: str) -> list[UUID | None] | None:
        try:
            with module_database(role).transaction(scope) as session:
                rows = session.execute(text(f"SELECT * FROM {table}")).mappings().all()
        except ProgrammingError as error:
            if "permission denied" not in str(error):
                raise
            return None
        return sorted({row["organisation_id"] for row in rows}, key=str)

    return look


@pytest.fixture
def as_web(module_database: Any, filled: Filled) -> Iterator[Any]:
    """A session of the company's web request; whatever it changed is rolled back."""
    with module_database(Role.WEB).engine.connect() as connection, connection.begin() as transaction:
        connection.execute(
            text("SELECT set_config('accord.organisation', :id, true)"),
            {"id": str(filled.company.organisation_id)},
        )
        yield connection
        transaction.rollback()


def tables_in(database: Any) -> dict[str, tuple[bool, int, bool]]:
    """Every table there is: row security, number of policies, whether it has an organisation."""
    query = text(
        """
        SELECT relname, relrowsecurity,
               (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid),
               EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'organisation_id')
        FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
        """
    )
    with database(Role.OWNER).transaction(NOBODY) as session:
        return {row[0]: (row[1], row[2], row[3]) for row in session.execute(query)}


def test_every_table_with_an_organisation_has_row_security_and_a_policy(module_database: Any) -> None:
    found = tables_in(module_database)
    assert sorted(name for name, (_, _, owned) in found.items() if owned) == OWNED
    for name in OWNED:
        security, policies, _ = found[name]
        assert security, name
        assert policies, name


def test_every_other_table_is_an_exception_with_a_reason(module_database: Any) -> None:
    found = tables_in(module_database)
    assert sorted(name for name, (_, _, owned) in found.items() if not owned) == sorted(WITHOUT_OWNER)


def test_no_view_or_function_runs_with_its_owner_s_power(module_database: Any) -> None:
    with module_database(Role.OWNER).transaction(NOBODY) as session:
        views = session.scalars(text("SELECT viewname FROM pg_views WHERE schemaname = 'public'")).all()
        functions = session.scalars(
            text("SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace")
        ).all()
        callers = session.scalars(
            text(
                "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
                " AND has_function_privilege('accord_gate', oid, 'EXECUTE')"
            )
        ).all()
    assert (views, sorted(functions)) == ([], sorted(AS_OWNER))
    assert callers == [], "take it from PUBLIC"


@pytest.mark.parametrize("table", OWNED)
def test_a_member_sees_its_own_rows_only(table: str, filled: Filled, owners_seen: Look) -> None:
    everybody = owners_seen(Role.OWNER, NOBODY, table)
    assert everybody is not None
    assert {filled.company.organisation_id, filled.police.organisation_id} <= set(everybody)
    for role in members_roles(table):
        for scope in (filled.company, filled.police):
            assert owners_seen(role, scope, table) in (None, [scope.organisation_id])


@pytest.mark.parametrize("table", OWNED)
def test_without_a_scope_nothing_is_seen(table: str, filled: Filled, owners_seen: Look) -> None:
    for role in members_roles(table):
        assert owners_seen(role, NOBODY, table) in (None, [])


def members_roles(table: str) -> tuple[Role, ...]:
    """The roles that see rows of one member at a time."""
    return (Role.WEB,) if table in OF_WORKERS else (Role.WEB, Role.WORKER)


IDENTITY = {"audit_entries", "invitations", "oauth_clients", "oauth_grants", "role_assignments", "sessions"}
IDENTITY |= {"access_reviews", "agreements", "applications", "memberships", "review_items"}
IDENTITY |= {"signal_deliveries", "signal_streams", "emergency_accounts", "emergency_readings"}
IDENTITY |= {"factor_rules", "organisation_domains", "sign_in_rules", "sso_accounts", "sso_providers"}
IDENTITY |= {"plugin_versions"}
IDENTITY |= {f"directory_{part}" for part in ("groups", "mappings", "members", "settings", "tokens", "users")}


@pytest.mark.parametrize("table", sorted(set(OWNED) - IDENTITY))
def test_the_gate_sees_no_case_data(table: str, filled: Filled, owners_seen: Look) -> None:
    assert owners_seen(Role.GATE, filled.company, table) is None


@pytest.mark.parametrize("table", OWNED)
def test_a_row_in_another_member_s_name_cannot_be_added(table: str, filled: Filled, as_web: Any) -> None:
    foreign = filled.police.organisation_id
    assert foreign is not None
    values = row_of(metadata.tables[table], foreign, filled.rows[foreign])
    with pytest.raises(ProgrammingError, match=r"row-level security|permission denied"):
        as_web.execute(insert(metadata.tables[table]).values(values))


@pytest.mark.parametrize("table", OWNED)
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_row_of_another_member_cannot_be_changed(
    table: str, verb: str, filled: Filled, module_database: Any
) -> None:
    model = metadata.tables[table]
    own, foreign = filled.company, filled.police.organisation_id
    change = (
        update(model).values(organisation_id=model.c.organisation_id) if verb == "update" else delete(model)
    )
    for role in members_roles(table):
        try:
            with module_database(role).transaction(own) as session:
                done = session.execute(change.where(model.c.organisation_id == foreign))
                assert done.rowcount == 0
        except ProgrammingError as error:
            if "permission denied" not in str(error):
                raise


@pytest.mark.parametrize("table", ["records", "cases", "leads", "sources", "shares"])
def test_an_own_row_cannot_be_moved_to_another_member(
    table: str, filled: Filled, module_database: Any
) -> None:
    model = metadata.tables[table]
    change = update(model).values(organisation_id=filled.police.organisation_id)
    for role in (Role.WEB, Role.WORKER):
        with (
            pytest.raises(ProgrammingError, match=r"row-level security|permission denied"),
            module_database(role).transaction(filled.company) as session,
        ):
            session.execute(change)


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE accord_owner",
        "SET ROLE accord_worker",
        "SET ROLE accord_gate",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION accord_owner",
        "SET LOCAL row_security = off; SELECT * FROM records",
        "ALTER TABLE records DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own ON records",
        "CREATE POLICY more ON records TO accord_web USING (true)",
        "ALTER ROLE accord_web BYPASSRLS",
        "CREATE TABLE own (id int)",
        "GRANT accord_worker TO accord_web",
        "TRUNCATE records",
        "COPY records TO PROGRAM 'cat'",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT password_hash FROM people",
        "SELECT * FROM sessions",
        "UPDATE role_assignments SET role = 'platform_admin'",
        "INSERT INTO role_assignments (person_id, role) SELECT id, 'platform_admin' FROM people",
        "UPDATE organisations SET status = 'active'",
        "UPDATE plugins SET status = 'approved'",
        "UPDATE audit_entries SET tag = 'nothing'",
        "DELETE FROM audit_entries",
        "SELECT * FROM audit_pending",
        "SELECT * FROM job_failures",
        "DELETE FROM procrastinate_jobs",
    ],
)
def test_the_web_role_cannot_get_round_it(statement: str, as_web: Any) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be|row-level security"):
        as_web.exec_driver_sql(statement)


def test_people_of_other_members_are_invisible(filled: Filled, module_database: Any) -> None:
    with module_database(Role.WEB).transaction(filled.company) as session:
        seen = set(session.scalars(text("SELECT id FROM people")))
    assert seen == {filled.rows[filled.company.organisation_id]["people"]["id"]}


def test_jobs_of_other_members_are_invisible_and_cannot_be_made(
    filled: Filled, module_database: Any, as_web: Any
) -> None:
    add = text(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
        " VALUES ('none', 'test', jsonb_build_object('organisation_id', CAST(:owner AS text)))"
    )
    with module_database(Role.WORKER).transaction(NOBODY) as session:
        for scope in (filled.company, filled.police):
            session.execute(add, {"owner": str(scope.organisation_id)})
    seen = as_web.execute(text("SELECT DISTINCT args->>'organisation_id' FROM procrastinate_jobs")).scalars()
    assert list(seen) == [str(filled.company.organisation_id)]
    as_web.execute(add, {"owner": str(filled.company.organisation_id)})
    with pytest.raises(ProgrammingError, match="row-level security"):
        as_web.execute(add, {"owner": str(filled.police.organisation_id)})


@pytest.fixture
def share(module_database: Any, filled: Filled) -> Iterator[UUID]:
    """A share of the company with the police unit, with its origin."""
    made = filled.rows[filled.company.organisation_id]
    shares, origins = metadata.tables["shares"], metadata.tables["share_origins"]
    with module_database(Role.OWNER).engine.begin() as connection:
        values = row_of(shares, made["organisations"]["id"], made)
        values["recipient_id"] = filled.police.organisation_id
        share_id = connection.execute(insert(shares).values(values).returning(shares.c.id)).scalar_one()
        connection.execute(
            insert(origins).values(
                row_of(origins, made["organisations"]["id"], made) | {"share_id": share_id}
            )
        )
    yield share_id
    with module_database(Role.OWNER).engine.begin() as connection:
        connection.execute(delete(origins).where(origins.c.share_id == share_id))
        connection.execute(delete(shares).where(shares.c.id == share_id))


def _recipient_sees(database: Any, scope: Scope, share_id: UUID) -> bool:
    seen = []
    for role in (Role.WEB, Role.WORKER):
        with database(role).transaction(scope) as session:
            query = text("SELECT count(*) FROM shares WHERE id = :id")
            seen.append(session.scalar(query, {"id": share_id}))
    assert seen[0] == seen[1]
    return bool(seen[0])


@pytest.mark.parametrize("end", ["revoked_at = now()", "expires_at = now() - interval '1 second'"])
def test_a_recipient_sees_a_share_until_it_ends(
    end: str, share: UUID, filled: Filled, module_database: Any
) -> None:
    assert _recipient_sees(module_database, filled.police, share)
    with module_database(Role.OWNER).engine.begin() as connection:
        connection.execute(text(f"UPDATE shares SET {end} WHERE id = :id"), {"id": share})
    assert not _recipient_sees(module_database, filled.police, share)
    with module_database(Role.WEB).transaction(filled.company) as session:
        assert session.scalar(text("SELECT count(*) FROM shares WHERE id = :id"), {"id": share}) == 1


def test_a_share_shows_its_recipient_nothing_else_of_the_owner(
    share: UUID, filled: Filled, module_database: Any
) -> None:
    owner = filled.company.organisation_id
    with module_database(Role.WEB).transaction(filled.police) as session:
        for table in (
            "share_origins",
            "cases",
            "case_notes",
            "case_events",
            "records",
            "leads",
            "deliveries",
        ):
            query = text(f"SELECT count(*) FROM {table} WHERE organisation_id = :owner")
            assert session.scalar(query, {"owner": owner}) == 0, table


def test_a_third_member_sees_no_share(share: UUID, module_organisations: Any, module_database: Any) -> None:
    assert not _recipient_sees(module_database, module_organisations.ngo.scope, share)


def test_a_recipient_cannot_change_or_prolong_a_share(
    share: UUID, filled: Filled, module_database: Any
) -> None:
    with module_database(Role.WEB).transaction(filled.police) as session:
        changed = session.execute(text("UPDATE shares SET revoked_at = now() WHERE id = :id"), {"id": share})
        assert changed.rowcount == 0
    for change in ("document = '{}'", "expires_at = NULL", "recipient_id = organisation_id"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            module_database(Role.WEB).transaction(filled.company) as session,
        ):
            session.execute(text(f"UPDATE shares SET {change} WHERE id = :id"), {"id": share})


def test_a_scope_ends_with_its_transaction(filled: Filled, module_database: Any) -> None:
    database = module_database(Role.WEB)
    with database.transaction(filled.company) as session:
        session.execute(text("SELECT 1"))
    with database.engine.connect() as connection:
        for _ in range(5):
            setting = connection.execute(text("SELECT current_setting('accord.organisation', true)"))
            assert setting.scalar() in (None, "")
            assert connection.execute(text("SELECT count(*) FROM records")).scalar() == 0
