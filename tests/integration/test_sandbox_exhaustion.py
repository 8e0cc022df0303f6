"""A plugin that takes all it can get, or says what it likes: its process ends, and nothing else is harmed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from accord_sdk.host.errors import PluginDied, PluginFailed, PluginMisbehaved, PluginRaised, PluginTimedOut

if TYPE_CHECKING:
    from tests.integration.sandboxed import Enter, Inside

pytest_plugins = ["tests.integration.sandboxed"]

MIB = 1 << 20
TO_THE_HOST = """
import os, stat
# The runner keeps a copy of the pipe to the host; what it has open is found by trying.
pipes = []
for number in range(3, 64):
    try:
        if stat.S_ISFIFO(os.fstat(number).st_mode):
            os.write(number, b"")
            pipes.append(number)
    except OSError:
        pass
(pipe,) = pipes
"""


def family(process: Any) -> list[psutil.Process]:
    """The processes of one sandbox, as the host sees them."""
    outer = psutil.Process(process.pid)
    return [outer, *outer.children(recursive=True)]


def gone(processes: list[psutil.Process]) -> bool:
    """Whether all of them have ended within a few seconds."""
    _, alive = psutil.wait_procs(processes, timeout=10)
    return not alive


def others_still_work(enter: Enter) -> bool:
    """Whether a plugin beside it starts and answers."""
    return enter()("said = 'here'") == "here"


# --- time --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        "while True: pass",
        "import time; time.sleep(600)",
        "import threading; threading.Event().wait()",
        "import signal; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)]; signal.pause()",
        "import os\nfor number in range(3, 64): attempt(os.close, number)\nimport time; time.sleep(600)",
    ],
    ids=["spin", "sleep", "wait", "ignore signals", "close its pipes and go on"],
)
def test_a_call_without_end_is_ended_with_everything_in_the_sandbox(enter: Enter, act: str) -> None:
    inside = enter(batch_seconds=2.0)
    processes = family(inside.process)
    assert len(processes) >= 2
    with pytest.raises((PluginTimedOut, PluginDied)):
        inside(act)
    assert gone(processes)
    assert others_still_work(enter)


def test_threads_without_end_are_contained(enter: Enter) -> None:
    inside = enter(batch_seconds=5.0)
    processes = family(inside.process)
    with pytest.raises(PluginFailed):
        inside("""
            import threading, time
            threading.stack_size(32_768)
            def more():
                while True:
                    try:
                        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
                    except (RuntimeError, MemoryError):
                        time.sleep(0.01)
            more()
        """)
    assert gone(processes)
    assert others_still_work(enter)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL, signal.SIGBUS])
def test_a_crash_is_the_plugin_s_own(enter: Enter, number: int) -> None:
    inside = enter()
    processes = family(inside.process)
    with pytest.raises(PluginDied):
        inside(f"import os; os.kill(os.getpid(), {int(number)}); import time; time.sleep(1)")
    assert gone(processes)
    assert others_still_work(enter)


def test_a_wild_pointer_is_the_plugin_s_own(enter: Enter) -> None:
    with pytest.raises(PluginDied):
        enter()("import ctypes; ctypes.string_at(0)")
    assert not list(Path("/tmp").glob("core*"))


# --- memory and disk ---------------------------------------------------------------------------------


def test_memory_ends_at_the_manifest_s_limit(enter: Enter) -> None:
    inside = enter(memory_mb=256)
    assert inside("said = attempt(bytearray, 10**10)") == "MemoryError"
    taken = inside("""
        said = 0
        try:
            parts = []
            while True:
                parts.append(b"x" * (1 << 20))
        except MemoryError:
            said = len(parts)
    """)
    assert taken < 256
    assert inside("said = 'still here'") == "still here"


def test_anonymous_mappings_end_at_the_limit_too(enter: Enter) -> None:
    inside = enter(memory_mb=256)
    taken = inside("""
        import mmap
        parts = []
        try:
            while len(parts) < 1000:
                parts.append(mmap.mmap(-1, 1 << 20))
        except (OSError, MemoryError):
            pass
        said = len(parts)
    """)
    assert taken < 256


def test_tmp_holds_64_mebibytes_in_however_many_files(inside: Inside) -> None:
    written = inside("""
        import os
        said, names = 0, []
        try:
            for number in range(1000):
                names.append(f"/tmp/{number}")
                with open(names[-1], "wb") as file:
                    said += file.write(bytes(1 << 20))
        except OSError:
            pass
        for name in names:
            os.unlink(name)
    """)
    assert 60 * MIB < written <= 64 * MIB


def test_a_file_with_holes_takes_no_more(inside: Inside) -> None:
    assert (
        inside("""
        import os
        with open("/tmp/holes", "wb") as file:
            attempt(file.truncate, 10**12)
            said = attempt(os.posix_fallocate, file.fileno(), 0, 10**10)
        os.unlink("/tmp/holes")
    """)
        == "ENOSPC"
    )


def test_there_is_no_shared_memory(inside: Inside) -> None:
    create = "from multiprocessing import shared_memory; said = attempt(shared_memory.SharedMemory"
    assert inside(f"{create}, None, True, 1 << 30)") in ("ENOENT", "EROFS", "EACCES", "ENOSYS")
    assert inside("import os; said = os.path.lexists('/dev/shm')") is False


def test_what_it_prints_fills_no_log(enter: Enter, caplog: pytest.LogCaptureFixture) -> None:
    inside = enter()
    with caplog.at_level("INFO"):
        assert (
            inside("""
            import os, sys
            os.write(2, b"\\x1b]0;owned\\x07\\n")
            for _ in range(300):
                print("x" * 5_000)
            said = "done"
        """)
            == "done"
        )
        inside.process.close()
    prints = [record.getMessage() for record in caplog.records if " prints" in record.getMessage()]
    assert 0 < len(prints) <= 201
    assert max(map(len, prints)) < 1_200
    assert "\x1b" not in "".join(prints)
    assert "\\x1b]0;owned\\x07" in "".join(prints)


# --- the wire ----------------------------------------------------------------------------------------

SPOKEN = {
    "garbage": "b'garbage ' * 1_000",
    "the largest frame that four bytes can announce": "b'\\xff\\xff\\xff\\xff'",
    "a frame as large as may be, which never comes": "(1 << 26).to_bytes(4, 'big') + bytes(10)",
    "a pickle": "__import__('struct').pack('>I', 64) + PICKLE.ljust(64)",
    "an unknown frame": "frame({'type': 'please'})",
    "a frame that is only half there": "(100).to_bytes(4, 'big') + b'x'",
    "nested beyond all use": "(200_000).to_bytes(4, 'big') + b'\\x91' * 200_000",
    "an answer to another call": "frame({'type': 'done', 'call': 'c99'})",
    "hello again": "frame({'type': 'hello', 'protocol': 1, 'sdk': '', 'plugin': '', 'version': ''})",
    "items of no kind": "frame({'type': 'result', 'call': 'c1', 'items': [{'type': 'pickle', 'ref': 0}]})",
}
"""What a plugin writes to the host behind the runner's back."""


