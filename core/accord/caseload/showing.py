"""Filling the view models of the queue, a lead and its parts from what is stored."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from accord.caseload.decided_leads import Step
from accord.caseload.graph_presentation import GraphElements, GraphLink
from accord.caseload.lead_selectors import CONTACTS, ORDER
from accord.caseload.leads import Edge, LeadRecordRow, LeadSelectorRow, Week
from accord.caseload.masking import is_masked, mask
from accord.caseload.presentation import SelectorTable, SignalRow, TimelineBar
from accord.caseload.priorities import COST_OF_READING, POINTS
from accord.caseload.segments import label_of, segments
from accord.linking.facts import Facts
from accord.linking.models import Lead
from accord.web.presentation import Reason, RecordView, SelectorRow
from accord_sdk import Reason as StoredReason
from accord_sdk import SelectorKind

URGENT_FROM = 65.0
"""From this score on a lead stands out: read it first. On worlds for tuning that is one lead in eighty."""
MOST_SHOWN = 25
FEW_OF_A_KIND = 5
"""How many selectors are shown at once, and how many of a kind by which nobody can be reached."""
MOST_DRAWN = 20
MOST_CONTACTS_DRAWN = 14
MOST_GROUPS = 12
"""What the graph draws at most: more of it nobody could read."""
MOST_BARS = 160
"""About three years of weeks; what is older is left out."""


def reasons(
    stored: Sequence[Any], score: float, ranks: Callable[[Sequence[float]], Sequence[str]] | None = None
) -> tuple[Reason, ...]:
    """A lead's reasons; each one's points are what the score, as far as it goes, would lose without it.

    `ranks` says in words where a lead of each of these scores would stand in the queue; without it
    the reasons do not say where the lead would stand without them.
    """
    found = msgspec.convert(stored, list[StoredReason])
    points = [POINTS * reason.contribution for reason in found]
    without = [min(100.0, max(0.0, score - part)) for part in points]
    places = ranks(without) if ranks is not None else [""] * len(found)
    return tuple(
        Reason(
            indicator=label_of(reason.indicator),
            sign=1 if reason.sign > 0 else -1 if reason.sign < 0 else 0,
            weight=reason.weight,
            contribution=round(part, 2),
            evidence=_sentence(reason.evidence),
            source=reason.source,
            without=place if reason.contribution else "",
        )
        for reason, part, place in zip(found, points, places, strict=True)
    )


def telling(stored: Sequence[Any]) -> list[Any]:
    """The stored reasons that tell of people; how much there is to read stands beside them anyway."""
    return [reason for reason in stored if reason["indicator"] != COST_OF_READING]


def beginning(shown: Sequence[Reason], score: float) -> float | None:
    """The points that every lead begins with; None where the score ends before its reasons do."""
    return score - math.fsum(reason.contribution for reason in shown) if 0 < score < 100 else None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def urgent_word(score: float) -> str | None:
    """What marks a lead that has to be read first."""
    return "Urgent" if score >= URGENT_FROM else None


def chance(alike: Step | None) -> str:
    """How often leads that scored alike were confirmed; empty where too few are decided."""
    if alike is None:
        return ""
    share = f"{alike.confirmed} of {alike.leads} decided leads with a score like this were confirmed"
    return f"{share} ({alike.least:.0%} to {alike.most:.0%})".replace("%", "\N{NO-BREAK SPACE}%")


def title(lead: Lead) -> str:
    """A lead's title, also before it was assessed."""
    return lead.title or "Not ranked yet"


def record_view(row: LeadRecordRow, *, unmasked: bool = False) -> RecordView:
    """A record with its evidence marked and its contact values masked."""
    record, content = row.record, row.record.content
    place = content.get("place") or {}
    return RecordView(
        key=f"r{record.id}",
        source_name=row.source,
        observed_at=record.observed_at,
        place=place.get("name"),
        title_segments=segments(record.title, "title", row.findings, unmasked=unmasked),
        body_segments=segments(record.body, "body", row.findings, unmasked=unmasked),
        prices=tuple(price_words(price) for price in content.get("prices", ())),
        images_count=len(content.get("images", ())),
        url_host=urlsplit(record.url).hostname if record.url else None,
        marking=record.marking,
    )


def price_words(price: dict[str, Any]) -> str:
    """A price such as `200 USD for 60 min`."""
    words = f"{price['amount']:g}"
    if price.get("currency"):
        words += f" {price['currency']}"
    if price.get("minutes"):
        words += f" for {price['minutes']} min"
    return words


def selector_rows(rows: Iterable[LeadSelectorRow], *, unmasked: bool = False) -> tuple[SelectorRow, ...]:
    """A lead's selectors."""
    return tuple(
        SelectorRow(
            kind=row.kind,
            display=display(row, unmasked=unmasked),
            records=row.records,
            masked=is_masked(row.kind) and not unmasked,
            hub=bool(row.hub),
            hub_note=row.hub,
        )
        for row in rows
    )


