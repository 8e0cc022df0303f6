"""How far an application is: what is met, what is waited for, whose turn it is and until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from accord_auth.joining.domains import record_name
from accord_auth.joining.models import (
    Application,
    ApplicationCheck,
    ApplicationStatus,
    CheckState,
    Item,
    Turn,
)
from accord_auth.organisations.models import OrganisationKind

ANSWER_WITHIN = timedelta(days=14)
"""The platform answers so soon after everything that it waited for is there."""
INVITATION_HOLDS = timedelta(days=30)
APPLICANT_HAS = timedelta(days=90)
"""An application that waits longer for its applicant lapses."""
PROOF_HOLDS = timedelta(days=30)
"""A domain's proof is looked at again when it is older at the decision."""


class State(StrEnum):
    """What is known of an item."""

    ASKED = "asked"
    MET = "met"
    OPEN = "open"


@dataclass(frozen=True)
class CheckLine:
    """An item of the checklist; `note` is what was seen, or what the applicant is asked for."""

    item: Item
    state: State
    note: str = ""
    person_id: UUID | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Progress:
    """Whose turn it is, since when, what for (in words), and when that has to be done."""

    turn: Turn
    since: datetime
    due_at: datetime | None
    waits_for: tuple[str, ...]
    checklist: tuple[CheckLine, ...]

    def overdue(self, now: datetime) -> bool:
        """Whether the day on which something was due is over."""
        return self.due_at is not None and self.due_at < now

    @property
    def complete(self) -> bool:
        """Whether every item is met."""
        return all(line.state is State.MET for line in self.checklist)


def approvals_needed(application: Application) -> int:
    """How many platform admins have to approve: two for law enforcement and where hash lists are granted."""
    return 2 if application.kind == OrganisationKind.LAW_ENFORCEMENT or application.hash_lists else 1


def progress(application: Application, checks: Iterable[ApplicationCheck], now: datetime) -> Progress:
    """How far an application is."""
    lines = _checklist(application, {check.item: check for check in checks}, now)
    turn, waits = _turn(application, lines)
    return Progress(turn, application.waiting_since, _due(application, turn), waits, lines)


def _checklist(
    application: Application, checks: dict[str, ApplicationCheck], now: datetime
) -> tuple[CheckLine, ...]:
    lines = []
    for item in Item:
        if item is Item.DOMAIN:
            lines.append(_domain(application, now))
        elif item is Item.AGREEMENT:
            lines.append(_agreement(application, now))
        elif found := checks.get(item):
            state = State.MET if found.state == CheckState.MET else State.ASKED
            lines.append(CheckLine(item, state, found.note, found.person_id, found.at))
        else:
            lines.append(CheckLine(item, State.OPEN))
    return tuple(lines)


def _domain(application: Application, now: datetime) -> CheckLine:
    proved = application.domain_proved_at
    if proved is None:
        return CheckLine(
            Item.DOMAIN, State.OPEN, application.domain_problem, at=application.domain_checked_at
        )
    if now - proved > PROOF_HOLDS:
        note = f"The proof is older than {PROOF_HOLDS.days} days: look for the record again."
        return CheckLine(Item.DOMAIN, State.OPEN, note, at=proved)
    return CheckLine(Item.DOMAIN, State.MET, f"{application.domain} showed the record.", at=proved)


def _agreement(application: Application, now: datetime) -> CheckLine:
    starts, ends = application.agreement_starts_on, application.agreement_ends_on
    if starts is None or ends is None or application.agreement_signed_on is None:
        return CheckLine(Item.AGREEMENT, State.OPEN)
    words = f"{application.agreement_reference}: from {starts} until {ends}."
    today = now.astimezone(UTC).date()
    if ends <= today:
        return CheckLine(Item.AGREEMENT, State.OPEN, f"It is over: {words}")
    if starts > today:
        return CheckLine(Item.AGREEMENT, State.OPEN, f"It has not begun: {words}")
    return CheckLine(Item.AGREEMENT, State.MET, words)


def _turn(application: Application, lines: tuple[CheckLine, ...]) -> tuple[Turn, tuple[str, ...]]:
    if application.status == ApplicationStatus.INVITED:
        return Turn.APPLICANT, ("Fill in the application.",)
    if application.status != ApplicationStatus.RECEIVED:
        return Turn.NOBODY, ()
    asked = [line.note for line in lines if line.state is State.ASKED]
    if application.domain_proved_at is None:
        asked.append(f"Publish the TXT record at {record_name(application.domain)}.")
    if asked:
        return Turn.APPLICANT, tuple(asked)
    looks_at = [line.item.replace("_", " ") for line in lines if line.state is State.OPEN]
    waits = [f"We look at: {', '.join(looks_at)}."] if looks_at else []
    people = "two platform admins" if approvals_needed(application) == 2 else "a platform admin"
    return Turn.PLATFORM, (*waits, f"The decision of {people}.")


def _due(application: Application, turn: Turn) -> datetime | None:
    if turn is Turn.PLATFORM:
        return application.waiting_since + ANSWER_WITHIN
    if turn is Turn.NOBODY:
        return None
    invited = application.status == ApplicationStatus.INVITED
    return application.waiting_since + (INVITATION_HOLDS if invited else APPLICANT_HAS)
