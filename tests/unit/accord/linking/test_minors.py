"""What makes a lead one that may be about a minor."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from accord.linking.facts import Facts, SignalFact
from accord.linking.minors import STATED, WORDING, suspicion

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def facts(records: int = 10, *, ages: dict[str, int] | None = None, **signals: int) -> Facts:
    found: dict[str, Any] = {kind: SignalFact(1, count, 1.0, "", "") for kind, count in signals.items()}
    return Facts("a", records, NOW, NOW, signals=found, ages=ages or {})


@pytest.mark.parametrize(
    ("about", "why"),
    [
        (facts(**{STATED: 1}), "stated age under 18 in 1 of 10 records"),
        (facts(ages={"17": 2, "25": 8}), "stated age under 18 in 2 of 10 records"),
        (
            facts(ages={"19": 3}, **{WORDING: 5}),
            "wording that suggests youth in 5 of 10 records, no stated age above 19",
        ),
    ],
)
def test_these_are_signs(about: Facts, why: str) -> None:
    found = suspicion(about)
    assert found is not None
    assert found.why == why


@pytest.mark.parametrize(
    "about",
    [
        facts(),
        facts(ages={"18": 10}),
        facts(ages={"not said": 3}),
        facts(**{WORDING: 10}),
        facts(ages={"19": 3}, **{WORDING: 4}),
        facts(ages={"19": 3, "22": 1}, **{WORDING: 10}),
        facts(1, ages={"19": 1}, **{WORDING: 1}),
    ],
)
def test_these_are_none(about: Facts) -> None:
    assert suspicion(about) is None
