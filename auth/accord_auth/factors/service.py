"""Which second factors a person has, and checking a code: an app's, or one for recovery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session

from accord_auth.errors import AccordError, SignInFailed
from accord_auth.factors import apps, recovery
from accord_auth.factors.means import Means
from accord_auth.factors.methods import Method
from accord_auth.factors.models import AuthenticatorApp, Passkey
from accord_auth.factors.passkeys import passkeys_of
from accord_auth.throttling.service import Held, Limit

HOUR = Limit("second factor", 10, timedelta(hours=1))
DAY = Limit("second factor of the day", 40, timedelta(days=1))
"""Wrong second factors of one person. Who gets this far has the password, and a code has six digits: with
three apps and three steps, forty guesses a day are right once in some seven years."""
LONGEST_CODE = 60


class SecondFactorNeeded(AccordError):
    """This account has a second factor: send the code of the authenticator app, or a recovery code, as
    `code`."""


@dataclass(frozen=True)
class Factors:
    """What a person has besides a password."""

    apps: tuple[AuthenticatorApp, ...]
    passkeys: tuple[Passkey, ...]
    recovery_left: int

    @property
    def any(self) -> bool:
        """Whether a second factor is asked for."""
        return bool(self.apps or self.passkeys)


def factors_of(session: Session, person_id: UUID) -> Factors:
    """A person's factors, the oldest first."""
    counting = (
        select(AuthenticatorApp)
        .where(AuthenticatorApp.person_id == person_id, AuthenticatorApp.confirmed_at.is_not(None))
        .order_by(AuthenticatorApp.created_at, AuthenticatorApp.id)
    )
    return Factors(
        tuple(session.scalars(counting)),
        tuple(passkeys_of(session, person_id)),
        recovery.left(session, person_id),
    )


def has_factor(session: Session, person_id: UUID) -> bool:
    """Whether a second factor is asked of a person at sign-in."""
    app = exists().where(AuthenticatorApp.person_id == person_id, AuthenticatorApp.confirmed_at.is_not(None))
    passkey = exists().where(Passkey.person_id == person_id)
    return bool(session.scalar(select(app | passkey)))


def sound_passkey(person_id: Any) -> ColumnElement[bool]:
    """The condition that a person has a passkey that counts."""
    return exists().where(Passkey.person_id == person_id, Passkey.suspect_at.is_(None))


def has_passkey(session: Session, person_id: UUID) -> bool:
    """Whether a person has a passkey that counts."""
    return bool(session.scalar(select(sound_passkey(person_id))))


def limits_of(person_id: UUID) -> tuple[Held, Held]:
    """The limits on wrong factors of a person."""
    return HOUR.of(str(person_id)), DAY.of(str(person_id))


def check_code(
    session: Session, means: Means, person_id: UUID, typed: str, *, with_recovery: bool = True
) -> Method:
    """How a code proves a person; it is used up.

    :raises SignInFailed: when it proves nothing: wrong, used before, or of no app that counts.
    """
    plain = "".join(typed.split()).replace("-", "")
    if len(plain) == apps.DIGITS and plain.isdecimal():
        if apps.check(session, means, person_id, plain):
            return Method.ONE_TIME_CODE
    elif with_recovery and recovery.check(session, person_id, plain):
        return Method.RECOVERY_CODE
    raise SignInFailed("this code does not count: it is wrong, or was used")


def forget_all(session: Session, person_id: UUID) -> int:
    """Take all second factors of a person, recovery codes with them; returns how many factors there were."""
    gone = 0
    for model in (AuthenticatorApp, Passkey):
        ended = delete(model).where(model.person_id == person_id).returning(model.id)
        gone += len(session.scalars(ended).all())
    recovery.forget(session, person_id)
    return gone
