"""An application to join, what was looked at in it, and who decided. The gate's role alone sees these."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class ApplicationStatus(StrEnum):
    """How far an application is."""

    APPROVED = "approved"
    INVITED = "invited"
    LAPSED = "lapsed"
    RECEIVED = "received"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


UNDECIDED = (ApplicationStatus.INVITED, ApplicationStatus.RECEIVED)


class Turn(StrEnum):
    """Who has to do something next."""

    APPLICANT = "applicant"
    NOBODY = "nobody"
    PLATFORM = "platform"


class Item(StrEnum):
    """What is looked at before an organisation may join, in the order in which pages show it."""

    DOMAIN = "domain"
    KIND = "kind"
    PURPOSE = "purpose"
    LEGAL_BASIS = "legal_basis"
    JURISDICTION = "jurisdiction"
    SPONSOR = "sponsor"
    AGREEMENT = "agreement"


class CheckState(StrEnum):
    """What came of looking at an item; one that nobody looked at has no row."""

    ASKED = "asked"
    MET = "met"


class Application(Base):
    """An organisation that wants to join, or was invited to.

    `revision` grows whenever something changes that is decided about; approvals count for the
    revision they were given for.
    """

    __tablename__ = "applications"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    """SHA-256 of the secret in the status page's address."""
    status: Mapped[str] = mapped_column(index=True)
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    received_at: Mapped[datetime | None]
    turn: Mapped[str]
    waiting_since: Mapped[datetime] = mapped_column(server_default=text("now()"))

    name: Mapped[str]
    kind: Mapped[str]
    domain: Mapped[str] = mapped_column(server_default=text("''"), index=True)
    contact_name: Mapped[str] = mapped_column(server_default=text("''"))
    contact_email: Mapped[str]
    purpose: Mapped[str] = mapped_column(Text, server_default=text("''"))
    legal_basis: Mapped[str] = mapped_column(Text, server_default=text("''"))
    jurisdiction: Mapped[str] = mapped_column(server_default=text("''"))
    known_to: Mapped[str] = mapped_column(Text, server_default=text("''"))
    """Who of the members knows the applicant, in the applicant's words."""

    challenge: Mapped[str]
    """What the domain's TXT record has to say."""
    domain_checked_at: Mapped[datetime | None]
    domain_proved_at: Mapped[datetime | None]
    domain_problem: Mapped[str] = mapped_column(server_default=text("''"))

    slug: Mapped[str] = mapped_column(server_default=text("''"))
    sponsor_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    hash_lists: Mapped[bool] = mapped_column(server_default=text("false"))
    agreement_reference: Mapped[str] = mapped_column(server_default=text("''"))
    agreement_signed_on: Mapped[date | None]
    agreement_starts_on: Mapped[date | None]
    agreement_ends_on: Mapped[date | None]

    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, server_default=text("''"))
    """Why it was refused; the applicant reads it."""
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))


class ApplicationCheck(Base):
    """Somebody looked at an item: it is met, or the applicant was asked for something."""

    __tablename__ = "application_checks"

    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"), primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    note: Mapped[str] = mapped_column(Text, server_default=text("''"))
    """What was seen; of an item that was asked for, the question that the applicant reads."""
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class ApplicationVote(Base):
    """A platform admin's approval of one revision of an application."""

    __tablename__ = "application_votes"

    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))
