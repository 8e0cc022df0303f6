"""Sealing: committed entries get a place, a leaf of the Merkle tree and a signed checkpoint over it all.

It runs apart from requests, under a lock of its own, and costs as much as there are new entries. One
transaction seals one batch with its checkpoint, so that every state anybody sees is whole. In
order: lock, key, what waits, places and hashes, rows, checkpoint.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import RowMapping, select, text
from sqlalchemy.orm import Session

from accord_auth.audit.document import FIRST_LINK, leaf_of, link
from accord_auth.audit.keys import SigningKeyError, SigningKeyFile, log_name, public_key_of
from accord_auth.audit.merkle import STRIDE, frontier_at
from accord_auth.audit.models import AuditHead, AuditLeaf
from accord_auth.audit.notes import Head, PublicKey, read_head, read_public_key, sign
from accord_auth.audit.tree import ENTRY_COLUMNS, StoredHashes, document_of, last_head, whole_log
from accord_config.database import Database

BATCH = 2_000
SALT_BYTES = 32
_LOCK = 0x6163636F72642061
"""Key of the advisory lock under which one process at a time seals: "accord a" in ASCII."""

_WAITING = text(
    f"""
    SELECT waiting.id AS pending, {ENTRY_COLUMNS}
    FROM (SELECT id, entry_id FROM audit_pending ORDER BY id LIMIT :limit) AS waiting
    LEFT JOIN audit_entries AS e
      ON e.id = waiting.entry_id
      AND NOT EXISTS (SELECT FROM audit_seals AS s WHERE s.entry_id = waiting.entry_id)
    ORDER BY waiting.id
    """  # noqa: S608 - the columns are a constant
)
_NUMBERS = text(
    """
    SELECT wanted, (SELECT max(number) FROM audit_seals AS s WHERE s.organisation_id = wanted)
    FROM unnest(CAST(:organisations AS uuid[])) AS wanted
    UNION ALL SELECT NULL, (SELECT max(number) FROM audit_seals AS s WHERE s.organisation_id IS NULL)
    """
)
_ADD_LEAVES = text(
    "INSERT INTO audit_leaves (sequence, hash, chain)"
    " SELECT * FROM unnest(CAST(:sequences AS bigint[]), CAST(:hashes AS bytea[]), CAST(:chains AS bytea[]))"
)
_ADD_SEALS = text(
    """
    INSERT INTO audit_seals (sequence, entry_id, organisation_id, number, salt)
    SELECT * FROM unnest(CAST(:sequences AS bigint[]), CAST(:entries AS bigint[]),
                         CAST(:organisations AS uuid[]), CAST(:numbers AS bigint[]), CAST(:salts AS bytea[]))
    """
)
_ADD_NODES = text(
    'INSERT INTO audit_nodes (level, "index", hash)'
    " SELECT * FROM unnest(CAST(:levels AS int[]), CAST(:indexes AS bigint[]), CAST(:hashes AS bytea[]))"
)
_DONE = text("DELETE FROM audit_pending WHERE id = ANY(:ids)")


@dataclass(frozen=True)
class Sealed:
    """How many entries a run sealed, and the last checkpoint there is now (None: the log is empty)."""

    entries: int
    head: Head | None


def seal_waiting(
    database: Database, keys: SigningKeyFile, *, new_key: bool = False, batch: int = BATCH
) -> Sealed:
    """Seal all entries that are committed. Call on the worker's role; another caller waits meanwhile.

    `new_key`: go on with a key that did not sign the last checkpoint.

    :raises SigningKeyMissing: when this host has no key, and the log has one.
    :raises SigningKeyError: when the key is another one than the log's, or cannot be used.
    """
    total = 0
    while True:
        with whole_log(database) as session:
            session.execute(select(text(f"pg_advisory_xact_lock({_LOCK})")))
            taken, head = _seal_batch(session, keys, new_key=new_key, limit=batch)
        total += taken.sealed
        new_key = False
        if taken.waiting < batch:
            return Sealed(total, head)


@dataclass(frozen=True)
class _Taken:
    waiting: int
    sealed: int


def _seal_batch(
    session: Session, keys: SigningKeyFile, *, new_key: bool, limit: int
) -> tuple[_Taken, Head | None]:
    before = last_head(session)
    waiting = session.execute(_WAITING, {"limit": limit}).mappings().all()
    entries = list({row["id"]: row for row in waiting if row["id"] is not None}.values())
    head = read_head(before.note) if before is not None else None
    if entries:
        key, public = _signing(before, keys, new_key=new_key)
        root, size = _place(session, head.size if head else 0, entries)
        at: datetime = session.scalars(text("SELECT clock_timestamp()")).one()
        head = Head(public.name, size, root, at)
        note = sign(head, key)
        session.add(AuditHead(size=size, at=at, root=root, public_key=str(public), note=note))
        session.flush()
    if waiting:
        session.execute(_DONE, {"ids": [row["pending"] for row in waiting]})
    return _Taken(len(waiting), len(entries)), head


def _signing(
    before: AuditHead | None, keys: SigningKeyFile, *, new_key: bool
) -> tuple[Ed25519PrivateKey, PublicKey]:
    if before is None:
        key = keys.load_or_make()
        return key, public_key_of(key, log_name(key))
    key = keys.load_or_make() if new_key else keys.load()
    known = read_public_key(before.public_key)
    public = public_key_of(key, known.name)
    if public != known and not new_key:
        raise SigningKeyError(
            f"{keys.path} is not the key that signed the last checkpoint: bring that one back,"
            " or go on with this one by `accord audit seal --new-key`"
        )
    return key, public


def _place(session: Session, size: int, entries: Sequence[RowMapping]) -> tuple[bytes, int]:
    """Give entries their places from `size` on; gives the tree's new root and size."""
    frontier = frontier_at(StoredHashes(session), size)
    last = session.get_one(AuditLeaf, size - 1).chain if size else FIRST_LINK
    counted = _next_numbers(session, {row["organisation_id"] for row in entries})
    leaves: dict[str, list[Any]] = {"sequences": [], "hashes": [], "chains": []}
    seals: dict[str, list[Any]] = {"entries": [], "organisations": [], "numbers": [], "salts": []}
    nodes: dict[str, list[Any]] = {"levels": [], "indexes": [], "hashes": []}
    for sequence, row in enumerate(entries, start=size):
        organisation, salt = row["organisation_id"], secrets.token_bytes(SALT_BYTES)
        number = counted[organisation]
        counted[organisation] += 1
        leaf = leaf_of(document_of(row, sequence=sequence, number=number, salt=salt))
        last = link(last, leaf)
        _add(leaves, sequence, leaf, last)
        _add(seals, row["id"], organisation, number, salt)
        for level, index, found in frontier.append(leaf):
            if level and level % STRIDE == 0:
                _add(nodes, level, index, found)
    session.execute(_ADD_LEAVES, leaves)
    session.execute(_ADD_SEALS, seals | {"sequences": leaves["sequences"]})
    session.execute(_ADD_NODES, nodes)
    return frontier.root(), frontier.size


