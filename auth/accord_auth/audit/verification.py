"""Looking through the whole log for anything that is not as it was sealed.

One pass in the order of the log, in windows, so that memory does not grow with it. Each row is
compared with what it should be by itself, so that one wrong row does not make the rest look wrong:
entry against leaf, chain against the stored chain before it, nodes and checkpoints against the tree
of the stored leaves. What cannot be found out from inside is in `docs/explanation/audit.md`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping, select, text
from sqlalchemy.orm import Session

from accord_auth.audit.document import FIRST_LINK, Document, leaf_of, link
from accord_auth.audit.merkle import STRIDE, Frontier
from accord_auth.audit.models import AuditHead
from accord_auth.audit.notes import ForgedNote, Head, NoteError, PublicKey, open_note
from accord_auth.audit.tree import ENTRY_COLUMNS, document_of, whole_log
from accord_config.database import Database

WINDOW = 2_048
MOVES_TRIED = 200
"""So many rows that do not fit are kept in mind to find out whether they only changed places."""


class FaultKind(StrEnum):
    """What is wrong at a place."""

    CHAIN = "chain"
    CHANGED = "changed"
    HEAD = "checkpoint"
    MOVED = "moved"
    NODE = "tree"
    NUMBER = "number"
    REMOVED = "removed"
    SIGNATURE = "signature"
    UNSEALED = "unsealed"


@dataclass(frozen=True)
class Fault:
    """Something wrong. `place` is a sequence number, or a checkpoint's size; None: beside the log."""

    kind: FaultKind
    place: int | None
    words: str


_ROWS = text(
    f"""
    SELECT n AS place, l.hash AS leaf, l.chain, s.entry_id, s.number, s.salt,
           s.organisation_id::text AS sealed_for, {ENTRY_COLUMNS}
    FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint) - 1) AS n
    LEFT JOIN audit_leaves AS l ON l.sequence = n
    LEFT JOIN audit_seals AS s ON s.sequence = n
    LEFT JOIN audit_entries AS e ON e.id = s.entry_id
    ORDER BY n
    """  # noqa: S608 - the columns are a constant
)
_END = text(
    """
    SELECT greatest((SELECT max(sequence) + 1 FROM audit_leaves), (SELECT max(sequence) + 1 FROM audit_seals),
                    (SELECT max(size) FROM audit_heads), 0),
           coalesce((SELECT max(size) FROM audit_heads), 0)
    """
)
_NODES = text(
    'SELECT "index", hash FROM audit_nodes WHERE level = :level AND "index" >= :first AND "index" < :last'
)
_EXTRA_NODES = text("SELECT count(*) FROM audit_nodes WHERE level = :level")
_UNSEALED = text(
    """
    SELECT e.id FROM audit_entries AS e
    WHERE NOT EXISTS (SELECT FROM audit_seals AS s WHERE s.entry_id = e.id)
      AND NOT EXISTS (SELECT FROM audit_pending AS p WHERE p.entry_id = e.id)
    ORDER BY e.id
    """
)


def verify(database: Database, keys: Sequence[PublicKey], earlier: Sequence[Head] = ()) -> Iterator[Fault]:
    """Everything that is wrong, in the order of the log; call on the worker's role.

    `keys` are those whose checkpoints are believed; `earlier` are checkpoints that somebody kept
    outside: with them even a log that was rewritten and signed anew is found out.
    """
    with whole_log(database, snapshot=True) as session:
        yield from _Walk(session, keys, earlier).faults()


