"""`accord worker`: a process that runs jobs."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress

import click

from accord.cli.home import opened
from accord.cli.made_up import world_records
from accord.worker import run_worker

YOUNG_OBJECTS = 50_000
"""So many new objects before garbage is looked for: a batch of records is none until it is done with."""

MMAP_THRESHOLD, LARGE = -3, 1 << 20
"""`M_MMAP_THRESHOLD` of glibc: what is larger goes back to the system when it is let go."""
ARENA_MAX, ARENAS = -8, 2
"""`M_ARENA_MAX` of glibc: else each of some thirty threads keeps what it once needed in a heap of its own."""


@click.command()
@click.option("--until-orphaned", is_flag=True, hidden=True, help="End when the parent process is gone.")
@click.option("--when-told", is_flag=True, hidden=True, help="Begin with a line from standard input.")
def worker(until_orphaned: bool, when_told: bool) -> None:
    """Run jobs until stopped. Start as many as there are cores, on any number of hosts."""
    # What is loaded now stays. Looking through it again and again was a twelfth of a worker's time.
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    # Another C library has no such setting, and no such heaps.
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(ARENA_MAX, ARENAS)
        ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, LARGE)
    if when_told and not sys.stdin.readline():
        return
    with opened() as home:
        run_worker(home, until_orphaned=until_orphaned, made_up=world_records)
