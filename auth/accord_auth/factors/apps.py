"""Authenticator apps: codes of six digits that change each 30 seconds (TOTP, RFC 6238).

A code is taken one step early or late (5.2 of the RFC), and each step once (also 5.2): the code that somebody
read over a shoulder has been used by then. The secret lies sealed, bound to its person.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from uuid import UUID

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from accord_auth.errors import Conflict, NotFound
from accord_auth.factors.means import Means
from accord_auth.factors.models import AuthenticatorApp
from accord_auth.people.models import Person
from accord_config.sealing import SealBroken

DIGITS = 6
STEP_S = 30
DRIFT = (0, -1, 1)
"""Steps that a clock may be off, the likely one first."""
MOST_APPS = 3
"""Each one more makes a guess more likely to be right."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NewApp:
    """What to put into an app: as a link (which a QR code holds), and by hand."""

    id: UUID
    name: str
    secret: str
    uri: str


def begin(session: Session, means: Means, person: Person, name: str) -> NewApp:
    """A secret for a new app. It counts for nothing before `confirm`; one that was begun before is forgotten.

    :raises Conflict: when there are too many.
    """
    own = AuthenticatorApp.person_id == person.id
    session.execute(delete(AuthenticatorApp).where(own, AuthenticatorApp.confirmed_at.is_(None)))
    if (session.scalar(select(func.count()).select_from(AuthenticatorApp).where(own)) or 0) >= MOST_APPS:
        raise Conflict(f"{MOST_APPS} authenticator apps at most: remove one first")
    secret = pyotp.random_base32()
    app = AuthenticatorApp(
        person_id=person.id, name=name, secret=means.seals.seal(secret, secret_purpose(person.id))
    )
    session.add(app)
    session.flush()
    uri = pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=means.name)
    return NewApp(app.id, name, secret, uri)


def waiting(session: Session, means: Means, person: Person, app_id: UUID) -> NewApp:
    """The app that a person began to set up, to be shown again.

    :raises NotFound: when there is none.
    """
    app = session.get(AuthenticatorApp, app_id)
    secret = _secret(means, app) if app is not None and app.person_id == person.id else None
    if app is None or secret is None or app.confirmed_at is not None:
        raise NotFound
    return NewApp(
        app.id,
        app.name,
        secret,
        pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=means.name),
    )


def confirm(session: Session, means: Means, person_id: UUID, app_id: UUID, code: str) -> bool:
    """Take an app's first code, from which on it counts.

    :raises NotFound: when the person began no such app.
    """
    app = session.get(AuthenticatorApp, app_id, with_for_update=True)
    if app is None or app.person_id != person_id or app.confirmed_at is not None:
        raise NotFound
    if not _take(session, means, app, code):
        return False
    app.confirmed_at = datetime.now(UTC)
    return True


def check(session: Session, means: Means, person_id: UUID, code: str) -> bool:
    """Whether a code is one of the person's apps' now; then it is used up."""
    apps = session.scalars(
        select(AuthenticatorApp)
        .where(AuthenticatorApp.person_id == person_id, AuthenticatorApp.confirmed_at.is_not(None))
        .order_by(AuthenticatorApp.id)
    )
    return any(_take(session, means, app, code) for app in apps)


def _take(session: Session, means: Means, app: AuthenticatorApp, code: str) -> bool:
    secret = _secret(means, app)
    if secret is None or len(code) != DIGITS or not code.isascii():
        return False
    totp, now = pyotp.TOTP(secret), int(time()) // STEP_S
    right = [
        now + drift for drift in DRIFT if pyotp.utils.strings_equal(totp.generate_otp(now + drift), code)
    ]
    if not right:
        return False
    # The one statement that decides: of two who come at once with one code the second finds it used.
    taken = session.scalar(
        update(AuthenticatorApp)
        .where(AuthenticatorApp.id == app.id, AuthenticatorApp.last_step < max(right))
        .values(last_step=max(right), last_used_at=func.now())
        .returning(AuthenticatorApp.id)
        .execution_options(synchronize_session=False)
    )
    return taken is not None


def _secret(means: Means, app: AuthenticatorApp) -> str | None:
    try:
        return means.seals.open(app.secret, secret_purpose(app.person_id))
    except SealBroken:
        logger.exception("the secret of authenticator app %s does not open: is seal_key another one?", app.id)
        return None


def secret_purpose(person_id: UUID) -> str:
    """What an app's secret is sealed for: it opens for no other person."""
    return f"authenticator app of {person_id}"
