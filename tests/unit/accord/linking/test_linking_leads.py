"""Which lead goes on when several become one."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from accord.linking.facts import Facts
from accord.linking.leads import joined
from accord.linking.strands import Part

MOMENT = datetime(2026, 5, 1, tzinfo=UTC)
SMALL, LARGE = UUID(int=1), UUID(int=2)


def facts(anchor: str, records: int) -> Facts:
    return Facts(anchor, records, MOMENT, MOMENT, days=(MOMENT.toordinal(),))


def test_the_largest_lead_goes_on() -> None:
    growth = joined({SMALL: facts("a/1", 2), LARGE: facts("b/1", 3)}, [])
    assert (growth.lead_id, growth.absorbed) == (LARGE, (SMALL,))


def test_of_equally_large_leads_the_one_with_the_smallest_anchor_goes_on() -> None:
    growth = joined({SMALL: facts("b/1", 3), LARGE: facts("a/1", 3)}, [])
    assert (growth.lead_id, growth.absorbed) == (LARGE, (SMALL,))


def test_facts_are_those_of_all_leads_and_records() -> None:
    part = Part(7, (1, 2), facts("a/0", 1))
    growth = joined({SMALL: facts("a/1", 2), LARGE: facts("b/1", 3)}, [part])
    assert growth.facts.records == 6
    assert growth.facts.anchor == "a/0"
    assert growth.parts == (part,)


def test_a_part_knows_its_day() -> None:
    assert Part(7, (), facts("a/0", 1)).day == MOMENT.toordinal()