def _add(columns: dict[str, list[Any]], *values: Any) -> None:
    for column, value in zip(columns.values(), values, strict=True):
        column.append(value)


def _next_numbers(session: Session, organisations: set[str | None]) -> dict[str | None, int]:
    wanted = [one for one in organisations if one is not None]
    rows = session.execute(_NUMBERS, {"organisations": wanted})
    return {str(owner) if owner else None: 0 if last is None else last + 1 for owner, last in rows}


@dataclass(frozen=True)
class Waiting:
    """Entries that are not sealed yet, and since when the first of them waits."""

    entries: int
    since: datetime | None

    def overdue(self, now: datetime, after: timedelta) -> bool:
        """Whether an entry waits longer than it should."""
        return self.since is not None and now - self.since > after


_COUNT = text(
    "SELECT count(*), min(e.at) FROM audit_pending AS p JOIN audit_entries AS e ON e.id = p.entry_id"
)


def backlog(database: Database) -> Waiting:
    """What waits to be sealed; on the worker's role."""
    with whole_log(database) as session:
        return Waiting(*session.execute(_COUNT).one())


def latest(database: Database) -> Head | None:
    """The last checkpoint as it is written, whoever signed it; on the worker's role."""
    with whole_log(database) as session:
        found = last_head(session)
    return read_head(found.note) if found is not None else None


def public_key(database: Database, keys: SigningKeyFile) -> PublicKey:
    """The public key that belongs to this host's key, under the log's name; made for an empty log.

    :raises SigningKeyMissing: when this host has none.
    """
    with whole_log(database) as session:
        before = last_head(session)
    if before is not None:
        return public_key_of(keys.load(), read_public_key(before.public_key).name)
    key = keys.load_or_make()
    return public_key_of(key, log_name(key))