@dataclass
class _Walk:
    """The state of one pass."""

    session: Session
    keys: Sequence[PublicKey]
    earlier: Sequence[Head]
    frontier: Frontier = field(default_factory=Frontier)
    chain: bytes | None = FIRST_LINK
    """The chain up to here; None after a gap."""
    known: bool = True
    """Whether every leaf so far is known, so that roots can be compared."""
    complete: bool = True
    """Whether every seal so far is there, so that numbers follow one another."""
    unfit: int = 0
    """Checkpoints whose root does not fit: the first one's trouble is the others' too."""
    numbers: Counter[str | None] = field(default_factory=Counter)
    misfits: list[tuple[Document, bytes]] = field(default_factory=list)

    def faults(self) -> Iterator[Fault]:
        end, covered = self.session.execute(_END).one()
        for first in range(0, end, WINDOW):
            last = min(first + WINDOW, end)
            rows = self.session.execute(_ROWS, {"first": first, "last": last}).mappings().all()
            yield from self._window(rows, first, last)
        if end > covered:
            words = f"no checkpoint covers places {covered} to {end - 1}"
            yield Fault(FaultKind.HEAD, covered, words)
        for head in self.earlier:
            if head.size > end:
                words = f"a checkpoint that you gave is over {head.size} entries; the log has {end}"
                yield Fault(FaultKind.HEAD, end, words)
        if self.unfit > 1:
            words = f"{self.unfit - 1} more checkpoints after that one do not fit either"
            yield Fault(FaultKind.HEAD, None, words)
        yield from self._moved()
        yield from self._surplus_nodes(end)
        for entry_id in self.session.scalars(_UNSEALED.execution_options(yield_per=WINDOW)):
            words = f"entry {entry_id} was never sealed and does not wait for it either"
            yield Fault(FaultKind.UNSEALED, None, words)

    def _window(self, rows: Sequence[RowMapping], first: int, last: int) -> Iterator[Fault]:
        heads = self._heads(first, last)
        wanted: dict[int, dict[int, bytes]] = {}
        for row in rows:
            place = row["place"]
            leaf, found = self._row(row)
            yield from found
            self.known = self.known and leaf is not None
            for level, index, node in self.frontier.append(leaf or bytes(32)):
                if self.known and level and level % STRIDE == 0:
                    wanted.setdefault(level, {})[index] = node
            for head in heads.get(place + 1, ()):
                yield from self._head(head)
            for kept in self.earlier:
                if kept.size == place + 1:
                    yield from self._root(kept, "a checkpoint that you gave")
        yield from self._nodes(wanted)

    def _row(self, row: RowMapping) -> tuple[bytes | None, list[Fault]]:
        """The leaf at a place as far as it is known, and what is wrong there."""
        place, leaf = row["place"], row["leaf"]
        faults: list[Fault] = []
        gone = [
            word
            for word, value in (("leaf", leaf), ("seal", row["salt"]), ("entry", row["id"]))
            if value is None
        ]
        if gone:
            which = f" (entry {row['entry_id']})" if row["entry_id"] is not None else ""
            words = f"the {' and the '.join(gone)} at place {place} was removed{which}"
            faults.append(Fault(FaultKind.REMOVED, place, words))
        if row["salt"] is None:
            self.complete = False
        else:
            faults += self._number(row)
        if row["salt"] is not None and row["id"] is not None:
            document = document_of(row, sequence=place, number=row["number"], salt=row["salt"])
            expected = leaf_of(document)
            leaf = leaf or expected
            if leaf != expected or row["sealed_for"] != row["organisation_id"]:
                words = f"entry {row['id']} at place {place} is not what was sealed there"
                faults.append(Fault(FaultKind.CHANGED, place, words))
                if len(self.misfits) < MOVES_TRIED:
                    self.misfits.append((document, leaf))
        faults += self._link(row, leaf)
        return leaf, faults

    def _number(self, row: RowMapping) -> list[Fault]:
        owner, number = row["sealed_for"], row["number"]
        expected, self.numbers[owner] = self.numbers[owner], number + 1
        if number == expected or (number > expected and not self.complete):
            return []
        whose = owner or "the platform"
        words = f"the entry at place {row['place']} is number {number} of {whose}, not {expected}"
        return [Fault(FaultKind.NUMBER, row["place"], words)]

    def _link(self, row: RowMapping, leaf: bytes | None) -> list[Fault]:
        before, stored = self.chain, row["chain"]
        expected = None if before is None or leaf is None else link(before, leaf)
        # From the stored link on, so that one wrong link is one fault.
        self.chain = expected if stored is None else stored
        if stored is None or expected is None or stored == expected:
            return []
        words = f"the chain breaks at place {row['place']}: another entry stood there or before it"
        return [Fault(FaultKind.CHAIN, row["place"], words)]

    def _heads(self, first: int, last: int) -> dict[int, list[AuditHead]]:
        query = (
            select(AuditHead).where(AuditHead.size > first, AuditHead.size <= last).order_by(AuditHead.size)
        )
        found: dict[int, list[AuditHead]] = {}
        for head in self.session.scalars(query):
            found.setdefault(head.size, []).append(head)
            self.session.expunge(head)
        return found

    def _head(self, stored: AuditHead) -> Iterator[Fault]:
        try:
            head = open_note(stored.note, self.keys)
        except ForgedNote:
            words = f"the checkpoint over {stored.size} entries is not signed by a key you believe"
            yield Fault(FaultKind.SIGNATURE, stored.size, words)
            return
        except NoteError as error:
            words = f"the checkpoint over {stored.size} entries cannot be read: {error}"
            yield Fault(FaultKind.SIGNATURE, stored.size, words)
            return
        if (head.size, head.root, head.at) != (stored.size, stored.root, stored.at):
            words = f"the checkpoint over {stored.size} entries says something else than was signed"
            yield Fault(FaultKind.HEAD, stored.size, words)
        yield from self._root(replace(head, size=stored.size), "the checkpoint")

    def _root(self, head: Head, name: str) -> Iterator[Fault]:
        if self.known and head.root != self.frontier.root():
            self.unfit += 1
            if self.unfit > 1:
                return
            words = f"{name} over {head.size} entries does not fit the {head.size} entries there are"
            yield Fault(FaultKind.HEAD, head.size, words)

    def _nodes(self, wanted: dict[int, dict[int, bytes]]) -> Iterator[Fault]:
        for level, nodes in wanted.items():
            limits: dict[str, Any] = {"level": level, "first": min(nodes), "last": max(nodes) + 1}
            stored: dict[int, bytes] = dict(self.session.execute(_NODES, limits).all())
            for index, node in nodes.items():
                if stored.get(index) != node:
                    what = "does not fit its leaves" if index in stored else "was removed"
                    words = f"node {index} of level {level} of the tree {what}"
                    yield Fault(FaultKind.NODE, index << level, words)

    def _surplus_nodes(self, end: int) -> Iterator[Fault]:
        for level in range(STRIDE, 64, STRIDE):
            extra = self.session.scalars(_EXTRA_NODES, {"level": level}).one() - (end >> level)
            if extra > 0:
                yield Fault(FaultKind.NODE, None, f"{extra} nodes of level {level} belong to no leaves")

    def _moved(self) -> Iterator[Fault]:
        """Which of the rows that do not fit where they stand belong at one another's places."""
        for document, leaf in self.misfits:
            for other, leaf_there in self.misfits:
                here, there = document["sequence"], other["sequence"]
                if here == there:
                    continue
                slot = {name: other[name] for name in ("sequence", "number", "salt")}
                entry_moved = leaf_of({**document, **slot}) == leaf_there
                row_moved = leaf_of({**document, "sequence": there}) == leaf
                if entry_moved or row_moved:
                    words = f"entry {document['id']} stands at place {here} and belongs at {there}"
                    yield Fault(FaultKind.MOVED, int(here or 0), words)
