"""One plugin's process and the pool: wall time, order, reuse, and that nothing is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from accord.host.pool import ActivePlugin, ProcessPool
from accord.markings import Marking
from accord.registry.service import discover
from accord_sdk import Found, Manifest, Record, Selector, wire
from accord_sdk.host.errors import PluginDied, PluginMisbehaved, PluginRaised, PluginTimedOut
from accord_sdk.host.launch import ProcessLauncher
from accord_sdk.host.process import PluginProcess

CODE = """
import os, time
from accord_sdk import Found, Selector, hookimpl

class Echo:
    name = "echo"
    def open(self):
        pass
    def close(self):
        pass
    def detect(self, batch, call):
        for ref, record in enumerate(batch):
            if record.body == "sleep":
                time.sleep(600)
            while record.body == "spin":
                pass
            if record.body == "raise":
                raise ValueError("said no")
            if record.body == "die":
                os._exit(3)
            child = os.fork() if record.body == "child" else None
            if child == 0:
                time.sleep(600)
            yield Found(ref, (Selector("text", str(child or record.body)),))

@hookimpl
def accord_detectors(context):
    if context.config.get("slow"):
        time.sleep(600)
    if context.config.get("refuse"):
        raise RuntimeError("not today")
    return [Echo()]
"""
MANIFEST = """
protocol = 1
name = "echo"
title = "Echo"
summary = "Says what it was told."
provides = { detectors = ["echo"] }
reads = { body = "to say it again" }
limits = { open_seconds = 8.0, batch_seconds = 2.0 }
card = { purpose = "Tests.", limits = "None.", licence = "Apache-2.0", contact = "tests@example.org" }
"""
SHORT = MANIFEST.replace("open_seconds = 8.0", "open_seconds = 1.0")


class FolderLauncher:
    """Starts the runner with the test's distribution on its path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.started = 0

    def start(self, manifest: Manifest, folders: Any = (), site: Any = None) -> subprocess.Popen[bytes]:
        self.started += 1
        code = (
            f"import sys; sys.path.insert(0, {str(self._folder)!r}); import accord_sdk.runner as r; r.main()"
        )
        return subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            start_new_session=True,
            bufsize=0,
        )


@pytest.fixture
def launcher(tmp_path: Path) -> FolderLauncher:
    info = tmp_path / "echo-1.0.dist-info"
    (info / "extra_metadata").mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: echo\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[accord]\necho = echo_plugin\n")
    (info / "extra_metadata" / "accord.toml").write_text(MANIFEST)
    (tmp_path / "echo_plugin.py").write_text(CODE)
    return FolderLauncher(tmp_path)


Start = Callable[..., PluginProcess]


@pytest.fixture
def start(launcher: FolderLauncher) -> Iterator[Start]:
    """Starts the plugin; whatever is left of it is killed at the end."""
    processes: list[PluginProcess] = []

    def start(text: str = MANIFEST, **config: Any) -> PluginProcess:
        processes.append(PluginProcess(Manifest.parse(text), config, launcher))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()


@pytest.fixture
def pool(launcher: FolderLauncher) -> Iterator[ProcessPool]:
    made = ProcessPool(launcher, capacity=2)
    yield made
    made.close()


@pytest.fixture
def plugin() -> ActivePlugin:
    return ActivePlugin(uuid4(), Manifest.parse(MANIFEST), "1.0", {})


def say(*words: str) -> wire.Detect:
    """A call that has the plugin say these words, one record each."""
    return wire.Detect("echo", tuple(Record(body=word) for word in words))


def said(items: Any) -> list[str]:
    """What the plugin said."""
    return [
        finding.value
        for item in items
        if isinstance(item, Found)
        for finding in item.findings
        if isinstance(finding, Selector)
    ]


