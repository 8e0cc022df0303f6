"""The domains that an organisation proved to be its own: the one that it joined with, and further ones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, select, union_all
from sqlalchemy.orm import Session

from accord_auth.organisations.models import Membership, ProvedDomain


def _proved() -> Any:
    joined = select(Membership.organisation_id, Membership.domain).where(
        Membership.domain_proved_at.is_not(None), Membership.domain != ""
    )
    further = select(ProvedDomain.organisation_id, ProvedDomain.domain).where(
        ProvedDomain.proved_at.is_not(None)
    )
    return union_all(joined, further).subquery()


def organisation_of(domain: str) -> ScalarSelect[Any]:
    """The id of the organisation that proved a domain, as a subquery."""
    proved = _proved()
    return select(proved.c.organisation_id).where(proved.c.domain == domain).limit(1).scalar_subquery()


def proved_domains(session: Session, organisation_id: UUID) -> frozenset[str]:
    """The domains that an organisation proved."""
    proved = _proved()
    return frozenset(
        session.scalars(select(proved.c.domain).where(proved.c.organisation_id == organisation_id))
    )


def vouched(session: Session, organisation_id: UUID | None, email: str) -> bool:
    """Whether an organisation vouches for an address: it is in one of its proved domains."""
    if organisation_id is None:
        return False
    return email.rpartition("@")[2] in proved_domains(session, organisation_id)
