"""Signing out, here and at the directory: whoever signs out here is led there (OpenID Connect
RP-Initiated Logout), and whom the directory says to have signed out there is signed out here (Back-Channel
Logout).
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, of_credential
from accord_auth.access.service import end_access
from accord_auth.audit.service import AuditTag, record
from accord_auth.oauth.proofs import see_once
from accord_auth.organisations.models import Organisation
from accord_auth.sessions.models import SignedInSession
from accord_auth.sessions.service import SignedIn
from accord_auth.sso.coming_back import ID_TOKEN_PURPOSE
from accord_auth.sso.discovery import discovered
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.models import DirectoryAccount, DirectorySession, Provider
from accord_auth.sso.outside import Directory, Outside
from accord_auth.sso.provider_keys import key_finder
from accord_auth.sso.tokens import LEEWAY, OLDEST, check_logout_token
from accord_auth.sso.trail import by_directory, write_failure
from accord_config.database import NOBODY
from accord_config.sealing import SealBroken

SESSION = "session"
LONGEST_ADDRESS = 60_000
"""An id_token goes along in the address."""


def leave_directory(outside: Outside, signed_in: SignedIn) -> str | None:
    """Where to lead somebody who signs out here, so that it is said at the directory too; None: nowhere.

    Call it while the session is there.
    """
    if not signed_in.bound:
        return None
    with outside.gate.transaction(NOBODY) as session:
        row = session.execute(
            select(DirectorySession, Provider, Organisation)
            .join(Provider, Provider.id == DirectorySession.provider_id)
            .join(Organisation, Organisation.id == Provider.organisation_id)
            .where(DirectorySession.session_id == signed_in.session_id)
        ).one_or_none()
    if row is None:
        return None
    held, directory = row[0], Directory(row[1], row[2])
    try:
        endpoint = discovered(outside, directory).end_session_endpoint
        hint = outside.seals.open(held.sealed_id_token, ID_TOKEN_PURPOSE)
    except SsoFailed as error:
        write_failure(outside, directory, error, "sign_out")
        return None
    except SealBroken:
        return None
    if endpoint is None:
        return None
    query = {
        "id_token_hint": hint,
        "client_id": directory.provider.client_id,
        "post_logout_redirect_uri": outside.after_sign_out,
    }
    url = f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"
    return url if len(url) <= LONGEST_ADDRESS else None


def signed_out_there(outside: Outside, slug: str, logout_token: str | None) -> int:
    """End the sessions that a directory says to be over; returns how many there were.

    :raises SsoFailed: when the token does not hold, or came before. Nothing of it is told to the sender.
    """
    with outside.gate.transaction(NOBODY) as session:
        row = session.execute(
            select(Provider, Organisation)
            .join(Organisation, Organisation.id == Provider.organisation_id)
            .where(Organisation.slug == slug)
        ).one_or_none()
    if row is None:
        raise SsoFailed("there is no such directory")
    directory = Directory(row[0], row[1])
    provider = directory.provider
    try:
        found = discovered(outside, directory)
        claims = check_logout_token(
            logout_token,
            key_finder(outside, directory, found),
            issuer=provider.issuer,
            client_id=provider.client_id,
        )
        with outside.gate.transaction(NOBODY) as session:
            _see_once(session, directory, claims["jti"])
            return _end(session, directory, claims.get("sub"), claims.get("sid"))
    except SsoFailed as error:
        write_failure(outside, directory, error, "back_channel_logout")
        raise


def _see_once(session: Session, directory: Directory, identifier: str) -> None:
    remembered = datetime.now(UTC) + OLDEST + 2 * LEEWAY
    if not see_once(session, f"logout {directory.provider.id}", identifier, remembered):
        raise SsoFailed("the logout token came before (jti)")


def _end(session: Session, directory: Directory, subject: str | None, sid: str | None) -> int:
    """End the sessions of a subject, or the one of this name, that the directory started."""
    query = (
        select(SignedInSession.id)
        .join(DirectorySession, DirectorySession.session_id == SignedInSession.id)
        .join(DirectoryAccount, DirectoryAccount.id == DirectorySession.account_id)
        .where(
            DirectoryAccount.organisation_id == directory.organisation.id,
            DirectoryAccount.issuer == directory.provider.issuer,
        )
    )
    if subject is not None:
        query = query.where(DirectoryAccount.subject == subject)
    if sid is not None:
        query = query.where(DirectorySession.sid == sid)
    ids = session.scalars(query.order_by(SignedInSession.id)).all()
    who = by_directory(directory.organisation)
    for session_id in ids:
        end_access(session, who, of_credential(SESSION, session_id), Cause.BACK_CHANNEL_LOGOUT)
    detail = {"sessions": len(ids), "issuer": directory.provider.issuer}
    record(session, who, AuditTag.SSO_LOGOUT, f"directory {directory.provider.id}", detail)
    return len(ids)
