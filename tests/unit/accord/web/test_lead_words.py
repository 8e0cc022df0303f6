"""What a lead is called, which selectors are shown of it, and what the search field understands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accord.caseload.leads import Edge, LeadSelectorRow, Week
from accord.caseload.searching import phone_values
from accord.caseload.showing import (
    FEW_OF_A_KIND,
    MOST_DRAWN,
    MOST_GROUPS,
    MOST_SHOWN,
    drawn,
    graph_elements,
    selector_table,
    timeline,
)
from accord.caseload.titles import LONGEST_NAME, title_of
from accord.linking.facts import Facts, VisitFact
from accord.web.presentation import SelectorRow

FIRST = datetime(2026, 2, 1, 8, tzinfo=UTC)


def facts(*visits: tuple[str, int, float | None, float | None], days: int = 0) -> Facts:
    last = FIRST + timedelta(days=days)
    known = {name: VisitFact(records, FIRST, last, lat, lon) for name, records, lat, lon in visits}
    return Facts(anchor="a", records=1, first=FIRST, last=last, visits=known)


def selector(number: int, kind: str, records: int) -> LeadSelectorRow:
    return LeadSelectorRow(number, kind, f"{kind}{number}", records, "")


@pytest.mark.parametrize(
    ("visits", "days", "title"),
    [
        ((), 0, "Place unknown · 1 Feb 2026"),
        ((("London", 2, None, None),), 17, "London · 1\N{EN DASH}18 Feb 2026"),
        (
            (("London", 2, None, None), ("Leeds", 5, None, None)),
            40,
            "Leeds · London · 1 Feb \N{EN DASH} 13 Mar 2026",
        ),
        (
            tuple((f"Town {n}", 9 - n, None, None) for n in range(3)),
            340,
            "Town 0 · Town 1 · 1 more place · 1 Feb 2026 \N{EN DASH} 7 Jan 2027",
        ),
        (
            tuple((f"Town {n}", 9 - n, None, None) for n in range(6)),
            0,
            "Town 0 · Town 1 · 4 more places · 1 Feb 2026",
        ),
    ],
)
def test_a_title_says_where_and_when(
    visits: tuple[tuple[str, int, float | None, float | None], ...], days: int, title: str
) -> None:
    assert title_of(facts(*visits, days=days)) == title


def test_a_place_that_goes_by_two_names_counts_once() -> None:
    named = facts(("San Jose, CA", 12, None, None), ("San Jose, CA, US", 1, None, None))
    assert title_of(named) == "San Jose, CA · 1 Feb 2026"
    near = facts(("Salt Lake City, UT", 4, 40.76, -111.89), ("SLC", 1, 40.7608, -111.891))
    assert title_of(near) == "Salt Lake City, UT · 1 Feb 2026"
    apart = facts(("Columbus, OH", 4, 39.96, -83.0), ("Columbus, GA", 1, 32.46, -84.99))
    assert title_of(apart) == "Columbus, OH · Columbus, GA · 1 Feb 2026"


def test_an_endless_name_is_cut() -> None:
    title = title_of(facts(("Llan" + "fair" * 48, 1, None, None)))
    assert len(title.partition(" · ")[0]) == LONGEST_NAME
    assert "…" in title


@pytest.mark.parametrize(
    "written",
    [
        "+16145550134",
        "+1 (614) 555-0134",
        "614-555-0134",
        "614.555.0134",
        "0016145550134",
        "011 1 614 555 0134",
    ],
)
def test_a_number_is_read_in_any_writing(written: str) -> None:
    assert "+16145550134" in phone_values(written)


@pytest.mark.parametrize(
    "written", ["020 7946 0018", "+44 (0)20 7946 0018", "+44 20 7946 0018", "2079460018"]
)
def test_a_trunk_zero_is_no_part_of_a_number(written: str) -> None:
    assert "+442079460018" in phone_values(written)


@pytest.mark.parametrize(
    "written", ["", "555-01", "Columbus 614", "12345678901234567890", "a6145550134", "()"]
)
def test_what_is_no_number_is_searched_as_words(written: str) -> None:
    assert phone_values(written) == []


def test_digits_of_other_scripts_are_read() -> None:
    assert "+16145550134" in phone_values("\uff16\uff11\uff14 \uff15\uff15\uff15 \uff10\uff11\uff13\uff14")


def test_contacts_come_first_and_hashes_are_counted() -> None:
    rows = [SelectorRow("image", f"i{n}", 50 - n) for n in range(40)] + [SelectorRow("phone", "p", 1)]
    table = selector_table(rows, {"phone": 1, "image": 143, "template": 1})
    assert table.shown[0].kind == "phone"
    assert [row.display for row in table.shown[1:]] == [f"i{n}" for n in range(FEW_OF_A_KIND)]
    assert table.folded == ()
    assert table.counted == (f"{143 - FEW_OF_A_KIND} image hashes", "1 text template")


def test_contacts_beyond_the_first_are_folded_and_beyond_those_counted() -> None:
    table = selector_table([SelectorRow("phone", f"p{n}", 1) for n in range(60)], {"phone": 75})
    assert len(table.shown) == MOST_SHOWN
    assert len(table.folded) == 60 - MOST_SHOWN
    assert table.counted == ("15 phone numbers",)


def test_what_was_shared_is_all_there() -> None:
    rows = [SelectorRow("image", f"i{n}", 1) for n in range(200)]
    table = selector_table(rows)
    assert len(table.shown) + len(table.folded) == 200
    assert table.counted == ()


def test_the_graph_draws_what_joins_and_no_more_than_can_be_read() -> None:
    rows = [selector(n, "phone", 2) for n in range(30)] + [
        selector(99, "image", 40),
        selector(100, "email", 1),
    ]
    chosen = drawn(rows)
    assert len(chosen) <= MOST_DRAWN
    assert {row.selector_id for row in chosen} >= {0, 99}
    assert 100 not in {row.selector_id for row in chosen}
    assert drawn([selector(1, "email", 1)]) == [selector(1, "email", 1)]


def test_places_beyond_the_most_frequent_are_one_group_and_no_record_is_lost() -> None:
    edges = [Edge(f"Town {n:02}", 1, n + 1) for n in range(40)]
    elements = graph_elements([selector(1, "phone", 820)], edges)
    groups = [node["data"] for node in elements["nodes"] if node["data"]["kind"] == "records"]
    assert len(groups) == MOST_GROUPS
    assert {"Town 39", f"{40 - MOST_GROUPS + 1} other places"} <= {group["label"] for group in groups}
    assert sum(edge["data"]["records"] for edge in elements["edges"]) == sum(range(1, 41))


def test_a_gap_in_the_timeline_is_seen() -> None:
    weeks = [Week(FIRST, 3, 1), Week(FIRST + timedelta(days=21), 1, 1)]
    assert [bar.records for bar in timeline(weeks)] == [3, 0, 0, 1]
    days = [Week(FIRST, 3, 1), Week(FIRST + timedelta(days=2), 1, 1)]
    assert [(bar.label, bar.records) for bar in timeline(days, by_day=True)] == [
        ("1 Feb 2026", 3),
        ("2 Feb 2026", 0),
        ("3 Feb 2026", 1),
    ]
    assert timeline([]) == ()
