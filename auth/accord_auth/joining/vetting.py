"""The platform's side before the decision: looking at each item, naming sponsor, short name and agreement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid
from accord_auth.joining.applying import subject
from accord_auth.joining.models import (
    UNDECIDED,
    Application,
    ApplicationCheck,
    ApplicationStatus,
    CheckState,
    Item,
)
from accord_auth.joining.register import settle, to_decide
from accord_auth.organisations.models import Membership, Organisation, OrganisationStatus
from accord_auth.principal import Principal


@dataclass(frozen=True)
class Terms:
    """Under which short name an applicant is to take part, the sponsor's short name, and what it gets."""

    slug: str
    sponsor: str = ""
    hash_lists: bool = False


@dataclass(frozen=True)
class SignedAgreement:
    """A signed agreement; access closes on the day `ends_on`."""

    reference: str
    signed_on: date
    starts_on: date
    ends_on: date


def check(
    session: Session,
    who: Principal,
    application_id: UUID,
    item: Item,
    state: CheckState | None,
    note: str = "",
) -> Application:
    """Say of an item that it is met, that the applicant is asked for something, or that it is open again.

    :raises Invalid: for an item that nobody says by hand, or a sponsor's that nothing supports.
    :raises Conflict: when the application is decided, or not filled in yet.
    """
    found = _received(session, who, application_id)
    if item in (Item.DOMAIN, Item.AGREEMENT):
        raise Invalid("this item is not said by hand", {"item": ["DNS and the agreement's dates decide it"]})
    if item is Item.SPONSOR and state is CheckState.MET and found.sponsor_id is None and not note:
        raise Invalid(
            "no sponsor is named", {"note": ["name a sponsor, or write why this organisation needs none"]}
        )
    key = {"application_id": found.id, "item": item}
    if state is None:
        session.execute(delete(ApplicationCheck).filter_by(**key))
    else:
        row = {"state": state, "note": note, "person_id": who.person_id}
        statement = insert(ApplicationCheck).values(key | row)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["application_id", "item"],
                set_=row | {"at": statement.excluded.at},
            )
        )
    settle(session, found)
    detail = {"item": item, "state": state or "open", "note": note}
    record(session, who, AuditTag.APPLICATION_CHECK, subject(found), detail)
    return found


def set_terms(session: Session, who: Principal, application_id: UUID, terms: Terms) -> Application:
    """Set short name, sponsor and what is granted; approvals given before count no more.

    :raises Invalid: when the short name is taken, or there is no such active sponsor.
    """
    found = _received(session, who, application_id)
    free_slug(session, terms.slug)
    sponsor = _sponsor(session, terms.sponsor)
    after = {"slug": terms.slug, "sponsor_id": sponsor, "hash_lists": terms.hash_lists}
    if sponsor != found.sponsor_id:
        session.execute(delete(ApplicationCheck).filter_by(application_id=found.id, item=Item.SPONSOR))
    _change(session, who, found, after)
    return found


def set_agreement(
    session: Session, who: Principal, application_id: UUID, agreement: SignedAgreement
) -> Application:
    """Record the signed agreement; approvals given before count no more."""
    found = _received(session, who, application_id)
    after = {
        "agreement_reference": agreement.reference,
        "agreement_signed_on": agreement.signed_on,
        "agreement_starts_on": agreement.starts_on,
        "agreement_ends_on": agreement.ends_on,
    }
    _change(session, who, found, after)
    return found


def _change(session: Session, who: Principal, found: Application, after: Mapping[str, object]) -> None:
    changed = {name: value for name, value in after.items() if getattr(found, name) != value}
    if not changed:
        return
    before = {name: _plain(getattr(found, name)) for name in changed}
    for name, value in changed.items():
        setattr(found, name, value)
    found.revision += 1
    settle(session, found)
    plain = {name: _plain(value) for name, value in changed.items()}
    record(session, who, AuditTag.APPLICATION_TERMS, subject(found), before=before, after=plain)


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool) else str(value)


def _received(session: Session, who: Principal, application_id: UUID) -> Application:
    found = to_decide(session, who, application_id)
    if found.status != ApplicationStatus.RECEIVED:
        raise Conflict("the applicant has not filled the application in yet")
    return found


def free_slug(session: Session, slug: str) -> None:
    """Go on only with a short name that no organisation has.

    :raises Invalid: when one has it.
    """
    if session.scalar(select(Organisation.id).where(Organisation.slug == slug)) is not None:
        raise Invalid(f"{slug} is taken", {"slug": ["another organisation has this short name"]})


def _sponsor(session: Session, slug: str) -> UUID | None:
    if not slug:
        return None
    found = session.scalar(
        select(Organisation.id).where(
            Organisation.slug == slug, Organisation.status == OrganisationStatus.ACTIVE
        )
    )
    if found is None:
        raise Invalid(f"{slug} is no sponsor", {"sponsor": ["no active organisation has this short name"]})
    return found


@dataclass(frozen=True)
class SameDomain:
    """Who else names an application's domain: members (by short name) and other open applications."""

    members: tuple[str, ...]
    applications: tuple[UUID, ...]


def same_domain(session: Session, found: Application) -> SameDomain:
    """Who else names the application's domain."""
    if not found.domain:
        return SameDomain((), ())
    members = session.scalars(
        select(Organisation.slug)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.domain == found.domain, Organisation.status != OrganisationStatus.LEFT)
        .order_by(Organisation.slug)
    )
    others = session.scalars(
        select(Application.id)
        .where(
            Application.domain == found.domain,
            Application.id != found.id,
            Application.status.in_(UNDECIDED),
        )
        .order_by(Application.created_at)
    )
    return SameDomain(tuple(members), tuple(others))
