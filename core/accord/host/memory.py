"""How much memory a plugin's process has held at most, from the kernel's own count."""

from __future__ import annotations

import re
from pathlib import Path

_PEAK = re.compile(rb"^VmHWM:\s+(\d+) kB", re.MULTILINE)


def peak_kb(pid: int) -> int | None:
    """The most memory (KiB, resident) that the process or one below it has held; None where unknown.

    A sandboxed plugin runs below the process that was started; bubblewrap's own hold next to nothing.
    """
    peaks: list[int] = []
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            status = Path(f"/proc/{one}/status").read_bytes()
            children = Path(f"/proc/{one}/task/{one}/children").read_bytes()
        except OSError:
            continue  # gone meanwhile, or another user's
        if found := _PEAK.search(status):
            peaks.append(int(found[1]))
        waiting.extend(int(child) for child in children.split())
    return max(peaks, default=None)
