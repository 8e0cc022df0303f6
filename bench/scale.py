"""Simulates a pipeline of many hosts, with the constants that the other benchmarks measured.

    python bench/scale.py [--quick] [--records N] [--organisations N]

A backlog of records is worked off in batches. Organisations are of unequal size (Zipf: the k-th has 1/k of
the first one's records). A batch is detected on any free core of the workers. An organisation's batches are
linked one after the other in two halves, resolve and join, each by turns on a worker's core and on one of
PostgreSQL's: while one batch is joined, the next one is resolved, and no further one. Both halves are
threads of one process, so that their Python takes turns. Leads are assessed beside that. What is simulated is
waiting: for a core, for PostgreSQL, for the organisation's own batch before. The last line is one JSON
object.
"""

from __future__ import annotations

import argparse
import heapq
import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import count

BATCH = 1_000
RECORDS, QUICK = 100_000_000, 2_000_000
ORGANISATIONS = 50
STATEMENTS = 4
"""How often a half of linking asks PostgreSQL. It is more; each one that is simulated stands for several."""


@dataclass(frozen=True)
class Cost:
    """Milliseconds of a core for one record (`bench/pipeline.py`, `bench/stages.py`, `bench/linking.py`)."""

    detect_worker: float = 0.12
    plugins: float = 0.60
    detect_postgresql: float = 0.11
    resolve_worker: float = 0.26
    resolve_postgresql: float = 0.06
    join_worker: float = 0.24
    join_postgresql: float = 0.21
    assess_worker: float = 0.05
    assess_postgresql: float = 0.07

    @property
    def chain(self) -> float:
        """What one organisation's linking cannot fall below: its longer half, or the Python of both."""
        resolve = self.resolve_worker + self.resolve_postgresql
        join = self.join_worker + self.join_postgresql
        return max(resolve, join, self.resolve_worker + self.join_worker)


BYTES = {
    "record_findings": 2_640,
    "records": 1_150,
    "leads, strands, lead_records, words": 850,
    "mentions": 780,
    "selectors": 675,
    "strand_selectors": 355,
}
"""Bytes a record with indexes, of 10,000 records of the synthetic world."""


@dataclass(frozen=True)
class Layout:
    """Cores of all workers' hosts together, and of PostgreSQL."""

    workers: int
    postgresql: int


@dataclass
class Outcome:
    """What a layout achieves; shares are of the time that its cores were busy."""

    workers: int
    postgresql: int
    hours: float
    records_per_s: float
    workers_busy: float
    postgresql_busy: float
    largest_alone_hours: float


class Clock:
    """Events in the order of their time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Have something happen."""
        heapq.heappush(self._events, (self.now + seconds, next(self._number), act))

    def run(self) -> None:
        """Let everything happen."""
        while self._events:
            self.now, _, act = heapq.heappop(self._events)
            act()


class Cores:
    """Equal cores that serve who waits first; whoever asks `supply` comes when nobody waits."""

    def __init__(self, clock: Clock, number: int, supply: Callable[[], None] = lambda: None) -> None:
        self._clock, self._free, self._supply = clock, number, supply
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()
        self.number, self.busy = number, 0.0

    def run(self, seconds: float, then: Callable[[], None]) -> None:
        """Do work as soon as a core is free, and go on."""
        if not self._free:
            self._waiting.append((seconds, then))
            return
        self._free -= 1
        self.busy += seconds
        self._clock.after(seconds, lambda: self._done(then))

    def _done(self, then: Callable[[], None]) -> None:
        self._free += 1
        then()
        if self._free and self._waiting:
            self.run(*self._waiting.popleft())
        if self._free and not self._waiting:
            self._supply()


def sizes(records: int, organisations: int) -> list[int]:
    """Batches of each organisation, the largest first."""
    whole = sum(1 / rank for rank in range(1, organisations + 1))
    return [max(1, round(records / BATCH / rank / whole)) for rank in range(1, organisations + 1)]


def in_turn(batches: list[int]) -> Iterator[int]:
    """The organisation of each batch, as members hand in at the same time: each in proportion to its size."""
    waiting = [(1 / count, organisation, 1) for organisation, count in enumerate(batches)]
    heapq.heapify(waiting)
    while waiting:
        _, organisation, done = heapq.heappop(waiting)
        yield organisation
        if done < batches[organisation]:
            heapq.heappush(waiting, ((done + 1) / batches[organisation], organisation, done + 1))


