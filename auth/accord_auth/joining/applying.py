"""The applicant's side: applying, being invited, changing, proving the domain, withdrawing.

An application's secret is in the address of its status page; whoever holds it is the applicant. Nothing
here tells whether an organisation, a domain or an address is known already. These run on the gate's role.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict
from accord_auth.joining.acting import APPLICANT
from accord_auth.joining.domains import ProvesDomains, domain_of, new_challenge
from accord_auth.joining.models import Application, ApplicationCheck, ApplicationStatus, Item, Turn
from accord_auth.joining.register import by_token, new_token, settle, to_decide, undecided
from accord_auth.joining.schemas import Details
from accord_auth.organisations.models import OrganisationKind
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_auth.throttling.service import Limit, network_of, take
from accord_config.database import NOBODY, Database

FROM_ADDRESS = Limit("applications from an address", 10, timedelta(hours=1))
FOR_DOMAIN = Limit("applications for a domain", 20, timedelta(days=1))
"""Above the other one: from one address nobody learns whether somebody else applied for a domain."""
LOOKS = Limit("looks for a domain's record", 20, timedelta(hours=1))
"""Of one application."""

_LOOKED_AT = {
    "kind": Item.KIND,
    "legal_basis": Item.LEGAL_BASIS,
    "purpose": Item.PURPOSE,
    "jurisdiction": Item.JURISDICTION,
}
"""Fields whose change undoes what was seen in them."""


@dataclass(frozen=True)
class Applied:
    """A new application and the secret of its status page, which is known to the caller only."""

    application: Application
    token: str


def receive(database: Database, details: Details, address: str | None) -> Applied:
    """Receive an application from a network address, if there were not too many of late.

    :raises TooManyTries: for the address and for the domain alike; it says how long to wait.
    """
    take(database, FROM_ADDRESS.of(network_of(address)), FOR_DOMAIN.of(domain_of(details.domain)))
    with database.transaction(NOBODY) as session:
        return apply(session, details)


def apply(session: Session, details: Details) -> Applied:
    """Receive an application."""
    token, hashed = new_token()
    found = Application(
        token_hash=hashed,
        status=ApplicationStatus.RECEIVED,
        received_at=datetime.now(UTC),
        turn=Turn.APPLICANT,
        challenge=new_challenge(),
        **_columns(details),
    )
    session.add(found)
    settle(session, found)
    record(session, APPLICANT, AuditTag.APPLICATION_RECEIVE, subject(found), {"name": found.name})
    return Applied(found, token)


def invite_organisation(
    session: Session, who: Principal, *, name: str, kind: OrganisationKind, contact_email: str
) -> Applied:
    """Ask an organisation to apply: the contact fills the rest in on the status page."""
    who.require(Permission.APPLICATIONS_DECIDE)
    token, hashed = new_token()
    found = Application(
        token_hash=hashed,
        status=ApplicationStatus.INVITED,
        turn=Turn.APPLICANT,
        challenge=new_challenge(),
        name=name,
        kind=kind,
        contact_email=contact_email.lower(),
        invited_by=who.person_id,
    )
    session.add(found)
    settle(session, found)
    record(session, who, AuditTag.APPLICATION_INVITE, subject(found), {"name": name, "kind": kind})
    return Applied(found, token)


def amend(session: Session, token: str, details: Details) -> Application:
    """Fill in an invited application, or change one. What was seen of a changed field is to be seen anew.

    :raises NotFound: when no application has this secret.
    :raises Conflict: when it is decided.
    """
    found = by_token(session, token, lock=True)
    undecided(found)
    columns = _columns(details)
    changed = {name: value for name, value in columns.items() if getattr(found, name) != value}
    before = {name: getattr(found, name) for name in changed}
    for name, value in changed.items():
        setattr(found, name, value)
    if "domain" in changed:
        found.challenge = new_challenge()
        found.domain_proved_at = found.domain_checked_at = None
        found.domain_problem = ""
    if changed:
        found.revision += 1
        _look_again(session, found, changed.keys() & _LOOKED_AT.keys())
    tag = AuditTag.APPLICATION_AMEND
    if found.status == ApplicationStatus.INVITED:
        found.status, found.received_at = ApplicationStatus.RECEIVED, datetime.now(UTC)
        tag = AuditTag.APPLICATION_RECEIVE
    settle(session, found)
    record(session, APPLICANT, tag, subject(found), before=before, after=changed)
    return found


def _look_again(session: Session, found: Application, fields: set[str]) -> None:
    items = [_LOOKED_AT[name] for name in fields]
    session.execute(
        delete(ApplicationCheck).where(
            ApplicationCheck.application_id == found.id, ApplicationCheck.item.in_(items)
        )
    )


def withdraw(session: Session, token: str) -> Application:
    """Take an application back.

    :raises NotFound: when no application has this secret.
    :raises Conflict: when it is decided.
    """
    found = by_token(session, token, lock=True)
    undecided(found)
    found.status, found.decided_at = ApplicationStatus.WITHDRAWN, datetime.now(UTC)
    settle(session, found)
    record(session, APPLICANT, AuditTag.APPLICATION_WITHDRAW, subject(found))
    return found


def prove_own_domain(database: Database, token: str, dns: ProvesDomains) -> str:
    """Look for the record of the application with this secret; returns the problem, or nothing.

    DNS is asked between two transactions, so that no row waits for it.

    :raises TooManyTries: when it was asked too often of late.
    :raises NotFound: when no application has this secret.
    :raises Conflict: when it is decided, not filled in, or changed in the meantime.
    """
    with database.transaction(NOBODY) as session:
        asked = _asked(by_token(session, token))
    take(database, LOOKS.of(str(asked.id)))
    problem = dns.problem(asked.domain, asked.challenge)
    with database.transaction(NOBODY) as session:
        keep_proof(session, APPLICANT, by_token(session, token, lock=True), asked, problem)
    return problem


def prove_domain(database: Database, who: Principal, asked: Application, dns: ProvesDomains) -> str:
    """Look for an application's record as a platform admin; returns the problem, or nothing.

    :raises Conflict: when it is decided, not filled in, or changed in the meantime.
    """
    who.require(Permission.APPLICATIONS_DECIDE)
    problem = dns.problem(_asked(asked).domain, asked.challenge)
    with database.transaction(NOBODY) as session:
        keep_proof(session, who, to_decide(session, who, asked.id), asked, problem)
    return problem


def _asked(found: Application) -> Application:
    undecided(found)
    if not found.domain:
        raise Conflict("the application is not filled in yet")
    return found


def keep_proof(
    session: Session, who: Principal, found: Application, asked: Application, problem: str
) -> None:
    """Write down what DNS said of an application as it was when it was asked.

    :raises Conflict: when the domain or the application changed in the meantime.
    """
    undecided(found)
    if (found.domain, found.challenge) != (asked.domain, asked.challenge):
        raise Conflict
    found.domain_checked_at = datetime.now(UTC)
    found.domain_problem = problem
    if not problem:
        found.domain_proved_at = found.domain_checked_at
    settle(session, found)
    detail = {"domain": found.domain, "proved": not problem}
    record(session, who, AuditTag.APPLICATION_DOMAIN, subject(found), detail)


def subject(found: Application) -> str:
    """An application as the audit log names it."""
    return f"application {found.id}"


def _columns(details: Details) -> dict[str, str]:
    return asdict(details) | {
        "domain": domain_of(details.domain),
        "contact_email": details.contact_email.lower(),
    }
