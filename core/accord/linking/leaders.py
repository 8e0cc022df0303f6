"""Leaders of values that are compared by distance, as a worker remembers them.

Every node of such a kind is a leader, so what is in memory can be read from the graph at any time: a worker
reads all of an organisation when it links for it first, and before each batch those that have come since.
Numbers of nodes rise, and one linker at a time works for an organisation. What was dropped is written down
for a day (`DroppedLeader`); a worker that has not linked for an hour reads all anew.

Rows under each key, in PostgreSQL, took two fifths of its time in linking and a fifth of all that was
stored: each new picture was written in sixteen random places.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.linking.carried import Carried
from accord.linking.evidence import RADIUS
from accord.linking.keyed import Keyed, bits_of, keyed, keyed_images
from accord.linking.numbers import numbers
from accord.linking.runs import Nearest, Runs
from accord_config.arrays import array
from accord_sdk import SelectorKind

MOST_LEADERS = {SelectorKind.IMAGE: 256, SelectorKind.TEMPLATE: 32}
"""Leaders of one key that are compared, the newest. A key of an image has 16 bits: sixteen million images
have 256 under each."""
MOST_BYTES = 1 << 29
"""Beyond so much memory a worker forgets those organisations that it linked for the longest time ago."""
KEPT_S = 3_600
"""A worker that has not linked for an organisation for so long forgets its leaders."""
AT_ONCE = 20_000
"""Leaders that are read in one statement."""

_SINCE = text(
    """
    SELECT kind, string_agg(int8send(id), '' ORDER BY id), string_agg(value, '' ORDER BY id),
           string_agg(int4send(coalesce(cardinality(keys), 0)), '' ORDER BY id),
           string_agg((SELECT string_agg(int8send(key), '') FROM unnest(keys) AS key), '' ORDER BY id)
    FROM (
        SELECT id, kind, value, keys FROM selectors
        WHERE organisation_id = :organisation AND id > :last AND kind IN ('image', 'template')
          AND length(value) = CASE kind WHEN 'image' THEN 64 ELSE 128 END
        ORDER BY id LIMIT :most
    ) AS leader
    GROUP BY kind
    """
)
"""Numbers travel as bytes: read as texts they took longer than all the rest."""
_DROPPED_SINCE = text(
    """
    SELECT id, selector_id FROM dropped_leaders
    WHERE organisation_id = :organisation AND id > :last ORDER BY id
    """
)
_LAST_DROPPED = text("SELECT max(id) FROM dropped_leaders WHERE organisation_id = :organisation")
_DROP = text(
    """
    INSERT INTO dropped_leaders (organisation_id, selector_id)
    SELECT :organisation, id FROM unnest(CAST(:ids AS bigint[])) AS id
    """
)
_EVERYBODY_KNOWS = text(
    """
    DELETE FROM dropped_leaders
    WHERE organisation_id = :organisation AND dropped_at < now() - interval '1 day'
    """
)


@dataclass
class Known:
    """The leaders of one organisation, as far as a worker has read them."""

    last_dropped: int
    last: int = 0
    runs: dict[str, Runs] = field(
        default_factory=lambda: {kind: Runs(most) for kind, most in MOST_LEADERS.items()}
    )
    asked: float = field(default_factory=time.monotonic)

    @property
    def bytes(self) -> int:
        """The memory that they take."""
        return sum(runs.bytes for runs in self.runs.values())

    def nearest(self, kind: str, values: Sequence[Carried]) -> dict[int, Nearest]:
        """The nearest leader of each value, by its index; only values with one within the kind's radius."""
        return self.runs[kind].nearest(keyed(kind, values), RADIUS[kind])

    def forget(self, ids: Collection[int]) -> None:
        """Let leaders be found no more."""
        for runs in self.runs.values():
            runs.forget(list(ids))

    def read_on(self, session: Session, organisation_id: UUID) -> None:
        """Read what has come and gone since the last time."""
        whose = {"organisation": organisation_id}
        dropped = session.execute(_DROPPED_SINCE, whose | {"last": self.last_dropped}).all()
        if dropped:
            self.last_dropped = dropped[-1][0]
            self.forget([selector for _, selector in dropped])
        while self._read_some(session, whose | {"last": self.last, "most": AT_ONCE}) == AT_ONCE:
            pass

    def _read_some(self, session: Session, asked: dict[str, object]) -> int:
        read = 0
        for kind, sent, values, counts, keys in session.execute(_SINCE, asked).all():
            ids = numbers(sent)
            bits = bits_of(values, ids.size)
            found = Keyed(bits, numbers(keys), numbers(counts, ">i4"))
            self.runs[kind].add(ids, keyed_images(bits) if kind == SelectorKind.IMAGE else found)
            self.last = max(self.last, int(ids[-1]))
            read += ids.size
        return read


class Leaders:
    """What a worker remembers of all organisations for which it links."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._known: OrderedDict[UUID, Known] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, session: Session, organisation_id: UUID) -> Known:
        """All leaders of an organisation, as they are now. One linker at a time asks for an organisation."""
        with self._lock:
            self._forget_long_unused()
            found = self._known.pop(organisation_id, None)
        if found is None:
            dropped = session.scalar(_LAST_DROPPED, {"organisation": organisation_id})
            found = Known(last_dropped=dropped or 0)
        found.read_on(session, organisation_id)
        found.asked = time.monotonic()
        with self._lock:
            self._known[organisation_id] = found
            while len(self._known) > 1 and sum(one.bytes for one in self._known.values()) > self._most_bytes:
                self._known.popitem(last=False)
        return found

    @contextmanager
    def forgotten_on_failure(self, organisation_id: UUID) -> Iterator[None]:
        """Forget an organisation's leaders where the block fails, so that all are read again."""
        try:
            yield
        except BaseException:
            with self._lock:
                self._known.pop(organisation_id, None)
            raise

    def _forget_long_unused(self) -> None:
        before = time.monotonic() - KEPT_S
        for organisation_id in [one for one, known in self._known.items() if known.asked < before]:
            del self._known[organisation_id]


def drop(session: Session, organisation_id: UUID, ids: Collection[int]) -> None:
    """Let every worker know that these leaders are gone."""
    whose = {"organisation": organisation_id}
    session.execute(_DROP, whose | {"ids": array(ids)})
    session.execute(_EVERYBODY_KNOWS, whose)
