"""Control groups of plugins: divided, entered, killed and removed, by the kernel where it has them.

Where this was written memory and pids are bound to version 1: there a real group is made, entered, killed and
removed, and a sandbox runs in one; which limits are written is tried on a folder that looks like a group.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from accord_sdk.host import delegation
from accord_sdk.host.delegation import BESIDE, SERVICE, TASKS, Group, Groups, NotDelegated, divide
from accord_sdk.host.environment import base_view
from accord_sdk.host.isolation import isolation_here
from accord_sdk.host.launch import Grouped, end, ended
from accord_sdk.host.sandbox import SandboxLauncher, _enter

TREES = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path, Path]:
    """A tree as the kernel shows it, the file that says in which group this process is, and that group."""
    group = tmp_path / "system.slice" / "accord-worker@1.service"
    group.mkdir(parents=True)
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    (group / "cgroup.controllers").write_text("memory pids\n")
    (group / "cgroup.procs").write_text(f"{os.getpid()}\n")
    (group / "cgroup.subtree_control").touch()
    own = tmp_path / "own"
    own.write_text("0::/system.slice/accord-worker@1.service\n")
    monkeypatch.setattr(os, "getxattr", lambda *_: b"1")
    return tmp_path, own, group


def test_a_delegated_group_is_divided_between_the_service_and_its_plugins(
    tree: tuple[Path, Path, Path],
) -> None:
    root, own, group = tree
    (group / SERVICE).mkdir()
    (group / SERVICE / "cgroup.procs").touch()
    groups = divide(root, own)
    assert (group / SERVICE / "cgroup.procs").read_text() == str(os.getpid())
    assert (group / "cgroup.subtree_control").read_text() == "+memory +pids"
    for name in ("memory.max", "pids.max", "memory.swap.max"):
        # The kernel makes them with the folder.
        assert not (group / name).exists()
    made = groups.make(256 << 20)
    assert made is not None
    assert (made.path / "memory.max").read_text() == str((256 << 20) + BESIDE)
    assert (made.path / "pids.max").read_text() == str(TASKS)
    assert made.path.parent == group
    other = groups.make(64 << 20)
    assert other is not None
    assert other.path != made.path


def test_who_is_in_the_service_s_group_already_divides_the_one_above(tree: tuple[Path, Path, Path]) -> None:
    root, own, group = tree
    (group / SERVICE).mkdir()
    (group / "cgroup.procs").write_text("")
    own.write_text(f"0::/system.slice/accord-worker@1.service/{SERVICE}\n")
    assert divide(root, own).base == group


def test_a_group_that_is_not_delegated_says_what_to_set(
    tree: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, own, group = tree
    (group / "cgroup.controllers").write_text("cpu pids\n")
    with pytest.raises(NotDelegated, match=r"no controller for memory: set Delegate=memory pids"):
        divide(root, own)
    monkeypatch.setattr(delegation, "_delegated", lambda _: False)
    with pytest.raises(NotDelegated, match=r"is not delegated .*set Delegate=memory pids"):
        divide(root, own)
    (root / "cgroup.controllers").unlink()
    with pytest.raises(NotDelegated, match="no control groups of version 2 alone"):
        divide(root, own)


def test_a_group_that_cannot_be_made_costs_a_plugin_its_group_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert Groups(tmp_path / "gone").make(1 << 20) is None
    assert "its own memory limit holds alone" in caplog.text


@pytest.fixture
def kernel_s() -> Iterator[Group]:
    """A real group below the kernel's own tree."""
    for root in TREES:
        group = Group(root / f"accord-test-{os.getpid()}")
        try:
            if (root / "cgroup.controllers").is_file():
                group.path.mkdir()
                break
        except OSError:
            continue
    else:
        pytest.skip("no tree of control groups of version 2 that can be written to")
    yield group
    assert group.remove()


def test_a_process_is_in_its_group_before_it_starts_another_and_dies_with_all_it_started(
    kernel_s: Group,
) -> None:
    # Each in a session of its own: killing the process group alone would leave them.
    script = "for i in 1 2; do setsid sleep 600 & done; echo started; wait"
    process = Grouped(
        [*_enter(kernel_s), "/bin/sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True
    )
    process.group = kernel_s
    assert process.stdout is not None
    assert process.stdout.readline() == b"started\n"
    deadline = time.monotonic() + 10
    while len(inside := kernel_s.entrance.read_text().split()) < 3:
        assert time.monotonic() < deadline
    assert str(process.pid) in inside
    if not (kernel_s.path / "cgroup.kill").exists():
        subprocess.run(["kill", "-9", *inside], check=True)
    end(process)
    process.stdout.close()
    ended(process)
    assert not kernel_s.path.exists()
    assert not any(Path("/proc", pid, "cmdline").exists() and _lives(pid) for pid in inside)


class Unlimited(Groups):
    """Groups without limits, for a kernel whose tree has no controllers."""

    def make(self, memory: int) -> Group:
        group = Group(self.base / "sandbox")
        group.path.mkdir()
        return group


def test_a_sandbox_runs_in_its_group_with_all_its_processes_and_takes_it_along(kernel_s: Group) -> None:
    isolation = isolation_here()
    if not isinstance(isolation.launcher, SandboxLauncher):
        pytest.skip(f"no sandbox on this machine: {isolation.missing}")
    launcher = replace(isolation.launcher, groups=Unlimited(kernel_s.path))
    process = launcher.run(base_view(), ["-c", "print(1, flush=True); input()"], memory=1 << 28)
    assert isinstance(process, Grouped)
    assert process.group is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"1\n"
    inside = process.group.entrance.read_text().split()
    assert str(process.pid) in inside
    assert len(inside) >= 3, "bubblewrap's two and the plugin"
    end(process)
    process.communicate()
    ended(process)
    assert not process.group.path.exists()


def _lives(pid: str) -> bool:
    return Path("/proc", pid, "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
