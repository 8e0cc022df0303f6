"""Cases: opened from leads, assigned, noted, moved on. Every step is in the timeline and the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from accord.caseload.leads import find_lead
from accord.caseload.minors import read
from accord.caseload.models import Case, CaseEvent, CaseNote, CaseStatus
from accord.ingestion.models import StoredRecord
from accord.linking.models import Lead, LeadRecord
from accord.markings import Marking, strictest
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Invalid, NotFound
from accord_auth.people.service import people_of
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

LONGEST_NOTE = 10_000


def open_case(session: Session, principal: Principal, lead_id: UUID) -> Case:
    """Open a lead as a case, or find the case that it is already. Its marking is its strictest record's."""
    principal.require(Permission.CASES_WRITE)
    lead = find_lead(session, principal, lead_id)
    # Two people may press the button at once: the second waits here and then finds the first's case.
    session.execute(select(func.pg_advisory_xact_lock(lead.id.int >> 65)))
    known = case_of_lead(session, lead)
    if known is not None:
        return known
    case = Case(
        organisation_id=principal.organisation,
        lead_id=lead.id,
        title=lead.title or "Untitled",
        status=CaseStatus.OPEN,
        marking=strictest(_record_markings(session, lead.id)),
        opened_by=principal.person_id,
    )
    session.add(case)
    session.flush()
    tell(session, principal, case, AuditTag.CASE_OPEN, {"lead": str(lead.id)})
    return case


def marking_of(session: Session, principal: Principal, case: Case) -> Marking:
    """A case's marking together with those of the records that its lead has by now, the strictest."""
    lead = find_lead(session, principal, case.lead_id)
    return strictest({case.marking} | _record_markings(session, lead.id))


def _record_markings(session: Session, lead_id: UUID) -> set[str]:
    query = (
        select(StoredRecord.marking)
        .join(LeadRecord, LeadRecord.record_id == StoredRecord.id)
        .where(LeadRecord.lead_id == lead_id)
        .distinct()
    )
    return set(session.scalars(query))


def find_case(session: Session, principal: Principal, case_id: UUID) -> Case:
    """The case with this id.

    :raises NotFound: when there is none that the principal may see.
    """
    principal.require(Permission.CASES_READ)
    case = session.get(Case, case_id)
    if case is None or case.organisation_id != principal.organisation:
        raise NotFound
    if case.restricted:
        read(session, principal, case.lead_id)
    return case


def case_of_lead(session: Session, lead: Lead) -> Case | None:
    """The case that a lead was opened as, or one of the leads that were joined into it; the oldest."""
    joined = select(Lead.id).where((Lead.id == lead.id) | (Lead.merged_into == lead.id))
    return session.scalars(select(Case).where(Case.lead_id.in_(joined)).order_by(Case.id).limit(1)).first()


@dataclass(frozen=True)
class CasesSlice:
    """One page of cases, and whether more follow."""

    rows: list[tuple[Case, float]]
    after: bool


def cases(
    session: Session,
    principal: Principal,
    *,
    status: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> CasesSlice:
    """A page of the organisation's cases with their leads' scores, the last changed first."""
    principal.require(Permission.CASES_READ)
    query = (
        select(Case, Lead.score)
        .join(Lead, Lead.id == Case.lead_id)
        .where(Case.organisation_id == principal.organisation)
        .order_by(Case.updated_at.desc(), Case.id.desc())
        .limit(limit + 1)
    )
    if status:
        query = query.where(Case.status == status)
    if after:
        query = query.where(tuple_(Case.updated_at, Case.id) < after)
    rows = [(case, score) for case, score in session.execute(query)]
    return CasesSlice(rows[:limit], after=len(rows) > limit)


def assign(session: Session, principal: Principal, case: Case, person_id: UUID | None) -> None:
    """Make a person of the organisation responsible for a case, or nobody.

    :raises Invalid: when the person is not of this organisation.
    """
    principal.require(Permission.CASES_WRITE)
    names = {person.id: person.name for person in people_of(session, principal)}
    if person_id is not None and person_id not in names:
        raise Invalid(
            "choose a person of your organisation", {"assignee": ["not a person of your organisation"]}
        )
    if case.assignee_id == person_id:
        return
    case.assignee_id = person_id
    tell(
        session, principal, case, AuditTag.CASE_ASSIGN, {"assignee": names[person_id] if person_id else None}
    )


def set_status(session: Session, principal: Principal, case: Case, status: str) -> None:
    """Move a case on.

    :raises Invalid: when there is no such status.
    """
    principal.require(Permission.CASES_WRITE)
    if status not in set(CaseStatus):
        raise Invalid(f"choose one of {', '.join(CaseStatus)}", {"status": ["no such status"]})
    if case.status == status:
        return
    before, case.status = case.status, status
    tell(session, principal, case, AuditTag.CASE_STATUS, {"from": before, "to": status})


def add_note(session: Session, principal: Principal, case: Case, body: str) -> CaseNote:
    """Add a note.

    :raises Invalid: when it is empty, too long or holds NUL.
    """
    principal.require(Permission.CASES_WRITE)
    problem = _note_problem(body)
    if problem:
        raise Invalid(problem, {"body": [problem]})
    note = CaseNote(
        organisation_id=case.organisation_id,
        case_id=case.id,
        author_id=principal.person_id,
        author_name=principal.person_name,
        body=body.strip(),
    )
    session.add(note)
    session.flush()
    tell(session, principal, case, AuditTag.CASE_NOTE, {})
    return note


def _note_problem(body: str) -> str | None:
    if not body.strip():
        return "write something"
    if len(body) > LONGEST_NOTE:
        return f"use at most {LONGEST_NOTE:,} characters"
    return "take out the NUL character" if "\x00" in body else None


def notes(session: Session, case: Case) -> list[CaseNote]:
    """A case's notes, the oldest first."""
    return list(session.scalars(select(CaseNote).where(CaseNote.case_id == case.id).order_by(CaseNote.id)))


def events(session: Session, case: Case) -> list[CaseEvent]:
    """A case's timeline, the newest first."""
    return list(
        session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.id.desc()))
    )


def person_names(session: Session, principal: Principal) -> dict[UUID, str]:
    """Names of the organisation's people."""
    return {person.id: person.name for person in people_of(session, principal)}


def tell(session: Session, principal: Principal, case: Case, tag: AuditTag, detail: dict[str, Any]) -> None:
    """Put a step into the case's timeline and the audit log."""
    case.updated_at = func.now()
    session.add(
        CaseEvent(
            organisation_id=case.organisation_id,
            case_id=case.id,
            kind=tag,
            actor_name=principal.person_name,
            detail=detail,
        )
    )
    record(session, principal, tag, f"case {case.id}", detail)
