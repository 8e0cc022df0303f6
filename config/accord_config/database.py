"""Database access: the declarative base, engines for each role, and sessions bound to one scope.

Row-level security decides what a session sees. A session belongs to one scope for its whole life;
the scope is set in an `after_begin` event because a commit drops transaction-local settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import DateTime, Engine, MetaData, create_engine, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction


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

    Without an organisation nothing that belongs to one is visible.
    """

    organisation_id: UUID | None = None
    person_id: UUID | None = None


NOBODY = Scope()

_SET_SCOPE = text(
    "SELECT set_config('accord.organisation', :organisation, true),"
    " set_config('accord.person', :person, true)"
)


class ScopedSession(Session):
    """A session that serves exactly one scope; make a new one for another."""

    def __init__(self, engine: Engine, scope: Scope) -> None:
        super().__init__(engine, expire_on_commit=False)
        self.scope = scope


@event.listens_for(ScopedSession, "after_begin")
def _set_scope(session: ScopedSession, transaction: SessionTransaction, connection: Connection) -> None:
    scope = session.scope
    connection.execute(
        _SET_SCOPE,
        {"organisation": str(scope.organisation_id or ""), "person": str(scope.person_id or "")},
    )


class Database:
    """Connections of one database role."""

    def __init__(self, url: URL | str, *, pool_size: int = 5) -> None:
        self.url = make_url(url).set(drivername="postgresql+psycopg")
        self.engine = create_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            # Errors reach logs; what stands in records and notes must not.
            hide_parameters=True,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
        )

    @property
    def conninfo(self) -> str:
        """The connection string for libpq."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    @contextmanager
    def transaction(self, scope: Scope) -> Iterator[ScopedSession]:
        """A unit of work: commits when the block ends, rolls back when it raises."""
        with ScopedSession(self.engine, scope) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


CURRENT_ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
"""SQL of the scope's organisation; wrapped in a select so that it is evaluated once a query."""

CURRENT_PERSON = "(SELECT NULLIF(current_setting('accord.person', true), '')::uuid)"
"""SQL of the scope's person."""
