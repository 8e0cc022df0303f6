"""The domains of an organisation, each proved by a TXT record: its directory signs in nobody else."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound
from accord_auth.joining.domains import ProvesDomains, domain_of, new_challenge
from accord_auth.organisations.domains import proved_domains
from accord_auth.organisations.models import Membership, ProvedDomain
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

MOST = 20


def domain_in(text: str) -> str | None:
    """The domain of an e-mail address, or the domain itself; None when it is neither."""
    local, at, domain = text.rpartition("@")
    if at and not local:
        return None
    try:
        return domain_of(domain)
    except Invalid:
        return None


def further_domains(session: Session, who: Principal) -> list[ProvedDomain]:
    """The organisation's domains besides the one that it joined with, by name.

    :raises PermissionDenied: without `sso:manage`.
    """
    who.require(Permission.SSO_MANAGE)
    query = select(ProvedDomain).where(ProvedDomain.organisation_id == who.organisation)
    return list(session.scalars(query.order_by(ProvedDomain.domain)))


def add_domain(session: Session, who: Principal, text: str) -> ProvedDomain:
    """Name a further domain; the TXT record that proves it is the next step.

    :raises PermissionDenied: without `sso:manage`.
    :raises Invalid: when it is no domain.
    :raises Conflict: when it is there already, or there are too many.
    """
    known = further_domains(session, who)
    domain = domain_of(text)
    if domain in proved_domains(session, who.organisation) or domain in {one.domain for one in known}:
        raise Conflict("this domain is in the list already")
    if len(known) >= MOST:
        raise Conflict(f"an organisation names {MOST} domains at most: remove one first")
    made = ProvedDomain(
        organisation_id=who.organisation,
        domain=domain,
        challenge=new_challenge(),
        problem="",
    )
    session.add(made)
    session.flush()
    record(session, who, AuditTag.SSO_DOMAIN, f"domain {domain}", {"done": "named"})
    return made


def check_domain(session: Session, who: Principal, domain: str, dns: ProvesDomains) -> ProvedDomain:
    """Look whether the domain's TXT record is there.

    :raises PermissionDenied: without `sso:manage`.
    :raises NotFound: when the organisation did not name this domain.
    :raises Conflict: when it is another member's.
    """
    found = _one(session, who, domain)
    found.checked_at = datetime.now(UTC)
    found.problem = dns.problem(found.domain, found.challenge)
    if found.problem or found.proved_at is not None:
        return found
    taken = session.scalar(select(Membership.organisation_id).where(
        Membership.domain == found.domain,
        Membership.domain_proved_at.is_not(None),
        Membership.organisation_id != who.organisation,
    ))  # fmt: skip
    try:
        with session.begin_nested():
            found.proved_at = found.checked_at
            session.flush()
            if taken is not None:
                raise Conflict("another member proved this domain: ask the platform's admins")
    except IntegrityError as error:
        raise Conflict("another member proved this domain: ask the platform's admins") from error
    record(session, who, AuditTag.SSO_DOMAIN, f"domain {found.domain}", {"done": "proved"})
    return found


def remove_domain(session: Session, who: Principal, domain: str) -> None:
    """Take a domain away: nobody with an address there signs in by the directory from now on.

    :raises PermissionDenied: without `sso:manage`.
    :raises NotFound: likewise.
    """
    session.delete(_one(session, who, domain))
    record(session, who, AuditTag.SSO_DOMAIN, f"domain {domain}", {"done": "removed"})


def _one(session: Session, who: Principal, domain: str) -> ProvedDomain:
    found = next((one for one in further_domains(session, who) if one.domain == domain), None)
    if found is None:
        raise NotFound
    return found
