"""Hostile plugins in the real pipeline and the real sandbox: worker and other plugins are unharmed."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from accord.registry.service import discover
from accord_sdk import Manifest
from accord_sdk.host.environment import plugin_view
from accord_sdk.host.errors import EnvironmentIncomplete, PluginRaised
from accord_sdk.host.pulling import SourceProcess
from accord_sdk.host.sandbox import SandboxLauncher

pytest_plugins = ["tests.integration.hostile", "tests.integration.sandboxed"]

MORE = """
import ctypes, socket, threading

def fork_bomb():
    while True:
        os.fork()

def threads():
    threading.stack_size(32_768)
    while True:
        try:
            threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        except RuntimeError:
            time.sleep(0.01)

def fill_the_disk():
    with open("/tmp/full", "wb") as file:
        while True:
            file.write(bytes(1 << 20))

ACTS |= {
    "segmentation fault": lambda: ctypes.string_at(0),
    "fork bomb": fork_bomb,
    "threads without end": threads,
    "fill the disk": fill_the_disk,
    "read the database address": lambda: [Found(0, (Selector("a", os.environ["ACCORD_DATABASE_URL"]),))],
    "read a file": lambda: [Found(0, (Selector("a", open("/etc/passwd").read()),))],
    "call home": lambda: socket.create_connection(("192.0.2.1", 443)),
    "import the host": lambda: __import__("accord.app"),
    "markup in a finding": one(Selector("text", "<script>alert(1)</script>")),
}
"""
FROM_BEFORE = ("spin", "kill", "close its output", "take all memory", "flood", "a huge value", "wrong record")
NEW = (
    "segmentation fault",
    "fork bomb",
    "threads without end",
    "fill the disk",
    "read the database address",
    "read a file",
    "call home",
    "import the host",
)


class Watched:
    """The sandbox's launcher with the test's plugin, which remembers what it started."""

    def __init__(self, launcher: SandboxLauncher) -> None:
        self._launcher = launcher
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(
        self, manifest: Manifest, folders: Sequence[Path] = (), site: Path | None = None
    ) -> subprocess.Popen[bytes]:
        self.processes.append(self._launcher.start(manifest, folders, site))
        return self.processes[-1]


@pytest.fixture
def launcher(sandbox: SandboxLauncher, folder: Path) -> Watched:
    plugin = folder / "hostile_plugin.py"
    plugin.write_text(plugin.read_text() + MORE)
    info = folder / "hostile-1.0.dist-info"
    (info / "RECORD").write_text(f"hostile_plugin.py,,\n{info.name}/METADATA,,\n")
    return Watched(SandboxLauncher(sandbox.identity, partial(plugin_view, search=[folder])))


@pytest.mark.parametrize("act", [*FROM_BEFORE, *NEW])
def test_a_hostile_act_in_the_sandbox_costs_the_plugin_its_own_findings_only(
    act: str,
    run_pipeline: Any,
    hostile: Any,
    rows: Any,
    line: Any,
    launcher: Watched,
    check_harm: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ACCORD_DATABASE_URL", "postgresql://a-planted:secret@127.0.0.1/accord")
    found = run_pipeline([line(1, body=act), line(2, body="New in town, here until Sunday.")])
    said = {(record, plugin): (findings, error) for record, plugin, findings, error in found}
    check_harm(act, said, rows, hostile.scope, launcher)
    assert "a-planted" not in repr(said)


def test_markup_in_a_finding_stays_text(run_pipeline: Any, line: Any) -> None:
    found = run_pipeline([line(1, body="markup in a finding")])
    ((kept,),) = [findings for _, plugin, findings, _ in found if plugin == "hostile"]
    assert kept["value"] == "<script>alert(1)</script>"


# --- a source that reads a folder of the host --------------------------------------------------------


@pytest.fixture
def files() -> Manifest:
    """The manifest of the plugin `files`."""
    (found,) = [plugin.manifest for plugin in discover() if plugin.manifest.name == "files"]
    return found


RECORD = '{"external_id": "a1", "observed_at": "2026-05-01T12:00:00Z"}\n'


def pulled(process: SourceProcess) -> list[str]:
    """The external ids that the source gives."""
    try:
        pages = list(process.pages("files", None, limit=100))
    finally:
        process.kill()
    return [str(record["external_id"]) for page in pages for record in page.records]


def test_a_source_sees_the_folder_that_it_was_given(
    sandbox: SandboxLauncher, files: Manifest, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text(RECORD)
    config = {"path": str(tmp_path / "in")}
    assert pulled(SourceProcess(files, config, sandbox, [tmp_path / "in"])) == ["a1"]


def test_a_source_sees_no_other_folder(sandbox: SandboxLauncher, files: Manifest, tmp_path: Path) -> None:
    for name in ("in", "beside"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jsonl").write_text(RECORD)
    process = SourceProcess(files, {"path": str(tmp_path / "beside")}, sandbox, [tmp_path / "in"])
    with pytest.raises(PluginRaised, match="no file and no folder"):
        pulled(process)


@pytest.mark.parametrize("path", ["/", "/proc", "/proc/1", "/sys", "/dev", "relative", "/usr/../proc"])
def test_a_path_that_would_show_the_machine_is_refused(
    sandbox: SandboxLauncher, files: Manifest, path: str
) -> None:
    with pytest.raises(EnvironmentIncomplete, match="cannot be shown"):
        SourceProcess(files, {"path": path}, sandbox, [Path(path)])
