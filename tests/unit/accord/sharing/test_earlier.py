"""Telling a record by what a share shows of it."""

from __future__ import annotations

import pytest

from accord.caseload.masking import DOTS
from accord.sharing.earlier import may_be


@pytest.mark.parametrize(
    ("own", "shown", "same"),
    [
        ("offer 1", "offer 1", True),
        ("offer 1", "offer 2", False),
        (None, None, True),
        (None, "offer", False),
        ("call 614-555-0101 now", f"call {DOTS}01 now", True),
        ("call 614-555-0101 later", f"call {DOTS}01 now", False),
        ("614-555-0101 or 614-555-0102", f"{DOTS}01 or {DOTS}02", True),
        ("614-555-0101 or 614-555-0103", f"{DOTS}01 or {DOTS}02", False),
        ("ab", f"ab{DOTS}ab", False),
        ("short", DOTS, True),
    ],
)
def test_a_text_may_be_what_is_shown_with_contact_values_hidden(
    own: str | None, shown: str | None, same: bool
) -> None:
    assert may_be(own, shown) is same
