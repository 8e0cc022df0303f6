"""Environments built and contracts checked for another Python, beside those that workers go on using."""

from __future__ import annotations

import site
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.integration.conftest import environment_of

from accord.publishing.rebuilding import rebuild_all
from accord.registry.models import PluginVersion
from accord_config.database import NOBODY, Role
from accord_sdk.host.launch import ProcessLauncher

if TYPE_CHECKING:
    from tests.integration.published import Publishing

pytest_plugins = ["tests.integration.published"]


@pytest.fixture(scope="module")
def another_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of another installation of Accord: of the same version here, since no other has wheels."""
    folder = tmp_path_factory.mktemp("another")
    venv.create(folder, symlinks=True, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    every = "".join(f"import site; site.addsitedir({path!r})\n" for path in site.getsitepackages())
    (packages / "accord.pth").write_text(every)
    return folder / "bin" / "python"


def rebuild(publishing: Publishing, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "accord", "plugins", "rebuild", *map(str, words)],
        env=environment_of(publishing.home),
        capture_output=True,
        check=False,
        text=True,
        timeout=240,
    )


def test_another_installation_s_python_builds_beside_and_says_what_would_break(
    publishing: Publishing, another_python: Path
) -> None:
    goes_on, breaks = publishing.running(), publishing.running()
    with publishing.database(Role.OWNER).transaction(NOBODY) as session:
        # As with a Python for which what it requires is not to be had.
        session.get_one(PluginVersion, breaks.id).lock += (
            "gone-for-good==1.0 --hash=sha256:" + "0" * 64 + "\n"
        )
    site_before = publishing.environments.place(breaks.id)
    files = sorted(path.name for path in site_before.iterdir())
    done = rebuild(publishing, goes_on.name, "--python", another_python)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"ok          {goes_on.name} 1.0" in done.stdout
    assert "0 of 1 would break" in done.stdout
    done = rebuild(publishing, breaks.name, "--python", another_python)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"WOULD BREAK {breaks.name} 1.0: " in done.stdout
    assert "gone-for-good" in done.stdout
    assert "1 of 1 would break; workers go on as they are until they are started again" in done.stdout
    assert sorted(path.name for path in site_before.iterdir()) == files


def test_a_python_without_accord_is_told_so(publishing: Publishing, tmp_path: Path) -> None:
    venv.create(tmp_path, symlinks=True, with_pip=False)
    done = rebuild(publishing, "--python", tmp_path / "bin" / "python")
    assert done.returncode == 2
    assert "does not run Accord (" in done.stderr
    assert "install Accord with it first" in done.stderr


def test_what_works_with_a_member_s_settings_alone_is_seen_to_start(publishing: Publishing) -> None:
    worker = publishing.database(Role.WORKER)
    for name in ("remote", "files"):
        (one,) = rebuild_all(worker, publishing.environments, ProcessLauncher(), name)
        assert one.problem == ""
