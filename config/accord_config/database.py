"""Database access: the declarative base, engines for each role, and sessions bound to one scope.

Row-level security decides what a session sees. A session belongs to one scope for its whole life;
the scope is set in an `after_begin` event because a commit drops transaction-local settings.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from select import select
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from sqlalchemy import DateTime, Engine, MetaData, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry


class Role(StrEnum):
    """The database roles. None but the owner may change the schema; none may bypass row security."""

    OWNER = "accord_owner"
    """Owns the schema, runs migrations."""
    GATE = "accord_gate"
    """Knows people, sessions and organisations; decides who somebody is. Sees no case data."""
    WEB = "accord_web"
    """Serves one principal's request at a time."""
    WORKER = "accord_worker"
    """Runs jobs for one organisation at a time."""


class Base(DeclarativeBase):
    """Base of all models."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this class attribute by name
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


@dataclass(frozen=True)
class Scope:
    """On whose behalf a session looks at the database: an organisation and, mostly, a person of it.

    Without an organisation nothing that belongs to one is visible, but for what an emergency reading lets
    a person of the platform see: of which organisation, and for how long, the database looks up itself.
    """

    organisation_id: UUID | None = None
    person_id: UUID | None = None
    emergency_id: UUID | None = None
    minors: bool = False
    """Whether rows that may be about a minor are seen, too."""

    def __post_init__(self) -> None:
        """Nothing is ever the union of two: who reads in an emergency acts for no organisation."""
        if self.emergency_id is not None and (self.organisation_id is not None or self.person_id is None):
            raise ValueError("an emergency reading is a person's, who acts for no organisation meanwhile")


NOBODY = Scope()

_SET_SCOPE = "SELECT set_config('accord.organisation', %s, true), set_config('accord.person', %s, true)"
_SET_MINORS = "SELECT set_config('accord.minors', 'on', true)"
_SET_EMERGENCY = "SELECT set_config('accord.emergency', %s, true)"


class ScopedSession(Session):
    """A session that serves exactly one scope; make a new one for another."""

    def __init__(self, engine: Engine, scope: Scope) -> None:
        super().__init__(engine, expire_on_commit=False)
        self.scope = scope


@event.listens_for(ScopedSession, "after_begin")
def _set_scope(session: ScopedSession, transaction: SessionTransaction, connection: Connection) -> None:
    scope = session.scope
    if scope == NOBODY:
        # A transaction begins without any: settings end with the one before it.
        return
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("row security needs psycopg 3")
    # The driver's BEGIN and the settings travel together: one round trip instead of two.
    with driver.pipeline():
        driver.execute(_SET_SCOPE, [str(scope.organisation_id or ""), str(scope.person_id or "")])
        if scope.emergency_id is not None:
            driver.execute(_SET_EMERGENCY, [str(scope.emergency_id)])
        if scope.minors:
            driver.execute(_SET_MINORS)


PING_AFTER_S = 30.0
"""Seconds of rest after which a connection is tried before it is used."""


def _try_rested(connection: psycopg.Connection, record: ConnectionPoolEntry, proxy: object) -> None:
    """Find connections that the server closed, without asking it before every transaction.

    A server that goes away in an orderly way leaves something to read on the socket; what a network lost
    in silence is found out by asking after a rest.
    """
    returned = record.info.get("returned_at")
    readable, _, _ = select([connection.fileno()], [], [], 0)
    if returned is None or (time.monotonic() - returned < PING_AFTER_S and not readable):
        return
    try:
        connection.execute("")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError("the server closed this connection") from error


def _returned(connection: object, record: ConnectionPoolEntry) -> None:
    record.info["returned_at"] = time.monotonic()


class Database:
    """Connections of one database role."""

    def __init__(self, url: URL | str, *, pool_size: int = 5) -> None:
        self.url = make_url(url).set(drivername="postgresql+psycopg")
        self.engine = _engine(self.url, pool_size)
        # With connections of its own: to switch one to and fro costs as much as a small query.
        self.each_by_itself = _engine(self.url, pool_size, isolation_level="AUTOCOMMIT")

    @property
    def conninfo(self) -> str:
        """The connection string for libpq."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    @contextmanager
    def transaction(self, scope: Scope) -> Iterator[ScopedSession]:
        """A unit of work: commits when the block ends, rolls back when it raises."""
        with ScopedSession(self.engine, scope) as session, session.begin():
            yield session

    @contextmanager
    def statements(self) -> Iterator[Session]:
        """A session in nobody's scope whose statements are each a transaction: no BEGIN or COMMIT travels."""
        with Session(self.each_by_itself, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self.each_by_itself.dispose()


def _engine(url: URL, pool_size: int, **options: Any) -> Engine:
    made = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        # Errors reach logs; what stands in records and notes must not.
        hide_parameters=True,
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        **options,
    )
    event.listen(made, "checkout", _try_rested)
    event.listen(made, "checkin", _returned)
    return made


CURRENT_ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
"""SQL of the scope's organisation; wrapped in a select so that it is evaluated once a query."""

CURRENT_PERSON = "(SELECT NULLIF(current_setting('accord.person', true), '')::uuid)"
"""SQL of the scope's person."""
