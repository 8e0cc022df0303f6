"""Taking away what counts no more, so that the tables do not grow. Families go with everything of theirs."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import Lock

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from accord_auth.oauth.models import (
    AccessToken,
    AuthorizationCode,
    ClientSecret,
    DeviceCode,
    OAuthGrant,
    ProofNonce,
    PushedRequest,
    RefreshToken,
    SeenProof,
)

KEPT = timedelta(days=1)
"""How long after its end a row stays, so that a late replay is still noticed and can be looked into."""
FAMILY_KEPT = timedelta(days=30)
AT_ONCE = 1_000
"""Rows of each table that one sweep takes away: it never holds anybody up for long."""
EVERY_S = 60.0

SHORT = (AccessToken, AuthorizationCode, ClientSecret, DeviceCode, ProofNonce, PushedRequest, SeenProof)


class Broom:
    """Says when a process should sweep again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._next = time.monotonic() + EVERY_S

    def due(self) -> bool:
        """Whether it is time; True for one thread, then not for a minute."""
        with self._lock:
            now = time.monotonic()
            if now < self._next:
                return False
            self._next = now + EVERY_S
            return True


def sweep(session: Session) -> int:
    """Take away some of what ended long ago; returns how many rows. Rows in use are left."""
    now, gone = datetime.now(UTC), 0
    for model in SHORT:
        old = select(model.id).where(model.expires_at < now - KEPT)
        chosen = old.limit(AT_ONCE).with_for_update(skip_locked=True)
        gone += len(session.scalars(delete(model).where(model.id.in_(chosen)).returning(model.id)).all())
    family = (
        select(OAuthGrant.id)
        .where(
            (OAuthGrant.expires_at < now - FAMILY_KEPT)
            # Of a client's own right there is one for each token.
            | (
                OAuthGrant.person_id.is_(None)
                & (OAuthGrant.created_at < now - KEPT)
                & ~exists().where(AccessToken.grant_id == OAuthGrant.id)
                & ~exists().where(RefreshToken.grant_id == OAuthGrant.id)
            )
        )
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    ended = delete(OAuthGrant).where(OAuthGrant.id.in_(family)).returning(OAuthGrant.id)
    return gone + len(session.scalars(ended).all())
