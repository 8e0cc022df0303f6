"""A plugin that does whatever a record tells it, in the real sandbox: what escape tests are made of.

A test module takes the fixtures with `pytest_plugins = ["tests.integration.sandboxed"]`. Where the machine
cannot sandbox, its tests are skipped and say why; with ACCORD_TEST_SANDBOX=required they fail instead.
"""

from __future__ import annotations

import ast
import os
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from accord.host.choice import isolation_of
from accord_config.settings import Settings
from accord_sdk import Found, Manifest, Record, Selector, wire
from accord_sdk.host.environment import plugin_view
from accord_sdk.host.process import PluginProcess
from accord_sdk.host.sandbox import SandboxLauncher, SandboxUnavailableError

CODE = """
import ctypes, errno, os, sys, time
from accord_sdk import Found, Selector, hookimpl

LIBRARY = ctypes.CDLL(None, use_errno=True)

def kernel(number, *arguments):
    '''A raw system call: its result, or the name of its error.'''
    ctypes.set_errno(0)
    got = LIBRARY.syscall(number, *(argument if isinstance(argument, bytes) else
                                    ctypes.c_long(argument) for argument in arguments))
    return got if got != -1 else errno.errorcode[ctypes.get_errno()]

def attempt(act, *arguments):
    '''What an act gives, or the name of the error that it raises.'''
    try:
        return act(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, type(error).__name__)
    except Exception as error:
        return type(error).__name__

class Obedient:
    name = "obedient"
    def open(self):
        pass
    def close(self):
        pass
    def detect(self, batch, call):
        for ref, record in enumerate(batch):
            scope = {"kernel": kernel, "attempt": attempt, "said": None}
            exec(record.body, scope)
            yield Found(ref, (Selector("said", repr(scope["said"])),))

@hookimpl
def accord_detectors(context):
    return [Obedient()]
"""

MANIFEST = """
protocol = 1
name = "obedient"
title = "Obedient"
summary = "Does what its records say."
provides = { detectors = ["obedient"] }
reads = { body = "what to do" }
limits = { open_seconds = 30.0, batch_seconds = 20.0, memory_mb = 256 }
card = { purpose = "Tests.", limits = "None.", licence = "Apache-2.0", contact = "tests@example.org" }
"""


def install(folder: Path, name: str, code: str, manifest: str) -> None:
    """Put a distribution with one plugin of one module into a folder, as an installer would."""
    info = folder / f"{name}-1.0.dist-info"
    (info / "extra_metadata").mkdir(parents=True)
    metadata = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\nRequires-Dist: accord-sdk\n"
    (info / "METADATA").write_text(metadata)
    (info / "entry_points.txt").write_text(f"[accord]\n{name} = {name}_plugin\n")
    (info / "extra_metadata" / "accord.toml").write_text(manifest)
    (folder / f"{name}_plugin.py").write_text(textwrap.dedent(code))
    files = (f"{name}_plugin.py", f"{info.name}/METADATA", f"{info.name}/entry_points.txt")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> SandboxLauncher:
    """The launcher that an installation on this machine uses."""
    required = os.environ.get("ACCORD_TEST_SANDBOX") == "required"
    settings = Settings(home=tmp_path_factory.mktemp("home"), plugins_require_sandbox=None)
    try:
        isolation = isolation_of(settings)
    except SandboxUnavailableError as error:
        pytest.fail(str(error))
    if not isinstance(isolation.launcher, SandboxLauncher):
        (pytest.fail if required else pytest.skip)(f"no sandbox on this machine: {isolation.missing}")
    return isolation.launcher


@dataclass
class Inside:
    """A way to have things done in a sandbox of its own: `inside("said = 1 + 1")` gives 2."""

    manifest: Manifest
    process: PluginProcess

    def __call__(self, code: str) -> Any:
        """What `said` is after the code ran in the sandbox."""
        (item,) = self.process.call(wire.Detect("obedient", (Record(body=textwrap.dedent(code)),)))
        assert isinstance(item, Found)
        (finding,) = item.findings
        assert isinstance(finding, Selector)
        return ast.literal_eval(finding.value)


Enter = Callable[..., Inside]


@pytest.fixture
def obedient_site(tmp_path: Path) -> Path:
    """A folder in which the obedient plugin is installed."""
    folder = tmp_path / "site"
    install(folder, "obedient", CODE, MANIFEST)
    return folder


@contextmanager
def entering(sandbox: SandboxLauncher, site: Path) -> Iterator[Enter]:
    """A way to start the plugin in this folder; what was started is killed at the end."""
    launcher = SandboxLauncher(sandbox.identity, partial(plugin_view, search=[site]))
    processes: list[PluginProcess] = []

    def enter(**limits: Any) -> Inside:
        manifest = Manifest.parse(MANIFEST)
        limited = msgspec.structs.replace(manifest.limits, **limits)
        manifest = msgspec.structs.replace(manifest, limits=limited)
        processes.append(PluginProcess(manifest, {}, launcher))
        return Inside(manifest, processes[-1])

    yield enter
    for process in processes:
        process.kill()


@pytest.fixture
def enter(sandbox: SandboxLauncher, obedient_site: Path) -> Iterator[Enter]:
    """Starts the obedient plugin, each time in a sandbox of its own: `enter(batch_seconds=2.0)`."""
    with entering(sandbox, obedient_site) as made:
        yield made


@pytest.fixture(scope="module")
def inside(sandbox: SandboxLauncher, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """The obedient plugin, started once for a module; for what leaves it alive and as it was."""
    folder = tmp_path_factory.mktemp("obedient") / "site"
    install(folder, "obedient", CODE, MANIFEST)
    with entering(sandbox, folder) as enter:
        yield enter()
