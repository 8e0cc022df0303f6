"""The one door: whatever a request shows, this says whom it stands for.

A session's token (in the cookie, or as bearer) and an OAuth access token come through here and
nowhere else. Either way the principal acts for exactly one organisation.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from accord_auth.oauth.issuing import end_access_token
from accord_auth.oauth.resolution import Presented, Resolved, is_access_token, resolve_access_token
from accord_auth.sessions.service import end_session, resolve_session

COOKIE = "cookie"
"""The scheme of a token that a browser sends by itself."""


def resolve_credential(session: Session, presented: Presented) -> Resolved:
    """Whom a credential stands for right now. Runs on the gate's role, in a transaction that commits."""
    if is_access_token(presented.token) and presented.scheme != COOKIE:
        return resolve_access_token(session, presented)
    found = resolve_session(session, presented.token) if presented.scheme != "dpop" else None
    if found is None and presented.scheme != COOKIE:
        return Resolved(None, challenge='Bearer realm="accord", error="invalid_token"')
    return Resolved(found.principal if found is not None else None, session=found)


def end_credential(session: Session, token: str) -> None:
    """Sign out: the session, or this one access token, stands for nobody from now on."""
    if is_access_token(token):
        end_access_token(session, token)
    else:
        end_session(session, token)
