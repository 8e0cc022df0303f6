"""What the pages about members and applicants show."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from accord.joining.presentation import ItemRow
from accord.web.presentation import FormState, Option


@dataclass(frozen=True)
class OrganisationRow:
    """A member at a glance."""

    url: str
    slug: str
    name: str
    kind: str
    status: str
    people: int
    clients: int
    plugins: int
    shares: int
    joined_at: datetime
    ends_on: date | None = None
    ends_soon: bool = False
    last_active_at: datetime | None = None


@dataclass(frozen=True)
class OrganisationsPage:
    """All members."""

    rows: tuple[OrganisationRow, ...]
    ending: tuple[OrganisationRow, ...] = ()
    """Those whose agreement ends within 30 days."""
    applications_url: str | None = None
    waiting: int = 0
    """Applications that wait for the platform."""


@dataclass(frozen=True)
class AgreementRow:
    """A signed agreement."""

    reference: str
    signed_on: date
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Act:
    """Something with consequences: where to send it, and what it ends, in words."""

    action_url: str
    ends: str = ""
    form: FormState = field(default_factory=FormState)


@dataclass(frozen=True)
class Term:
    """A named part of the terms on which a member takes part."""

    label: str
    value: str


@dataclass(frozen=True)
class OrganisationPage:
    """A member: numbers, terms, agreements, and what may be done."""

    name: str
    slug: str
    kind: str
    status: str
    status_reason: str
    status_at: datetime | None
    acts_today: bool
    ends_on: date | None
    ends_soon: bool
    counts: tuple[Term, ...]
    terms: tuple[Term, ...]
    agreements: tuple[AgreementRow, ...]
    own: bool = False
    """Whether its own people look at it."""
    back_url: str | None = None
    suspend: Act | None = None
    resume: Act | None = None
    renew: Act | None = None
    leave: Act | None = None


@dataclass(frozen=True)
class ApplicationRow:
    """An application at a glance."""

    url: str
    name: str
    kind: str
    status: str
    turn: str
    waits_for: str
    since: datetime
    due_at: datetime | None = None
    overdue: bool = False
    reason: str = ""


@dataclass(frozen=True)
class ApplicationsPage:
    """The applications: those that wait, and those that are decided."""

    waiting: tuple[ApplicationRow, ...]
    decided: tuple[ApplicationRow, ...]
    organisations_url: str
    kinds: tuple[Option, ...] = ()
    invite: Act | None = None
    link: str = ""
    """The address for an organisation that was just invited: shown once."""


@dataclass(frozen=True)
class CheckForm:
    """An item, and saying what came of looking at it; `said` is what the applicant wrote about it."""

    item: str
    row: ItemRow
    said: str
    by: str = ""
    at: datetime | None = None
    action_url: str | None = None
    form: FormState = field(default_factory=FormState)


@dataclass(frozen=True)
class ApplicationPage:
    """One application and what a platform admin may do with it."""

    name: str
    status: str
    turn: str
    waits_for: tuple[str, ...]
    since: datetime
    received_at: datetime | None
    due_at: datetime | None
    overdue: bool
    facts: tuple[Term, ...]
    checks: tuple[CheckForm, ...]
    back_url: str
    same_members: tuple[str, ...]
    same_applications: tuple[str, ...]
    """Addresses of other applications that name the same domain."""
    approved_by: tuple[str, ...]
    approvals_needed: int
    complete: bool
    excluded: str = ""
    """Why this person may not decide."""
    reason: str = ""
    domain_url: str | None = None
    record: str = ""
    terms: Act | None = None
    sponsors: tuple[Option, ...] = ()
    agreement: Act | None = None
    approve: Act | None = None
    refuse: Act | None = None
