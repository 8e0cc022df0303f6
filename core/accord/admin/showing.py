"""Members as pages show them: to platform admins, and each to its own people."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import url_for

from accord.admin.presentation import AgreementRow, OrganisationPage, OrganisationRow, Term
from accord_auth.joining import membership
from accord_auth.joining.overview import Glance, glance
from accord_auth.organisations.models import Membership, Organisation, OrganisationStatus
from accord_auth.organisations.standing import WARNING
from accord_config.database import ScopedSession


def row(found: Glance) -> OrganisationRow:
    """A member at a glance."""
    one = found.organisation
    return OrganisationRow(
        url=url_for("admin.organisation", slug=one.slug),
        slug=one.slug,
        name=one.name,
        kind=one.kind,
        status=one.status,
        people=found.people,
        clients=found.clients,
        plugins=found.plugins,
        shares=found.shares_made + found.shares_received,
        joined_at=one.created_at,
        ends_on=found.ends_on,
        ends_soon=ends_soon(found),
        last_active_at=found.last_active_at,
    )


def ends_soon(found: Glance) -> bool:
    """Whether an active member's agreement ends within the time of warning."""
    if found.ends_on is None or found.organisation.status != OrganisationStatus.ACTIVE:
        return False
    return found.ends_on - datetime.now(UTC).date() <= WARNING


def page_of(session: ScopedSession, one: Organisation, *, own: bool) -> OrganisationPage:
    """A member's page without what may be done there."""
    found = glance(session, one)
    terms = session.get(Membership, one.id)
    sponsor = session.get(Organisation, terms.sponsor_id) if terms and terms.sponsor_id else None
    return OrganisationPage(
        name=one.name,
        slug=one.slug,
        kind=one.kind,
        status=one.status,
        status_reason=terms.status_reason if terms else "",
        status_at=terms.status_at if terms and terms.status_reason else None,
        acts_today=membership.acts_today(session, one),
        ends_on=found.ends_on,
        ends_soon=ends_soon(found),
        counts=_counts(found),
        terms=_terms(terms, sponsor),
        agreements=tuple(
            AgreementRow(each.reference, each.signed_on, each.starts_on, each.ends_on)
            for each in membership.agreements_of(session, one)
        ),
        own=own,
    )


def _counts(found: Glance) -> tuple[Term, ...]:
    return (
        Term("People", str(found.people)),
        Term("Programs", str(found.clients)),
        Term("Plugins in use", str(found.plugins)),
        Term("Shares made", str(found.shares_made)),
        Term("Shares received", str(found.shares_received)),
    )


def _terms(terms: Membership | None, sponsor: Organisation | None) -> tuple[Term, ...]:
    if terms is None or not terms.domain:
        return ()
    return (
        Term("Domain", terms.domain),
        Term("Contact", f"{terms.contact_name}, {terms.contact_email}"),
        Term("Purpose", terms.purpose),
        Term("Legal basis", terms.legal_basis),
        Term("Jurisdiction", terms.jurisdiction),
        Term("Sponsor", sponsor.name if sponsor else "none"),
        Term("Hash lists", "granted" if terms.hash_lists else "not granted"),
    )
