"""What a plugin's process is shown: its own packages and what they require, and nothing beside them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from accord.registry.service import discover
from accord_sdk.host.environment import PACKAGES, base_view, plugin_view
from accord_sdk.host.errors import EnvironmentIncomplete, PluginFailed

Install = Callable[..., None]
OF_THE_SDK = ("accord_sdk", "click", "msgspec", "packaging", "pluggy")


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Puts a distribution into the folder: its files, what it requires, and a plugin where one is named."""

    def install(name: str, *files: str, requires: tuple[str, ...] = (), plugin: str | None = None) -> None:
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        lines = [f"Requires-Dist: {requirement}" for requirement in requires]
        about = ["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *lines, ""]
        (info / "METADATA").write_text("\n".join(about))
        if plugin:
            (info / "entry_points.txt").write_text(f"[accord]\n{plugin} = {plugin}_module\n")
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).touch()
        recorded = [*files, f"{info.name}/METADATA", f"{info.name}/entry_points.txt", "../../bin/script"]
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in recorded))

    return install


def places(name: str, folder: Path) -> set[str]:
    """What the plugin's process finds in its folder of packages, but for the SDK and what that requires."""
    everything = {
        str(place.relative_to(PACKAGES))
        for _, place in plugin_view(name, [folder]).shown
        if place.is_relative_to(PACKAGES)
    }
    return {place for place in everything if not place.startswith(OF_THE_SDK)}


def test_packages_modules_and_metadata_are_shown(install: Install, tmp_path: Path) -> None:
    install("one", "one/__init__.py", "one/deep/data.txt", "single.py", plugin="one")
    assert places("one", tmp_path) == {"one", "single.py", "one-1.0.dist-info"}


def test_requirements_are_followed_with_their_extras_and_markers(install: Install, tmp_path: Path) -> None:
    install("one", "one.py", requires=("two[more]>=1", "absent; python_version < '3'"), plugin="one")
    install("two", "two.py", requires=("three; extra == 'more'", "absent; extra == 'else'", "one"))
    install("three", "three.py")
    install("stranger", "stranger.py")
    shown = places("one", tmp_path)
    assert {"one.py", "two.py", "three.py"} <= shown
    assert not [place for place in shown if "stranger" in place]


def test_a_folder_that_several_distributions_share_shows_only_its_own_entries(
    install: Install, tmp_path: Path
) -> None:
    install("one", "shared/one/__init__.py", "shared/loose.py", plugin="one")
    install("stranger", "shared/stranger/__init__.py")
    assert places("one", tmp_path) == {"shared/one", "shared/loose.py", "one-1.0.dist-info"}


def test_what_is_installed_later_is_shown_from_then_on(install: Install, tmp_path: Path) -> None:
    install("one", "one.py", requires=("two",), plugin="one")
    with pytest.raises(EnvironmentIncomplete):
        plugin_view("one", [tmp_path])
    install("two", "two.py")
    assert "two.py" in places("one", tmp_path)
    (tmp_path / "two.py").unlink()
    assert "two.py" not in places("one", tmp_path)


def test_what_is_not_installed_is_named(install: Install, tmp_path: Path) -> None:
    install("one", "one.py", requires=("not-installed-anywhere",), plugin="one")
    with pytest.raises(EnvironmentIncomplete, match="not-installed-anywhere"):
        plugin_view("one", [tmp_path])
    with pytest.raises(PluginFailed, match="nobody"):
        plugin_view("nobody", [tmp_path])


def test_a_file_outside_the_environment_is_not_shown_although_it_is_recorded(
    install: Install, tmp_path: Path
) -> None:
    install("one", "one.py", plugin="one")
    record = tmp_path / "one-1.0.dist-info" / "RECORD"
    record.write_text(record.read_text() + "../outside.txt,,\n/etc/passwd,,\n")
    assert places("one", tmp_path) == {"one.py", "one-1.0.dist-info"}


@pytest.mark.parametrize("name", [found.manifest.name for found in discover()])
def test_a_first_party_plugin_sees_neither_the_platform_nor_another_plugin(name: str) -> None:
    shown = plugin_view(name).shown
    tops = {place.parts[2] for _, place in shown if place.is_relative_to(PACKAGES)}
    others = {f"accord_{found.manifest.name}" for found in discover()} - {f"accord_{name}"}
    assert f"accord_{name}" in tops
    assert not tops & {"accord", "accord_auth", "accord_config", "sqlalchemy", "flask", "psycopg", *others}
    site = next(Path(folder) for folder in sys.path if folder.endswith("site-packages"))
    assert not [source for source, _ in shown if source in (site, *site.parents[:3])]


def test_the_interpreter_is_shown_without_any_package_of_its_own() -> None:
    view = base_view()
    standard = f"/py/lib/python{sys.version_info.major}.{sys.version_info.minor}"
    assert PurePosixPath(standard) in {place for _, place in view.shown}
    assert view.python in {place for _, place in view.shown}
    assert all(str(place).startswith(standard) for place in view.hidden)
    assert not [place for _, place in view.shown if place.is_relative_to(PACKAGES)]
