"""Ways out of the sandbox, each tried from within by a real plugin: files, memory, network, processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from accord_sdk import Manifest
from accord_sdk.host.environment import plugin_view
from accord_sdk.host.errors import EnvironmentIncomplete, PluginDied

if TYPE_CHECKING:
    from tests.integration.sandboxed import Enter, Inside

pytest_plugins = ["tests.integration.sandboxed"]

SECRET = "postgresql://accord_owner:a-planted-password@127.0.0.1/accord"
ON_X86 = os.uname().machine == "x86_64"


# --- files -------------------------------------------------------------------------------------------


def test_only_python_libraries_and_its_own_packages_are_seen(inside: Inside) -> None:
    tops = inside("import os; said = sorted(os.listdir('/'))")
    assert set(tops) <= {"lib", "lib64", "plugin", "py", "tmp", "usr"}
    assert inside("import os; said = sorted(os.listdir('/py'))") == ["bin", "lib"]
    assert set(inside("import os; said = os.listdir('/usr')")) <= {"lib", "lib64"}
    packages = inside("import os; said = sorted(os.listdir('/plugin'))")
    assert {name.split("-")[0] for name in packages} == {
        "accord_sdk", "click", "msgspec", "obedient", "obedient_plugin.py", "packaging", "pluggy",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/proc", "/sys", "/dev", "/etc/passwd", "/root", "/home", "/var", "/run"])
def test_a_place_of_the_machine_is_absent(inside: Inside, path: str) -> None:
    assert inside(f"import os; said = os.path.lexists({path!r})") is False


def test_a_planted_file_cannot_be_read_by_any_path(inside: Inside, tmp_path: Path) -> None:
    planted = tmp_path / "secrets.json"
    planted.write_text(SECRET)
    for prefix in ("", "/proc/1/root", "/proc/self/root", "/oldroot", "/newroot", "/../.."):
        assert inside(f"said = attempt(open, {prefix + str(planted)!r})") == "ENOENT"


def test_nothing_can_be_written_but_in_its_own_tmp(inside: Inside) -> None:
    written = inside(
        """
        import os
        said = []
        for folder, _, _ in os.walk("/"):
            try:
                with open(os.path.join(folder, "made"), "wb"):
                    said.append(folder)
            except OSError as error:
                assert error.errno in (errno.EROFS, errno.EACCES, errno.EPERM), (folder, error)
        said = sorted(said)
    """.replace("import os\n", "import errno, os\n")
    )
    assert written == ["/tmp"]


def test_what_one_process_writes_no_other_one_reads(enter: Enter) -> None:
    enter()("open('/tmp/left', 'w').write('from one member to another')")
    assert enter()("import os; said = os.listdir('/tmp')") == []
    assert not Path("/tmp/left").exists()


@pytest.mark.parametrize(
    "module", ["accord", "accord_auth", "accord_config", "sqlalchemy", "psycopg", "flask"]
)
def test_the_host_cannot_be_imported(inside: Inside, module: str) -> None:
    assert inside(f"said = attempt(__import__, {module!r})") == "ModuleNotFoundError"


def test_a_plugin_that_requires_the_platform_is_refused(obedient_site: Path) -> None:
    metadata = obedient_site / "obedient-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text() + "Requires-Dist: accord\n")
    with pytest.raises(EnvironmentIncomplete, match="never accord itself"):
        plugin_view("obedient", [obedient_site])


def test_a_pth_file_of_a_plugin_shows_nothing(obedient_site: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "private").mkdir(parents=True)
    (elsewhere / "private" / "__init__.py").touch()
    (obedient_site / "more.pth").write_text(f"{elsewhere}\n")
    record = obedient_site / "obedient-1.0.dist-info" / "RECORD"
    record.write_text(f"{record.read_text()}more.pth,,\n../../../elsewhere/private/__init__.py,,\n")
    shown = [str(source) for source, _ in plugin_view("obedient", [obedient_site]).shown]
    assert str(obedient_site / "obedient_plugin.py") in shown
    assert not [source for source in shown if "elsewhere" in source]


# --- the parent: memory, environment, open files -----------------------------------------------------


def test_no_environment_and_no_planted_database_address(
    monkeypatch: pytest.MonkeyPatch, enter: Enter
) -> None:
    monkeypatch.setenv("ACCORD_DATABASE_URL", SECRET)
    inside = enter()
    environment = inside("import os; said = dict(os.environ)")
    assert "planted" not in str(environment)
    assert not [name for name in environment if name.startswith("ACCORD")]
    for pid in ("self", "1", str(os.getpid())):
        assert inside(f"said = attempt(open, '/proc/{pid}/environ', 'rb')") == "ENOENT"


def test_the_parent_s_memory_cannot_be_read(inside: Inside) -> None:
    for pid in (os.getpid(), inside.process.pid, 1):
        assert inside(f"said = attempt(open, '/proc/{pid}/mem', 'rb')") == "ENOENT"
        assert inside(f"said = kernel({310 if ON_X86 else 270}, {pid}, 0, 0, 0, 0, 0)") == "EPERM"
        assert inside(f"said = kernel({101 if ON_X86 else 117}, 16, {pid}, 0, 0)") == "EPERM"


def test_it_holds_no_file_of_the_host_open(inside: Inside) -> None:
    kinds = inside("""
        import os, stat
        said = []
        for number in range(256):
            try:
                said.append((number, stat.S_IFMT(os.fstat(number).st_mode) == stat.S_IFIFO))
            except OSError:
                pass
    """)
    # Standard input, output and error, and the runner's private copies of the first two: pipes, all of them.
    assert [number for number, is_pipe in kinds if not is_pipe] == []
    assert len(kinds) <= 5


# --- network -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", range(46))
def test_no_socket_of_any_family_can_be_made(inside: Inside, family: int) -> None:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        assert inside(f"import socket; said = attempt(socket.socket, {family}, {int(kind)})") == "EPERM"


def test_a_pair_of_sockets_reaches_nobody_but_itself(inside: Inside) -> None:
    assert inside("import socket; a, b = socket.socketpair(); a.send(b'x'); said = b.recv(1)") == b"x"
    assert inside("import socket; said = attempt(socket.socketpair, socket.AF_INET)") == "EPERM"
    address = "/tmp/listening"
    assert inside(f"a, _ = __import__('socket').socketpair(); said = attempt(a.bind, {address!r})") == "EPERM"
    assert (
        inside(f"a, _ = __import__('socket').socketpair(); said = attempt(a.connect, {address!r})") == "EPERM"
    )


def test_event_loops_work_in_it(inside: Inside) -> None:
    assert inside("import asyncio; said = asyncio.run(asyncio.sleep(0, 'slept'))") == "slept"


# --- processes ---------------------------------------------------------------------------------------


def test_no_signal_reaches_a_process_of_the_host(inside: Inside) -> None:
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        for pid in (victim.pid, os.getpid(), inside.process.pid):
            assert inside(f"import os; said = attempt(os.kill, {pid}, 9)") == "ESRCH"
        # To everybody at once: the plugin itself is spared by the kernel, its reaper ignores it.
        assert inside("import os; said = attempt(os.kill, -1, 9)") in (None, "ESRCH")
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()


@pytest.mark.parametrize(
    "act",
    [
        "os.fork",
        "os.forkpty",
        "lambda: subprocess.run(['/py/bin/python', '-c', 'pass'])",
        "lambda: os.posix_spawn('/py/bin/python', ['python'], {})",
        "lambda: os.system('true') and None or 'EPERM'",
        "lambda: multiprocessing.get_context('fork').Process(target=print).start()",
    ],
)
def test_no_other_process_can_be_started(inside: Inside, act: str) -> None:
    imports = "import multiprocessing, os, subprocess"
    assert inside(f"{imports}; said = attempt({act})") in ("EPERM", "ENOENT", "EACCES")


def test_a_fork_bomb_does_not_go_off(inside: Inside) -> None:
    assert inside("""
        import os
        said = set()
        for _ in range(10_000):
            said.add(attempt(os.fork))
    """) == {"EPERM"}


@pytest.mark.skipif(not ON_X86, reason="32-bit calls and x32 are x86-64's")
@pytest.mark.parametrize("entry", ["x32", "int 0x80"])
def test_another_table_of_system_calls_ends_the_process(enter: Enter, entry: str) -> None:
    code = {
        "x32": f"kernel({0x4000_0000 + 39})",
        "int 0x80": """
