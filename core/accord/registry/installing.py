"""uv at work: locking what a plugin requires, and installing it. Wheels only; nothing of them is ever run.

The SDK and what it requires come from this installation itself, written into wheels again, so that a plugin
that requires nothing else needs no index. Everything else has to have the hash that the lock says.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from uv import find_uv_bin

import accord_sdk
from accord_auth.errors import AccordError
from accord_sdk.host.environment import PACKAGES, SDK
from accord_sdk.packing import repack
from accord_sdk.wheel import read_wheel

PATIENCE_S = 300.0
WRITTEN_BY_UV = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})
"""Metadata that tells of one installation: it differs from the next one's, and nothing reads it."""
LONGEST_COMPLAINT = 2_000
_PASSED = ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


class CannotInstall(AccordError):
    """What the plugin requires cannot be had; the message is uv's, `about` the requirement that it names."""

    about = ""


@dataclass(frozen=True)
class HostWheel:
    """A wheel of this installation itself: the SDK's, or of something that the SDK requires."""

    name: str
    version: str
    filename: str
    content: bytes

    @property
    def digest(self) -> str:
        """Its sha256 in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@cache
def host_wheels() -> dict[str, HostWheel]:
    """The SDK and whatever it requires, by name, as they are installed here."""
    found: dict[str, HostWheel] = {}
    waiting = [SDK]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        distribution = metadata.distribution(name)
        package = Path(accord_sdk.__file__).parent if name == SDK else None
        filename, content = repack(distribution, package)
        found[name] = HostWheel(name, distribution.version, filename, content)
        needed = map(Requirement, distribution.requires or ())
        waiting += [one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


def host_kind() -> str:
    """This kind of host, for which an environment is good: Python, processor and SDK."""
    sdk = host_wheels()[SDK]
    python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    return f"{python}-{platform.machine()}-sdk{sdk.version}.{sdk.digest[:8]}"


@dataclass(frozen=True)
class Installer:
    """uv with an index or without one; what it fetches it keeps in its own cache."""

    cache: Path
    index: str | None = None

    def lock(self, filename: str, requires: Sequence[str], wheels: Mapping[str, bytes]) -> str:
        """Every requirement of a plugin with its version and hashes; what the host provides is left out.

        `wheels` are files by name: the plugin's own and uploaded dependencies.

        :raises CannotInstall: when they do not go together, or one cannot be had as a wheel.
        """
        sdk = host_wheels()[SDK]
        with _wheelhouse(wheels) as folder:
            wanted = folder / "wanted.txt"
            wanted.write_text("".join(f"{line}\n" for line in (*requires, f"{SDK}=={sdk.version}")), "utf-8")
            words = ("pip", "compile", "-q", "--generate-hashes", "--no-header", "--no-annotate")
            with _naming(requires):
                found = self._uv(folder, *words, "--no-emit-index-url", "--no-emit-find-links", str(wanted))
        own = read_wheel(filename, wheels[filename])
        pins = [pin for pin in _pins(found) if not _of_the_host(pin)]
        return "".join([f"{own.name}=={own.version} \\\n    --hash=sha256:{own.digest}\n", *pins])

    def install(self, lock: str, wheels: Mapping[str, bytes], target: Path) -> None:
        """Install a lock's wheels into an empty folder, and compile them.

        :raises CannotInstall: when one cannot be had, or has another hash.
        """
        named = {canonicalize_name(name) for name, _ in _PIN.findall(lock)}
        hosts = [one for name, one in host_wheels().items() if name not in named]
        lines = [f"{one.name}=={one.version} --hash=sha256:{one.digest}\n" for one in hosts]
        with _wheelhouse(wheels) as folder:
            wanted = folder / "lock.txt"
            wanted.write_text("".join([lock, *lines]), "utf-8")
            words = ("pip", "install", "-q", "--require-hashes", "--no-deps", "--link-mode", "copy")
            with _naming([f"{name}=={number}" for name, number in _PIN.findall(lock)]):
                self._uv(folder, *words, "--target", str(target), "-r", str(wanted))
        # Programs have no use where none can be started; the other is uv's own.
        shutil.rmtree(target / "bin", ignore_errors=True)
        (target / ".lock").unlink(missing_ok=True)
        for written in target.glob("*.dist-info/*"):
            if written.name in WRITTEN_BY_UV:
                written.unlink()
        _compile(target)

    def _uv(self, folder: Path, *words: str) -> str:
        where = ["--index-url", self.index] if self.index else ["--no-index"]
        every = ["--no-config", "--only-binary", ":all:", "--no-python-downloads", "--python", sys.executable]
        environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
        environment |= {"UV_CACHE_DIR": str(self.cache), "HOME": str(self.cache), "PATH": os.defpath}
        try:
            done = subprocess.run(  # noqa: S603 - fixed words, no shell
                [find_uv_bin(), *words, *every, *where, "--find-links", str(folder)],
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE_S,
            )
        except subprocess.TimeoutExpired as error:
            raise CannotInstall(f"it took longer than {PATIENCE_S:.0f} s") from error
        if done.returncode != 0:
            said = done.stderr.replace(str(folder), "the wheelhouse").strip()
            raise CannotInstall(said[-LONGEST_COMPLAINT:] or f"uv ended with {done.returncode}")
        return done.stdout


@contextmanager
def _wheelhouse(wheels: Mapping[str, bytes]) -> Iterator[Path]:
    """A folder with wheels and those of the host, for as long as the block runs."""
    with tempfile.TemporaryDirectory() as made:
        for one in host_wheels().values():
            Path(made, one.filename).write_bytes(one.content)
        for filename, content in wheels.items():
            Path(made, filename).write_bytes(content)
        yield Path(made)


@contextmanager
def _naming(requirements: Sequence[str]) -> Iterator[None]:
    """Say of what cannot be installed which of these requirements it is about."""
    try:
        yield
    except CannotInstall as error:
        for one in requirements:
            if re.search(rf"(?<![\w-]){re.escape(Requirement(one).name)}(?![\w-])", str(error)):
                error.about = one
                break
        raise


def _pins(found: str) -> Iterator[str]:
    """The pins of a lock, each with the lines of its hashes."""
    lines: list[str] = []
    for line in found.splitlines(keepends=True):
        if lines and not line.startswith((" ", "\t")):
            yield "".join(lines)
            lines = []
        if line.strip() and not line.startswith("#"):
            lines.append(line)
    if lines:
        yield "".join(lines)


def _of_the_host(pin: str) -> bool:
    """Whether the host provides exactly what is pinned."""
    found = _PIN.match(pin)
    if found is None:
        return False
    ours = host_wheels().get(canonicalize_name(found[1]))
    return ours is not None and ours.version == found[2]


def _compile(target: Path) -> None:
    """Compile what was installed, in a process of its own: a source may be made to break the compiler.

    The sandbox shows packages read-only, so that each start would compile anew. Compiled files are never
    compared with their sources: both have their hashes among the environment's files.
    """
    words = ["-q", "-s", str(target), "-p", str(PACKAGES), "--invalidation-mode", "unchecked-hash"]
    subprocess.run(  # noqa: S603 - fixed words, no shell
        [sys.executable, "-I", "-S", "-m", "compileall", *words, str(target)],
        env={},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=False,
        timeout=PATIENCE_S,
    )
