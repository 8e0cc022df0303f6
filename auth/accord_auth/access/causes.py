"""Why somebody loses access, and whose access it is.

A new cause needs its reaches here and its case in the test that crosses causes with channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Cause(StrEnum):
    """Every way of losing access, in alphabetical order."""

    AGREEMENT_EXPIRED = "agreement_expired"
    BACK_CHANNEL_LOGOUT = "back_channel_logout"
    EMERGENCY_OVER = "emergency_over"
    FACTOR_CHANGED = "factor_changed"
    ORGANISATION_LEFT = "organisation_left"
    ORGANISATION_SUSPENDED = "organisation_suspended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a cause, no password
    PERSON_DISABLED = "person_disabled"
    REMOVED = "removed"
    REVIEW_LAPSED = "review_lapsed"
    REVOKED = "revoked"
    ROLE_LOWERED = "role_lowered"
    SCIM = "scim"
    SESSION_ENDED = "session_ended"
    SHARED_SIGNAL = "shared_signal"
    SINGLE_SIGN_ON = "single_sign_on"


class Reach(StrEnum):
    """How far an ending goes."""

    CREDENTIAL = "credential"
    MEMBERSHIP = "membership"
    ORGANISATION = "organisation"
    PERSON = "person"


REACHES: Mapping[Cause, frozenset[Reach]] = {
    Cause.AGREEMENT_EXPIRED: frozenset({Reach.ORGANISATION}),
    Cause.BACK_CHANNEL_LOGOUT: frozenset({Reach.CREDENTIAL, Reach.MEMBERSHIP, Reach.PERSON}),
    Cause.EMERGENCY_OVER: frozenset({Reach.CREDENTIAL}),
    Cause.FACTOR_CHANGED: frozenset({Reach.PERSON}),
    Cause.ORGANISATION_LEFT: frozenset({Reach.ORGANISATION}),
    Cause.ORGANISATION_SUSPENDED: frozenset({Reach.ORGANISATION}),
    Cause.PASSWORD_CHANGED: frozenset({Reach.PERSON}),
    Cause.PERSON_DISABLED: frozenset({Reach.PERSON}),
    Cause.REMOVED: frozenset({Reach.MEMBERSHIP}),
    Cause.REVIEW_LAPSED: frozenset({Reach.CREDENTIAL, Reach.MEMBERSHIP, Reach.ORGANISATION}),
    Cause.REVOKED: frozenset({Reach.CREDENTIAL}),
    Cause.ROLE_LOWERED: frozenset({Reach.MEMBERSHIP}),
    Cause.SCIM: frozenset({Reach.MEMBERSHIP, Reach.PERSON}),
    Cause.SESSION_ENDED: frozenset({Reach.CREDENTIAL, Reach.PERSON}),
    Cause.SHARED_SIGNAL: frozenset({Reach.MEMBERSHIP}),
    Cause.SINGLE_SIGN_ON: frozenset({Reach.CREDENTIAL, Reach.MEMBERSHIP, Reach.PERSON}),
}
"""Whose access a cause may end; anything else is a mistake of the caller's."""


@dataclass(frozen=True)
class Subject:
    """Whose access ends. Make one with `of_person`, `of_membership`, `of_organisation`, `of_credential`."""

    reach: Reach
    person_id: UUID | None = None
    organisation_id: UUID | None = None
    """Of a membership None is the platform."""
    channel: str = ""
    """Name of the one channel that is meant: of a credential always, otherwise empty for all of them."""
    credential_id: UUID | None = None
    sparing: UUID | None = None
    """The session that goes on: the one in which its owner ends the others."""

    def __str__(self) -> str:
        """The subject as the audit log names it."""
        if self.reach is Reach.CREDENTIAL:
            return f"{self.channel} {self.credential_id}"
        if self.reach is Reach.ORGANISATION:
            return f"organisation {self.organisation_id}"
        return f"person {self.person_id}"


def of_person(person_id: UUID, *, sparing: UUID | None = None, channel: str = "") -> Subject:
    """Everything of a person, in whatever organisation, but for the session `sparing`.

    With a `channel` only what is of that channel: a person who ends the other sessions loses nothing else.
    """
    return Subject(Reach.PERSON, person_id=person_id, sparing=sparing, channel=channel)


def of_membership(person_id: UUID, organisation_id: UUID | None) -> Subject:
    """Everything of a person in one organisation; None is the platform."""
    return Subject(Reach.MEMBERSHIP, person_id=person_id, organisation_id=organisation_id)


def of_organisation(organisation_id: UUID) -> Subject:
    """Everything of an organisation and of all its people in it."""
    return Subject(Reach.ORGANISATION, organisation_id=organisation_id)


def of_credential(channel: str, credential_id: UUID) -> Subject:
    """One credential: a session, later a token or a client."""
    return Subject(Reach.CREDENTIAL, channel=channel, credential_id=credential_id)
