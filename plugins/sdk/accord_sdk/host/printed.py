"""What a sandboxed plugin prints: read through a pipe, cut, cleaned and logged.

It must not have the worker's own standard error: that may be a file, which it could read, rewind or fill,
or a terminal, to which it could send control codes.
"""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from typing import IO

LINES = 200
"""Lines of one process that are logged; later ones are read and thrown away."""
LONGEST = 1_000
"""Bytes of a line that are logged."""
CHUNK = 64 * 1024
PAUSE_S = 0.01
"""Beyond that, the time between two reads: whoever prints without end waits, and not the worker."""

logger = logging.getLogger(__name__)


def follow(plugin: str, process: subprocess.Popen[bytes]) -> threading.Thread:
    """Log what the process prints to its standard error until it ends, in a thread of its own."""
    if process.stderr is None:
        raise ValueError("the launcher must connect standard error")
    thread = threading.Thread(
        target=_read, args=(plugin, process.stderr), name=f"{plugin} prints", daemon=True
    )
    thread.start()
    return thread


def _read(plugin: str, stream: IO[bytes]) -> None:
    with stream:
        rest = b""
        logged = 0
        while logged < LINES and (part := stream.read(CHUNK)):
            *lines, rest = (rest + part).split(b"\n")
            if len(rest) > LONGEST:
                lines, rest = [*lines, rest], b""
            for line in lines[: LINES - logged]:
                logger.info("%s prints: %s", plugin, printable(line[:LONGEST]))
            logged += len(lines)
        if logged < LINES:
            if rest:
                logger.info("%s prints: %s", plugin, printable(rest))
            return
        logger.warning("%s prints more than %d lines; the rest is left out", plugin, LINES)
        while stream.read(CHUNK):
            time.sleep(PAUSE_S)


def printable(line: bytes) -> str:
    """The line as text without anything that a terminal would act on."""
    text = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
