"""What the kernel's control groups (version 2) hold the processes of a service to, plugins among them.

Whoever runs the service gives it a group with limits (`MemoryMax=`, `TasksMax=`, `CPUQuota=` of systemd), and
whatever it starts is in it. Where that group is the service's own to divide, each plugin's process gets one
besides: see `accord_sdk.host.delegation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
LIMITS = ("memory.max", "pids.max", "cpu.max")
UNLIMITED = "max"


@dataclass(frozen=True)
class Held:
    """The limits of a process's group and of those above it, the lowest of each; or why there are none."""

    limits: dict[str, str]
    missing: str = ""

    @property
    def words(self) -> str:
        """What holds and what does not, in a sentence."""
        if self.missing:
            return self.missing
        bound = [f"{name} {value}" for name, value in self.limits.items() if value != UNLIMITED]
        free = [name for name, value in self.limits.items() if value == UNLIMITED]
        parts = [f"holds {', '.join(bound)}"] if bound else []
        return "; ".join([*parts, *([f"no limit for {', '.join(free)}"] if free else [])])

    @property
    def complete(self) -> bool:
        """Whether memory and tasks are limited."""
        return not self.missing and all(
            self.limits.get(name, UNLIMITED) != UNLIMITED for name in ("memory.max", "pids.max")
        )


def held(root: Path = ROOT, own: Path = OWN) -> Held:
    """What the group of this process is held to."""
    if not (root / "cgroup.controllers").is_file():
        return Held({}, "this machine has no control groups of version 2")
    line = next((one for one in own.read_text("ascii").splitlines() if one.startswith("0::")), "0::/")
    group = root / line.removeprefix("0::").strip("/")
    found: dict[str, str] = {}
    for name in LIMITS:
        values = [_value(folder / name) for folder in (group, *group.parents) if folder.is_relative_to(root)]
        bound = [value for value in values if value != UNLIMITED]
        found[name] = min(bound, key=lambda value: int(value.split()[0])) if bound else UNLIMITED
    return Held(found)


def _value(file: Path) -> str:
    """A limit as the kernel writes it; where there is no such file there is none."""
    try:
        words = file.read_text("ascii").strip()
    except OSError:
        return UNLIMITED
    return UNLIMITED if words.split()[:1] == [UNLIMITED] else words
