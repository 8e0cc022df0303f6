"""What tests of the audit log share: two members' entries, sealing, and damage done as the owner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection
from tests.conftest import Databases, Members

from accord_auth.audit.keys import KEY_FILE, SigningKeyFile
from accord_auth.audit.sealing import Sealed, public_key, seal_waiting
from accord_auth.audit.service import AuditTag, record
from accord_auth.audit.verification import Fault, verify
from accord_auth.principal import Principal
from accord_config.database import Role, Scope
from accord_config.home import Home

TABLES = ("audit_entries", "audit_seals", "audit_leaves", "audit_nodes", "audit_heads")


class AuditLog:
    """The log of one home."""

    def __init__(self, home: Home, database: Databases) -> None:
        self.home = home
        self.database = database
        self.keys = SigningKeyFile(home.path / KEY_FILE)

    def write(self, principal: Principal, count: int = 1, **given: Any) -> None:
        """Entries of somebody, each in a transaction of its own."""
        for number in range(count):
            with self.database(Role.WEB).transaction(principal.scope) as session:
                record(session, principal, AuditTag.CASE_OPEN, f"case {number}", **given)

    def seal(self, **given: Any) -> Sealed:
        return seal_waiting(self.database(Role.WORKER), self.keys, **given)

    def faults(self, *earlier: Any) -> list[Fault]:
        worker = self.database(Role.WORKER)
        return list(verify(worker, [public_key(worker, self.keys)], earlier))

    def found(self, *earlier: Any) -> list[tuple[str, int | None]]:
        """What verification finds, as kind and place."""
        return [(fault.kind.value, fault.place) for fault in self.faults(*earlier)]

    @contextmanager
    def damaging(self) -> Iterator[Connection]:
        """As somebody with the owner's power: the triggers and the foreign keys are out of the way."""
        with self.database(Role.OWNER).engine.begin() as connection:
            for table in TABLES:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER append_only"))
            for key in ("sequence_audit_leaves", "entry_id_audit_entries"):
                connection.execute(
                    text(f"ALTER TABLE audit_seals DROP CONSTRAINT IF EXISTS fk_audit_seals_{key}")
                )
            yield connection

    def damage(self, *statements: str, **values: Any) -> None:
        with self.damaging() as connection:
            for statement in statements:
                assert connection.execute(text(statement), values).rowcount, statement

    def rows(self, query: str, scope: Scope | None = None, **values: Any) -> list[tuple[Any, ...]]:
        """As the owner, or as the web role of a member."""
        database = self.database(Role.WEB if scope else Role.OWNER)
        with database.transaction(scope or Scope()) as session:
            return [tuple(row) for row in session.execute(text(query), values)]


@pytest.fixture
def log(home: Home, database: Databases) -> AuditLog:
    """The test's own log."""
    return AuditLog(home, database)


Two = Callable[[int], None]


@pytest.fixture
def two_members(log: AuditLog, organisations: Members) -> Two:
    """Writes entries of two members in turn: the company's at even places, the police unit's at odd ones."""

    def write(count: int) -> None:
        for number in range(count):
            member = (organisations.company, organisations.police)[number % 2]
            log.write(member.operator, detail={"number": number})

    return write
