"""The shape of the source: sizes, names and the import rule."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accord.models import metadata
from accord.reach.rules import RULES

ROOT = Path(__file__).parents[2]
LONGEST_SOURCE = 350
LONGEST_TEST = 450
NAMELESS = {"common", "helpers", "helper", "manager2", "misc", "util", "utils"}
"""Names that say nothing of what is inside."""
SOURCE_FOLDERS = ("core", "auth", "config", "plugins", "scripts", "bench")


def python_files(*folders: str) -> Iterator[Path]:
    """Every module below these folders, as paths from the root."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"node_modules", "__pycache__"} & set(path.parts):
                yield path.relative_to(ROOT)


def is_test(path: Path) -> bool:
    return "tests" in path.parts


def too_long(paths: Iterator[Path], limit: int) -> list[str]:
    sizes = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in paths}
    return [f"{path}: {lines} lines" for path, lines in sizes.items() if lines > limit]


def test_a_module_is_short_enough_to_read_in_one_go() -> None:
    # A migration is written once and never split afterwards.
    modules = (
        path for path in python_files(*SOURCE_FOLDERS) if not is_test(path) and "versions" not in path.parts
    )
    assert not too_long(modules, LONGEST_SOURCE), "split by idea"


def test_a_test_module_is_short_enough_to_read_in_one_go() -> None:
    tests = (path for path in python_files("tests", "plugins") if path.name.startswith("test_"))
    assert not too_long(tests, LONGEST_TEST), "split by what is tested"


def test_modules_and_folders_are_named_for_what_they_hold() -> None:
    nameless = [
        str(path)
        for path in python_files(*SOURCE_FOLDERS, "tests")
        if NAMELESS & {part.removesuffix(".py").strip("_") for part in path.parts}
    ]
    assert not nameless, "use a word of the field"


def test_every_package_says_that_it_is_typed() -> None:
    packages = [path.parent for path in (ROOT).glob("core/*/__init__.py")]
    packages += [path.parent for path in ROOT.glob("auth/*/__init__.py")]
    packages += [path.parent for path in ROOT.glob("config/*/__init__.py")]
    packages += [path.parent for path in ROOT.glob("plugins/*/accord_*/__init__.py")]
    assert len(packages) >= 9
    assert not [package.name for package in packages if not (package / "py.typed").is_file()]


def test_imports_keep_the_rule_and_the_layers() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=200
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_table_has_its_rule_of_who_sees_it() -> None:
    # What the rule says is held against the database by tests/integration/test_reach_*.py.
    assert not sorted(set(metadata.tables) - set(RULES)), "add them to accord.reach.rules.RULES"


@pytest.fixture(scope="module")
def tools() -> dict[str, Any]:
    """The tool tables of pyproject.toml."""
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    return found


def plugin_packages() -> set[str]:
    return {path.parent.name for path in ROOT.glob("plugins/*/accord_*/__init__.py")}


def test_the_rules_hold_for_every_package(tools: dict[str, Any]) -> None:
    packages = {"accord", "accord_auth", "accord_config"} | plugin_packages()
    assert set(tools["importlinter"]["root_packages"]) == packages
    assert set(tools["mypy"]["packages"]) == packages


def test_the_import_rule_names_every_plugin(tools: dict[str, Any]) -> None:
    members = plugin_packages() - {"accord_sdk"}
    contracts = tools["importlinter"]["contracts"]
    (alone,) = (
        contract for contract in contracts if contract["name"].startswith("A plugin imports the contract")
    )
    (apart,) = (contract for contract in contracts if contract["type"] == "independence")
    (platform,) = (
        contract for contract in contracts if contract["name"].startswith("The platform imports no")
    )
    assert set(alone["source_modules"]) == members
    assert set(apart["modules"]) == members
    assert set(platform["forbidden_modules"]) == members
