"""The queue of leads that may be about a minor: taken, confirmed or lifted by the few who may see them.

Row security hides such a lead, its case and what was made of it from everybody else: for them it answers
like one that is absent. Every read of one is in the audit log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord.caseload.minor_models import MinorState, SuspectedMinor
from accord.linking.models import Lead
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

SHORTEST_REASON = 5
LONGEST_REASON = 500
NOTHING_SAID = "nothing says that this lead may be about a minor"
MOST = 500
"""Leads that are listed; those due first."""


@dataclass(frozen=True)
class Waiting:
    """A lead that may be about a minor, and until when somebody should have decided."""

    row: SuspectedMinor
    lead: Lead
    due_at: datetime

    @property
    def overdue(self) -> bool:
        """Whether it is past due and nobody decided."""
        return self.row.state == MinorState.SUSPECTED and self.due_at < datetime.now(UTC)


def waiting(session: Session, principal: Principal, due_hours: float) -> list[Waiting]:
    """Suspected leads by when they are due, the overdue first; then confirmed ones, the newest first."""
    principal.require(Permission.LEADS_MINORS)
    suspected = SuspectedMinor.state == MinorState.SUSPECTED
    query = (
        select(SuspectedMinor, Lead)
        .join(Lead, Lead.id == SuspectedMinor.lead_id)
        .where(
            SuspectedMinor.organisation_id == principal.organisation,
            SuspectedMinor.state != MinorState.LIFTED,
            Lead.merged_into.is_(None),
            Lead.records > 0,
        )
        .order_by(suspected.desc(), SuspectedMinor.since, SuspectedMinor.lead_id)
        .limit(MOST)
    )
    record(session, principal, AuditTag.MINORS_READ, "suspected minors")
    hours = timedelta(hours=due_hours)
    return [Waiting(row, lead, row.since + hours) for row, lead in session.execute(query)]


def count_waiting(session: Session, principal: Principal) -> int:
    """How many leads wait for a decision; nobody decided yet."""
    principal.require(Permission.LEADS_MINORS)
    query = (
        select(func.count())
        .select_from(SuspectedMinor)
        .join(Lead, Lead.id == SuspectedMinor.lead_id)
        .where(
            SuspectedMinor.organisation_id == principal.organisation,
            SuspectedMinor.state == MinorState.SUSPECTED,
            Lead.merged_into.is_(None),
            Lead.records > 0,
        )
    )
    return session.scalar(query) or 0


def of_lead(session: Session, principal: Principal, lead: Lead) -> SuspectedMinor | None:
    """What is known of a lead that may be about a minor; None for other leads, and for who may not know."""
    if Permission.LEADS_MINORS not in principal.permissions:
        return None
    return session.get(SuspectedMinor, lead.id)


def take(session: Session, principal: Principal, lead: Lead) -> SuspectedMinor:
    """Say that one looks at it now. Who takes it from somebody else is in the log.

    :raises Conflict: when it is decided.
    """
    found = _find(session, principal, lead)
    if found.state != MinorState.SUSPECTED:
        raise Conflict(f"it is {found.state} already")
    before = found.taken_name
    found.taken_by, found.taken_name, found.taken_at = (
        principal.person_id,
        principal.person_name,
        func.now(),
    )
    _tell(session, principal, lead, AuditTag.MINORS_TAKE, {"before": before})
    return found


def confirm(session: Session, principal: Principal, lead: Lead, reason: str) -> SuspectedMinor:
    """Say that it may well be about a minor. A lead that nothing hinted at is put here by it.

    :raises Invalid: without a reason.
    """
    return _say(session, principal, lead, MinorState.CONFIRMED, reason)


def lift(session: Session, principal: Principal, lead: Lead, reason: str) -> SuspectedMinor:
    """Say that it is not about a minor: everybody who reads leads sees it from now on.

    :raises Invalid: without a reason.
    """
    return _say(session, principal, lead, MinorState.LIFTED, reason)


def _say(
    session: Session, principal: Principal, lead: Lead, state: MinorState, reason: str
) -> SuspectedMinor:
    principal.require(Permission.LEADS_MINORS)
    found = session.get(SuspectedMinor, lead.id)
    if found is None and state == MinorState.CONFIRMED:
        found = SuspectedMinor(
            lead_id=lead.id,
            organisation_id=principal.organisation,
            state=MinorState.SUSPECTED,
            why="a person says so",
            evidence=0,
        )
        session.add(found)
    if found is None:
        raise NotFound(NOTHING_SAID)
    reason = " ".join(reason.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        problem = f"say why in {SHORTEST_REASON} to {LONGEST_REASON} characters"
        raise Invalid(problem, {"reason": [problem]})
    if found.state == state:
        raise Conflict(f"it is {state} already")
    found.state, found.reason = state, reason
    found.decided_name, found.decided_at = principal.person_name, func.now()
    _tell(
        session,
        principal,
        lead,
        AuditTag.MINORS_LIFT if state == MinorState.LIFTED else AuditTag.MINORS_CONFIRM,
        {"reason": reason},
    )
    session.flush()
    lead.restricted = state != MinorState.LIFTED
    session.flush()
    return found


def _find(session: Session, principal: Principal, lead: Lead) -> SuspectedMinor:
    principal.require(Permission.LEADS_MINORS)
    found = session.get(SuspectedMinor, lead.id)
    if found is None or found.organisation_id != principal.organisation:
        raise NotFound(NOTHING_SAID)
    return found


def _tell(session: Session, principal: Principal, lead: Lead, tag: AuditTag, detail: dict[str, str]) -> None:
    record(session, principal, tag, f"lead {lead.id}", detail)


def read(session: Session, principal: Principal, lead_id: UUID) -> None:
    """Put the read of a lead that may be about a minor into the log, once a transaction."""
    known: Sequence[UUID] = session.info.setdefault("minors_read", [])
    if lead_id not in known:
        session.info["minors_read"] = [*known, lead_id]
        record(session, principal, AuditTag.MINORS_READ, f"lead {lead_id}")
