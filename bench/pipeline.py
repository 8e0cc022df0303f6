"""Measures the whole pipeline: `accord ingest` on a fresh home beside a bare COPY of the same rows.

    python bench/pipeline.py [--quick] [--records N ...]

Each size gets a fresh ACCORD_HOME in a temporary directory and a synthetic world of one site. The
home is set up and its server runs before the clock starts; the time is that of the whole
`accord ingest` process: its start, a worker's start, storing, all first-party plugins, linking,
ranking. The last line is one JSON object with the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import psycopg

from accord.demo.world import Site, WorldSettings, generate
from accord.setup import open_home
from accord_config.database import Role
from accord_config.home import Home
from accord_config.settings import load_settings

SIZES = (10_000, 100_000)
QUICK = (2_000,)
SAMPLE_S = 0.5
"""A look takes some ten milliseconds: five times a second it was a twentieth of a processor."""
SOURCE = "harborlist"
ACCORD = (sys.executable, "-m", "accord")
COPY_TABLE = "CREATE TABLE bench_copy (external_id text, observed_at timestamptz, record jsonb)"
CHUNK = 1 << 20
LEAST_BYTES = 50
SIZES_OF = """
    SELECT * FROM (
        SELECT relname, round(pg_total_relation_size(relid) / CAST(%s AS numeric)) AS size
        FROM pg_stat_user_tables
    ) AS stored WHERE size >= %s ORDER BY size DESC
