"""The table of reason codes: every code has words, and the page is the table."""

from __future__ import annotations

import re
from pathlib import Path

from accord.host.reasons import REASONS, UNKNOWN, reason_of
from accord_sdk.host import errors

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "plugin-reasons.md"


def test_the_page_is_the_table() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    table = [(one.code, one.words, one.next_step) for one in (*REASONS.values(), UNKNOWN)]
    assert rows == table


def test_every_way_to_fail_has_its_reason() -> None:
    ways = [one for one in vars(errors).values() if isinstance(one, type) and hasattr(one, "code")]
    assert {one.code for one in ways} <= set(REASONS)


def test_codes_are_in_alphabetical_order_and_each_has_a_next_step() -> None:
    assert list(REASONS) == sorted(REASONS)
    assert all(one.words and one.next_step.endswith(".") for one in REASONS.values())


def test_a_code_without_words_is_told_as_one() -> None:
    assert reason_of("nonsense") == UNKNOWN
