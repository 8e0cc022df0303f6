"""The decision: who may take it, how many have to, and what an approval makes.

One platform admin approves; two different ones for law enforcement and where hash lists are granted.
Whoever invited the applicant, belongs to its sponsor, or has an address at its domain decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, PermissionDenied
from accord_auth.invitations.service import Invited, invite
from accord_auth.joining.acting import for_member
from accord_auth.joining.applying import subject
from accord_auth.joining.models import Application, ApplicationStatus, ApplicationVote
from accord_auth.joining.progress import State, approvals_needed
from accord_auth.joining.register import seen, settle, to_decide
from accord_auth.joining.vetting import free_slug, same_domain
from accord_auth.organisations.models import (
    Agreement,
    Membership,
    Organisation,
    OrganisationKind,
)
from accord_auth.organisations.service import create_organisation
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.permissions import Permission, Role
from accord_auth.principal import Principal

_KEPT = (
    "contact_email",
    "contact_name",
    "domain",
    "domain_proved_at",
    "hash_lists",
    "jurisdiction",
    "legal_basis",
    "purpose",
    "sponsor_id",
)
"""What an approved application hands on to the membership."""


@dataclass(frozen=True)
class Decision:
    """What came of an approval: the new organisation, or how many more have to approve."""

    application: Application
    organisation: Organisation | None
    missing: int
    invited: Invited | None = None
    """The invitation of the new organisation's first admin, to be handed over once this is committed."""


def exclusion(session: Session, who: Principal, found: Application) -> str:
    """Why somebody may not decide an application, in a sentence; empty when they may."""
    if Permission.APPLICATIONS_DECIDE not in who.permissions:
        return "Deciding takes the role of a platform admin."
    if who.person_id is None:
        return "A decision is a person's: name the platform admin who takes it."
    return _conflict_of_interest(session, found, who.person_id, who.email)


def _conflict_of_interest(session: Session, found: Application, person_id: UUID, email: str) -> str:
    if found.invited_by == person_id:
        return "You invited this organisation: somebody else decides."
    if found.sponsor_id is not None:
        belongs = select(RoleAssignment.id).where(
            RoleAssignment.person_id == person_id, RoleAssignment.organisation_id == found.sponsor_id
        )
        if session.scalar(belongs.limit(1)) is not None:
            return "You belong to the sponsor: somebody else decides."
    if email == found.contact_email or (found.domain and email.endswith(f"@{found.domain}")):
        return "Your address is the applicant's: somebody else decides."
    return ""


def approvals(session: Session, found: Application) -> Sequence[Person]:
    """Who approved the application as it is now, and still may: by when they did."""
    rows = session.scalars(
        select(Person)
        .join(ApplicationVote, ApplicationVote.person_id == Person.id)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            ApplicationVote.application_id == found.id,
            ApplicationVote.revision == found.revision,
            Person.status == PersonStatus.ACTIVE,
            RoleAssignment.organisation_id.is_(None),
            RoleAssignment.role == Role.PLATFORM_ADMIN,
        )
        .order_by(ApplicationVote.at, Person.id)
    )
    return [one for one in rows if not _conflict_of_interest(session, found, one.id, one.email)]


def approve(session: Session, who: Principal, application_id: UUID) -> Decision:
    """Approve an application; the last approval makes the organisation and invites its first admin.

    :raises PermissionDenied: when this person may not decide it, saying why.
    :raises Invalid: naming what is not met yet.
    :raises Conflict: when it is decided, or another member has the domain.
    """
    found = _decidable(session, who, application_id)
    _ready(session, found)
    vote = {"application_id": found.id, "person_id": who.person_id, "revision": found.revision}
    added = session.execute(
        insert(ApplicationVote).values(vote).on_conflict_do_nothing().returning(ApplicationVote.person_id)
    ).one_or_none()
    if added is None:
        raise Conflict("you approved this application already: another platform admin has to, too")
    missing = max(0, approvals_needed(found) - len(approvals(session, found)))
    record(session, who, AuditTag.APPLICATION_APPROVE, subject(found), {"missing": missing})
    if missing:
        return Decision(found, None, missing)
    organisation = _admit(session, who, found)
    first = invite(
        session,
        who,
        email=found.contact_email,
        role=Role.ORGANISATION_ADMIN,
        organisation_id=organisation.id,
    )
    return Decision(found, organisation, 0, first)


def refuse(session: Session, who: Principal, application_id: UUID, reason: str) -> Application:
    """Refuse an application; the applicant reads the reason.

    :raises PermissionDenied: when this person may not decide it, saying why.
    :raises Conflict: when it is decided.
    """
    found = _decidable(session, who, application_id)
    found.status, found.reason, found.decided_at = ApplicationStatus.REFUSED, reason, datetime.now(UTC)
    settle(session, found)
    record(session, who, AuditTag.APPLICATION_REFUSE, subject(found), why=reason)
    return found


def _decidable(session: Session, who: Principal, application_id: UUID) -> Application:
    found = to_decide(session, who, application_id)
    why = exclusion(session, who, found)
    if why:
        raise PermissionDenied(why)
    return found


def _ready(session: Session, found: Application) -> None:
    if found.status != ApplicationStatus.RECEIVED:
        raise Conflict("the applicant has not filled the application in yet")
    lines = seen(session, found).progress.checklist
    problems = {
        line.item.value: [line.note or "nobody looked at it yet"]
        for line in lines
        if line.state is not State.MET
    }
    if not found.slug:
        problems["slug"] = ["choose the short name under which it takes part"]
    if problems:
        raise Invalid("the checklist is not complete", problems)
    members = same_domain(session, found).members
    if members:
        raise Conflict(f"{', '.join(members)} takes part with the domain {found.domain} already")


def _admit(session: Session, who: Principal, found: Application) -> Organisation:
    free_slug(session, found.slug)
    kind = OrganisationKind(found.kind)
    organisation = create_organisation(session, slug=found.slug, name=found.name, kind=kind)
    session.add(Membership(organisation_id=organisation.id, **{name: getattr(found, name) for name in _KEPT}))
    session.add(
        Agreement(
            organisation_id=organisation.id,
            reference=found.agreement_reference,
            signed_on=found.agreement_signed_on,
            starts_on=found.agreement_starts_on,
            ends_on=found.agreement_ends_on,
            recorded_by=who.person_id,
        )
    )
    found.status, found.decided_at = ApplicationStatus.APPROVED, datetime.now(UTC)
    found.organisation_id = organisation.id
    settle(session, found)
    detail = {"application": str(found.id), "slug": organisation.slug, "kind": organisation.kind}
    about = f"organisation {organisation.id}"
    record(session, who, AuditTag.ORGANISATION_JOIN, about, detail)
    record(session, for_member(who, organisation), AuditTag.ORGANISATION_JOIN, about, detail)
    return organisation
