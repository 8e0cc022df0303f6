"""What makes a lead one that may be about a minor, from its facts.

A stated age under eighteen is enough (Palermo Protocol, article 3 (c) and (d): a child is any person under
eighteen). Wording that suggests youth (JRSA/NIJ study) is enough where at least half of the records have
it, and no record states an age of twenty or more.
"""

from __future__ import annotations

from dataclasses import dataclass

from accord.linking.facts import Facts

ADULT = 18
YOUNG = 19
"""The highest stated age beside which wording that suggests youth counts."""
STATED, WORDING = "stated_age_under_18", "youth_wording"
LEAST_RECORDS = 2
"""Records with such wording at least: one text alone is a phrase."""


@dataclass(frozen=True)
class Suspicion:
    """Why a lead may be about a minor, in words, and on how many records that stands."""

    why: str
    records: int


def suspicion(facts: Facts) -> Suspicion | None:
    """What in a lead's facts says that it may be about a minor; None: nothing does."""
    ages = {int(age): records for age, records in facts.ages.items() if age.isdecimal()}
    stated = facts.signals.get(STATED)
    under = sum(records for age, records in ages.items() if age < ADULT)
    under = max(under, stated.records if stated is not None else 0)
    if under:
        return Suspicion(f"stated age under {ADULT} in {under} of {facts.records} records", under)
    wording = facts.signals.get(WORDING)
    youthful = wording.records if wording is not None else 0
    young = bool(ages) and max(ages) <= YOUNG
    if young and youthful >= LEAST_RECORDS and 2 * youthful >= facts.records:
        words = f"wording that suggests youth in {youthful} of {facts.records} records"
        return Suspicion(f"{words}, no stated age above {YOUNG}", youthful)
    return None
