"""What keeping plugins apart costs: `python bench/plugins.py [--quick]`.

The same records go through a trivial detector and a real one (`selectors`): called directly in this process,
in a process of its own, and in the sandbox. Rounds of the three take turns, so that other work on the machine
meets all alike; each figure is the best of its rounds. Then cold starts (from nothing to the plugin's hello),
and 20 plugins at once. The last line is one JSON object; `sandbox_ratio` is that of the real detector, and
`sandbox_cpu_ratio` the same in processor time (host and plugin together), which other work disturbs less.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import psutil

from accord.demo.world import WorldSettings, generate
from accord.host.choice import isolation_of
from accord.ingestion.service import Incoming, validate
from accord.registry.service import discover
from accord_config.settings import Settings
from accord_sdk import Found, Manifest, Record, testing, wire
from accord_sdk.host.environment import plugin_view
from accord_sdk.host.launch import Launcher
from accord_sdk.host.process import PluginProcess
from accord_sdk.host.sandbox import SandboxLauncher
from accord_sdk.testing import LocalCall

BATCH = 500
TRIVIAL = """
import re
from accord_sdk import Found, Selector, hookimpl

DIGITS = re.compile(r"[0-9]{3}-[0-9]{3}-[0-9]{4}")

class Trivial:
    name = "trivial"
    def open(self):
        pass
    def close(self):
        pass
    def detect(self, batch, call):
        for ref, record in enumerate(batch):
            found = DIGITS.search(record.body or "")
            yield Found(ref, (Selector("phone", "+1" + found[0].replace("-", ""), "body"),) if found else ())

@hookimpl
def accord_detectors(context):
    return [Trivial()]
"""
MANIFEST = """
protocol = 2
name = "trivial"
title = "Trivial"
summary = "One regular expression."
provides = { detectors = ["trivial"] }
reads = { title = "to have the same fields", body = "to look for digits" }
card = { purpose = "Bench.", limits = "Finds little.", licence = "Apache-2.0", contact = "bench@example.org" }
"""


class OwnProcess:
    """A plain process, as Accord starts it without a sandbox, with a folder more to find plugins in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(
        self, manifest: Manifest, folders: Sequence[Path] = (), site: Path | None = None
    ) -> subprocess.Popen[bytes]:
        path = f"import sys; sys.path.insert(0, {str(self._folder)!r}); "
        return subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", path + "import accord_sdk.runner as r; r.main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"LANG": "C.UTF-8"},
            start_new_session=True,
            bufsize=0,
        )


def install(folder: Path) -> None:
    """The trivial plugin as an installed distribution."""
    info = folder / "trivial-1.0.dist-info"
    (info / "extra_metadata").mkdir(parents=True)
    metadata = "Metadata-Version: 2.4\nName: trivial\nVersion: 1.0\nRequires-Dist: accord-sdk\n"
    (info / "METADATA").write_text(metadata)
    (info / "entry_points.txt").write_text("[accord]\ntrivial = trivial_plugin\n")
    (info / "extra_metadata" / "accord.toml").write_text(MANIFEST)
    (info / "RECORD").write_text("trivial_plugin.py,,\ntrivial-1.0.dist-info/METADATA,,\n")
    (folder / "trivial_plugin.py").write_text(TRIVIAL)


def sample(count: int) -> list[Incoming]:
    """Synthetic records as they are stored."""
    lines = generate(WorldSettings(records=count, seed="plugins"))
    checked = [validate(number, json.loads(record.line)) for number, record in enumerate(lines)]
    return [found for found in checked if isinstance(found, Incoming)][:count]


def granted(records: Sequence[Incoming], manifest: Manifest) -> list[Record]:
    """The records with the fields that the plugin asks for, as detection makes them."""
    return [
        msgspec.convert({name: record.values[name] for name in manifest.reads}, Record) for record in records
    ]


def batches(records: Sequence[Record]) -> Iterator[tuple[Record, ...]]:
    """Records, so many to a call."""
    for start in range(0, len(records), BATCH):
        yield tuple(records[start : start + BATCH])


def direct(manifest: Manifest, records: Sequence[Record]) -> Callable[[], int]:
    """One round of the detector called in this process."""
    detector = testing.load(manifest.name).detectors[manifest.provides.detectors[0]]

    def run() -> int:
        return sum(counted(detector.detect(batch, LocalCall())) for batch in batches(records))

    return run


def apart(manifest: Manifest, records: Sequence[Record], process: PluginProcess) -> Callable[[], int]:
    """One round of the detector in a process, answers decoded as detection does."""
    name = manifest.provides.detectors[0]

    def run() -> int:
        tasks = (wire.Detect(name, batch) for batch in batches(records))
        return sum(counted(answer) for answer in process.stream(tasks) if isinstance(answer, list))

    return run


def counted(items: Iterable[object]) -> int:
    """Records that were looked at, and that really carry an answer."""
    return sum(isinstance(item, Found) for item in items)


@dataclass
class Way:
    """A way to run a detector: one round of it, and the processor seconds that it has used so far."""

    run: Callable[[], int]
    processor: Callable[[], float] = time.process_time
    best: float = 0.0
    least: float = float("inf")

    def measure(self, records: int) -> None:
        """One round."""
        begun, used = time.perf_counter(), self.processor()
        if self.run() != records:
            raise RuntimeError("the detector did not answer for every record")
        self.least = min(self.least, (self.processor() - used) / records)
        self.best = max(self.best, records / (time.perf_counter() - begun))


