"""TLP 2.0 markings and their order."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest

from accord.markings import Marking, strictest, within

OPEN_TO_CLOSED = ["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]
PAIRS = list(combinations_with_replacement(OPEN_TO_CLOSED, 2))


def test_the_markings_are_those_of_tlp_2() -> None:
    assert [marking.value for marking in Marking] == OPEN_TO_CLOSED


@pytest.mark.parametrize(("lower", "higher"), PAIRS)
def test_a_marking_is_within_itself_and_every_stricter_ceiling_only(lower: str, higher: str) -> None:
    assert within(lower, higher)
    assert within(higher, lower) == (lower == higher)


def test_a_word_that_is_no_marking_is_within_nothing() -> None:
    with pytest.raises(ValueError, match="TLP:PINK"):
        within("TLP:PINK", "TLP:RED")


@pytest.mark.parametrize(("lower", "higher"), PAIRS)
def test_the_strictest_of_several_markings_wins(lower: str, higher: str) -> None:
    assert strictest({higher, lower}) == higher


def test_where_there_are_no_markings_amber_holds() -> None:
    assert strictest(set()) is Marking.AMBER
