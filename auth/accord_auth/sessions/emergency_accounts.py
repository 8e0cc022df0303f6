"""An emergency account of an organisation whose people sign in with its directory alone: it takes a passkey.

A password can be fished, guessed and found on paper, and this account is the one way around the directory.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from accord_auth.errors import SignInFailed
from accord_auth.factors.methods import PASSKEY
from accord_auth.factors.service import has_passkey
from accord_auth.organisations.local_sign_in import only_by_directory

USE_IT = "this is an emergency account, which a password or a code does not open: sign in with its passkey"
HAS_NONE = (
    "this is an emergency account, which only a passkey opens, and it has none: sign in with your"
    ' organisation\'s directory, and name accounts that have one on the page "Single sign-on"'
)


class PasskeyNeeded(SignInFailed):
    """This account signs in with a passkey."""


def opens_in_emergencies(amr: Collection[str]) -> bool:
    """Whether a sign-in of this kind (RFC 8176) opens an emergency account. The one place that decides it."""
    return not PASSKEY.isdisjoint(amr)


def require_passkey(
    session: Session, person_id: UUID, organisation_id: UUID | None, amr: Collection[str]
) -> None:
    """Start a session after a local sign-in of this kind only where the organisation lets it.

    :raises PasskeyNeeded: saying what to do instead.
    """
    if only_by_directory(session, organisation_id) and not opens_in_emergencies(amr):
        raise PasskeyNeeded(USE_IT if has_passkey(session, person_id) else HAS_NONE)