import ctypes, mmap
area = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
area.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20 (getpid); int 0x80; ret
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))()
""",
    }[entry]
    inside = enter()
    with pytest.raises(PluginDied):
        inside(code)
    assert not inside.process.alive


# --- the kernel --------------------------------------------------------------------------------------

FORBIDDEN = {
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsmount": (432, 432), "mount_setattr": (442, 442),
    "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "userfaultfd": (323, 282),
    "bpf": (321, 280), "perf_event_open": (298, 241), "seccomp": (317, 277), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "execveat": (322, 281), "personality": (135, 92), "setuid": (105, 146), "setgid": (106, 144),
    "setgroups": (116, 159), "capset": (126, 91), "sethostname": (170, 161), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "adjtimex": (159, 171), "reboot": (169, 142), "swapon": (167, 224),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "syslog": (103, 116), "acct": (163, 89), "quotactl": (179, 60),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "fanotify_init": (300, 262),
    "inotify_init1": (294, 26), "setpriority": (141, 140), "sched_setscheduler": (144, 119),
    "sync": (162, 81),
    "mknodat": (259, 33), "setxattr": (188, 5), "socket": (41, 198), "connect": (42, 203), "bind": (49, 200),
    "sendmsg": (46, 211), "recvmsg": (47, 212), "listen": (50, 201), "accept4": (288, 242),
}  # fmt: skip


@pytest.mark.parametrize("call", FORBIDDEN)
def test_a_system_call_that_no_plugin_needs_is_refused(inside: Inside, call: str) -> None:
    number = FORBIDDEN[call][0 if ON_X86 else 1]
    assert inside(f"said = kernel({number}, 0, 0, 0, 0, 0, 0)") == "EPERM"


def test_a_system_call_that_is_yet_to_be_invented_does_not_exist(inside: Inside) -> None:
    assert inside("said = kernel(1_000, 0, 0, 0, 0, 0, 0)") == "ENOSYS"


def test_new_namespaces_cannot_be_asked_for_with_a_new_thread(inside: Inside) -> None:
    clone = 56 if ON_X86 else 220
    for flags in (0x1000_0000, 0x4000_0000, 0x0002_0000, 0x1001_0000, 17):
        assert inside(f"said = kernel({clone}, {flags}, 0, 0, 0, 0)") == "EPERM"
    assert inside("said = kernel(435, 0, 0)") == "ENOSYS"


def test_the_terminal_cannot_be_typed_into(inside: Inside) -> None:
    assert (
        inside("import fcntl; said = [attempt(fcntl.ioctl, n, 0x5412, b'x') for n in range(3)]")
        == ["EPERM"] * 3
    )


# --- who it is ---------------------------------------------------------------------------------------


def test_it_is_nobody_without_any_capability(inside: Inside) -> None:
    assert inside("import os; said = (os.getuid(), os.getgid())") == (65534, 65534)
    status = Path(f"/proc/{inside.process.pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status


def test_the_manifest_s_memory_is_the_limit(inside: Inside) -> None:
    manifest = inside.manifest
    assert isinstance(manifest, Manifest)
    soft = inside("import resource; said = resource.getrlimit(resource.RLIMIT_AS)")
    assert soft == (256 << 20, 256 << 20)
    assert inside("import resource; said = resource.getrlimit(resource.RLIMIT_CORE)") == (0, 0)
