"""What `accord doctor` tries from within a sandbox. Run there as a program of its own, without any package.

It prints one JSON object: what came of each act. Nothing here harms a machine on which an act succeeds:
it only looks, asks, and fills its own folder.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import socket
import sys
import threading
from pathlib import Path

FAMILIES = ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK")
OURS = {"LANG", "HOME", "LD_LIBRARY_PATH", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PWD", "LC_CTYPE"}
CALLS = {
    "ptrace": (101, 117),
    "add_key": (248, 217),
    "shmget": (29, 194),
    "memfd_create": (319, 279),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "unshare": (272, 97),
    "mount": (165, 40),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "process_vm_readv": (310, 270),
}
"""Name -> number on x86-64, on aarch64."""


def kernel_calls() -> list[str]:
    """The calls that the kernel did not refuse outright."""
    library = ctypes.CDLL(None, use_errno=True)
    column = 0 if platform.machine() == "x86_64" else 1
    done = []
    for name, numbers in CALLS.items():
        ctypes.set_errno(0)
        # Arguments that no call takes: only whether it is forbidden counts, and nothing may come of it.
        got = library.syscall(numbers[column], -1, 0, 0, 0, 0, 0)
        if got != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
            done.append(name)
    return done


def sockets() -> list[str]:
    """The address families of which a socket could be made."""
    made = []
    for family in FAMILIES:
        try:
            socket.socket(getattr(socket, family), socket.SOCK_DGRAM).close()
        except OSError:
            continue
        made.append(family)
    return made


def files(planted: str) -> list[str]:
    """Paths of the machine that could be seen, and places in which a file could be made."""
    wanted = ("/proc/1", "/sys/kernel", "/dev/null", "/etc/passwd", "/root", "/home", planted)
    found = [path for path in wanted if os.path.lexists(path)]
    for folder in ("/", "/py", "/usr", "/py/lib"):
        try:
            Path(folder, "made").touch()
        except OSError:
            continue
        found.append(f"{folder} (writable)")
    return found


def processes() -> list[str]:
    """Other processes that could be made or reached."""
    reached = []
    for pid in range(2, 400):
        try:
            if pid != os.getpid():
                os.kill(pid, 0)
                reached.append(str(pid))
        except OSError:
            continue
    try:
        child = os.fork()
    except OSError:
        return reached
    if child == 0:
        os._exit(0)
    return [*reached, "a child"]


def memory(limit: int) -> bool:
    """Whether more memory than the limit could be had."""
    try:
        return len(bytearray(limit)) >= limit
    except MemoryError:
        return False


def disk(limit: int) -> bool:
    """Whether more than so many bytes could be written to the folder that is its own."""
    part, written = bytes(1 << 20), 0
    full = Path.cwd() / "full"
    try:
        with full.open("wb") as file:
            while written <= limit:
                written += file.write(part)
    except OSError:
        return False
    finally:
        full.unlink(missing_ok=True)
    return True


def threads(most: int) -> int:
    """How many threads could be started, up to so many."""
    threading.stack_size(64 * 1024)
    stop = threading.Event()
    started: list[threading.Thread] = []
    try:
        for _ in range(most):
            thread = threading.Thread(target=stop.wait)
            thread.start()
            started.append(thread)
    except (RuntimeError, MemoryError):
        pass
    stop.set()
    for thread in started:
        thread.join()
    return len(started)


def main(planted: str, memory_limit: str, disk_limit: str, most_threads: str) -> None:
    """Try everything and print what came of it."""
    tried = {
        "files": files(planted),
        "environment": sorted(set(os.environ) - OURS),
        "network": sockets(),
        "processes": processes(),
        "kernel": kernel_calls(),
        "memory": memory(int(memory_limit)),
        "disk": disk(int(disk_limit)),
        "threads": threads(int(most_threads)),
    }
    json.dump(tried, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