"""


@dataclass(frozen=True)
class Figures:
    """One size. Times in seconds, memory in MiB of resident set.

    `cpu_ms_per_record` is the time of all processors together, by part (command, worker, plugins,
    PostgreSQL): on a machine that does something else besides, it says more than the seconds.
    """

    records: int
    generation_s: float
    ingest_s: float
    records_per_s: float
    copy_s: float
    times_copy: float
    cpu_ms_per_record: dict[str, float]
    leads: int
    peak_mib: dict[str, int]
    bytes_per_record: dict[str, int]
    """With indexes, by table, the largest ones."""


class Usage:
    """What a process and its descendants use, by part, sampled in a thread: peak resident memory, CPU time.

    The CPU time of a process that ends is what it was at the last sample: at most `SAMPLE_S` are missed.
    """

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._ended = threading.Event()
        self.peak: defaultdict[str, int] = defaultdict(int)
        self._seconds: dict[tuple[int, float], tuple[str, float]] = {}
        self._thread = threading.Thread(target=self._watch)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Sample for the length of the block."""
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_S):
            now: defaultdict[str, int] = defaultdict(int)
            try:
                processes = [self._root, *self._root.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            for process in processes:
                try:
                    used, which = process.cpu_times(), (process.pid, process.create_time())
                    # What it was first: one that has ended says no more what it is.
                    if which not in self._seconds and _is_copy(process):
                        continue
                    part = (
                        self._seconds[which][0] if which in self._seconds else _part(process, self._root.pid)
                    )
                    now[part] += process.memory_info().rss
                    self._seconds[which] = part, used.user + used.system
                except psutil.NoSuchProcess:
                    continue
            now["total"] = sum(now.values())
            for part, size in now.items():
                self.peak[part] = max(self.peak[part], size)

    def seconds(self) -> dict[str, float]:
        """CPU seconds by part."""
        found: defaultdict[str, float] = defaultdict(float)
        for part, used in self._seconds.values():
            found[part] += used
        return dict(found)

    def mib(self) -> dict[str, int]:
        """The peaks in MiB; `total` is the peak of the sum."""
        return {part: size >> 20 for part, size in sorted(self.peak.items())}


def _is_copy(process: psutil.Process) -> bool:
    """Whether a process is about to become another program: until then it shares its parent's memory."""
    parent = process.parent()
    return parent is not None and parent.cmdline() == process.cmdline()


def _part(process: psutil.Process, root: int) -> str:
    if process.pid == root:
        return "ingest"
    command = process.cmdline()
    if any("accord_sdk.runner" in word for word in command):
        return "plugins"
    return "worker" if "worker" in command else "others"


def make_file(records: int, path: Path) -> float:
    """Write a world of one site; returns the seconds that it took."""
    started = time.monotonic()
    settings = WorldSettings(records=records, seed="pipeline", sites=(Site(SOURCE, 1.0, 0.55, 0.60),))
    with path.open("w", encoding="utf-8") as file:
        file.writelines(record.line + "\n" for record in generate(settings))
    return time.monotonic() - started


@contextmanager
def server_of(home: Path) -> Iterator[tuple[Home, psutil.Process]]:
    """A home that is set up, with its server running; and the server's process."""
    settings = load_settings({"ACCORD_HOME": str(home)})
    opened = open_home(settings)
    try:
        pid = int((home / "database" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        yield opened, psutil.Process(pid)
    finally:
        opened.close()


def server_seconds(server: psutil.Process) -> float:
    """CPU seconds of the server, of its processes that have ended and of those that still run."""
    return sum(server.cpu_times()) + sum(sum(child.cpu_times()[:2]) for child in server.children())


def ingest(home: Path, path: Path) -> tuple[float, dict[str, float], dict[str, int]]:
    """Run `accord ingest`: seconds; by part CPU seconds of it and its descendants, and their peak memory."""
    started = time.monotonic()
    command = [*ACCORD, "ingest", str(path), "--source", SOURCE]
    environment = {**os.environ, "ACCORD_HOME": str(home)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    usage = Usage(process.pid)
    with usage.watched():
        said, _ = process.communicate()
    seconds = time.monotonic() - started
    if process.returncode:
        raise SystemExit(f"accord ingest ended with {process.returncode}:\n{said}")
    return seconds, usage.seconds(), usage.mib()


def copy(conninfo: str, path: Path) -> tuple[float, int]:
    """COPY the same rows into a plain table of the same server: seconds; and how many leads there are."""
    rows = path.with_suffix(".copy")
    with path.open(encoding="utf-8") as lines, rows.open("w", encoding="utf-8") as file:
        for line in lines:
            record = json.loads(line)
            text = line.strip().replace("\\", "\\\\")
            file.write(f"{record['external_id']}\t{record['observed_at']}\t{text}\n")
    with psycopg.connect(conninfo) as connection, rows.open("rb") as source:
        connection.execute(COPY_TABLE)
        connection.commit()
        started = time.monotonic()
        with connection.cursor().copy("COPY bench_copy FROM STDIN") as stream:
            while chunk := source.read(CHUNK):
                stream.write(chunk)
        connection.commit()
        seconds = time.monotonic() - started
        found = connection.execute("SELECT count(*) FROM leads WHERE merged_into IS NULL").fetchone()
    rows.unlink()
    return seconds, int(found[0]) if found else 0


def sizes(conninfo: str, records: int) -> dict[str, int]:
    """Bytes a record of the largest tables, with their indexes."""
    with psycopg.connect(conninfo) as connection:
        found = connection.execute(SIZES_OF, (records, LEAST_BYTES)).fetchall()
    return {str(name): int(size) for name, size in found}


def measure(records: int) -> Figures:
    """All figures of one size, in a home that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="accord-bench-", ignore_cleanup_errors=True) as directory:
        path = Path(directory) / "records.jsonl"
        generation_s = make_file(records, path)
        home = Path(directory) / "home"
        with server_of(home) as (opened, server):
            before = server_seconds(server)
            ingest_s, cpu, peak = ingest(home, path)
            cpu["postgresql"] = server_seconds(server) - before
            conninfo = opened.database(Role.OWNER).conninfo
            stored = sizes(conninfo, records)
            copy_s, leads = copy(conninfo, path)
    return Figures(
        records=records,
        generation_s=round(generation_s, 1),
        ingest_s=round(ingest_s, 1),
        records_per_s=round(records / ingest_s, 1),
        copy_s=round(copy_s, 3),
        times_copy=round(ingest_s / copy_s, 1),
        cpu_ms_per_record={part: round(used / records * 1000, 2) for part, used in sorted(cpu.items())},
        leads=leads,
        peak_mib=peak,
        bytes_per_record=stored,
    )


def main() -> None:
    """Measure every size and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="2,000 records, under a minute")
    parser.add_argument("--records", type=int, nargs="+", help="other sizes, such as 1000000")
    arguments = parser.parse_args()
    sizes = tuple(arguments.records or (QUICK if arguments.quick else SIZES))
    found = []
    for size in sizes:
        figures = measure(size)
        found.append(figures)
        peak = ", ".join(f"{part} {mib}" for part, mib in figures.peak_mib.items())
        cpu = ", ".join(f"{part} {used}" for part, used in figures.cpu_ms_per_record.items())
        print(
            f"{size:>9,} records: {figures.ingest_s:.1f} s, {figures.records_per_s:,.0f} records/s,"
            f" {figures.times_copy:,.0f} x COPY ({figures.copy_s:.2f} s),"
            f" CPU ms a record: {cpu} (all {sum(figures.cpu_ms_per_record.values()):.2f});"
            f" {figures.leads:,} leads;"
            f" peak MiB: {peak}; bytes a record: {sum(figures.bytes_per_record.values()):,};"
            f" world made in {figures.generation_s:.1f} s",
            flush=True,
        )
    print(
        json.dumps(
            {"bench": "pipeline", "processors": os.cpu_count(), "sizes": [asdict(one) for one in found]}
        )
    )


if __name__ == "__main__":
    main()
