"""Make everything that a checkout of Accord needs: `python3 scripts/environment.py [--browser]`.

Run by the machine's own Python, so it imports nothing but the standard library. In order: the virtual
environment `.venv`, the third-party packages of requirements.lock (each checked by its hash), Accord and
its plugins as editable installs, the front-end packages, bubblewrap for the plugins' sandbox, and with
`--browser` a Chromium for the browser tests. Each step is skipped when nothing that decides its result has
changed since it last succeeded.

Packages come from whichever registries pip, uv and npm are set up for on this machine.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "accord-environment.json"
"""Which step was last done from what: name of the step -> hash of its inputs."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ATOMIC = "libatomic.so.1"
"""Playwright's Node.js is linked to it, and not every system has it."""


class SetupError(Exception):
    """The environment cannot be made; the message says what to do."""


def main() -> int:
    """Make the environment; the exit status is 1 when a step failed."""
    parser = argparse.ArgumentParser(description="Make everything that a checkout of Accord needs.")
    parser.add_argument("--browser", action="store_true", help="also Chromium, for the browser tests")
    arguments = parser.parse_args()
    try:
        check_machine()
        with LOCK.open("rb") as lock:
            # Two commands at once (`make test` beside `make demo`) set up one after the other.
            fcntl.flock(lock, fcntl.LOCK_EX)
            make_environment()
        provide_sandbox()
        if arguments.browser:
            provide_browser()
    except SetupError as error:
        sys.stderr.write(f"accord set-up: {error}\n")
        return 1
    return 0


def check_machine() -> None:
    """Refuse systems for which requirements.lock holds nothing.

    :raises SetupError: naming what would do.
    """
    if sys.platform != "linux":
        raise SetupError("Accord runs on Linux; use a virtual machine or a container with Debian 12 or newer")
    if not (3, 11) <= sys.version_info[:2] < (3, 15):
        version = ".".join(map(str, sys.version_info[:2]))
        raise SetupError(f"needs Python 3.11 to 3.14, this is {version}; try `make PYTHON=python3.12 ...`")


def make_environment() -> None:
    """Bring `.venv` and the front-end packages up to date."""
    if not usable():
        make_venv()
    done = read_stamp()
    locked, ours = digest([LOCK]), digest(our_files())
    if done.get("locked") != locked or not UV.is_file():
        install_locked()
        done = {"locked": locked}
        write_stamp(done)
    if done.get("ours") != ours:
        install_ours()
        write_stamp(done | {"ours": ours})
        run(PYTHON, "-m", "accord.host.bytecode")
    run(PYTHON, "-m", "accord.web.assets")


def usable() -> bool:
    """Whether `.venv` is an environment of the Python that runs this, with uv or something to install it."""
    program = "import sys; print(sys.version_info[:2])"
    if not UV.is_file():
        program = f"import pip; {program}"
    try:
        found = subprocess.run(  # noqa: S603 - fixed words, no shell
            [PYTHON, "-c", program], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return found.returncode == 0 and found.stdout.strip() == str(sys.version_info[:2])


def make_venv() -> None:
    """Make `.venv` anew, with pip in it.

    :raises SetupError: when this Python cannot, and nothing here can mend that.
    """
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        # Debian keeps these two out of its python3 package.
        install_debian_packages(
            ["python3-venv"],
            otherwise="this Python lacks its venv module: as root, `apt-get install python3-venv`; "
            "or name another Python, `make PYTHON=/path/to/python3 ...`",
        )
    say("making .venv")
    run(sys.executable, "-m", "venv", "--clear", VENV)


def install_locked() -> None:
    """Make `.venv` hold exactly the packages of requirements.lock, and first of all uv."""
    say("installing the packages of requirements.lock")
    if not UV.is_file():
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as only_uv:
            only_uv.write(locked_block("uv", LOCK.read_text(encoding="utf-8")))
            only_uv.flush()
            run(
                PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", only_uv.name
            )
    run(UV, "pip", "sync", "--python", PYTHON, "--require-hashes", LOCK)


def locked_block(name: str, lock: str) -> str:
    """The lines of a lock file that pin one package, its hashes included.

    :raises SetupError: when the lock does not hold the package.
    """
    lines = lock.splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if line.startswith(f"{name}==")), None)
    if start is None:
        raise SetupError(f"requirements.lock does not pin {name}; make it anew with `make lock`")
    end = start + 1
    while end < len(lines) and lines[end].startswith("    "):
        end += 1
    return "".join(lines[start:end])


