"""Sharing a case with another member, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accord.caseload.cases import marking_of, tell
from accord.caseload.models import Case
from accord.markings import Marking, within
from accord.sharing.document import ShareTerms, digest, make_with_records
from accord.sharing.models import Share, SharedRecordLink, ShareOrigin
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound
from accord_auth.organisations.models import Organisation, OrganisationStatus
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_sdk import SharedCase

SHORTEST_PURPOSE = 5
LONGEST_PURPOSE = 500
LONGEST_DAYS = 366


class Basis(StrEnum):
    """On what legal basis a case is shared."""

    CONSENT = "consent"
    LEGAL_OBLIGATION = "legal_obligation"
    PUBLIC_TASK = "public_task"
    VITAL_INTERESTS = "vital_interests"


BASIS_WORDS = {
    Basis.CONSENT: "Consent of the person concerned",
    Basis.LEGAL_OBLIGATION: "Legal obligation",
    Basis.PUBLIC_TASK: "Task in the public interest",
    Basis.VITAL_INTERESTS: "Vital interests of a person",
}


@dataclass(frozen=True)
class Drafted:
    """A share before it is made: its recipient and its document."""

    recipient: Organisation
    document: SharedCase
    records: tuple[int, ...]
    """The ids of the document's records, in its order."""


def draft(session: Session, principal: Principal, case: Case, terms: ShareTerms) -> Drafted:
    """What a share on these terms would show.

    :raises Invalid: naming the term that will not do.
    """
    principal.require(Permission.SHARES_CREATE)
    problems = _problems(marking_of(session, principal, case), terms)
    recipient = session.get(Organisation, terms.recipient_id)
    if (
        recipient is None
        or recipient.id == principal.organisation
        or recipient.status != OrganisationStatus.ACTIVE
    ):
        problems["recipient"] = ["choose another member organisation"]
    if problems or recipient is None:
        raise Invalid("the share cannot be made like this", problems)
    document, records = make_with_records(session, principal, case, terms)
    return Drafted(recipient, document, tuple(records))


def _problems(marking: Marking, terms: ShareTerms) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    if not SHORTEST_PURPOSE <= len(terms.purpose.strip()) <= LONGEST_PURPOSE or "\x00" in terms.purpose:
        problems["purpose"] = [f"say what it is for in {SHORTEST_PURPOSE} to {LONGEST_PURPOSE} characters"]
    if terms.basis not in set(Basis):
        problems["basis"] = ["choose a legal basis"]
    if marking is Marking.RED:
        problems["marking"] = ["a TLP:RED case stays with those who have it"]
    elif terms.marking not in set(Marking):
        problems["marking"] = ["choose a marking"]
    elif terms.marking == Marking.RED:
        problems["marking"] = ["TLP:RED is for named persons; a share is for an organisation"]
    elif not within(marking, terms.marking):
        problems["marking"] = [f"the case holds what is {marking}: choose this marking or a stricter one"]
    today = datetime.now(UTC).date()
    if not today < terms.expires_on <= today + timedelta(days=LONGEST_DAYS):
        problems["expires_on"] = [f"choose a day from tomorrow on, at most {LONGEST_DAYS} days ahead"]
    if terms.records is not None and terms.records < 1:
        problems["records"] = ["share at least one record"]
    return problems


def create_share(session: Session, principal: Principal, case: Case, terms: ShareTerms) -> Share:
    """Make the share: from now on the recipient sees its document.

    :raises Invalid: naming the term that will not do.
    :raises Conflict: when a record was withdrawn at the same time.
    """
    drafted = draft(session, principal, case, terms)
    share = Share(
        organisation_id=principal.organisation,
        recipient_id=drafted.recipient.id,
        title=drafted.document.title,
        marking=terms.marking,
        purpose=terms.purpose.strip(),
        basis=terms.basis,
        document=msgspec.to_builtins(drafted.document),
        digest=digest(drafted.document),
        expires_at=datetime.combine(terms.expires_on, time.max, tzinfo=UTC),
    )
    session.add(share)
    session.flush()
    session.add(
        ShareOrigin(
            share_id=share.id,
            organisation_id=principal.organisation,
            case_id=case.id,
            person_id=principal.person_id,
        )
    )
    for shown, record_id in zip(drafted.document.records, drafted.records, strict=True):
        mine = {"share_id": share.id, "organisation_id": principal.organisation}
        session.add(SharedRecordLink(**mine, key=shown.key, record_id=record_id))
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict("a record of it was withdrawn a moment ago: look at the case again") from error
    detail = {
        "recipient": drafted.recipient.name,
        "share": str(share.id),
        "digest": share.digest,
        "marking": terms.marking,
    }
    tell(session, principal, case, AuditTag.SHARE_CREATE, detail)
    return share


def revoke_share(session: Session, principal: Principal, share_id: UUID) -> Share:
    """Take a share back: the recipient sees it no more.

    :raises NotFound: when the principal's organisation made no such share.
    """
    principal.require(Permission.SHARES_REVOKE)
    share = session.get(Share, share_id)
    if share is None or share.organisation_id != principal.organisation:
        raise NotFound
    if share.revoked_at is None:
        share.revoked_at = datetime.now(UTC)
        case, recipient = (
            session.get_one(Case, origin_of(session, share)),
            session.get_one(Organisation, share.recipient_id),
        )
        tell(
            session,
            principal,
            case,
            AuditTag.SHARE_REVOKE,
            {"recipient": recipient.name, "share": str(share.id)},
        )
    return share


def origin_of(session: Session, share: Share) -> UUID:
    """The case that one of the organisation's own shares was made from."""
    return session.scalars(select(ShareOrigin.case_id).where(ShareOrigin.share_id == share.id)).one()


def find_share(session: Session, principal: Principal, share_id: UUID) -> Share:
    """A share that the principal's organisation made or received.

    :raises NotFound: when there is none, it has expired or was taken back.
    """
    principal.require(Permission.SHARES_READ)
    share = session.get(Share, share_id)
    if share is None or principal.organisation not in (share.organisation_id, share.recipient_id):
        raise NotFound
    if share.recipient_id == principal.organisation:
        record(session, principal, AuditTag.SHARE_READ, f"share {share.id}")
    return share


def shares_of_case(session: Session, case: Case) -> list[tuple[Share, Organisation]]:
    """The shares made of a case with their recipients, the newest first."""
    query = (
        select(Share, Organisation)
        .join(ShareOrigin, ShareOrigin.share_id == Share.id)
        .join(Organisation, Organisation.id == Share.recipient_id)
        .where(ShareOrigin.case_id == case.id)
        .order_by(Share.created_at.desc(), Share.id)
    )
    return [(share, recipient) for share, recipient in session.execute(query)]


def received_shares(
    session: Session, principal: Principal, *, limit: int, after: tuple[datetime, UUID] | None = None
) -> Sequence[tuple[Share, Organisation]]:
    """The shares that the principal's organisation received, with their senders, the newest first."""
    principal.require(Permission.SHARES_READ)
    query = (
        select(Share, Organisation)
        .join(Organisation, Organisation.id == Share.organisation_id)
        .where(Share.recipient_id == principal.organisation)
        .order_by(Share.created_at.desc(), Share.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(Share.created_at, Share.id) < after)
    return [(share, sender) for share, sender in session.execute(query)]


def document_of(share: Share) -> SharedCase:
    """A share's document."""
    return msgspec.convert(share.document, SharedCase)
