"""Verdicts on leads: given, changed and taken back by people. What was said before is kept.

A verdict acts on nothing by itself: the queue can hide decided leads, and `accord priorities fit` learns
from them. What stands on a lead stands on its case, too.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from accord.caseload.cases import case_of_lead, tell
from accord.caseload.verdict_models import LeadVerdict, VerdictWord
from accord.linking.models import Lead
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Invalid, NotFound
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

LONGEST_REASON = 500


def give(session: Session, principal: Principal, lead: Lead, word: str, reason: str = "") -> LeadVerdict:
    """Say what a lead is. What was said of it before is kept, and no longer stands.

    :raises Invalid: when there is no such word, or the reason is too long.
    """
    principal.require(Permission.LEADS_DECIDE)
    if word not in set(VerdictWord):
        raise Invalid(f"choose one of {', '.join(VerdictWord)}", {"verdict": ["is no such verdict"]})
    reason = " ".join(reason.split())
    if len(reason) > LONGEST_REASON:
        problem = f"use at most {LONGEST_REASON} characters"
        raise Invalid(problem, {"reason": [problem]})
    _one_at_a_time(session, lead)
    before = _end(session, principal, lead)
    made = LeadVerdict(
        organisation_id=principal.organisation,
        lead_id=lead.id,
        word=word,
        reason=reason,
        records=lead.records,
        score=lead.score,
        person_id=principal.person_id,
        person_name=principal.person_name,
    )
    session.add(made)
    session.flush()
    detail = {"verdict": word, "reason": reason}
    _tell(session, principal, lead, AuditTag.VERDICT_GIVE, detail | ({"before": before} if before else {}))
    return made


def take_back(session: Session, principal: Principal, lead: Lead) -> None:
    """Let no verdict stand on a lead.

    :raises NotFound: when none does.
    """
    principal.require(Permission.LEADS_DECIDE)
    _one_at_a_time(session, lead)
    before = _end(session, principal, lead)
    if before is None:
        raise NotFound("no verdict stands on this lead")
    _tell(session, principal, lead, AuditTag.VERDICT_WITHDRAW, {"verdict": before})


def history(session: Session, principal: Principal, lead: Lead) -> Sequence[LeadVerdict]:
    """Every verdict on a lead and on those that were joined into it, the newest first."""
    principal.require(Permission.LEADS_READ)
    query = _of(lead).order_by(LeadVerdict.made_at.desc(), LeadVerdict.id.desc())
    return session.scalars(query).all()


def standing_verdicts(session: Session, principal: Principal) -> Sequence[LeadVerdict]:
    """The organisation's verdicts that stand, the newest first."""
    principal.require(Permission.LEADS_READ)
    query = (
        select(LeadVerdict)
        .where(LeadVerdict.organisation_id == principal.organisation, LeadVerdict.withdrawn_at.is_(None))
        .order_by(LeadVerdict.made_at.desc(), LeadVerdict.id.desc())
    )
    return session.scalars(query).all()


def _one_at_a_time(session: Session, lead: Lead) -> None:
    # Two people may decide at once: the second waits here, and then changes what the first said.
    session.execute(select(func.pg_advisory_xact_lock(lead.id.int >> 65)))


def _of(lead: Lead) -> Select[LeadVerdict]:
    joined = select(Lead.id).where(or_(Lead.id == lead.id, Lead.merged_into == lead.id))
    return select(LeadVerdict).where(LeadVerdict.lead_id.in_(joined))


def _end(session: Session, principal: Principal, lead: Lead) -> str | None:
    """End what stands on the lead; returns the newest word of it."""
    query = _of(lead).where(LeadVerdict.withdrawn_at.is_(None)).order_by(LeadVerdict.made_at.desc())
    found = session.scalars(query).all()
    for one in found:
        one.withdrawn_at, one.withdrawn_by = func.now(), principal.person_name
    session.flush()
    return found[0].word if found else None


def _tell(session: Session, principal: Principal, lead: Lead, tag: AuditTag, detail: dict[str, str]) -> None:
    case = case_of_lead(session, lead)
    if case is None:
        record(session, principal, tag, f"lead {lead.id}", detail)
    else:
        tell(session, principal, case, tag, detail | {"lead": str(lead.id)})
