"""What a record brings to the graph: the selectors that it carries and the facts that it adds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from accord.linking.evidence import JOINING, RADIUS
from accord.linking.facts import Facts, SignalFact, VisitFact
from accord_sdk import Finding, ImageHash, Place, Selector, SelectorKind, Signal

LOWEST_CONFIDENCE = 0.5
"""Findings that their plugin itself doubts are shown, but join nothing."""
LOWEST_IMAGE_QUALITY = 50
"""PDQ's authors advise against matching hashes of images below this quality."""
SURE_OF_A_PLACE = 0.9
_STATE_AND_COUNTRY = re.compile(r"^(.+, [A-Z]{2}), (?:US|CA)$")
"""Sources write "Denver, CO" where a detector writes "Denver, CO, US": a state tells its country."""
SKETCH = re.compile("[0-9a-f]{128}")
"""512 bits, as the sketch of a text is written."""
AMOUNT = re.compile(r"\d+(\.\d+)?")
"""The amount that a price's value begins with."""
Name = tuple[str, str]
"""Kind and value."""


class Carried(NamedTuple):
    """A selector that a record carries; `keys` are a text's, by which like ones are found."""

    kind: str
    value: str
    keys: tuple[int, ...] = ()

    @property
    def name(self) -> Name:
        """What tells it from others: its keys follow from it."""
        return self[:2]

    @property
    def fuzzy(self) -> bool:
        """Whether it is compared by distance."""
        return self.kind in RADIUS


def decode_findings(rows: list[list[Any]]) -> list[Finding]:
    """The findings of all plugins on one record, as they were stored."""
    return [finding for row in rows for finding in msgspec.convert(row, list[Finding])]


def carried(findings: Sequence[Finding], images: Sequence[ImageHash]) -> list[Carried]:
    """The selectors that can join this record to others, each once."""
    found: dict[Name, Carried] = {}
    for finding in findings:
        if isinstance(finding, Selector) and _joins(finding):
            keys = tuple(sorted(set(finding.keys))) if finding.kind in RADIUS else ()
            found[finding.kind, finding.value] = Carried(finding.kind, finding.value, keys)
    for image in images:
        if image.quality >= LOWEST_IMAGE_QUALITY:
            value = image.pdq.lower()
            found[SelectorKind.IMAGE, value] = Carried(SelectorKind.IMAGE, value)
    return list(found.values())


def _joins(finding: Selector) -> bool:
    if finding.kind not in JOINING or finding.kind == SelectorKind.IMAGE:
        return False
    if finding.confidence < LOWEST_CONFIDENCE:
        return False
    # A plugin is a stranger: what cannot be compared by distance is left to be shown.
    return finding.kind not in RADIUS or SKETCH.fullmatch(finding.value) is not None


def facts_of(anchor: str, observed_at: datetime, place: Place | None, findings: Sequence[Finding]) -> Facts:
    """What one record adds to its lead's facts."""
    facts = Facts(
        anchor=anchor,
        records=1,
        first=observed_at,
        last=observed_at,
        days=(observed_at.date().toordinal(),),
    )
    for finding in findings:
        if isinstance(finding, Signal):
            known = facts.signals.get(finding.kind)
            strength = max(finding.strength, known.strength if known else 0.0)
            facts.signals[finding.kind] = SignalFact(finding.sign, 1, strength, finding.source, finding.note)
        elif finding.kind == SelectorKind.AGE:
            facts.ages[finding.value] = 1
    visit = _place(place, findings)
    if visit is not None:
        name, lat, lon = visit
        facts.visits[name] = VisitFact(1, observed_at, observed_at, lat, lon)
    return facts


def supports_of(place: Place | None, findings: Sequence[Finding]) -> tuple[str, ...]:
    """What a record states that supports other evidence: its place, prices and ages, sorted.

    A price is its amount: sites differ in whether they give the currency and the time that it is for.
    """
    visit = _place(place, findings)
    found = {f"place:{visit[0].casefold()}"} if visit else set()
    for finding in findings:
        if isinstance(finding, Selector) and finding.confidence >= LOWEST_CONFIDENCE:
            if finding.kind == SelectorKind.PRICE and (amount := AMOUNT.match(finding.value)):
                found.add(f"price:{amount[0]}")
            elif finding.kind == SelectorKind.AGE:
                found.add(f"age:{finding.value}")
    return tuple(sorted(found))


def _place(place: Place | None, findings: Sequence[Finding]) -> tuple[str, float | None, float | None] | None:
    """A record's place under the one name that each city has.

    That is what a detector made of the source's words, where it is sure, else the words themselves; without a
    source's place the first that the text names.
    """
    found = [one for one in findings if isinstance(one, Selector) and one.kind == SelectorKind.PLACE]
    if place is not None and place.name:
        sure = (one for one in found if one.field == "place" and one.confidence >= SURE_OF_A_PLACE)
        known = next(sure, None)
        name = known.value if known is not None else place.name
        return _STATE_AND_COUNTRY.sub(r"\1", name), place.lat, place.lon
    for finding in found:
        lat, lon = finding.attributes.get("lat"), finding.attributes.get("lon")
        return _STATE_AND_COUNTRY.sub(r"\1", finding.value), _number(lat), _number(lon)
    return None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