def install_ours() -> None:
    """Install Accord, its contract and every first-party plugin as editable, without their dependencies."""
    say("installing Accord and its plugins")
    folders = [ROOT, *(path.parent for path in our_projects() if path.parent != ROOT)]
    editable = [word for folder in folders for word in ("--editable", str(folder))]
    run(UV, "pip", "install", "--python", PYTHON, "--no-deps", "--no-build-isolation", *editable)


def our_projects() -> list[Path]:
    """The pyproject.toml of every distribution in this repository."""
    return [ROOT / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]


def our_files() -> list[Path]:
    """What an editable install copies or reads once: manifests are copied into the environment, and the
    index of cities is made by these modules."""
    cities = [ROOT / f"plugins/selectors/accord_selectors/{name}.py" for name in ("cities", "geonames")]
    return [
        *our_projects(),
        *sorted(ROOT.glob("plugins/*/accord.toml")),
        *sorted(ROOT.glob("plugins/*/hatch_build.py")),
        *cities,
    ]


def provide_sandbox() -> None:
    """bubblewrap, from Debian's package where this user may install one; otherwise say what that means."""
    if shutil.which("bwrap"):
        return
    try:
        install_debian_packages(
            ["bubblewrap"], otherwise="there is no bubblewrap here: as root, `apt-get install bubblewrap`"
        )
    except SetupError as error:
        say(f"{error}; until then plugins run without a sandbox, which production refuses")


def provide_browser() -> None:
    """Chromium, and what Playwright's own Node.js needs: Debian's packages where this user may install them.

    Otherwise say what will not run.
    """
    missing = [] if any(shutil.which(name) for name in BROWSERS) else ["chromium"]
    missing += [] if is_there(ATOMIC) else ["libatomic1"]
    if not missing:
        return
    try:
        install_debian_packages(
            missing, otherwise=f"for the browser tests, as root: `apt-get install {' '.join(missing)}`"
        )
    except SetupError as error:
        say(f"{error}; until then they are skipped, or fail")


def is_there(library: str) -> bool:
    """Whether a shared library can be loaded here."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_debian_packages(names: list[str], *, otherwise: str) -> None:
    """Install packages with apt-get, as root on Debian and its kin.

    :raises SetupError: with `otherwise`, when this is another system or another user.
    """
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        raise SetupError(otherwise)
    say(f"installing Debian's {', '.join(names)}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run(apt, "-qq", "update", **quiet)
    run(apt, "-qq", "-o", "Dpkg::Use-Pty=0", "install", "--yes", "--no-install-recommends", *names, **quiet)


def run(program: str | Path, *arguments: str | Path, **environment: str) -> None:
    """Run a command with its output shown.

    :raises SetupError: when it fails.
    """
    command = [str(program), *map(str, arguments)]
    # Its messages are in order with ours, and no step ever waits for an answer.
    sys.stderr.flush()
    done = subprocess.run(  # noqa: S603 - fixed words, no shell
        command, cwd=ROOT, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode != 0:
        raise SetupError(f"`{' '.join(command)}` failed, see its words above")


def digest(files: Iterable[Path]) -> str:
    """SHA-256 over this script, the Python in use and the files, each with its name."""
    total = hashlib.sha256(str(sys.version_info[:3]).encode())
    for file in (Path(__file__), *files):
        total.update(hashlib.sha256(file.name.encode() + b"\0" + file.read_bytes()).digest())
    return total.hexdigest()


def read_stamp() -> dict[str, str]:
    """What was done in this environment; nothing when it is new."""
    if not STAMP.is_file():
        return {}
    done: dict[str, str] = json.loads(STAMP.read_text(encoding="utf-8"))
    return done


def write_stamp(done: dict[str, str]) -> None:
    """Remember what was done."""
    STAMP.write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")


def say(what: str) -> None:
    """One line of progress."""
    sys.stderr.write(f"accord set-up: {what}\n")


if __name__ == "__main__":
    sys.exit(main())
