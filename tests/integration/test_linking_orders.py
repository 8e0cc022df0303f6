"""The same records give the same leads, whatever their order and batches: with the real database.

Identities are so few here that no selector becomes a hub: when one is recognised does depend on the
order (docs/explanation/linking.md says by how much).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Members
from tests.integration.notices import Linked, Notice, notice, notices


@pytest.fixture
def linked(database: Any, organisations: Members) -> Linked:
    return Linked(database, organisations.company.operator)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(found=st.lists(notices, min_size=2, max_size=9), data=st.data())
def test_any_order_and_any_batches_give_the_same_leads(
    linked: Linked, found: list[Notice], data: st.DataObject
) -> None:
    named = list(enumerate(found))
    shuffled = data.draw(st.permutations(named))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(named)), max_size=4)))
    ends = [0, *cuts, len(named)]
    batches = [shuffled[start:end] for start, end in pairwise(ends)]
    assert linked(batches) == linked([named])


@pytest.mark.parametrize("batches", [[[0, 1, 2]], [[0], [1], [2]], [[2], [0, 1]], [[1], [2], [0]]])
def test_strands_that_a_text_and_a_place_joined_part_when_their_prices_turn_out_to_differ(
    linked: Linked, batches: list[list[int]]
) -> None:
    found = [
        notice(0, text=0, place=0, price=0),
        notice(1, text=0, place=0),
        notice(1, text=0, place=0, price=1),
    ]
    assert linked([[(0, found[0]), (1, found[1])]]) == {frozenset({"board/n0", "board/n1"})}
    parted = {frozenset({"board/n0"}), frozenset({"board/n1", "board/n2"})}
    assert linked([[(number, found[number]) for number in batch] for batch in batches]) == parted


@pytest.mark.parametrize("batches", [[[0, 1, 2]], [[0], [1], [2]], [[2], [1], [0]]])
def test_a_record_with_two_identities_joins_what_each_had_joined(
    linked: Linked, batches: list[list[int]]
) -> None:
    found = [
        notice(0, day=0),
        notice(1, day=90),
        Notice(frozenset({0, 1}), frozenset(), None, None, None, 30),
    ]
    everything = {frozenset({"board/n0", "board/n1", "board/n2"})}
    assert linked([[(number, found[number]) for number in batch] for batch in batches]) == everything
