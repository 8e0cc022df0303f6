"""Whatever can be done about plugins and sources can be done by page, API and command, as the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest

from accord.app import create_app
from accord.cli.plugins import plugins
from accord.cli.sources import sources
from accord.web.request import AccordFlask

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "plugin-acts.md"
PAGES = {"versions", "plugin_use", "catalogue", "feeds"}
API = {
    "api_plugin_versions",
    "api_plugin_decisions",
    "api_plugin_use",
    "api_plugin_installed",
    "api_plugin_network",
    "api_plugin_health",
    "api_sources",
}


def acts() -> list[tuple[str, str, str, str]]:
    """The rows of the page: act, page, API, command."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    return [
        (row[0], row[1], row[2], row[3]) for row in rows if len(row) == 4 and row[0] not in ("act", "---")
    ]


def named(column: int) -> set[str]:
    return {word for row in acts() for word in re.findall(r"`([^`]+)`", row[column])}


def routes(app: Any, blueprints: set[str], prefix: str) -> set[str]:
    """The routes of some blueprints as the page writes them, with ID for every part that varies."""
    return {
        f"{method} {re.sub(r'<[^>]+>', 'ID', rule.rule).removeprefix(prefix)}"
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in blueprints
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def commands(group: click.Group, words: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{words} {name}")
        else:
            yield f"{words} {name}"


@pytest.fixture(scope="module")
def app(module_home: Any) -> Iterator[AccordFlask]:
    with closing(create_app(module_home)) as made:
        yield made


def test_the_page_of_acts_names_every_route_and_no_other(app: Any) -> None:
    assert named(1) == routes(app, PAGES, "")
    assert named(2) == routes(app, API, "/api/v1")


def test_the_page_of_acts_names_every_command_and_no_other() -> None:
    there = {*commands(plugins, "accord plugins"), *commands(sources, "accord sources")}
    assert named(3) == there


def test_an_act_that_is_missing_somewhere_has_its_reason() -> None:
    for act, *places in acts():
        for place in places:
            assert "`" in place or re.match(r"none[:,] ", place), act
