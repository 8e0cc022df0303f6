"""Reading leads: the ranked queue, one lead, its records, selectors, timeline and graph."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from accord.caseload.decided import fits
from accord.caseload.lead_selectors import by_kind
from accord.caseload.minors import read
from accord.caseload.models import Case
from accord.caseload.searching import in_a_place, matches, without_case
from accord.detection.models import RecordFindings
from accord.ingestion.models import Source, StoredRecord
from accord.linking.carried import decode_findings
from accord.linking.models import Lead, LeadRecord, LeadSelector, Mention, SelectorNode
from accord_auth.errors import NotFound
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_sdk import Finding

MOST_SELECTORS = 200
MOST_SUGGESTIONS = 30
MOST_COUNTED = 10_000
"""Leads that are counted for the queue's page; who has more is told so."""
DEEPEST_RANK = 2_000
"""How far down the queue a rank that a lead does not have is looked for."""


@dataclass(frozen=True)
class LeadFilter:
    """What the queue is narrowed to.

    `text` is a contact value or words of titles and places, `place` a part of a place's name, `state` all,
    unopened or opened, `verdict` one of `accord.caseload.decided.FILTERS`.
    """

    text: str = ""
    place: str = ""
    minimum_score: float = 0.0
    state: str = "all"
    verdict: str = "all"


@dataclass(frozen=True)
class Position:
    """Where a page of the queue ended: rank, score and anchor of a lead; `backwards` for the page before."""

    rank: int
    score: float
    anchor: str
    backwards: bool = False


@dataclass(frozen=True)
class RankedLead:
    """A lead with its place in the (filtered) queue, and its case where there is one."""

    rank: int
    lead: Lead
    case: Case | None


@dataclass(frozen=True)
class QueueSlice:
    """One page of the queue; whether there is more on either side."""

    rows: list[RankedLead]
    before: bool
    after: bool


def queue(
    session: Session, principal: Principal, narrowed: LeadFilter, position: Position | None, limit: int
) -> QueueSlice:
    """A page of the principal's ranked leads, the most urgent first."""
    principal.require(Permission.LEADS_READ)
    query = _narrow(
        session,
        select(Lead, Case)
        .outerjoin(Case, Case.lead_id == Lead.id)
        .where(
            Lead.organisation_id == principal.organisation,
            Lead.merged_into.is_(None),
            Lead.records > 0,
            # They have a queue of their own, also for those who may see them.
            Lead.restricted.is_(False),
        ),
        narrowed,
        principal.organisation,
    )
    backwards = position is not None and position.backwards
    if position is not None:
        earlier = or_(
            Lead.score > position.score, (Lead.score == position.score) & (Lead.anchor < position.anchor)
        )
        later = or_(
            Lead.score < position.score, (Lead.score == position.score) & (Lead.anchor > position.anchor)
        )
        query = query.where(earlier if backwards else later)
    order = (Lead.score.asc(), Lead.anchor.desc()) if backwards else (Lead.score.desc(), Lead.anchor.asc())
    found = session.execute(query.order_by(*order).limit(limit + 1)).all()
    more, rows = len(found) > limit, list(found[:limit])
    if backwards and position is not None:
        rows.reverse()
        first = position.rank - len(rows)
        return QueueSlice(_ranked(rows, first), before=more, after=True)
    first = position.rank + 1 if position else 1
    return QueueSlice(_ranked(rows, first), before=position is not None, after=more)


def _ranked(rows: Sequence[tuple[Lead, Case | None]], first: int) -> list[RankedLead]:
    return [RankedLead(rank, lead, case) for rank, (lead, case) in enumerate(rows, start=first)]


