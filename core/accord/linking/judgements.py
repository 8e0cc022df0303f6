"""What people say of links: these two are not the same, these two are, this selector is used by strangers.

A judgement names records, not strands or leads, because those come and go: it is about whatever part of a
lead holds the record. It stands until somebody takes it back, and the linker heeds it in every later
run (`accord.linking.judged`). What it changes at once is done by a job, under the linker's lock
(`accord.linking.applying`).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from accord.linking.models import (
    Judgement,
    Lead,
    LeadRecord,
    SelectorNode,
    Strand,
    StrandSelector,
    Verdict,
)
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Invalid, NotFound
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.queue import FIRST, enqueue

APPLY = "linking:apply"
"""Name of the job that does what judgements say."""
SHORTEST_REASON = 5
LONGEST_REASON = 500


def judge_parts(
    session: Session, principal: Principal, verdict: Verdict, one: UUID, other: UUID, reason: str
) -> Judgement:
    """Say that two parts of leads (strands) are the same people, or are not.

    What somebody said of the same two parts before is taken back: the last word counts.

    :raises NotFound: when there is no such part that the principal may see.
    :raises Invalid: for one part alone, or without a reason.
    """
    principal.require(Permission.LEADS_JUDGE)
    if verdict not in {Verdict.APART, Verdict.TOGETHER}:
        raise Invalid("say whether the two are the same", {"verdict": ["is apart or together"]})
    if one == other:
        raise Invalid("choose two different parts", {"other": ["is the same part"]})
    records = sorted(_record_of(session, principal, strand) for strand in (one, other))
    for before in _standing(session, principal):
        if before.one_record is not None and _same_parts(session, before, {one, other}):
            _take_back(before, principal)
    made = Judgement(one_record=records[0], other_record=records[1])
    return _keep(session, principal, made, verdict, reason)


def judge_selector(session: Session, principal: Principal, selector_id: int, reason: str) -> Judgement:
    """Say that strangers use a selector, so that it joins nobody.

    :raises NotFound: when there is no such selector that the principal may see.
    :raises Invalid: when it joins nobody as it is, or without a reason.
    """
    principal.require(Permission.LEADS_JUDGE)
    node = session.get(SelectorNode, selector_id)
    if node is None or node.organisation_id != principal.organisation or not _shown(session, node):
        raise NotFound
    if node.hub:
        raise Invalid(f"it joins nobody as it is: {node.hub}", {"selector": ["is a hub"]})
    return _keep(session, principal, Judgement(selector_id=node.id), Verdict.STRANGERS, reason)


def withdraw(session: Session, principal: Principal, judgement_id: UUID) -> Judgement:
    """Take a judgement back: what the linker would have done without it is done.

    :raises NotFound: when there is none that the principal may see, or it was taken back before.
    """
    principal.require(Permission.LEADS_JUDGE)
    found = session.get(Judgement, judgement_id)
    if found is None or found.organisation_id != principal.organisation or found.withdrawn_at is not None:
        raise NotFound
    _take_back(found, principal)
    session.flush()
    record(session, principal, AuditTag.JUDGEMENT_WITHDRAW, f"judgement {found.id}", _told(found))
    request_applying(session, principal.organisation)
    return found


def judgements(session: Session, principal: Principal, limit: int) -> Sequence[Judgement]:
    """The organisation's judgements, the newest first; those that were taken back are left out."""
    principal.require(Permission.LEADS_READ)
    query = (
        select(Judgement)
        .where(Judgement.organisation_id == principal.organisation, Judgement.withdrawn_at.is_(None))
        .order_by(Judgement.made_at.desc(), Judgement.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def contradicted(session: Session, found: Sequence[Judgement]) -> set[UUID]:
    """Those of these words against a link whose records are one lead all the same: they show one identity."""
    one, other = aliased(LeadRecord), aliased(LeadRecord)
    query = (
        select(Judgement.id)
        .join(one, one.record_id == Judgement.one_record)
        .join(other, other.record_id == Judgement.other_record)
        .where(
            Judgement.id.in_([judgement.id for judgement in found]),
            Judgement.verdict == Verdict.APART,
            Judgement.applied,
            one.lead_id == other.lead_id,
        )
    )
    return set(session.scalars(query))


def request_applying(session: Session, organisation_id: UUID) -> None:
    """Have the linker do what was said, in turn with the batches of the organisation."""
    # No queueing lock, which the web role may not hold: a job that finds nothing to do ends at once.
    enqueue(session, APPLY, organisation_id=organisation_id, lock=f"link:{organisation_id}", priority=FIRST)


def _keep(
    session: Session, principal: Principal, made: Judgement, verdict: Verdict, reason: str
) -> Judgement:
    reason = " ".join(reason.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        problem = f"say why in {SHORTEST_REASON} to {LONGEST_REASON} characters"
        raise Invalid(problem, {"reason": [problem]})
    made.verdict, made.reason = verdict, reason
    made.organisation_id = principal.organisation
    made.person_id, made.person_name = principal.person_id, principal.person_name
    session.add(made)
    session.flush()
    record(session, principal, AuditTag.JUDGEMENT_MAKE, f"judgement {made.id}", _told(made))
    request_applying(session, principal.organisation)
    return made


def _told(found: Judgement) -> dict[str, object]:
    about: dict[str, object] = (
        {"selector": found.selector_id}
        if found.selector_id is not None
        else {"records": [found.one_record, found.other_record]}
    )
    return {"verdict": found.verdict, "reason": found.reason, **about}


def _take_back(found: Judgement, principal: Principal) -> None:
    found.withdrawn_at = func.now()
    found.withdrawn_by = principal.person_name
    found.applied = False


def _standing(session: Session, principal: Principal) -> Sequence[Judgement]:
    query = select(Judgement).where(
        Judgement.organisation_id == principal.organisation, Judgement.withdrawn_at.is_(None)
    )
    return session.scalars(query).all()


def _same_parts(session: Session, before: Judgement, strands: set[UUID]) -> bool:
    query = select(LeadRecord.strand_id).where(
        LeadRecord.record_id.in_([before.one_record, before.other_record])
    )
    return set(session.scalars(query)) == strands


def _shown(session: Session, node: SelectorNode) -> bool:
    """Whether a selector stands on a lead that the principal may see."""
    query = (
        select(Lead.id)
        .join(Strand, Strand.lead_id == Lead.id)
        .join(StrandSelector, StrandSelector.strand_id == Strand.id)
        .where(StrandSelector.selector_id == node.id)
        .limit(1)
    )
    return session.scalar(query) is not None


def _record_of(session: Session, principal: Principal, strand_id: UUID) -> int:
    """The record that stands for a part: the first that was stored."""
    query = (
        select(func.min(LeadRecord.record_id))
        # Row security hides leads, and with a lead its parts.
        .join(Lead, Lead.id == LeadRecord.lead_id)
        .where(LeadRecord.strand_id == strand_id, LeadRecord.organisation_id == principal.organisation)
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found