class Linker:
    """One organisation's linking: two halves that overlap, whose Python takes turns."""

    def __init__(self, workers: Cores, postgresql: Cores, cost: Cost) -> None:
        self._workers, self._postgresql, self._cost = workers, postgresql, cost
        self._ready, self._resolved = 0, False
        self._resolving = self._joining = self._computing = False
        self._turns: deque[tuple[float, Callable[[], None]]] = deque()

    def offer(self) -> None:
        """One more batch is detected."""
        self._ready += 1
        self._go()

    def _go(self) -> None:
        if self._resolved and not self._joining:
            self._resolved, self._joining = False, True
            self._half(self._cost.join_worker, self._cost.join_postgresql, self._joined)
        if self._ready and not self._resolving and not self._resolved:
            self._ready, self._resolving = self._ready - 1, True
            self._half(self._cost.resolve_worker, self._cost.resolve_postgresql, self._found)

    def _half(
        self, worker: float, postgresql: float, then: Callable[[], None], turns: int = STATEMENTS
    ) -> None:
        """Python and PostgreSQL by turns, one statement after the other."""

        def ask() -> None:
            again = then if turns == 1 else lambda: self._half(worker, postgresql, then, turns - 1)
            self._postgresql.run(postgresql * BATCH / 1000 / STATEMENTS, again)

        self._compute(worker * BATCH / 1000 / STATEMENTS, ask)

    def _compute(self, seconds: float, then: Callable[[], None]) -> None:
        if self._computing:
            self._turns.append((seconds, then))
            return
        self._computing = True
        self._workers.run(seconds, lambda: self._computed(then))

    def _computed(self, then: Callable[[], None]) -> None:
        self._computing = False
        then()
        if self._turns:
            self._compute(*self._turns.popleft())

    def _found(self) -> None:
        self._resolving, self._resolved = False, True
        self._go()

    def _joined(self) -> None:
        self._joining = False
        write = self._cost.assess_postgresql * BATCH / 1000
        assess = self._cost.assess_worker * BATCH / 1000
        self._workers.run(assess, lambda: self._postgresql.run(write, lambda: None))
        self._go()


class Pipeline:
    """One backlog and the cores that work it off."""

    def __init__(self, layout: Layout, batches: list[int], cost: Cost) -> None:
        self.clock = Clock()
        self.workers = Cores(self.clock, layout.workers, self._detect)
        self.postgresql = Cores(self.clock, layout.postgresql)
        self._backlog = in_turn(batches)
        self._cost = cost
        self._linkers = [Linker(self.workers, self.postgresql, cost) for _ in batches]

    def run(self) -> float:
        """Seconds until all is linked."""
        for _ in range(self.workers.number):
            self._detect()
        self.clock.run()
        return self.clock.now

    def _detect(self) -> None:
        organisation = next(self._backlog, None)
        if organisation is not None:
            spent = self._cost.detect_worker + self._cost.plugins
            self.workers.run(spent * BATCH / 1000, lambda: self._keep(organisation))

    def _keep(self, organisation: int) -> None:
        spent = self._cost.detect_postgresql * BATCH / 1000
        self.postgresql.run(spent, self._linkers[organisation].offer)


def simulate(layout: Layout, batches: list[int], cost: Cost) -> Outcome:
    """Work a backlog off."""
    pipeline = Pipeline(layout, batches, cost)
    end = pipeline.run()
    chain = batches[0] * BATCH / 1000 * cost.chain
    return Outcome(
        workers=layout.workers,
        postgresql=layout.postgresql,
        hours=round(end / 3600, 2),
        records_per_s=round(sum(batches) * BATCH / end),
        workers_busy=round(pipeline.workers.busy / layout.workers / end, 2),
        postgresql_busy=round(pipeline.postgresql.busy / layout.postgresql / end, 2),
        largest_alone_hours=round(chain / 3600, 2),
    )


def main() -> None:
    """Simulate some layouts and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} records")
    parser.add_argument("--records", type=int)
    parser.add_argument("--organisations", type=int, default=ORGANISATIONS)
    arguments = parser.parse_args()
    records = arguments.records or (QUICK if arguments.quick else RECORDS)
    batches, cost = sizes(records, arguments.organisations), Cost()
    layouts = [Layout(*one) for one in ((2, 1), (6, 2), (14, 4), (28, 8), (56, 16), (112, 16))]
    found = [simulate(layout, batches, cost) for layout in layouts]
    for one in found:
        print(
            f"{one.workers:4} worker cores, {one.postgresql:3} of PostgreSQL:"
            f" {one.records_per_s:7,} records/s, {one.hours:7.2f} h (the largest organisation's"
            f" chain alone {one.largest_alone_hours:.2f} h);"
            f" busy {one.workers_busy:.0%} and {one.postgresql_busy:.0%}"
        )
    terabytes = {name: round(size * records / 1e12, 3) for name, size in BYTES.items()}
    print(f"disk: {sum(terabytes.values()):.2f} TB: {terabytes}")
    print(
        json.dumps(
            {
                "bench": "scale",
                "records": records,
                "organisations": arguments.organisations,
                "cost_ms": asdict(cost),
                "layouts": [asdict(one) for one in found],
                "terabytes": terabytes,
            }
        )
    )


if __name__ == "__main__":
    main()
