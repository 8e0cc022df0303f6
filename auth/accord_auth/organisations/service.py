"""Finding and creating member organisations. The caller's unit of work commits."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord_auth.errors import Invalid, NotFound
from accord_auth.organisations.models import Organisation, OrganisationKind, OrganisationStatus
from accord_auth.principal import Principal, operator

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def create_organisation(session: Session, *, slug: str, name: str, kind: OrganisationKind) -> Organisation:
    """Create a member, or return the one that has this slug.

    :raises Invalid: when the slug is none.
    """
    if not SLUG.fullmatch(slug):
        raise Invalid(f"{slug!r} is no slug: use up to 40 of a-z, 0-9 and -", {"slug": ["not a slug"]})
    known = session.scalar(select(Organisation).where(Organisation.slug == slug))
    if known is not None:
        return known
    organisation = Organisation(slug=slug, name=name, kind=kind, status=OrganisationStatus.ACTIVE)
    session.add(organisation)
    session.flush()
    return organisation


def organisation_by_slug(session: Session, slug: str) -> Organisation:
    """The member with this slug.

    :raises NotFound: naming the members there are to the operator.
    """
    found = session.scalar(select(Organisation).where(Organisation.slug == slug))
    if found is None:
        known = ", ".join(session.scalars(select(Organisation.slug).order_by(Organisation.slug)))
        raise NotFound(f"there is no organisation {slug!r}; there are: {known or 'none'}")
    return found


def other_organisations(session: Session, principal: Principal) -> list[Organisation]:
    """The active members that a principal can share with: all but its own, by name."""
    query = (
        select(Organisation)
        .where(Organisation.status == OrganisationStatus.ACTIVE, Organisation.id != principal.organisation)
        .order_by(Organisation.name, Organisation.id)
    )
    return list(session.scalars(query))


def operator_of(organisation: Organisation) -> Principal:
    """The installation's operator acting for this member."""
    return operator(organisation.id, organisation.slug, organisation.name, organisation.kind)
