"""People and invitations as the pages show them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from flask import url_for

from accord.people.presentation import InvitationRow, InviteForm, PersonRow
from accord.web.presentation import Option
from accord_auth.invitations.service import Waiting
from accord_auth.memberships.service import PersonHere
from accord_auth.people.granting import grantable
from accord_auth.permissions import ROLE_NAMES, ROLE_WORDS, Role
from accord_auth.principal import Principal


def role_names(roles: Collection[Role]) -> tuple[str, ...]:
    """Roles as people say them, in the order in which they say the most."""
    return tuple(ROLE_NAMES[role] for role in sorted(roles))


def person_row(who: Principal, person: PersonHere, now: datetime) -> PersonRow:
    """Somebody who belongs where `who` acts."""
    return PersonRow(
        url=url_for("people.person", person_id=person.id),
        name=person.name,
        email=person.email,
        roles=", ".join(role_names(person.roles)),
        last_sign_in_at=person.last_sign_in_at,
        idle=person.idle(now),
        active=person.active,
        oneself=person.id == who.person_id,
    )


def invitation_row(who: Principal, found: Waiting) -> InvitationRow:
    """An invitation that waits."""
    may = found.role in grantable(who)
    return InvitationRow(
        email=found.email,
        role=ROLE_NAMES[found.role],
        invited_by=found.invited_by,
        created_at=found.created_at,
        expires_at=found.expires_at,
        expired=found.expired,
        sent=found.sent_at is not None,
        resend_url=url_for("people.resend", invitation_id=found.id) if may else None,
        withdraw_url=url_for("people.withdraw", invitation_id=found.id) if may else None,
    )


def invite_form(who: Principal, email: str, errors: Mapping[str, str]) -> InviteForm | None:
    """The form for inviting; none for who may give no role."""
    roles = sorted(grantable(who))
    if not roles:
        return None
    return InviteForm(
        action_url=url_for("people.invite"),
        roles=tuple(Option(role, f"{ROLE_NAMES[role]}: {ROLE_WORDS[role]}") for role in roles),
        email=email,
        errors=errors,
    )


def role_options(who: Principal, person: PersonHere) -> tuple[Option, ...]:
    """The roles that `who` may give and take, as boxes to tick."""
    return tuple(
        Option(role, ROLE_NAMES[role], selected=role in person.roles, help=ROLE_WORDS[role])
        for role in sorted(grantable(who))
    )
