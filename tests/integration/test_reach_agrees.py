"""PostgreSQL and `explain` agree: on random worlds, for every principal, every role and every row.

A world is inserted for real: organisations (some suspended), people with roles in none, one or several of
them, a row of every table for each organisation, and shares that are live, expired or taken back. Then each
database role selects every table in each scope, without a WHERE, and what it sees is compared with the rules.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import ProgrammingError
from tests.conftest import Databases
from tests.integration.table_rows import add_row, fill, row_of

from accord.models import metadata
from accord.reach.explaining import explain, viewer_of
from accord.reach.rules import READ_IN_EMERGENCY, RULES, Rule, Thing, Viewer, rule_of
from accord_auth.organisations.models import OrganisationStatus
from accord_auth.sessions.service import (
    PLATFORM,
    Choice,
    reading_session,
    resolve,
    resolve_session,
    start_session,
)
from accord_config.database import NOBODY, Role, Scope

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
ENDS = {
    "open": {"expires_at": None, "revoked_at": None},
    "live": {"expires_at": NOW + DAY, "revoked_at": None},
    "expired": {"expires_at": NOW - DAY, "revoked_at": None},
    "taken back": {"expires_at": NOW + DAY, "revoked_at": NOW - DAY},
    "taken back and expired": {"expires_at": NOW - DAY, "revoked_at": NOW - 2 * DAY},
}
HOUR = timedelta(hours=1)
ASKED = {"asked_at": NOW - HOUR, "ends_at": NOW + HOUR}
READINGS: dict[str, dict[str, Any]] = {
    "asked": {**ASKED, "approved_at": None, "ended_at": None},
    "open": {**ASKED, "approved_at": NOW - HOUR / 2, "ended_at": None},
    "ended": {**ASKED, "approved_at": NOW - HOUR / 2, "ended_at": NOW - HOUR / 4},
    "refused": {**ASKED, "approved_at": None, "ended_at": NOW - HOUR / 4},
    "over": {
        "asked_at": NOW - 9 * HOUR,
        "ends_at": NOW - HOUR,
        "approved_at": NOW - 8 * HOUR,
        "ended_at": None,
    },
}
MEMBERS = 3
PEOPLE = 3
BOUND = {Rule.COLLEAGUE, Rule.EMERGENCY, Rule.ONESELF, Rule.OWNER, Rule.SHARE_RECEIVED}
"""Rules that name an organisation or a person."""


@dataclass(frozen=True)
class Plan:
    """A random world: who is suspended, whose people are where, who shares with whom until when, and who
    reads whose case data in an emergency."""

    suspended: frozenset[int]
    roles: frozenset[tuple[int, int]]
    """A person of that number has a role in the organisation of that number; -1 is the platform."""
    shares: tuple[tuple[int, int, str], ...]
    readings: tuple[tuple[int, int, str], ...] = ()
    """A person of that number asked to read the data of the member of that number."""


plans = st.builds(
    Plan,
    suspended=st.frozensets(st.integers(0, MEMBERS - 1)),
    roles=st.frozensets(st.tuples(st.integers(0, PEOPLE - 1), st.integers(-1, MEMBERS - 1)), max_size=6),
    shares=st.lists(
        st.tuples(st.integers(0, MEMBERS - 1), st.integers(0, MEMBERS - 1), st.sampled_from(sorted(ENDS))),
        max_size=5,
    ).map(tuple),
    readings=st.lists(
        st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, MEMBERS - 1), st.sampled_from(sorted(READINGS))),
        max_size=2,
    ).map(tuple),
)


@dataclass(frozen=True)
class World:
    """What was inserted: every row as the rules look at it, and who is there to look."""

    things: tuple[Thing, ...]
    members: tuple[UUID, ...]
    people: tuple[UUID, ...]
    readings: tuple[dict[str, Any], ...]


CASE_DATA_TABLES = {name for name, ways in RULES.items() if READ_IN_EMERGENCY in ways}


def key_of(table: str, values: Any) -> tuple[Any, ...]:
    """A row's primary key, or all of it where the table has none that we know."""
    known = metadata.tables.get(table)
    names = [column.name for column in known.primary_key] if known is not None else ["id"]
    return tuple(values[name] for name in names)