@pytest.mark.parametrize("words", SPOKEN)
def test_what_is_no_frame_ends_the_process_and_costs_the_host_nothing(
    enter: Enter, words: str, tmp_path: Path
) -> None:
    inside = enter(batch_seconds=3.0)
    processes = family(inside.process)
    marker = tmp_path / "executed"
    before = psutil.Process().memory_info().rss
    with pytest.raises((PluginMisbehaved, PluginTimedOut)):
        inside(f"""
{TO_THE_HOST}
import msgspec, pickle, time
class Bomb:
    def __reduce__(self):
        return (open, ({str(marker)!r}, "w"))
PICKLE = pickle.dumps(Bomb())
def frame(value):
    body = msgspec.msgpack.encode(value)
    return len(body).to_bytes(4, "big") + body
os.write(pipe, {SPOKEN[words]})
time.sleep(600)
""")
    assert gone(processes)
    assert not marker.exists()
    assert psutil.Process().memory_info().rss - before < 100 * MIB
    assert others_still_work(enter)


def test_an_answer_without_end_is_cut_off(enter: Enter) -> None:
    inside = enter(batch_seconds=20.0)
    before = psutil.Process().memory_info().rss
    with pytest.raises(PluginMisbehaved, match="more than"):
        inside(f"""
{TO_THE_HOST}
import msgspec
found = {{"type": "found", "ref": 0, "findings": [{{"type": "selector", "kind": "a", "value": "x" * 10**7}}]}}
body = msgspec.msgpack.encode({{"type": "result", "call": "c1", "items": [found]}})
while True:
    os.write(pipe, len(body).to_bytes(4, "big"))
    view = memoryview(body)
    while view:
        view = view[os.write(pipe, view):]
""")
    assert psutil.Process().memory_info().rss - before < 700 * MIB


def test_an_exception_whose_text_is_hostile_is_only_text(inside: Inside) -> None:
    with pytest.raises(PluginRaised) as raised:
        inside("raise ValueError('<script>alert(1)</script>' + 'x' * 10**6)")
    assert len(str(raised.value)) < 600


# --- whose processes live how long -------------------------------------------------------------------


def test_a_sandbox_outlives_the_thread_that_started_it(enter: Enter) -> None:
    started: list[Inside] = []
    thread = threading.Thread(target=lambda: started.append(enter()))
    thread.start()
    thread.join()
    time.sleep(0.3)
    assert started[0]("said = 'here'") == "here"


PARENT = """
import sys, time
from tests.integration.sandboxed import entering, install
from accord_sdk.host.sandbox import Identity, SandboxLauncher
from pathlib import Path
with entering(SandboxLauncher(Identity(sys.argv[2] or None)), Path(sys.argv[1])) as enter:
    print(enter().process.pid, flush=True)
    time.sleep(600)
"""


def test_a_worker_that_is_killed_takes_its_sandboxes_with_it(sandbox: Any, obedient_site: Path) -> None:
    root = Path(__file__).parents[2]
    worker = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(obedient_site), sandbox.identity.user or ""],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
        text=True,
    )
    try:
        assert worker.stdout is not None
        processes = family(psutil.Process(int(worker.stdout.readline())))
        worker.kill()
        assert gone(processes)
    finally:
        worker.kill()
        worker.communicate()


def test_twenty_sandboxes_work_beside_one_that_spins(enter: Enter) -> None:
    spinning = enter(batch_seconds=6.0)
    failed: list[Callable[..., Any]] = []

    def spin() -> None:
        try:
            spinning("while True: pass")
        except PluginTimedOut:
            failed.append(spin)

    thread = threading.Thread(target=spin)
    thread.start()
    assert [enter()(f"said = {number}") for number in range(20)] == list(range(20))
    thread.join()
    assert failed
