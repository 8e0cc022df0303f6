"""Which leads have a verdict: for the queue's filter and its rows.

A lead that was joined into another one brings its verdict with it; of several the newest counts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, func, not_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from accord.caseload.verdict_models import LeadVerdict, VerdictWord
from accord.linking.models import Lead

GROWN_BY = 0.5
GROWN_AT_LEAST = 5
"""A lead that has half as many records more as when it was decided, and so many at least, has grown a lot."""

FILTERS = ("all", "undecided", "decided", *VerdictWord)
"""What the queue is narrowed to; `undecided` are those without a verdict, and those that grew a lot since."""


@dataclass(frozen=True)
class Standing:
    """The verdict that stands on a lead, and by how many records the lead grew since, where that is a lot."""

    verdict: LeadVerdict
    grown_by: int = 0


def grown_a_lot(then: int, now: int) -> bool:
    """Whether a lead that had so many records when it was decided has to be looked at again."""
    return now - then >= max(GROWN_AT_LEAST, GROWN_BY * then)


def newest_verdicts(organisation_id: UUID) -> Subquery:
    """A row a decided lead: `lead_id`, the `word` that counts, and whether it has `grown` a lot since."""
    joined, kept = aliased(Lead), aliased(Lead)
    many = func.greatest(GROWN_AT_LEAST, GROWN_BY * LeadVerdict.records)
    grown = kept.records - LeadVerdict.records >= many
    return (
        select(kept.id.label("lead_id"), LeadVerdict.word, grown.label("grown"))
        .join(joined, joined.id == LeadVerdict.lead_id)
        .join(kept, kept.id == func.coalesce(joined.merged_into, joined.id))
        .where(LeadVerdict.organisation_id == organisation_id, LeadVerdict.withdrawn_at.is_(None))
        .ext(distinct_on(kept.id))
        .order_by(kept.id, LeadVerdict.made_at.desc())
        .subquery()
    )


def fits(word: str, organisation_id: UUID) -> ColumnElement[bool]:
    """The condition that keeps leads whose standing verdict is one of `FILTERS` (but `all`).

    The decided leads are listed once a query and looked up by hash: verdicts are given by hand, so that
    there are few of them, and the queue is still read in its order.
    """
    newest = newest_verdicts(organisation_id)
    if word == "undecided":
        return Lead.id.not_in(select(newest.c.lead_id).where(not_(newest.c.grown)))
    decided = select(newest.c.lead_id)
    return Lead.id.in_(decided if word == "decided" else decided.where(newest.c.word == word))


def standing(session: Session, leads: Collection[Lead]) -> dict[UUID, Standing]:
    """The verdict that stands on each of these leads; those without one are left out."""
    joined = aliased(Lead)
    ids = [lead.id for lead in leads]
    now = {lead.id: lead.records for lead in leads}
    rows = session.execute(
        select(LeadVerdict, func.coalesce(joined.merged_into, joined.id))
        .join(joined, joined.id == LeadVerdict.lead_id)
        .where(
            or_(joined.id.in_(ids), joined.merged_into.in_(ids)),
            LeadVerdict.withdrawn_at.is_(None),
        )
        .order_by(LeadVerdict.made_at)
    )
    # The newest of several comes last.
    found = {lead_id: verdict for verdict, lead_id in rows}
    return {
        lead_id: Standing(one, now[lead_id] - one.records if grown_a_lot(one.records, now[lead_id]) else 0)
        for lead_id, one in found.items()
    }
