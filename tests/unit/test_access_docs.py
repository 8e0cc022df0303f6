"""The classes of faults that other systems had with access each name the tests that would find them here."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "access.md"
CLASSES = {
    "A child of another parent in a nested address",
    "An id of another kind, also to delete",
    "An administrator acting on a foreign or a higher person",
    "Empty, null or missing credentials",
    "Guessing without a limit, on any verb",
    "Mass assignment",
    "Leaks through counts",
    "Leaks through search and filters",
    "Leaks through paging cursors",
    "Leaks through exports and the audit log",
    "Leaks through errors",
    "Leaks through the graph and every other answer",
    "Leaks through time",
    "Access that was taken away but goes on",
    "Row security that a query, a role or a new table gets round",
    "Those who run the platform read what members have",
    "Documented calls with made-up input",
}
ROW = re.compile(r"^\| ([A-Z][^|`]+?) \| (.*) \|$", re.MULTILINE)
TEST = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def rows() -> dict[str, list[tuple[str, str]]]:
    """The tests that the page names, by class."""
    section = PAGE.read_text(encoding="utf-8").split("## Faults that other systems had")[1].split("\n## ")[0]
    return {name: TEST.findall(cell) for name, cell in ROW.findall(section)}


def defined() -> set[tuple[str, str]]:
    """Every test function there is: its module's name and its own."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {(path.name, node.name) for node in tree.body if isinstance(node, ast.FunctionDef)}
    return found


def test_every_class_of_faults_names_tests_that_exist() -> None:
    assert set(rows()) == CLASSES
    known = defined()
    for name, tests in rows().items():
        assert tests, name
        assert not [test for test in tests if test not in known], name
