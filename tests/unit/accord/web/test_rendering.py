"""Static addresses, icons, and how moments and numbers read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from flask import Flask

from accord.web.rendering import (
    Assets,
    AssetsNotBuiltError,
    commands,
    date,
    date_time,
    plural,
    relative,
    signed,
)

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=59), "59 days ago"),
        (timedelta(days=60), "on 21 Mar 2026"),
        (timedelta(hours=-2), "in 2 hours"),
        (timedelta(days=-90), "on 18 Aug 2026"),
    ],
)
def test_a_moment_reads_relative_to_now(span: timedelta, words: str) -> None:
    assert relative(NOW - span, NOW) == words


def test_a_minute_is_told_in_utc_wherever_it_was_written() -> None:
    there = datetime(2026, 5, 1, 22, 30, tzinfo=timezone(timedelta(hours=-4)))
    assert date_time(there) == "2 May 2026, 02:30 UTC"
    assert date(there) == "1 May 2026"
    assert date(there, year=False) == "1 May"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (27.4, "+27"),
        (9.2, "+9.2"),
        (9.97, "+10"),
        (-4.8, "\N{MINUS SIGN}4.8"),
        (0.0, "0"),
        (0.01, "0"),
        (-0.04, "0"),
        (3, "+3"),
    ],
)
def test_a_contribution_shows_its_sign(number: float, words: str) -> None:
    assert signed(number) == words


def test_numbers_agree_with_their_nouns() -> None:
    assert plural(1, "record") == "1 record"
    assert plural(1204, "record") == "1,204 records"
    assert plural(2, "image hash", "image hashes") == "2 image hashes"


def test_a_static_address_changes_with_the_content(app: Flask, dist: Path, tmp_path: Path) -> None:
    static = tmp_path / "static"
    static.mkdir()
    (static / "accord.css").write_text("a{}")
    first = Assets(static, dist).path("accord.css")
    (static / "accord.css").write_text("b{}")
    assert first.startswith("accord.css?v=")
    assert Assets(static, dist).path("accord.css") != first
    with app.test_request_context("/"):
        drawn = app.jinja_env.from_string("{{ asset('dist/htmx.js') }}").render()
    assert drawn.startswith("/static/dist/htmx.js?v=")


def test_an_unknown_file_or_icon_is_an_error(dist: Path) -> None:
    made = Assets(dist=dist)
    with pytest.raises(KeyError):
        made.path("nothing.js")
    with pytest.raises(KeyError):
        made.icon("nothing")


def test_an_icon_is_silent_unless_it_has_a_label_and_labels_are_escaped(dist: Path) -> None:
    made = Assets(dist=dist)
    assert 'aria-hidden="true"' in made.icon("phone")
    labelled = made.icon("phone", "<b>")
    assert "<title>&lt;b&gt;</title>" in labelled
    assert "aria-hidden" not in labelled


def test_without_a_build_the_error_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(AssetsNotBuiltError, match=r"python -m accord\.web\.assets"):
        Assets(dist=tmp_path)


def test_what_stands_between_backticks_is_set_as_code_and_stays_text() -> None:
    assert commands("Run `accord doctor`.") == "Run <code>accord doctor</code>."
    assert commands("<b> `<i>`") == "&lt;b&gt; <code>&lt;i&gt;</code>"
    assert commands("none") == "none"
