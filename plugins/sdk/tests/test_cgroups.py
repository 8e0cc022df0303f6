"""The limits of control groups, as the kernel writes them: the lowest of a group and those above it."""

from pathlib import Path

import pytest

from accord_sdk.host.cgroups import OWN, ROOT, Held, held


@pytest.fixture
def tree(tmp_path: Path) -> tuple[Path, Path]:
    """A tree of groups as the kernel shows it, and the file that says in which this process is."""
    group = tmp_path / "system.slice" / "accord-worker@1.service"
    group.mkdir(parents=True)
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    own = tmp_path / "own"
    own.write_text("0::/system.slice/accord-worker@1.service\n")
    return tmp_path, own


def test_the_lowest_limit_of_a_group_and_those_above_it_holds(tree: tuple[Path, Path]) -> None:
    root, own = tree
    group = root / "system.slice" / "accord-worker@1.service"
    (group / "memory.max").write_text("4294967296\n")
    (group / "pids.max").write_text("max\n")
    (group / "cpu.max").write_text("max 100000\n")
    (root / "system.slice" / "memory.max").write_text("8589934592\n")
    found = held(root, own)
    assert found.limits == {"memory.max": "4294967296", "pids.max": "max", "cpu.max": "max"}
    assert not found.complete
    assert found.words == "holds memory.max 4294967296; no limit for pids.max, cpu.max"
    (root / "system.slice" / "pids.max").write_text("512\n")
    assert held(root, own).complete


def test_a_machine_without_groups_of_version_2_says_so(tmp_path: Path) -> None:
    found = held(tmp_path, tmp_path / "none")
    assert (found.complete, "version 2" in found.words) == (False, True)


def test_the_groups_of_this_machine_can_be_read() -> None:
    if not (ROOT / "cgroup.controllers").is_file():
        pytest.skip("no control groups of version 2 here")
    assert isinstance(held(ROOT, OWN), Held)