def insert_world(connection: Connection, plan: Plan) -> World:
    tables = metadata.tables
    made = []
    for number in range(MEMBERS):
        status = OrganisationStatus.SUSPENDED if number in plan.suspended else OrganisationStatus.ACTIVE
        table = tables["organisations"]
        blank = row_of(table, UUID(int=0), {})
        member = add_row(connection, table, blank | {"status": status})
        made.append(fill(connection, member["id"]))
    things = [Thing(name, values) for rows in made for name, values in rows.items()]
    members = [rows["organisations"]["id"] for rows in made]
    belonging = {rows["people"]["id"]: {rows["organisations"]["id"]} for rows in made}
    people = []
    for _ in range(PEOPLE):
        row = add_row(connection, tables["people"], row_of(tables["people"], UUID(int=0), {}))
        people.append(row["id"])
        things.append(Thing("people", row))
    for person, where in plan.roles:
        organisation = members[where] if where >= 0 else None
        role = "investigator" if where >= 0 else "platform_admin"
        values = {"person_id": people[person], "organisation_id": organisation, "role": role}
        things.append(Thing("role_assignments", add_row(connection, tables["role_assignments"], values)))
        if organisation is not None:
            belonging.setdefault(people[person], set()).add(organisation)
    for owner, recipient, end in plan.shares:
        values = row_of(tables["shares"], members[owner], made[owner])
        values |= {"recipient_id": members[recipient], **ENDS[end]}
        things.append(Thing("shares", add_row(connection, tables["shares"], values)))
    readings = []
    for person, affected, state in plan.readings:
        table = tables["emergency_readings"]
        values = row_of(table, members[affected], made[affected])
        approver = made[affected]["people"]["id"] if READINGS[state]["approved_at"] else None
        values |= {"asked_by": people[person], "approved_by": approver, **READINGS[state]}
        readings.append(add_row(connection, table, values))
        things.append(Thing("emergency_readings", readings[-1]))
    platform = {"organisation_id": None, "person_id": people[0], "tag": "t", "subject": "s", "detail": {}}
    things.append(Thing("audit_entries", add_row(connection, tables["audit_entries"], platform)))
    things += [Thing("procrastinate_jobs", add_job(connection, member)) for member in members]
    things = [
        replace(thing, organisations=frozenset(belonging.get(thing.values["id"], ())))
        if thing.table == "people"
        else thing
        for thing in things
    ]
    return World(tuple(things), tuple(members), tuple(people), tuple(readings))


def add_job(connection: Connection, member: UUID) -> dict[str, Any]:
    query = text(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES"
        " ('none', 'test', jsonb_build_object('organisation_id', CAST(:owner AS text))) RETURNING *"
    )
    return dict(connection.execute(query, {"owner": str(member)}).mappings().one())


def selection_of(table: str) -> TextClause:
    """A query for the keys of all rows of a table that there are to see."""
    known = metadata.tables.get(table)
    keys = [column.name for column in known.primary_key] if known is not None else ["id"]
    columns = ", ".join(f'"{key}"' for key in keys)
    return text(f"SELECT {columns} FROM {table}")


SELECTIONS = {
    table: selection_of(table)
    for table in sorted(set(RULES) - {"alembic_version", "procrastinate_periodic_defers"})
}
_refused: dict[Role, set[str]] = {}


def refused_tables(database: Databases, role: Role) -> set[str]:
    """The tables that a database role may not select, whatever its scope; tried once."""
    if role not in _refused:
        refused = set()
        with database(role).transaction(NOBODY) as session:
            for table, selection in SELECTIONS.items():
                try:
                    with session.begin_nested():
                        session.execute(selection)
                except ProgrammingError as error:
                    if "permission denied" not in str(error):
                        raise
                    refused.add(table)
        _refused[role] = refused
    return _refused[role]