def _narrow(
    session: Session, query: Select[Lead, Case], narrowed: LeadFilter, organisation_id: UUID
) -> Select[Lead, Case]:
    if narrowed.text:
        query = query.where(matches(session, narrowed.text, organisation_id))
    if narrowed.place:
        query = query.where(in_a_place(session, narrowed.place, organisation_id))
    if narrowed.minimum_score > 0:
        query = query.where(Lead.score >= narrowed.minimum_score)
    if narrowed.state == "opened":
        query = query.where(Case.id.is_not(None))
    elif narrowed.state == "unopened":
        query = query.where(without_case(organisation_id))
    if narrowed.verdict != "all":
        query = query.where(fits(narrowed.verdict, organisation_id))
    return query


def count_leads(session: Session, principal: Principal) -> int:
    """How many leads the principal's organisation has; beyond `MOST_COUNTED` it is not counted on."""
    principal.require(Permission.LEADS_READ)
    some = (
        select(Lead.score)
        .where(
            Lead.organisation_id == principal.organisation,
            Lead.merged_into.is_(None),
            Lead.restricted.is_(False),
        )
        .limit(MOST_COUNTED + 1)
    )
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def suggested_places(session: Session, principal: Principal) -> list[str]:
    """Places of the most urgent leads, for the filter."""
    top = (
        select(Lead.places)
        .where(
            Lead.organisation_id == principal.organisation,
            Lead.merged_into.is_(None),
            Lead.restricted.is_(False),
        )
        .order_by(Lead.score.desc(), Lead.anchor)
        .limit(300)
        .subquery()
    )
    each = select(func.unnest(top.c.places).label("place")).subquery()
    frequent = (
        select(each.c.place)
        .group_by(each.c.place)
        .order_by(func.count().desc(), each.c.place)
        .limit(MOST_SUGGESTIONS)
    )
    return sorted(session.scalars(frequent))


def find_lead(session: Session, principal: Principal, lead_id: UUID) -> Lead:
    """The lead with this id, or the one that it was merged into.

    :raises NotFound: when there is none that the principal may see.
    """
    principal.require(Permission.LEADS_READ)
    lead = session.get(Lead, lead_id)
    if lead is not None and lead.merged_into is not None:
        lead = session.get(Lead, lead.merged_into)
    if lead is None or lead.organisation_id != principal.organisation:
        raise NotFound
    if lead.restricted:
        read(session, principal, lead.id)
    return lead


def rank_of(session: Session, lead: Lead) -> int:
    """A lead's place in its organisation's queue, from 1."""
    ahead = select(func.count()).where(
        Lead.organisation_id == lead.organisation_id,
        Lead.merged_into.is_(None),
        Lead.records > 0,
        Lead.restricted.is_(False),
        or_(Lead.score > lead.score, (Lead.score == lead.score) & (Lead.anchor < lead.anchor)),
    )
    return (session.scalar(ahead) or 0) + 1


def ranks_at(session: Session, lead: Lead, scores: Sequence[float]) -> list[int | None]:
    """The rank that the lead would have with each of these scores; None beyond `DEEPEST_RANK`.

    One look at the front of the queue answers all of them, and no more of it is read than that.
    """
    others = (
        select(Lead.score)
        .where(
            Lead.organisation_id == lead.organisation_id,
            Lead.merged_into.is_(None),
            Lead.id != lead.id,
            Lead.restricted.is_(False),
            Lead.score > min(scores, default=100.0),
        )
        .order_by(Lead.score.desc())
        .limit(DEEPEST_RANK)
    )
    # Ascending, as bisect wants it.
    ahead = sorted(session.scalars(others))
    ranks = [len(ahead) - bisect_right(ahead, score) + 1 for score in scores]
    return [rank if rank <= DEEPEST_RANK else None for rank in ranks]


@dataclass(frozen=True)
class LeadRecordRow:
    """A record of a lead, its source's slug and what was found in it."""

    record: StoredRecord
    source: str
    findings: list[Finding]