def with_children(process: PluginProcess) -> float:
    """Processor seconds of this process and of the plugin's."""
    outer = psutil.Process(process.pid)
    guests = [one.cpu_times() for one in (outer, *outer.children(recursive=True))]
    return time.process_time() + sum(times.user + times.system for times in guests)


def compare(
    manifest: Manifest, incoming: Sequence[Incoming], launchers: dict[str, Launcher], rounds: int
) -> dict[str, Way]:
    """One plugin run in each way, the ways taking turns."""
    records = granted(incoming, manifest)
    with ExitStack() as stack:
        ways = {"direct": Way(direct(manifest, records))}
        for name, launcher in launchers.items():
            process = PluginProcess(manifest, {}, launcher)
            stack.callback(process.close)
            ways[name] = Way(apart(manifest, records, process), partial(with_children, process))
        for way in ways.values():
            way.run()  # warm: caches, lazily loaded tables
        # What this script itself keeps in memory is no part of the question.
        gc.collect()
        gc.freeze()
        for _ in range(rounds):
            for way in ways.values():
                way.measure(len(records))
        return ways


def cold_start(manifest: Manifest, launcher: Launcher, times: int) -> tuple[float, float]:
    """Seconds from nothing to the plugin's hello, and processor seconds of it: medians."""
    taken, used = [], []
    for _ in range(times):
        begun = time.perf_counter()
        process = PluginProcess(manifest, {}, launcher)
        taken.append(time.perf_counter() - begun)
        used.append(with_children(process) - time.process_time())
        process.close()
    return statistics.median(taken), statistics.median(used)


def many(
    manifest: Manifest, launcher: Launcher, incoming: Sequence[Incoming], plugins: int
) -> dict[str, float]:
    """So many sandboxes of one plugin at once: until all are up, their memory, records a second in all."""
    records = granted(incoming, manifest)
    with ThreadPoolExecutor(plugins) as threads:
        begun = time.perf_counter()
        processes = list(threads.map(lambda _: PluginProcess(manifest, {}, launcher), range(plugins)))
        up = time.perf_counter() - begun
        begun = time.perf_counter()
        looked = sum(threads.map(lambda process: apart(manifest, records, process)(), processes))
        taken = time.perf_counter() - begun
        memory = sum(proportional_memory(process.pid) for process in processes)
        for process in processes:
            process.close()
    return {"up_s": up, "memory_mb": memory / (1 << 20), "records_per_s": looked / taken}


def proportional_memory(pid: int) -> int:
    """Bytes of a process and what it started; what is shared counts in parts (PSS)."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        outer = psutil.Process(pid)
        for process in (outer, *outer.children(recursive=True)):
            total += process.memory_full_info().pss
    return total


def measure(records: int, *, rounds: int) -> dict[str, object]:
    """All figures."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder, "site")
        install(site)
        sys.path.append(str(site))
        isolation = isolation_of(Settings(home=Path(folder)))
        launchers: dict[str, Launcher] = {"process": OwnProcess(site)}
        if isinstance(isolation.launcher, SandboxLauncher):
            launchers["sandbox"] = SandboxLauncher(
                isolation.launcher.identity, partial(plugin_view, search=[site])
            )
        else:
            print(f"no sandbox: {isolation.missing}", file=sys.stderr)
        last = list(launchers)[-1]
        incoming = sample(records)
        (real,) = [found.manifest for found in discover() if found.manifest.name == "selectors"]
        trivial = Manifest.parse(MANIFEST)
        figures: dict[str, object] = {"records": len(incoming), "isolation": isolation.words}
        for manifest in (trivial, real):
            many_times = incoming * (1 if manifest is real else 10)
            found = compare(manifest, many_times, launchers, rounds)
            figures[manifest.name] = {name: round(way.best) for name, way in found.items()}
            for name, way in found.items():
                cost = f"{way.least * 1e6:,.0f} µs of processor a record"
                print(f"{manifest.name} {name}: {way.best:,.0f} records/s, {cost}")
            kind = "" if manifest is real else "_trivial"
            if last == "sandbox":
                figures[f"sandbox_ratio{kind}"] = round(found[last].best / found["direct"].best, 3)
                figures[f"sandbox_cpu_ratio{kind}"] = round(found["direct"].least / found[last].least, 3)
        for name, manifest in (("cold_start_s", real), ("trivial_cold_start_s", trivial)):
            taken, used = cold_start(manifest, launchers[last], rounds)
            figures |= {name: round(taken, 3), f"{name.removesuffix('_s')}_cpu_s": round(used, 3)}
        twenty = many(trivial, launchers[last], incoming[:1_000], 20)
        figures["twenty"] = {name: round(value, 2) for name, value in twenty.items()}
        return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What keeping plugins apart costs.")
    parser.add_argument("--quick", action="store_true", help="less than a minute")
    quick = parser.parse_args().quick
    print(json.dumps(measure(1_000 if quick else 3_000, rounds=3 if quick else 5)))


if __name__ == "__main__":
    main()
