"""Which records are one strand, by the identities that they show."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from accord.linking.evidence import SILENCE_DAYS
from accord.linking.grouping import Days, Group, Holder, Node, Sets, components, group

PHONE, OTHER_PHONE, EMAIL, HANDLE = range(1, 5)
KINDS = {PHONE: "phone", OTHER_PHONE: "phone", EMAIL: "email", HANDLE: "handle"}
STRAND, OTHER_STRAND = UUID(int=1), UUID(int=2)


def records(groups: list[Group]) -> list[list[int]]:
    return sorted(sorted(found.records) for found in groups if found.records)


def test_records_that_share_a_number_belong_together() -> None:
    nodes = [Node(1, (PHONE,)), Node(2, (PHONE,)), Node(3, (OTHER_PHONE,))]
    assert records(group(nodes, [], KINDS)) == [[1, 2], [3]]


def test_records_without_an_identity_stay_alone() -> None:
    assert records(group([Node(1, ()), Node(2, ())], [], KINDS)) == [[1], [2]]


def test_a_record_joins_the_strand_that_shows_its_number() -> None:
    groups = group([Node(1, (PHONE,))], [Holder(STRAND, {PHONE: Days(0, 0)})], KINDS)
    assert groups == [Group([STRAND], [1])]


def test_a_record_with_the_identities_of_two_strands_joins_them() -> None:
    holders = [Holder(STRAND, {PHONE: Days(0, 0)}), Holder(OTHER_STRAND, {EMAIL: Days(0, 0)})]
    (found,) = group([Node(1, (PHONE, EMAIL))], holders, KINDS)
    assert set(found.strands) == {STRAND, OTHER_STRAND}
    assert found.records == [1]


def test_a_number_that_was_silent_too_long_joins_no_more() -> None:
    used = Holder(STRAND, {PHONE: Days(100, 120)})
    soon = Node(1, (PHONE,), day=120 + SILENCE_DAYS)
    late = Node(2, (PHONE,), day=121 + SILENCE_DAYS)
    assert group([soon], [used], KINDS) == [Group([STRAND], [1])]
    assert records(group([late], [used], KINDS)) == [[2]]
    assert group([late], [used], KINDS)[0].records == []


def test_an_address_is_not_given_to_somebody_else() -> None:
    used = Holder(STRAND, {EMAIL: Days(100, 120)})
    assert group([Node(1, (EMAIL,), day=900)], [used], KINDS) == [Group([STRAND], [1])]


def test_a_record_that_arrives_late_falls_within_the_time_of_its_strand() -> None:
    used = Holder(STRAND, {PHONE: Days(100, 500)})
    assert group([Node(1, (PHONE,), day=300)], [used], KINDS) == [Group([STRAND], [1])]


def test_a_number_stays_alive_as_long_as_records_follow_each_other() -> None:
    nodes = [Node(at, (PHONE,), day=at * SILENCE_DAYS) for at in range(1, 6)]
    assert records(group(nodes, [], KINDS)) == [[1, 2, 3, 4, 5]]


def test_a_record_between_two_uses_of_a_number_joins_them() -> None:
    early, late = Node(1, (PHONE,), day=0), Node(2, (PHONE,), day=80)
    between = Node(3, (PHONE,), day=40)
    assert records(group([early, late], [], KINDS)) == [[1], [2]]
    assert records(group([early, late, between], [], KINDS)) == [[1, 2, 3]]


def test_who_keeps_an_address_held_the_number_in_between_too() -> None:
    nodes = [Node(1, (PHONE, EMAIL), day=0), Node(2, (PHONE,), day=100), Node(3, (PHONE, EMAIL), day=200)]
    assert records(group(nodes[:2], [], KINDS)) == [[1], [2]]
    assert records(group(nodes, [], KINDS)) == [[1, 2, 3]]


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
def test_records_in_two_batches_make_the_strands_that_one_batch_makes(
    nodes: list[Node], data: st.DataObject
) -> None:
    first = data.draw(st.sets(st.sampled_from(nodes))) if nodes else set()
    before = group(sorted(first, key=lambda node: node.record_id), [], KINDS)
    by_record = {node.record_id: node for node in nodes}
    holders, inside = [], {}
    for number, found in enumerate(before):
        held: dict[int, Days] = {}
        for record in found.records:
            for selector, days in by_record[record].held.items():
                held[selector] = held[selector].plus(days) if selector in held else days
        holders.append(Holder(UUID(int=number), held))
        inside[UUID(int=number)] = found.records
    after = group([node for node in nodes if node not in first], holders, KINDS)
    merged = [Group([], [*one.records, *(r for s in one.strands for r in inside[s])]) for one in after]
    assert records(merged) == records(group(nodes, [], KINDS))


@given(links=st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=3), max_size=10))
def test_components_are_what_links_connect(links: list[list[int]]) -> None:
    found = components(links)
    assert sorted(thing for one in found for thing in one) == sorted(
        {thing for link in links for thing in link}
    )
    for link in links:
        assert sum(bool(set(link) & one) for one in found) == 1


def test_components_without_links_are_none() -> None:
    assert components([]) == []


def test_sets_keep_the_order_in_which_things_came() -> None:
    sets = Sets(["c", "a", "b"])
    assert sets.union("a", "b")
    assert not sets.union("b", "a")
    assert sets.sets() == [["c"], ["a", "b"]]
