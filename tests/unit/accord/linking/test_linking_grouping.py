"""Which records and leads belong together, by what they share."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from accord.linking.evidence import SILENCE_DAYS
from accord.linking.grouping import Days, Group, Holder, Node, components, group

PHONE, OTHER_PHONE, EMAIL, IMAGE, TEMPLATE, OTHER_TEMPLATE = range(1, 7)
KINDS = {
    PHONE: "phone",
    OTHER_PHONE: "phone",
    EMAIL: "email",
    IMAGE: "image",
    TEMPLATE: "template",
    OTHER_TEMPLATE: "template",
}
LEAD, OTHER_LEAD = UUID(int=1), UUID(int=2)


def records(groups: list[Group]) -> list[list[int]]:
    return sorted(sorted(found.records) for found in groups if found.records)


def test_records_that_share_a_number_belong_together() -> None:
    nodes = [Node(1, (PHONE,)), Node(2, (PHONE,)), Node(3, (OTHER_PHONE,))]
    assert records(group(nodes, [], KINDS)) == [[1, 2], [3]]


def test_a_shared_text_alone_joins_nothing() -> None:
    nodes = [Node(1, (TEMPLATE,)), Node(2, (TEMPLATE,))]
    assert records(group(nodes, [], KINDS)) == [[1], [2]]


def test_a_shared_text_and_a_shared_picture_join() -> None:
    nodes = [Node(1, (TEMPLATE, IMAGE)), Node(2, (TEMPLATE, IMAGE))]
    assert records(group(nodes, [], KINDS)) == [[1, 2]]


def test_evidence_adds_up_over_the_records_of_a_group() -> None:
    nodes = [
        Node(1, (PHONE, TEMPLATE)),
        Node(2, (PHONE, IMAGE)),
        Node(3, (TEMPLATE, IMAGE)),
    ]
    assert records(group(nodes, [], KINDS)) == [[1, 2, 3]]


def test_a_record_joins_the_lead_that_holds_its_number() -> None:
    groups = group([Node(1, (PHONE,))], [Holder(LEAD, {PHONE: Days(0, 0)})], KINDS)
    assert groups == [Group([LEAD], [1])]


def test_a_record_with_the_numbers_of_two_leads_joins_them() -> None:
    holders = [Holder(LEAD, {PHONE: Days(0, 0)}), Holder(OTHER_LEAD, {EMAIL: Days(0, 0)})]
    (found,) = group([Node(1, (PHONE, EMAIL))], holders, KINDS)
    assert set(found.leads) == {LEAD, OTHER_LEAD}
    assert found.records == [1]


def test_leads_that_no_record_joins_stay_apart() -> None:
    holders = [Holder(LEAD, {PHONE: Days(0, 0)}), Holder(OTHER_LEAD, {PHONE: Days(0, 0)})]
    assert [found.leads for found in group([], holders, KINDS)] == [[LEAD], [OTHER_LEAD]]


def test_a_number_that_was_silent_too_long_joins_no_more() -> None:
    used = Holder(LEAD, {PHONE: Days(100, 120)})
    soon = Node(1, (PHONE,), day=120 + SILENCE_DAYS)
    late = Node(2, (PHONE,), day=121 + SILENCE_DAYS)
    assert group([soon], [used], KINDS) == [Group([LEAD], [1])]
    assert records(group([late], [used], KINDS)) == [[2]]
    assert group([late], [used], KINDS)[0].records == []


def test_a_silent_number_still_joins_with_the_same_text() -> None:
    used = Holder(LEAD, {PHONE: Days(100, 120), TEMPLATE: Days(100, 120)})
    late = Node(1, (PHONE, TEMPLATE), day=400)
    assert group([late], [used], KINDS) == [Group([LEAD], [1])]


def test_an_address_is_not_given_to_somebody_else() -> None:
    used = Holder(LEAD, {EMAIL: Days(100, 120)})
    assert group([Node(1, (EMAIL,), day=900)], [used], KINDS) == [Group([LEAD], [1])]


def test_a_record_that_arrives_late_falls_within_the_time_of_its_lead() -> None:
    used = Holder(LEAD, {PHONE: Days(100, 500)})
    assert group([Node(1, (PHONE,), day=300)], [used], KINDS) == [Group([LEAD], [1])]


def test_a_number_stays_alive_as_long_as_records_follow_each_other() -> None:
    nodes = [Node(at, (PHONE,), day=at * SILENCE_DAYS) for at in range(1, 6)]
    assert records(group(nodes, [], KINDS)) == [[1, 2, 3, 4, 5]]


nodes_of_records = st.lists(
    st.tuples(st.sets(st.sampled_from(sorted(KINDS)), max_size=3), st.integers(0, 200)), max_size=12
).map(
    lambda rows: [Node(at, tuple(sorted(found)), day) for at, (found, day) in enumerate(rows)],
)


@given(nodes=nodes_of_records)
def test_every_record_is_in_exactly_one_group(nodes: list[Node]) -> None:
    found = [record for one in group(nodes, [], KINDS) for record in one.records]
    assert sorted(found) == [node.record_id for node in nodes]


@given(nodes=nodes_of_records, data=st.data())
def test_the_order_in_which_records_are_handed_over_does_not_matter(
    nodes: list[Node], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(nodes))
    assert records(group(shuffled, [], KINDS)) == records(group(nodes, [], KINDS))


@given(nodes=nodes_of_records, data=st.data())
def test_the_order_of_leads_does_not_matter(nodes: list[Node], data: st.DataObject) -> None:
    holders = [
        Holder(UUID(int=number), {selector: Days(0, 50) for selector in held})
        for number, held in enumerate([(PHONE,), (EMAIL, TEMPLATE), (TEMPLATE, IMAGE), (OTHER_PHONE,)])
    ]
    shuffled = data.draw(st.permutations(holders))

    def partition(order: list[Holder]) -> set[tuple[frozenset[UUID], frozenset[int]]]:
        return {(frozenset(one.leads), frozenset(one.records)) for one in group(nodes, order, KINDS)}

    assert partition(shuffled) == partition(holders)


@given(links=st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=3).map(tuple), max_size=10))
def test_components_are_what_links_connect(links: list[tuple[int, ...]]) -> None:
    found = components(links)
    assert sorted(thing for one in found for thing in one) == sorted(
        {thing for link in links for thing in link}
    )
    for link in links:
        assert sum(bool(set(link) & one) for one in found) == 1


def test_components_without_links_are_none() -> None:
    assert components([]) == []
