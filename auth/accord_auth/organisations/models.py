"""The member organisation, the terms on which it takes part, and its agreements."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class OrganisationKind(StrEnum):
    """What a member is."""

    GOVERNMENT = "government"
    HOTLINE = "hotline"
    LAW_ENFORCEMENT = "law_enforcement"
    NGO = "ngo"
    OTHER = "other"
    TECHNOLOGY_COMPANY = "technology_company"


class OrganisationStatus(StrEnum):
    """Whether a member may act: an active one, while one of its agreements is in force."""

    ACTIVE = "active"
    EXPIRED = "expired"
    LEFT = "left"
    SUSPENDED = "suspended"


class Organisation(Base):
    """A member organisation; `slug` is its stable short name."""

    __tablename__ = "organisations"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(default=OrganisationStatus.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class Membership(Base):
    """On which terms an organisation takes part: what was vetted when it joined, and its standing since.

    An organisation that the operator made by hand has none.
    """

    __tablename__ = "memberships"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    domain: Mapped[str] = mapped_column(server_default=text("''"), index=True)
    """The DNS name that it proved to be its own, in ASCII; empty: none."""
    domain_proved_at: Mapped[datetime | None]
    purpose: Mapped[str] = mapped_column(Text, server_default=text("''"))
    legal_basis: Mapped[str] = mapped_column(Text, server_default=text("''"))
    jurisdiction: Mapped[str] = mapped_column(server_default=text("''"))
    contact_name: Mapped[str] = mapped_column(server_default=text("''"))
    contact_email: Mapped[str] = mapped_column(server_default=text("''"))
    sponsor_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    hash_lists: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it may receive hash lists; two platform admins said so."""
    status_reason: Mapped[str] = mapped_column(Text, server_default=text("''"))
    """Why its status is what it is, in the words of whoever changed it."""
    status_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    equipped_at: Mapped[datetime | None]
    """When it got the plugins that every member starts with; none: a worker will see to it."""


class Agreement(Base):
    """A signed agreement. It is in force from `starts_on` until the day before `ends_on` is over (UTC).

    Renewing adds another one; nothing is changed or deleted.
    """

    __tablename__ = "agreements"
    __table_args__ = (CheckConstraint("starts_on <= ends_on", name="starts_before_it_ends"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    reference: Mapped[str]
    """Where the signed paper is kept, in the platform's own words."""
    signed_on: Mapped[date]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The day on which access closes."""
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    warned_at: Mapped[datetime | None]
    """When the admins of the organisation and of the platform were told that it ends soon."""


class ProvedDomain(Base):
    """A further domain of an organisation, besides the one that it joined with: proved by a TXT record.

    The challenge is the organisation's own, so that nobody proves a domain with what another one published.
    """

    __tablename__ = "organisation_domains"
    __table_args__ = (
        Index(
            "uq_organisation_domains_proved",
            "domain",
            unique=True,
            postgresql_where=text("proved_at IS NOT NULL"),
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    domain: Mapped[str] = mapped_column(primary_key=True)
    challenge: Mapped[str]
    checked_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(server_default=text("''"))


class SignInRule(Base):
    """An organisation whose people sign in with its own directory alone; without a row any way will do."""

    __tablename__ = "sign_in_rules"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(server_default=text("now()"))
    set_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class EmergencyAccount(Base):
    """Somebody who may sign in for an organisation with a passkey although its directory alone counts."""

    __tablename__ = "emergency_accounts"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    named_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    named_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class FactorRule(Base):
    """How an organisation's people have to sign in; an organisation without one asks for nothing special."""

    __tablename__ = "factor_rules"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    second_factor: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether all of its people need a second factor."""
    changed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
