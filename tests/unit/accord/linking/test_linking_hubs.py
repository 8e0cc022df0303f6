"""When a selector says nothing about who is behind a record."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np

from accord.linking.evidence import HUB_GROUPS, IDENTITIES, POPULAR_GROUPS, POPULAR_SHARE
from accord.linking.grouping import components
from accord.linking.hubs import Beside, groups_without, is_popular, strand_groups, suspects
from accord.linking.nodes import NodeState

PHONES = dict.fromkeys(range(1, 20), "phone")
IMAGE, URL, TEMPLATE = 101, 102, 103
KINDS = PHONES | {IMAGE: "image", URL: "url", TEMPLATE: "template"}


def groups(records: Sequence[Sequence[int]], kinds: Mapping[int, str], suspect: int = 0) -> int:
    """How many groups these records of one suspect make."""
    return groups_without(beside({suspect: records}, kinds)).get(suspect, 0)


def beside(records: Mapping[int, Sequence[Sequence[int]]], kinds: Mapping[int, str]) -> Beside:
    rows = [
        (suspect, number, selector, kinds[selector] in IDENTITIES)
        for suspect, each in records.items()
        for number, selectors in enumerate(each)
        for selector in selectors
    ]
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    return Beside(columns[0], columns[1], columns[2], columns[3].astype(np.bool_))


def test_records_with_numbers_of_their_own_are_groups_of_their_own() -> None:
    assert groups([[1], [2], [3]], KINDS) == 3


def test_records_that_something_else_ties_together_are_one_group() -> None:
    assert groups([[1, IMAGE], [2, IMAGE], [3, IMAGE]], KINDS) == 1


def test_records_without_an_identity_of_their_own_count_for_nothing() -> None:
    assert groups([[IMAGE], [URL], [TEMPLATE], []], KINDS) == 0


def test_a_person_who_changes_texts_and_pictures_does_not_make_her_number_a_hub() -> None:
    records = [[IMAGE + 1000 * at, TEMPLATE + 1000 * at] for at in range(50)]
    kinds = {selector: "image" for record in records for selector in record}
    assert groups(records, kinds) < HUB_GROUPS


def test_groups_are_joined_over_several_records() -> None:
    assert groups([[1, 2], [2, 3], [4]], KINDS) == 2


def test_many_suspects_at_once_are_each_told_what_they_would_be_told_alone() -> None:
    rng = random.Random(3)
    kinds = {one: rng.choice(["phone", "image", "url", "handle"]) for one in range(1, 120)}
    suspects_with = {
        suspect: [rng.sample(range(1, 120), rng.randint(0, 3)) for _ in range(rng.randint(5, 60))]
        for suspect in range(1000, 1040)
    }
    expected = {
        suspect: sum(any(kinds[one] in IDENTITIES for one in found) for found in components(records))
        for suspect, records in suspects_with.items()
    }
    found = groups_without(beside(suspects_with, kinds))
    assert {suspect: found.get(suspect, 0) for suspect in suspects_with} == expected
    assert len(set(expected.values())) > 5
    assert groups_without(beside({}, kinds)) == {}


def test_a_selector_on_few_records_is_no_suspect() -> None:
    states = {7: NodeState("phone")}
    assert suspects(states, {7: HUB_GROUPS - 1}) == {}
    assert suspects(states, {7: HUB_GROUPS}) == {7: HUB_GROUPS}


def test_a_known_hub_is_not_looked_at_again() -> None:
    assert suspects({7: NodeState("phone", hub=True)}, {7: 1_000}) == {}


def test_a_selector_is_looked_at_again_when_it_has_grown_by_half() -> None:
    states = {7: NodeState("phone", examined=100)}
    assert suspects(states, {7: 149}) == {}
    assert suspects(states, {7: 150}) == {7: 150}


def test_a_selector_is_looked_at_a_few_times_while_it_grows() -> None:
    looks, examined = 0, 0
    for count in range(1, 10_001):
        if suspects({7: NodeState("phone", examined=examined)}, {7: count}):
            looks, examined = looks + 1, count
    assert looks < 25


def test_texts_and_pictures_are_looked_at_by_strands_and_not_by_records() -> None:
    assert suspects({7: NodeState("template"), 8: NodeState("image")}, {7: 50, 8: 50}) == {}


def test_strands_are_one_group_when_another_picture_or_text_ties_them() -> None:
    assert strand_groups([[1, 2], [2, 3], [4], []]) == 3
    assert strand_groups([]) == 0


def test_a_picture_on_strands_that_share_nothing_else_is_a_stock_picture() -> None:
    assert not is_popular("image", HUB_GROUPS - 1, HUB_GROUPS - 1)
    assert is_popular("image", HUB_GROUPS, 100)


def test_a_text_that_a_few_outsiders_copied_is_not_popular_yet() -> None:
    assert not is_popular("template", HUB_GROUPS, HUB_GROUPS * POPULAR_SHARE + 1)
    assert is_popular("template", HUB_GROUPS, HUB_GROUPS * POPULAR_SHARE)
    assert is_popular("template", POPULAR_GROUPS, 100)
