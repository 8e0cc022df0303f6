"""When a selector says nothing about who is behind a record."""

from __future__ import annotations

from accord.linking.evidence import HUB_GROUPS_DEFAULT
from accord.linking.hubs import groups_without, least_groups, suspects
from accord.linking.nodes import NodeState

PHONES = dict.fromkeys(range(1, 20), "phone")
IMAGE, URL, TEMPLATE = 101, 102, 103
KINDS = PHONES | {IMAGE: "image", URL: "url", TEMPLATE: "template"}


def test_records_with_numbers_of_their_own_are_groups_of_their_own() -> None:
    assert groups_without([[1], [2], [3]], KINDS) == 3


def test_records_that_something_else_ties_together_are_one_group() -> None:
    assert groups_without([[1, IMAGE], [2, IMAGE], [3, IMAGE]], KINDS) == 1


def test_records_without_an_identity_of_their_own_count_for_nothing() -> None:
    assert groups_without([[IMAGE], [URL], [TEMPLATE], []], KINDS) == 0


def test_a_person_who_changes_texts_and_pictures_does_not_make_her_number_a_hub() -> None:
    records = [[IMAGE + 1000 * at, TEMPLATE + 1000 * at] for at in range(50)]
    kinds = {selector: "image" for record in records for selector in record}
    assert groups_without(records, kinds) < least_groups("phone")


def test_groups_are_joined_over_several_records() -> None:
    assert groups_without([[1, 2], [2, 3], [4]], KINDS) == 2


def test_a_selector_on_few_records_is_no_suspect() -> None:
    states = {7: NodeState("phone")}
    assert suspects(states, {7: HUB_GROUPS_DEFAULT - 1}) == {}
    assert suspects(states, {7: HUB_GROUPS_DEFAULT}) == {7: HUB_GROUPS_DEFAULT}


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