def seen_rows(database: Databases, viewer: Viewer) -> dict[str, set[tuple[Any, ...]]]:
    """The keys of all that a role sees in a scope, by table; what it may not select is nothing."""
    refused = refused_tables(database, viewer.role)
    emergency = viewer.emergency["id"] if viewer.emergency is not None else None
    scope = Scope(viewer.organisation_id, viewer.person_id, emergency, minors=viewer.minors)
    with database(viewer.role).transaction(scope) as session:
        if viewer.sealing:
            session.execute(text("SELECT set_config('accord.audit', 'seal', true)"))
        return {
            table: set() if table in refused else {tuple(row) for row in session.execute(selection)}
            for table, selection in SELECTIONS.items()
        }


def check_agreement(database: Databases, world: World, viewer: Viewer, now: datetime) -> None:
    seen = seen_rows(database, viewer)
    expected: dict[str, set[tuple[Any, ...]]] = {}
    present: dict[str, set[tuple[Any, ...]]] = {}
    for thing in world.things:
        key = key_of(thing.table, thing.values)
        present.setdefault(thing.table, set()).add(key)
        if rule_of(viewer, thing, now) is not Rule.NOTHING:
            expected.setdefault(thing.table, set()).add(key)
    for table, keys in present.items():
        assert seen[table] & keys == expected.get(table, set()), (table, viewer)
    for table, keys in seen.items():
        # Beyond the world (the examples before it) only what is open to every member is seen.
        if {way.rule for way in RULES[table] if viewer.role in way.roles} <= BOUND:
            assert keys <= present.get(table, set()), (table, viewer)


def explore(database: Databases, plan: Plan) -> None:
    with database(Role.OWNER).engine.begin() as connection:
        world = insert_world(connection, plan)
    now = datetime.now(UTC)
    scopes: list[tuple[UUID | None, UUID | None]] = [(None, None), (None, world.people[0])]
    scopes += [(member, None) for member in world.members]
    scopes += [(member, world.people[0]) for member in world.members]
    for organisation, person in scopes:
        for role in (Role.WEB, Role.WORKER):
            check_agreement(database, world, Viewer(role, organisation, person), now)
        allowed = Viewer(Role.WEB, organisation, person, minors=organisation is not None)
        check_agreement(database, world, allowed, now)
    check_agreement(database, world, Viewer(Role.WORKER, sealing=True), now)
    for reading in world.readings:
        # Their own, and one that somebody else names.
        for person in (reading["asked_by"], *world.people[:1]):
            check_agreement(database, world, Viewer(Role.WEB, None, person, emergency=reading), now)
        check_reader(database, world, reading)
    for person, where in plan.roles:
        check_signed_in(database, world, plan, world.people[person], where)


def check_signed_in(database: Databases, world: World, plan: Plan, person: UUID, where: int) -> None:
    """A person who signs in is a principal, and sees what `explain` says; of a suspended member, nobody."""
    organisation = world.members[where] if where >= 0 else None
    with database(Role.GATE).transaction(NOBODY) as session:
        session.execute(text("UPDATE people SET status = 'active' WHERE id = :id"), {"id": person})
        choice = Choice(organisation, "slug", "name")
        signed_in = start_session(session, person_id=person, choice=choice, hours=1)
    with database(Role.GATE).transaction(NOBODY) as session:
        principal = resolve(session, signed_in.token)
    now = datetime.now(UTC)
    assert (principal is None) == (where in plan.suspended)
    seen = seen_rows(database, viewer_of(principal))
    for thing in world.things:
        row_seen = key_of(thing.table, thing.values) in seen[thing.table]
        assert explain(principal, thing, now).row_seen == row_seen, (thing.table, principal)


