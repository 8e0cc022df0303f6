"""Which launcher an installation gets, and what it is told where there is no sandbox."""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import time
from dataclasses import replace
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

import psutil
import pytest

from accord.host import choice
from accord.host.choice import isolation_of, launcher_for
from accord_config.settings import Settings
from accord_sdk import Manifest
from accord_sdk.host.environment import base_view
from accord_sdk.host.errors import NoSandbox
from accord_sdk.host.launch import ProcessLauncher
from accord_sdk.host.probe import probe
from accord_sdk.host.process import PluginProcess
from accord_sdk.host.sandbox import Identity, SandboxLauncher, SandboxUnavailableError, enters

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def without_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which bubblewrap is not installed."""
    which = shutil.which
    monkeypatch.setattr(
        shutil, "which", lambda name, **more: None if name == "bwrap" else which(name, **more)
    )


@pytest.fixture
def settings(tmp_path: Path) -> Any:
    def made(**changes: Any) -> Settings:
        return Settings(home=tmp_path, **changes)

    return made


@pytest.mark.usefixtures("without_bubblewrap")
def test_a_machine_without_bubblewrap_runs_plugins_unsandboxed_and_says_so_once(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    choice.without_sandbox.cache_clear()
    # A command that another test ran may have set what is logged.
    with caplog.at_level(logging.WARNING, logger=choice.__name__):
        assert isinstance(launcher_for(settings()), ProcessLauncher)
        assert isinstance(launcher_for(settings()), ProcessLauncher)
    (said,) = [record.getMessage() for record in caplog.records]
    assert "without a sandbox" in said
    assert "apt-get install bubblewrap" in said


@pytest.mark.usefixtures("without_bubblewrap")
@pytest.mark.parametrize("changes", [{"plugins_require_sandbox": True}, {"production": True}])
def test_where_there_must_be_a_sandbox_its_absence_stops_the_command(
    settings: Any, changes: dict[str, bool]
) -> None:
    with pytest.raises(SandboxUnavailableError, match="apt-get install bubblewrap"):
        launcher_for(settings(**changes))


def test_production_may_be_told_to_do_without(settings: Any) -> None:
    assert settings(production=True).sandbox_required
    assert not settings(production=True, plugins_require_sandbox=False).sandbox_required
    assert not settings().sandbox_required


@pytest.mark.parametrize(
    ("user", "words"), [("nobody-of-that-name", "no user of this machine"), ("root", "without any power")]
)
def test_a_plugins_user_that_will_not_do_is_named(user: str, words: str) -> None:
    with pytest.raises(SandboxUnavailableError, match=words):
        _ = Identity(user).words


@as_root
def test_in_production_root_never_starts_a_sandbox_as_itself(settings: Any) -> None:
    development = isolation_of(settings())
    if development.weaker or development.missing:
        # Nobody but root can read this Python, or there is no bubblewrap: refused, with what to do.
        with pytest.raises(SandboxUnavailableError, match=r"source path|not found|namespaces|cannot enter"):
            isolation_of(settings(plugins_require_sandbox=True))
        return
    isolation = isolation_of(settings(plugins_require_sandbox=True))
    assert isinstance(isolation.launcher, SandboxLauncher)
    assert isolation.launcher.identity.user == "nobody"


@as_root
def test_root_becomes_somebody_without_power_before_the_sandbox_starts(settings: Any) -> None:
    python = Path("/usr/bin/python3").resolve()
    standard = Path("/usr/lib") / python.name
    if not (standard / "os.py").is_file() or isolation_of(settings()).missing:
        pytest.skip("needs a sandbox and the system's own Python")
    base = base_view()
    libraries = [(source, place) for source, place in base.shown if place.parts[1] != "py"]
    shown = (*libraries, (python, base.python), (standard, PurePosixPath("/py/lib") / python.name))
    view = replace(base, shown=shown, hidden=())
    # A sandbox ends with the launcher whose thread started it: it is kept for as long as the test looks.
    launcher = SandboxLauncher(Identity("nobody"))
    process = launcher.run(view, ["-c", "input()"], memory=1 << 28)
    try:
        deadline = time.monotonic() + 10
        while len(family := [psutil.Process(process.pid), *psutil.Process(process.pid).children(True)]) < 3:
            assert time.monotonic() < deadline, process.poll()
            time.sleep(0.02)
        assert {user for one in family for user in one.uids()} == {pwd.getpwnam("nobody").pw_uid}
        assert {group for one in family for group in one.gids()} == {pwd.getpwnam("nobody").pw_gid}
        for one in family:
            status = Path(f"/proc/{one.pid}/status").read_text()
            assert "NoNewPrivs:\t1" in status
            assert "Groups:\t \n" in status
        assert launcher.identity.user == "nobody"
    finally:
        os.killpg(process.pid, 9)
        process.communicate()


def test_the_probe_finds_that_every_limit_holds(settings: Any) -> None:
    isolation = isolation_of(settings())
    if not isinstance(isolation.launcher, SandboxLauncher):
        pytest.skip(f"no sandbox on this machine: {isolation.missing}")
    limits = {limit.name: limit for limit in probe(isolation.launcher)}
    assert set(limits) == {
        "files",
        "environment",
        "network",
        "processes",
        "kernel",
        "memory",
        "disk",
        "threads",
    }
    assert [limit.words for limit in limits.values() if not limit.holds] == []


def test_the_probe_would_notice_a_wall_that_is_missing(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolation = isolation_of(settings())
    if not isinstance(isolation.launcher, SandboxLauncher):
        pytest.skip(f"no sandbox on this machine: {isolation.missing}")
    everything = b"\x06\x00\x00\x00\x00\x00\xff\x7f"  # one instruction: allow
    monkeypatch.setattr("accord_sdk.host.sandbox.TMP_BYTES", 1 << 30)
    holey = SandboxLauncher(Identity(isolation.launcher.identity.user), _program=everything)
    broken = {limit.name for limit in probe(holey) if not limit.holds}
    assert {"network", "processes", "kernel", "disk"} <= broken


@as_root
def test_whoever_starts_sandboxes_must_be_able_to_enter_the_home(tmp_path: Path) -> None:
    open_to_all, closed = Path("/usr"), tmp_path / "closed"
    closed.mkdir(mode=0o700)
    enters(Identity("nobody"), open_to_all)
    enters(Identity(), closed)
    enters(Identity("nobody"), tmp_path / "not there yet")
    with pytest.raises(SandboxUnavailableError, match=r"nobody cannot enter .*closed.*chmod o\+x"):
        enters(Identity("nobody"), closed)


def test_what_ends_for_want_of_a_sandbox_is_not_blamed_on_the_plugin(
    settings: Any,
) -> None:
    isolation = isolation_of(settings())
    if not isinstance(isolation.launcher, SandboxLauncher):
        pytest.skip(f"no sandbox on this machine: {isolation.missing}")
    manifest = Manifest.of(metadata.distribution("accord-plugin-selectors"))
    for gone in ("bwrap", "setpriv"):
        paths = isolation.launcher._paths | {gone: f"/nowhere/{gone}"}
        lost = replace(isolation.launcher, _paths=paths, _starter=isolation.launcher._starter)
        with pytest.raises(NoSandbox, match="apt-get install bubblewrap") as caught:
            PluginProcess(manifest, {}, lost)
        assert caught.value.code == "no_sandbox"
        assert gone in caught.value.about
