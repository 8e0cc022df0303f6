"""A control group (version 2) of its own for each plugin's process, where the service may divide its group.

systemd delegates with `Delegate=memory pids`. The kernel allows processes only in groups at the end of the
tree (control-group-v2, "No Internal Process Constraint"), so the service first moves itself to a group below.
RLIMIT_AS holds in any case; a group counts what that cannot: pages in /tmp, kernel memory, tasks.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from accord_sdk.host.cgroups import OWN, ROOT

SERVICE = "service"
"""Name of the group to which the service moves itself."""
PLUGIN = "plugin-"
MARK = "user.delegate"
"""By this attribute systemd says that a group is delegated (its page "Control Group APIs and Delegation")."""
NEEDED = ("memory", "pids")
TASKS = 1_024
"""Processes and threads of one plugin together."""
BESIDE = 96 * 1024 * 1024
"""Bytes beyond a plugin's own memory limit: its /tmp, what the sandbox itself and the kernel take."""
REMOVAL_S = 0.5
"""For so long a group waits for its last process to be gone; what is left goes with the service's group."""

logger = logging.getLogger(__name__)


class NotDelegated(Exception):
    """Plugins get no control groups of their own; the message says why and what to do."""


@dataclass(frozen=True)
class Group:
    """The group of one plugin's process."""

    path: Path

    @property
    def entrance(self) -> Path:
        """Whoever writes 0 to this file is in the group, and so is whatever it starts."""
        return self.path / "cgroup.procs"

    def kill(self) -> None:
        """End every process in it, by the kernel (5.14 or newer); nothing where that cannot."""
        try:
            (self.path / "cgroup.kill").write_text("1", "ascii")
        except OSError:
            logger.debug("no cgroup.kill in %s", self.path)

    def remove(self) -> bool:
        """Remove it; whether it is gone."""
        until = time.monotonic() + REMOVAL_S
        while True:
            try:
                self.path.rmdir()
            except FileNotFoundError:
                return True
            except OSError:
                if time.monotonic() >= until:
                    return False
                time.sleep(0.005)
            else:
                return True


@dataclass(frozen=True)
class Groups:
    """The service's group, divided: one group for each plugin's process."""

    base: Path
    _numbers: count[int] = field(default_factory=count, repr=False)

    def make(self, memory: int) -> Group | None:
        """A group for a process with so many bytes of memory; None, with a warning, where it cannot be."""
        group = Group(self.base / f"{PLUGIN}{os.getpid()}-{next(self._numbers)}")
        try:
            group.path.mkdir()
            _write(group.path / "memory.max", str(memory + BESIDE))
            _write(group.path / "pids.max", str(TASKS))
            # Not every kernel counts swap, or ends a group as a whole.
            for name, value in (("memory.swap.max", "0"), ("memory.oom.group", "1")):
                if (group.path / name).exists():
                    _write(group.path / name, value)
        except OSError as error:
            logger.warning("no control group for a plugin (%s): its own memory limit holds alone", error)
            group.remove()
            return None
        return group

    @property
    def words(self) -> str:
        """What holds, in a sentence."""
        return f"each plugin in a control group of its own: its memory limit with its /tmp, {TASKS} tasks"


def divide(root: Path = ROOT, own: Path = OWN) -> Groups:
    """Move this service to a group below its own, so that its plugins can have groups beside it.

    :raises NotDelegated: when its group is not its own to divide.
    """
    fix = "set Delegate=memory pids and ProtectControlGroups=no in the worker's unit"
    if not (root / "cgroup.controllers").is_file():
        raise NotDelegated(
            "this machine has no control groups of version 2 alone:"
            " start it with systemd.unified_cgroup_hierarchy=1"
        )
    line = next((one for one in own.read_text("ascii").splitlines() if one.startswith("0::")), "0::/")
    group = root / line.removeprefix("0::").strip("/")
    base = group.parent if group.name == SERVICE else group
    if not _delegated(base):
        raise NotDelegated(f"{base} is not delegated to whoever runs the worker: {fix}")
    try:
        missing = set(NEEDED) - set((base / "cgroup.controllers").read_text("ascii").split())
        if missing:
            raise NotDelegated(f"{base} has no controller for {', '.join(sorted(missing))}: {fix}")
        _move(base)
        _write(base / "cgroup.subtree_control", " ".join(f"+{name}" for name in NEEDED))
    except OSError as error:
        raise NotDelegated(f"{base} cannot be divided ({error}): {fix}") from error
    return Groups(base)


def _delegated(base: Path) -> bool:
    """Whether the group is this service's to divide. That it can be written to is not enough.

    Root may write to any group, and everybody to those of their own desktop, where other programs are.
    """
    try:
        marked = os.getxattr(base, MARK) == b"1"
    except OSError:
        return False
    return marked and os.access(base, os.W_OK) and os.access(base / "cgroup.procs", os.W_OK)


def _move(base: Path) -> None:
    """Have every process of the group itself in the one below, from where it starts others."""
    leaf = base / SERVICE
    leaf.mkdir(exist_ok=True)
    for pid in (base / "cgroup.procs").read_text("ascii").split():
        try:
            _write(leaf / "cgroup.procs", pid)
        except ProcessLookupError:
            continue  # it ended meanwhile


def _write(file: Path, words: str) -> None:
    # One write: the kernel takes each for a whole command.
    with file.open("wb", buffering=0) as stream:
        stream.write(words.encode("ascii"))
