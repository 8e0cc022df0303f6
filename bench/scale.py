"""Simulates a pipeline of many hosts, with the constants that the other benchmarks measured.

    python bench/scale.py [--quick] [--records N] [--organisations N]

A backlog of records is worked off in batches. Organisations are of unequal size (Zipf: the k-th has 1/k of
the first one's records). A batch is detected on any free core of the workers; an organisation's batches are
linked one after the other, each on a worker's core and then on one of PostgreSQL's. What is simulated is
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


@dataclass(frozen=True)
class Cost:
    """Milliseconds of a core for one record (`bench/stages.py`, docs/performance.md)."""

    detect_worker: float = 0.15
    plugins: float = 0.9
    detect_postgresql: float = 0.10
    link_worker: float = 0.32
    link_postgresql: float = 0.25


BYTES = {
    "record_findings": 2_400,
    "records": 1_250,
    "sketch_keys": 1_700,
    "mentions": 780,
    "selectors": 570,
    "strand_selectors": 360,
    "leads, strands, lead_records": 420,
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


class Pipeline:
    """One backlog and the cores that work it off."""

    def __init__(self, layout: Layout, batches: list[int], cost: Cost) -> None:
        self.clock = Clock()
        self.workers = Cores(self.clock, layout.workers, self._detect)
        self.postgresql = Cores(self.clock, layout.postgresql)
        self._backlog = in_turn(batches)
        self._cost = cost
        self._to_link = [0] * len(batches)
        self._linking = [False] * len(batches)

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
        self.postgresql.run(spent, lambda: self._detected(organisation))

    def _detected(self, organisation: int) -> None:
        self._to_link[organisation] += 1
        if not self._linking[organisation]:
            self._link(organisation)

    def _link(self, organisation: int) -> None:
        self._linking[organisation] = self._to_link[organisation] > 0
        if self._linking[organisation]:
            self._to_link[organisation] -= 1
            self.workers.run(self._cost.link_worker * BATCH / 1000, lambda: self._write(organisation))

    def _write(self, organisation: int) -> None:
        self.postgresql.run(self._cost.link_postgresql * BATCH / 1000, lambda: self._link(organisation))


def simulate(layout: Layout, batches: list[int], cost: Cost) -> Outcome:
    """Work a backlog off."""
    pipeline = Pipeline(layout, batches, cost)
    end = pipeline.run()
    chain = batches[0] * BATCH / 1000 * (cost.link_worker + cost.link_postgresql)
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