def lead_records(
    session: Session,
    lead: Lead,
    *,
    limit: int,
    after: tuple[datetime, int] | None = None,
    before: tuple[datetime, int] | None = None,
) -> list[LeadRecordRow]:
    """A page of a lead's records, the newest first; positions are (observed at, record id)."""
    query = (
        select(StoredRecord, Source.slug)
        .join(LeadRecord, LeadRecord.record_id == StoredRecord.id)
        .join(Source, Source.id == StoredRecord.source_id)
        .where(LeadRecord.lead_id == lead.id)
        .limit(limit)
    )
    key = tuple_(StoredRecord.observed_at, StoredRecord.id)
    if before is not None:
        query = query.where(key > before).order_by(StoredRecord.observed_at, StoredRecord.id)
    else:
        query = query.order_by(StoredRecord.observed_at.desc(), StoredRecord.id.desc())
        query = query.where(key < after) if after is not None else query
    rows = session.execute(query).all()
    found = findings_of(session, [record.id for record, _ in rows])
    page = [LeadRecordRow(record, source, found[record.id]) for record, source in rows]
    return page[::-1] if before is not None else page


def findings_of(session: Session, record_ids: Collection[int]) -> dict[int, list[Finding]]:
    """What all plugins found in these records."""
    stored: dict[int, list[list[Any]]] = defaultdict(list)
    query = (
        select(RecordFindings.record_id, RecordFindings.findings)
        .where(RecordFindings.record_id.in_(record_ids))
        .order_by(RecordFindings.record_id, RecordFindings.plugin)
    )
    for record_id, findings in session.execute(query):
        stored[record_id].append(findings)
    return {record_id: decode_findings(stored[record_id]) for record_id in record_ids}


@dataclass(frozen=True)
class LeadSelectorRow:
    """A selector of a lead, and on how many of the lead's records it stands."""

    selector_id: int
    kind: str
    value: str
    records: int
    hub: str


def lead_selectors(session: Session, lead: Lead, *, limit: int = MOST_SELECTORS) -> list[LeadSelectorRow]:
    """A lead's selectors: contacts before web addresses, texts and images; then those on the most records."""
    rows = session.execute(
        select(SelectorNode, LeadSelector.records)
        .join(LeadSelector, LeadSelector.selector_id == SelectorNode.id)
        .where(LeadSelector.lead_id == lead.id)
        .order_by(by_kind, LeadSelector.records.desc(), SelectorNode.kind, SelectorNode.value)
        .limit(limit)
    )
    return [LeadSelectorRow(node.id, node.kind, node.value, records, node.hub) for node, records in rows]


@dataclass(frozen=True)
class Week:
    """Records of a lead in the week (or on the day) that begins at `start`, and in how many places."""

    start: datetime
    records: int
    places: int


def weeks(session: Session, lead: Lead, *, by_day: bool = False) -> list[Week]:
    """A lead's records by week or day; those without records are left out."""
    start = func.date_trunc("day" if by_day else "week", StoredRecord.observed_at, "UTC").label("start")
    place = StoredRecord.content["place"]["name"].astext
    rows = session.execute(
        select(start, func.count(), func.count(place.distinct()))
        .join(LeadRecord, LeadRecord.record_id == StoredRecord.id)
        .where(LeadRecord.lead_id == lead.id)
        .group_by(start)
        .order_by(start)
    )
    return [Week(*row) for row in rows]


@dataclass(frozen=True)
class Edge:
    """How many records of one place of a lead carry a selector."""

    place: str
    selector_id: int
    records: int


def edges(session: Session, lead: Lead, selector_ids: Collection[int]) -> list[Edge]:
    """The lead's two-sided graph, its records gathered by place."""
    place = func.coalesce(StoredRecord.content["place"]["name"].astext, "").label("place")
    rows = session.execute(
        select(place, Mention.selector_id, func.count())
        .join(LeadRecord, LeadRecord.record_id == StoredRecord.id)
        .join(Mention, Mention.record_id == StoredRecord.id)
        .where(LeadRecord.lead_id == lead.id, Mention.selector_id.in_(selector_ids))
        .group_by(place, Mention.selector_id)
        .order_by(place, Mention.selector_id)
    )
    return [Edge(*row) for row in rows]
