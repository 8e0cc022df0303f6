"""Precision, recall and F1 of what a detector finds in written cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from plugins.selectors.tests.writing import Case
from plugins.selectors.tests.writing.offers import POSTED

from accord_sdk import Finding, Found, Place, Record, Result, Selector

Detect = Callable[[Sequence[Record]], Iterable[Result]]


@dataclass(frozen=True)
class Score:
    """Counts of values found rightly, found wrongly and missed, over `cases` cases."""

    cases: int
    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """The part of what was found that is right."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """The part of what stands there that was found."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / both if both else 1.0


def record_of(case: Case) -> Record:
    """The record that a case stands for, posted on `POSTED`."""
    posted = datetime.combine(POSTED, time(12), UTC)
    place = Place(country=case.country)
    if case.title:
        return Record(title=case.text, place=place, posted_at=posted)
    return Record(body=case.text, place=place, posted_at=posted)


def values(case: Case, findings: Iterable[Finding]) -> set[str]:
    """The values of the case's kind that were found in its text."""
    return {
        f.value
        for f in findings
        if isinstance(f, Selector) and f.kind == case.kind and f.field in {"title", "body"}
    }


def score(cases: Sequence[Case], detect: Detect) -> Score:
    """Compare the values found in each case, as sets, with those expected."""
    right = wrong = missed = 0
    for case, result in zip(cases, detect([record_of(case) for case in cases]), strict=True):
        found = values(case, result.findings if isinstance(result, Found) else ())
        expected = set(case.expected)
        right += len(found & expected)
        wrong += len(found - expected)
        missed += len(expected - found)
    return Score(len(cases), right, wrong, missed)