def alive(pid: int) -> bool:
    """Whether a process runs (one that only waits to be collected does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_answers_come_in_the_order_of_the_calls(start: Start) -> None:
    calls = [say(f"{number}", "and more") for number in range(20)]
    answers = list(start().stream(calls))
    assert [said(answer)[0] for answer in answers] == [f"{number}" for number in range(20)]


def test_a_call_beyond_its_time_limit_ends_the_process(start: Start) -> None:
    process = start()
    begun = time.monotonic()
    with pytest.raises(PluginTimedOut):
        process.call(say("sleep"))
    # It would have slept for ten minutes.
    assert time.monotonic() - begun >= 2.0
    assert not process.alive


def test_a_start_beyond_its_time_limit_is_refused(start: Start) -> None:
    with pytest.raises(PluginTimedOut):
        start(SHORT, slow=True)


def test_an_error_of_the_plugin_costs_the_call_and_not_the_process(start: Start) -> None:
    process = start()
    with pytest.raises(PluginRaised, match="said no"):
        process.call(say("raise"))
    assert said(process.call(say("still here"))) == ["still here"]


def test_a_process_that_dies_is_noticed_with_its_exit_code(start: Start) -> None:
    process = start()
    with pytest.raises(PluginDied, match="exit code 3"):
        process.call(say("die"))


def test_a_plugin_that_refuses_to_start_says_why(start: Start) -> None:
    with pytest.raises(PluginRaised, match="not today"):
        start(refuse=True)


def test_a_plugin_that_registers_other_than_its_manifest_says_is_refused(start: Start) -> None:
    with pytest.raises(PluginMisbehaved, match=r"registers detectors \['echo'\]"):
        start(MANIFEST.replace('["echo"]', '["echo", "another"]'))


def test_a_detector_that_the_plugin_lacks_is_its_error(start: Start) -> None:
    with pytest.raises(PluginRaised):
        start().call(wire.Detect("another", (Record(),)))


def test_killing_a_process_kills_what_it_started_too(start: Start) -> None:
    process = start()
    (child,) = said(process.call(say("child")))
    assert alive(int(child))
    process.kill()
    deadline = time.monotonic() + 30
    while alive(int(child)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(int(child))


def test_closing_ends_a_process_in_good_order(start: Start) -> None:
    process = start()
    process.close(grace_s=10.0)
    assert not process.alive


def test_a_plugin_whose_host_was_killed_ends_in_the_middle_of_a_call(
    tmp_path: Path, launcher: FolderLauncher
) -> None:
    process = launcher.start(Manifest.parse(MANIFEST))
    assert process.stdin
    assert process.stdout
    process.stdin.write(wire.encode(wire.Open(wire.PROTOCOL, "echo", {})))
    assert process.stdout.read(4)
    process.stdin.write(wire.encode(wire.Batch("c1", say("spin"), 600.0)))
    # What the kernel does for a process that is killed.
    process.stdin.close()
    process.stdout.close()
    assert process.wait(60) == 1


def test_a_process_is_lent_again(pool: ProcessPool, plugin: ActivePlugin, launcher: FolderLauncher) -> None:
    for _ in range(3):
        with pool.lend(plugin) as process:
            process.call(say("hello"))
    assert launcher.started == 1


def test_whoever_wants_a_process_that_is_lent_waits_for_it_before_another_is_started(
    pool: ProcessPool, plugin: ActivePlugin, launcher: FolderLauncher
) -> None:
    def use() -> int:
        with pool.lend(plugin) as process:
            process.call(say("hello"))
            return process.pid

    pool.patience_s = 600
    with ThreadPoolExecutor(2) as threads:
        with pool.lend(plugin) as process:
            waiting = threads.submit(use)
        assert waiting.result(60) == process.pid
    assert launcher.started == 1


def test_whoever_asks_first_is_served_first(pool: ProcessPool, plugin: ActivePlugin) -> None:
    served = []

    def use(number: int) -> None:
        with pool.lend(plugin):
            served.append(number)

    pool.patience_s = 600
    with ThreadPoolExecutor(8) as threads:
        with pool.lend(plugin):
            waiting = []
            for number in range(8):
                waiting.append(threads.submit(use, number))
                while len(pool._lines[plugin.activation_id]) <= number:
                    time.sleep(0.001)
        for one in waiting:
            one.result(60)
    assert served == list(range(8))


def test_whoever_has_waited_long_gets_a_further_process_as_long_as_there_may_be_one(
    pool: ProcessPool, plugin: ActivePlugin, launcher: FolderLauncher
) -> None:
    pool.patience_s, pool.most_of_one = 0.01, 2
    with pool.lend(plugin) as first, pool.lend(plugin) as second:
        assert first.pid != second.pid
    assert launcher.started == 2


def test_closing_the_pool_ends_every_process(pool: ProcessPool, plugin: ActivePlugin) -> None:
    pids = []
    for _ in range(2):
        with pool.lend(replace(plugin, activation_id=uuid4())) as process:
            pids.append(process.pid)
    pool.close()
    assert not any(alive(pid) for pid in pids)


def test_a_process_serves_one_activation_configuration_and_version_only(
    pool: ProcessPool, plugin: ActivePlugin, launcher: FolderLauncher
) -> None:
    others = (
        plugin,
        replace(plugin, activation_id=uuid4()),
        replace(plugin, config={"a": 1}),
        replace(plugin, version="1.1"),
    )
    pids = set()
    for other in others:
        with pool.lend(other) as process:
            pids.add(process.pid)
    assert len(pids) == len(others) == launcher.started


def test_a_process_that_saw_one_marking_is_not_lent_for_another(
    pool: ProcessPool, plugin: ActivePlugin, launcher: FolderLauncher
) -> None:
    pids: dict[Marking | None, set[int]] = {}
    for marking in (Marking.GREEN, Marking.RED, Marking.GREEN, None, Marking.RED):
        with pool.lend(plugin, marking) as process:
            pids.setdefault(marking, set()).add(process.pid)
    assert not pids[Marking.GREEN] & pids[Marking.RED]
    assert pids[None].isdisjoint(pids[Marking.GREEN] | pids[Marking.RED])
    assert launcher.started >= 3


def test_a_process_ends_after_so_many_loans(
    pool: ProcessPool, plugin: ActivePlugin, launcher: FolderLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accord.host.pool.MOST_LOANS", 2)
    pids = []
    for _ in range(4):
        with pool.lend(plugin) as process:
            pids.append(process.pid)
    assert pids[0] == pids[1] != pids[2] == pids[3]
    assert not alive(pids[0])


def test_a_process_that_failed_is_not_lent_again(
    pool: ProcessPool, plugin: ActivePlugin, launcher: FolderLauncher
) -> None:
    with pytest.raises(PluginDied), pool.lend(plugin) as process:
        process.call(say("die"))
    with pool.lend(plugin) as process:
        assert said(process.call(say("hello"))) == ["hello"]
    assert launcher.started == 2


def test_the_least_recently_used_process_goes_when_there_are_too_many(
    pool: ProcessPool, plugin: ActivePlugin
) -> None:
    pids = []
    for _ in range(3):
        with pool.lend(replace(plugin, activation_id=uuid4())) as process:
            pids.append(process.pid)
    assert [alive(pid) for pid in pids] == [False, True, True]


def test_the_launcher_gives_no_environment_and_limits_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCORD_DATABASE_URL", "postgresql://user:secret@host/name")
    (selectors,) = [found.manifest for found in discover() if found.manifest.name == "selectors"]
    process = ProcessLauncher().start(selectors)
    try:
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        deadline = time.monotonic() + 10
        # Until the new program has begun, the process is a copy of this one.
        while b"accord_sdk.runner" not in Path(f"/proc/{process.pid}/cmdline").read_bytes():
            assert time.monotonic() < deadline
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        assert os.getsid(process.pid) == process.pid
    finally:
        process.kill()
        process.communicate()
    assert str(selectors.limits.memory_mb * 1024 * 1024) in limits
    assert b"secret" not in environment
    assert b"ACCORD" not in environment
