"""Applications as platform admins see them."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

from flask import url_for
from sqlalchemy import select

from accord.admin.presentation import Act, ApplicationPage, ApplicationRow, CheckForm, Term
from accord.joining.showing import item_rows, kind_words
from accord.web.presentation import FormState, Option
from accord_auth.joining.deciding import approvals, exclusion
from accord_auth.joining.domains import record_name
from accord_auth.joining.models import UNDECIDED, Application, ApplicationStatus, Item
from accord_auth.joining.progress import CheckLine, approvals_needed
from accord_auth.joining.register import Seen
from accord_auth.joining.schemas import CHECKED_BY_PEOPLE
from accord_auth.joining.vetting import same_domain
from accord_auth.organisations.models import Organisation, OrganisationStatus
from accord_auth.people.models import Person
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.database import ScopedSession

LONGEST_SLUG = 40


def waiting_row(seen: Seen, now: datetime) -> ApplicationRow:
    """An application that waits."""
    found, progress = seen.application, seen.progress
    return ApplicationRow(
        url=_url(found),
        name=found.name,
        kind=found.kind,
        status=found.status,
        turn=progress.turn,
        waits_for=" ".join(progress.waits_for),
        since=progress.since,
        due_at=progress.due_at,
        overdue=progress.overdue(now) and progress.turn == "platform",
    )


def decided_row(found: Application) -> ApplicationRow:
    """An application that is decided, withdrawn or lapsed."""
    return ApplicationRow(
        url=_url(found),
        name=found.name,
        kind=found.kind,
        status=found.status,
        turn="nobody",
        waits_for="",
        since=found.decided_at or found.waiting_since,
        reason=found.reason,
    )


def _url(found: Application) -> str:
    return url_for("applications.application", application_id=found.id)


def application_page(
    session: ScopedSession, who: Principal, seen: Seen, forms: dict[str, FormState]
) -> ApplicationPage:
    """One application, with what this person may do."""
    found, progress = seen.application, seen.progress
    may = Permission.APPLICATIONS_DECIDE in who.permissions and found.status in UNDECIDED
    excluded = exclusion(session, who, found) if may else ""
    received = may and found.status == ApplicationStatus.RECEIVED
    same = same_domain(session, found)

    def act(name: str, form: FormState | None = None) -> Act:
        where = url_for(f"applications.{name}", application_id=found.id)
        return Act(where, form=forms.get(name) or form or FormState())

    return ApplicationPage(
        name=found.name,
        status=found.status,
        turn=progress.turn,
        waits_for=progress.waits_for,
        since=progress.since,
        received_at=found.received_at,
        due_at=progress.due_at,
        overdue=progress.overdue(datetime.now(UTC)) and progress.turn == "platform",
        facts=_facts(session, found),
        checks=tuple(
            _check(session, found, line, received, forms.get(f"check-{line.item}"))
            for line in progress.checklist
        ),
        back_url=url_for("applications.applications"),
        same_members=same.members,
        same_applications=tuple(
            url_for("applications.application", application_id=other) for other in same.applications
        ),
        approved_by=tuple(one.name for one in approvals(session, found)),
        approvals_needed=approvals_needed(found),
        complete=progress.complete and bool(found.slug),
        excluded=excluded,
        reason=found.reason,
        domain_url=act("domain").action_url if received else None,
        record=record_name(found.domain) if found.domain else "",
        terms=act("terms", _terms(session, found)) if received else None,
        sponsors=_sponsors(session) if received else (),
        agreement=act("agreement", _agreement(found)) if received else None,
        approve=act("approve") if received and not excluded else None,
        refuse=act("refuse") if may and not excluded else None,
    )


def _facts(session: ScopedSession, found: Application) -> tuple[Term, ...]:
    inviter = session.get(Person, found.invited_by) if found.invited_by else None
    facts = [
        Term("Contact", f"{found.contact_name}, {found.contact_email}".strip(", ")),
        Term("Domain", found.domain),
        Term("Known to", found.known_to),
        Term("Invited by", inviter.name if inviter else ""),
    ]
    outside = found.domain and not found.contact_email.endswith(f"@{found.domain}")
    if outside:
        facts.append(Term("Note", "The contact's address is not at the domain."))
    return tuple(fact for fact in facts if fact.value)


def _check(
    session: ScopedSession, found: Application, line: CheckLine, received: bool, form: FormState | None
) -> CheckForm:
    said = {
        Item.KIND: kind_words(found.kind),
        Item.PURPOSE: found.purpose,
        Item.LEGAL_BASIS: found.legal_basis,
        Item.JURISDICTION: found.jurisdiction,
        Item.SPONSOR: _sponsor(session, found),
    }
    person = session.get(Person, line.person_id) if line.person_id else None
    by_hand = received and line.item in CHECKED_BY_PEOPLE
    (row,) = item_rows([line], questions_only=False)
    return CheckForm(
        item=line.item,
        row=row,
        said=said.get(line.item, ""),
        by=person.name if person else "",
        at=line.at,
        action_url=url_for("applications.check", application_id=found.id) if by_hand else None,
        form=form or FormState(),
    )


def _sponsor(session: ScopedSession, found: Application) -> str:
    sponsor = session.get(Organisation, found.sponsor_id) if found.sponsor_id else None
    return sponsor.name if sponsor else "No sponsor is named."


def _terms(session: ScopedSession, found: Application) -> FormState:
    sponsor = session.get(Organisation, found.sponsor_id) if found.sponsor_id else None
    return FormState(
        {
            "slug": found.slug or suggested_slug(found.name),
            "sponsor": sponsor.slug if sponsor else "",
            "hash_lists": "1" if found.hash_lists else "",
        }
    )


def _agreement(found: Application) -> FormState:
    days = {
        "signed_on": found.agreement_signed_on,
        "starts_on": found.agreement_starts_on,
        "ends_on": found.agreement_ends_on,
    }
    written = {name: day.isoformat() for name, day in days.items() if day is not None}
    return FormState({"reference": found.agreement_reference, **written})


def _sponsors(session: ScopedSession) -> tuple[Option, ...]:
    query = (
        select(Organisation)
        .where(Organisation.status == OrganisationStatus.ACTIVE)
        .order_by(Organisation.name, Organisation.id)
    )
    return tuple(Option(one.slug, one.name) for one in session.scalars(query))


def suggested_slug(name: str) -> str:
    """A short name made of a name: its letters and digits without accents, and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-")
