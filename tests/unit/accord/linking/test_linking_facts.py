"""The facts of a lead are a sum: neither the order of records nor their batches show in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.linking.facts import (
    MOST_DAYS,
    MOST_VISITS,
    Facts,
    SignalFact,
    VisitFact,
    decode_facts,
    encode_facts,
    total,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 400).map(lambda days: START + timedelta(days=days))
strengths = st.sampled_from([0.25, 0.5, 1.0])
names = st.sampled_from(["Columbus", "Dayton", "Toledo", "Akron"])


def located(name: str) -> tuple[float, float]:
    """A place has one position, as in a gazetteer."""
    return 40.0 + len(name), -80.0


@st.composite
def record_facts(draw: st.DrawFn) -> Facts:
    moment, place = draw(moments), draw(names)
    return Facts(
        anchor=f"site/{draw(st.integers(0, 99))}",
        records=1,
        first=moment,
        last=moment,
        days=(moment.toordinal(),),
        visits={place: VisitFact(1, moment, moment, *located(place))},
        signals={
            kind: SignalFact(1, 1, draw(strengths), "a source", "a note")
            for kind in draw(st.sets(st.sampled_from(["pace", "growth"])))
        },
        ages=dict.fromkeys(draw(st.sets(st.sampled_from(["23", "30"]), max_size=1)), 1),
    )


lists = st.lists(record_facts(), min_size=1, max_size=8)


@given(data=st.data(), facts=lists)
def test_the_order_of_records_does_not_matter(data: st.DataObject, facts: list[Facts]) -> None:
    shuffled = data.draw(st.permutations(facts))
    assert total(shuffled) == total(facts)


@given(left=record_facts(), right=record_facts())
def test_adding_is_commutative(left: Facts, right: Facts) -> None:
    assert left.plus(right) == right.plus(left)


@given(one=record_facts(), two=record_facts(), three=record_facts())
def test_adding_is_associative(one: Facts, two: Facts, three: Facts) -> None:
    assert one.plus(two).plus(three) == one.plus(two.plus(three))


@given(facts=lists, cut=st.integers(0, 8))
def test_batches_do_not_matter(facts: list[Facts], cut: int) -> None:
    parts = [part for part in (facts[:cut], facts[cut:]) if part]
    assert total(total(part) for part in parts) == total(facts)


@given(facts=lists)
def test_adding_changes_none_of_its_parts(facts: list[Facts]) -> None:
    before = [encode_facts(one) for one in facts]
    total(facts)
    assert [encode_facts(one) for one in facts] == before


@given(facts=lists)
def test_facts_survive_being_stored(facts: list[Facts]) -> None:
    found = total(facts)
    assert decode_facts(encode_facts(found)) == found


@given(facts=lists)
def test_counts_are_those_of_the_records(facts: list[Facts]) -> None:
    found = total(facts)
    assert found.records == len(facts)
    assert sum(visit.records for visit in found.visits.values()) == len(facts)
    assert found.days == tuple(sorted({one.first.toordinal() for one in facts}))


def test_a_lead_without_records_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one record"):
        total([])


def test_the_rarest_places_are_let_go_beyond_the_bound() -> None:
    often = VisitFact(2, START, START)
    once = VisitFact(1, START, START)
    facts = Facts("a/1", 1, START, START, visits={f"place {at}": once for at in range(MOST_VISITS)})
    found = facts.plus(Facts("a/2", 2, START, START, visits={"often": often}))
    assert len(found.visits) == MOST_VISITS
    assert found.visits["often"] == often


def test_the_earliest_days_are_let_go_beyond_the_bound() -> None:
    facts = Facts("a/1", 1, START, START, days=tuple(range(MOST_DAYS)))
    found = facts.plus(Facts("a/2", 1, START, START, days=(MOST_DAYS,)))
    assert found.days == tuple(range(1, MOST_DAYS + 1))