def check_reader(database: Databases, world: World, reading: dict[str, Any]) -> None:
    """Who begins to read is a principal while the reading is open, and sees what `explain` says."""
    with database(Role.GATE).transaction(NOBODY) as session:
        person = reading["asked_by"]
        session.execute(text("UPDATE people SET status = 'active' WHERE id = :id"), {"id": person})
        session.execute(
            text(
                "INSERT INTO role_assignments (person_id, role)"
                " SELECT :id, 'platform_admin' WHERE NOT EXISTS (SELECT FROM role_assignments"
                " WHERE person_id = :id AND organisation_id IS NULL)"
            ),
            {"id": person},
        )
        started = start_session(session, person_id=person, choice=PLATFORM, hours=1)
    with database(Role.GATE).transaction(NOBODY) as session:
        before = resolve_session(session, started.token)
        assert before is not None
        token = reading_session(session, before, reading["id"]).token
    with database(Role.GATE).transaction(NOBODY) as session:
        principal = resolve(session, token)
    now = datetime.now(UTC)
    ended = reading["ended_at"] is not None or reading["ends_at"] <= now
    assert (principal is not None) == (reading["approved_at"] is not None and not ended)
    if principal is None:
        return
    assert principal.organisation_id == reading["organisation_id"]
    seen = seen_rows(database, viewer_of(principal, reading))
    for thing in world.things:
        row_seen = key_of(thing.table, thing.values) in seen[thing.table]
        assert explain(principal, thing, now, reading).row_seen == row_seen, (thing.table, principal)


def run(database: Databases, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(plan=plans)
    def agree(plan: Plan) -> None:
        explore(database, plan)

    agree()


def test_sql_and_the_rules_agree_on_random_worlds(module_database: Databases) -> None:
    run(module_database, 12)


@pytest.mark.soak
def test_sql_and_the_rules_agree_on_many_random_worlds(module_database: Databases) -> None:
    run(module_database, 300)


@pytest.mark.parametrize("end", sorted(ENDS))
def test_every_kind_of_end_of_a_share_is_agreed_upon(module_database: Databases, end: str) -> None:
    explore(module_database, Plan(frozenset({2}), frozenset({(0, 1), (1, 2), (2, -1)}), ((0, 1, end),)))


@pytest.mark.parametrize("state", sorted(READINGS))
def test_every_state_of_an_emergency_reading_is_agreed_upon(module_database: Databases, state: str) -> None:
    explore(
        module_database,
        Plan(frozenset({1}), frozenset({(0, -1), (1, 0)}), ((0, 1, "live"),), ((0, 0, state), (0, 1, state))),
    )


CHANGES = (
    "UPDATE {table} SET organisation_id = organisation_id",
    "DELETE FROM {table}",
    "INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM {table}",
)


def test_nothing_can_be_changed_in_an_emergency_reading(module_database: Databases) -> None:
    plan = Plan(frozenset(), frozenset({(0, -1)}), ((0, 1, "live"),), ((0, 0, "open"),))
    with module_database(Role.OWNER).engine.begin() as connection:
        world = insert_world(connection, plan)
    (reading,) = world.readings
    scope = Scope(None, reading["asked_by"], reading["id"])
    with module_database(Role.WEB).transaction(scope) as session:
        for table in sorted(CASE_DATA_TABLES):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")), table
            for change in CHANGES:
                with suppress(ProgrammingError), session.begin_nested():
                    # Refused, or there is no row that it could change.
                    assert session.execute(text(change.format(table=table))).rowcount == 0, table
        with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
            session.execute(
                text(
                    "INSERT INTO case_notes (organisation_id, case_id, author_name, body)"
                    " SELECT organisation_id, id, '', '' FROM cases"
                )
            )


def test_who_reads_in_an_emergency_writes_into_the_log_of_that_member_alone(
    module_database: Databases,
) -> None:
    plan = Plan(frozenset(), frozenset({(0, -1)}), (), ((0, 0, "open"), (0, 1, "ended")))
    with module_database(Role.OWNER).engine.begin() as connection:
        world = insert_world(connection, plan)
    open_one, ended = world.readings
    write = text(
        "INSERT INTO audit_entries (organisation_id, person_id, tag, subject, detail)"
        " VALUES (:owner, :person, 'emergency.read', 's', '{}')"
    )
    for reading, owner, person, may in (
        (open_one, 0, 0, True),
        (open_one, 1, 0, False),
        (open_one, 0, 1, False),
        (ended, 1, 0, False),
    ):
        values = {"owner": world.members[owner], "person": world.people[person]}
        scope = Scope(None, world.people[0], reading["id"])
        with module_database(Role.WEB).transaction(scope) as session:
            if may:
                session.execute(write, values)
                continue
            with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
                session.execute(write, values)