def selector_table(rows: Iterable[SelectorRow], counts: Mapping[str, int] | None = None) -> SelectorTable:
    """Selectors in the order in which they help to find a person.

    With `counts` (of all there are, by kind) hashes beyond the first few are counted and not listed:
    nobody reads them. Without, everything is there, folded.
    """
    places = {kind: place for place, kind in enumerate(ORDER)}
    shown: list[SelectorRow] = []
    folded: list[SelectorRow] = []
    taken: Counter[str] = Counter()
    for row in sorted(rows, key=lambda row: (places.get(row.kind, len(ORDER)), -row.records)):
        few = row.kind in CONTACTS or taken[row.kind] < FEW_OF_A_KIND
        if few and len(shown) < MOST_SHOWN:
            shown.append(row)
        elif counts is None or row.kind in CONTACTS:
            folded.append(row)
        else:
            continue
        taken[row.kind] += 1
    left = {kind: count - taken[kind] for kind, count in (counts or {}).items()}
    words = tuple(_counted(kind, count) for kind, count in left.items() if count > 0)
    return SelectorTable(tuple(shown), tuple(folded), words)


def _counted(kind: str, count: int) -> str:
    one = label_of(kind)
    one = one if one[1:2] == "-" else one.lower()
    many = f"{one}es" if one.endswith(("s", "sh")) else f"{one}s"
    return f"{count:,} {one if count == 1 else many}"


def drawn(rows: Sequence[LeadSelectorRow]) -> list[LeadSelectorRow]:
    """The selectors of the graph: contacts, then whatever else stands on the most records.

    What stands on one record joins nothing; it is drawn only where nothing else is.
    """
    joining = [row for row in rows if row.records > 1] or rows
    contacts = [row for row in joining if row.kind in CONTACTS][:MOST_CONTACTS_DRAWN]
    others = sorted((row for row in joining if row.kind not in CONTACTS), key=lambda row: -row.records)
    return contacts + others[: MOST_DRAWN - len(contacts)]


def display(row: LeadSelectorRow, *, unmasked: bool = False) -> str:
    """How a selector's value is shown: masked, and hashes by their first digits."""
    if row.kind in (SelectorKind.IMAGE, SelectorKind.TEMPLATE):
        return f"{row.value[:8]}…"
    return row.value if unmasked else mask(row.kind, row.value)


def signals(facts: Facts) -> tuple[SignalRow, ...]:
    """The indicators on a lead's records, those on the most records first."""
    ordered = sorted(facts.signals.items(), key=lambda item: (-item[1].records, item[0]))
    return tuple(
        SignalRow(label_of(kind), fact.sign, fact.records, fact.strength, fact.source, fact.note)
        for kind, fact in ordered
    )


def timeline(weeks: Sequence[Week], *, by_day: bool = False) -> tuple[TimelineBar, ...]:
    """A bar a week, or a day; also for those without records, so that a gap is seen as one."""
    if not weeks:
        return ()
    known = {week.start: week for week in weeks}
    step = timedelta(days=1 if by_day else 7)
    before = "" if by_day else "week of "
    steps = min((weeks[-1].start - weeks[0].start) // step, MOST_BARS - 1)
    starts = [weeks[-1].start - step * back for back in range(steps, -1, -1)]
    found = [known.get(start, Week(start, 0, 0)) for start in starts]
    return tuple(
        TimelineBar(week.start, f"{before}{week.start.day} {week.start:%b %Y}", week.records, week.places)
        for week in found
    )


def graph_links(rows: Sequence[LeadSelectorRow], edges: Sequence[Edge]) -> tuple[GraphLink, ...]:
    """The graph as a table: for each selector the groups of records that it stands on."""
    places: dict[int, list[str]] = defaultdict(list)
    for edge in edges:
        places[edge.selector_id].append(_group_label(edge.place))
    return tuple(
        GraphLink(row.kind, display(row), tuple(places[row.selector_id]), row.records, bool(row.hub))
        for row in rows
    )


def graph_elements(rows: Sequence[LeadSelectorRow], edges: Sequence[Edge]) -> GraphElements:
    """The graph for Cytoscape: groups of records by place on one side, selectors on the other."""
    edges = _gathered(edges)
    groups: dict[str, int] = defaultdict(int)
    for edge in edges:
        groups[edge.place] = max(groups[edge.place], edge.records)
    keys = {place: f"g{index}" for index, place in enumerate(sorted(groups))}
    elements: GraphElements = {"nodes": [], "edges": []}
    for place, records in sorted(groups.items()):
        elements["nodes"].append(
            {
                "data": {
                    "id": keys[place],
                    "kind": "records",
                    "label": _group_label(place),
                    "records": records,
                    "hub": False,
                }
            }
        )
    for row in rows:
        elements["nodes"].append(
            {
                "data": {
                    "id": f"s{row.selector_id}",
                    "kind": row.kind,
                    "label": display(row),
                    "records": row.records,
                    "hub": bool(row.hub),
                }
            }
        )
    for edge in edges:
        source, target = keys[edge.place], f"s{edge.selector_id}"
        elements["edges"].append(
            {
                "data": {
                    "id": f"{source}-{target}",
                    "source": source,
                    "target": target,
                    "records": edge.records,
                }
            }
        )
    return elements


def _gathered(edges: Sequence[Edge]) -> list[Edge]:
    """The edges with all but the most frequent places made one group."""
    records: Counter[str] = Counter()
    for edge in edges:
        records[edge.place] += edge.records
    if len(records) <= MOST_GROUPS:
        return list(edges)
    kept = {place for place, _ in records.most_common(MOST_GROUPS - 1)}
    rest = f"{len(records) - len(kept)} other places"
    sums: Counter[tuple[str, int]] = Counter()
    for edge in edges:
        sums[edge.place if edge.place in kept else rest, edge.selector_id] += edge.records
    return [Edge(place, selector, count) for (place, selector), count in sums.items()]


def _group_label(place: str) -> str:
    return place or "Place unknown"
