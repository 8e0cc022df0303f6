"""Sending a browser to a directory: what it takes along, and what of that is remembered here."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from accord_auth.audit.service import current_address
from accord_auth.oauth.secret_values import hashed
from accord_auth.organisations.domains import organisation_of
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.service import SLUG
from accord_auth.organisations.standing import may_act
from accord_auth.sessions.service import SignedIn
from accord_auth.sso.discovery import discovered
from accord_auth.sso.domains import domain_in
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.models import PendingSignIn, Provider, Purpose
from accord_auth.sso.outside import Directory, Outside
from accord_auth.sso.trail import write_failure
from accord_auth.throttling.service import Limit, network_of, take
from accord_config.database import NOBODY

LIVES = timedelta(minutes=10)
"""So long somebody may stay at the directory."""
VERIFIER_PURPOSE = "sso verifier"
"""What the verifier of a sign-in under way is sealed for."""
NETWORK = Limit("sso network", 100, timedelta(minutes=15))
"""Sign-ins that begin from one network address; one that succeeds gives its try back."""
LONGEST_WORD = 320


@dataclass(frozen=True)
class Sent:
    """Where a browser goes, and the cookie by which it is known when it comes back."""

    url: str
    browser: str
    expires_at: datetime

    @property
    def host(self) -> str:
        """Of the directory, for people."""
        return urlsplit(self.url).hostname or ""


def find_directory(session: Session, word: str) -> Directory | None:
    """The directory that an e-mail address, a domain or an organisation's short name means.

    Whether there is an account with the address makes no difference.
    """
    query = (
        select(Provider, Organisation)
        .join(Organisation, Organisation.id == Provider.organisation_id)
        .where(may_act())
    )
    given = word.strip().lower()[:LONGEST_WORD]
    ways = []
    if SLUG.fullmatch(given):
        ways.append(Organisation.slug == given)
    domain = domain_in(given)
    if domain is not None:
        ways.append(Organisation.id == organisation_of(domain))
    if not ways:
        return None
    row = session.execute(query.where(or_(*ways))).first()
    return Directory(row[0], row[1]) if row is not None else None


def begin(
    outside: Outside,
    word: str,
    *,
    browser: str | None,
    after: str = "",
    purpose: Purpose = Purpose.SIGN_IN,
    signed_in: SignedIn | None = None,
    invitation_hash: bytes | None = None,
) -> Sent:
    """Send somebody to a directory.

    `browser` is the cookie that the browser has from an earlier time. With another purpose than signing in
    `signed_in` is the session that asks.

    :raises SsoFailed: when nothing is known under this word, or the directory cannot be used.
    :raises TooManyTries: when there were too many from one network.
    """
    take(outside.gate, NETWORK.of(network_of(current_address())))
    with outside.gate.transaction(NOBODY) as session:
        directory = find_directory(session, word)
    if directory is None:
        raise SsoFailed("nothing is known under this word")
    try:
        found = discovered(outside, directory)
    except SsoFailed as error:
        write_failure(outside, directory, error, "")
        raise
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    known = browser or secrets.token_urlsafe(32)
    until = datetime.now(UTC) + LIVES
    with outside.gate.transaction(NOBODY) as session:
        session.execute(delete(PendingSignIn).where(PendingSignIn.expires_at < func.now()))
        session.add(
            PendingSignIn(
                provider_id=directory.provider.id,
                state_hash=hashed(state),
                browser_hash=hashed(known),
                nonce_hash=hashed(nonce),
                sealed_verifier=outside.seals.seal(verifier, VERIFIER_PURPOSE),
                issuer=directory.provider.issuer,
                purpose=purpose,
                session_id=signed_in.session_id if signed_in is not None else None,
                invitation_hash=invitation_hash,
                after=after,
                expires_at=until,
            )
        )
    query = {
        "response_type": "code",
        "client_id": directory.provider.client_id,
        "redirect_uri": outside.callback(directory.organisation.slug),
        "scope": " ".join(directory.provider.scopes),
        "state": state,
        "nonce": nonce,
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    if purpose is Purpose.PROVE:
        query |= {"prompt": "login", "max_age": "0"}
    joint = "&" if urlsplit(found.authorization_endpoint).query else "?"
    return Sent(f"{found.authorization_endpoint}{joint}{urlencode(query)}", known, until)
