"""The pages on security name tests that exist."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "oauth-security.md"
ESCAPES = ROOT / "docs" / "reference" / "escape-suite.md"
SUITE = ("test_sandbox_escapes.py", "test_sandbox_exhaustion.py", "test_hostile_plugins.py")


@cache
def every_test() -> dict[str, str]:
    """The tests by name, with the file in which each is."""
    found = {}
    for folder in (ROOT / "tests", ROOT / "plugins"):
        for path in folder.rglob("test_*.py"):
            if not {"node_modules", ".venv"} & set(path.parts):
                names = re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
                found |= dict.fromkeys(names, path.name)
    return found


def named(page: Path) -> set[str]:
    return set(re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8")))


def rows(page: Path) -> list[str]:
    """The rows of a page's tables without their heads."""
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [line for line in lines if not re.match(r"\| (section|default|act|---)", line)]


@pytest.mark.parametrize(("page", "least"), [(PAGE, 35), (ESCAPES, 40)])
def test_each_test_that_a_page_on_security_names_exists(page: Path, least: int) -> None:
    assert len(named(page)) > least
    assert not named(page) - every_test().keys()


@pytest.mark.parametrize(("page", "least"), [(PAGE, 30), (ESCAPES, 27)])
def test_every_recommendation_trap_and_act_names_a_test(page: Path, least: int) -> None:
    assert len(rows(page)) >= least
    assert not [row for row in rows(page) if "`test_" not in row]


def test_the_page_of_escapes_leaves_none_of_the_suite_s_acts_out() -> None:
    unnamed = {name for name, file in every_test().items() if file in SUITE[:2]} - named(ESCAPES)
    assert unnamed == {
        "test_event_loops_work_in_it",
        "test_a_sandbox_outlives_the_thread_that_started_it",
        "test_the_manifest_s_memory_is_the_limit",
    }, "give it a row"
