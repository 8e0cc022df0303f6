"""The sealed log as the database keeps it: its nodes, its last head, its entries as documents."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import RowMapping, select, text
from sqlalchemy.orm import Session

from accord_auth.audit.document import Document
from accord_auth.audit.models import AuditHead
from accord_auth.errors import AccordError
from accord_config.database import NOBODY, Database, ScopedSession

TILE = 256
TILES_KEPT = 64


class LogDamaged(AccordError):
    """Rows of the audit log are missing: `accord audit verify` says which."""


_LEAVES = text(
    "SELECT hash FROM audit_leaves WHERE sequence >= :first AND sequence < :last ORDER BY sequence"
)
_NODES = text(
    "SELECT hash FROM audit_nodes"
    ' WHERE level = :level AND "index" >= :first AND "index" < :last ORDER BY "index"'
)


class StoredHashes:
    """The tree's stored nodes, read 256 at a time; the last tiles are kept for the next proof.

    Good for one size of the tree: a tile that was not full when it was read is not read again.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._tiles: OrderedDict[tuple[int, int], Sequence[bytes]] = OrderedDict()

    def read(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """`count` nodes of a stored level from `first` on, all of one tile.

        :raises LogDamaged: when one is missing.
        """
        tile = self._tile(level, first // TILE)
        found = tile[first % TILE : first % TILE + count]
        if len(found) != count:
            raise LogDamaged
        return found

    def _tile(self, level: int, number: int) -> Sequence[bytes]:
        key = (level, number)
        if key in self._tiles:
            self._tiles.move_to_end(key)
            return self._tiles[key]
        where: dict[str, Any] = {"level": level, "first": number * TILE, "last": (number + 1) * TILE}
        query = _NODES if level else _LEAVES
        tile = self._session.scalars(query, where).all()
        self._tiles[key] = tile
        if len(self._tiles) > TILES_KEPT:
            self._tiles.popitem(last=False)
        return tile


_WHOLE = text("SELECT set_config('accord.audit', 'seal', true)")


@contextmanager
def whole_log(database: Database, *, snapshot: bool = False) -> Iterator[ScopedSession]:
    """A transaction that sees every entry and may add seals; the worker's role alone can have it.

    `snapshot`: it sees the log as it was when it began, whatever is sealed meanwhile.
    """
    with database.transaction(NOBODY) as session:
        if snapshot:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        session.execute(_WHOLE)
        yield session


def last_head(session: Session) -> AuditHead | None:
    """The latest checkpoint; None before the first."""
    return session.scalar(select(AuditHead).order_by(AuditHead.size.desc()).limit(1))


ENTRY_COLUMNS = """
    e.id, e.actor, e.address, e."after"::text AS "after", e."before"::text AS "before",
    to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, e.detail::text AS detail,
    e.organisation_id::text AS organisation_id, e.person_id::text AS person_id, e.subject, e.tag,
    e.user_agent, e.why
"""
"""An entry's fields as texts, from `audit_entries AS e`."""

_OF_ENTRY = (
    "id",
    "actor",
    "address",
    "after",
    "before",
    "at",
    "detail",
    "organisation_id",
    "person_id",
    "subject",
    "tag",
    "user_agent",
    "why",
)


def document_of(row: RowMapping, *, sequence: int, number: int, salt: bytes) -> Document:
    """The document of an entry (a row of `ENTRY_COLUMNS`) at its place."""
    entry: dict[str, str | int | None] = {name: row[name] for name in _OF_ENTRY}
    return entry | {"sequence": sequence, "number": number, "salt": salt.hex()}
