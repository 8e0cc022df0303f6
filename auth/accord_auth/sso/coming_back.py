"""A browser comes back from a directory: what was remembered of it is used up, the answer is checked, and
then what it went there for is done. Whatever fails reads alike; the reason stands in the organisation's log.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, current_address, record
from accord_auth.oauth.secret_values import hashed
from accord_auth.organisations.domains import proved_domains
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.standing import may_act
from accord_auth.sessions.models import SignedInSession
from accord_auth.sessions.service import Choice, Proof, SignedIn, SignIn, resolve_session, start_session
from accord_auth.sso.admission import UNKNOWN_TIME, admit, link
from accord_auth.sso.discovery import discovered
from accord_auth.sso.exchange import Said, redeem
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.identity import Identity, identity_of, values_of
from accord_auth.sso.models import DirectoryAccount, DirectorySession, PendingSignIn, Provider, Purpose
from accord_auth.sso.outside import Directory, Outside, plain
from accord_auth.sso.starting import NETWORK, VERIFIER_PURPOSE
from accord_auth.sso.tokens import LEEWAY
from accord_auth.sso.trail import write_failure
from accord_auth.throttling.service import give_back, network_of, take
from accord_config.database import NOBODY

LONGEST_VALUE = 4_000
ALONE = ("code", "state", "iss", "error")
"""Parameters that count, each once."""
ID_TOKEN_PURPOSE = "sso id_token"  # noqa: S105 - what it is sealed for


@dataclass(frozen=True)
class Answer:
    """What came with the browser: each parameter once, the cookie, and the session if there is one."""

    slug: str
    parameters: Mapping[str, list[str]]
    browser: str | None
    signed_in: SignedIn | None
    hours: float
    user_agent: str = ""


@dataclass(frozen=True)
class Done:
    """What was done. `started` after a sign-in; `told` is what a test found."""

    purpose: Purpose
    after: str
    started: SignIn | None = None
    told: tuple[tuple[str, str], ...] = ()


class TestFailed(SsoFailed):
    """The connection does not work yet."""


def finish(outside: Outside, answer: Answer) -> Done:
    """Do what the browser went to the directory for.

    :raises TestFailed: when it was a test of the connection; the admin who tries it may read the reason.
    :raises SsoFailed: whatever went wrong.
    :raises TooManyTries: when there were too many from one network.
    """
    take(outside.gate, NETWORK.of(network_of(current_address())))
    pending, directory = _used(outside, answer)
    try:
        _check_browser(pending, directory, answer)
        said = _said(outside, directory, pending, answer)
        done = _do(outside, directory, pending, answer, said)
    except SsoFailed as error:
        write_failure(outside, directory, error, pending.purpose)
        own = answer.signed_in is not None and answer.signed_in.session_id == pending.session_id
        if pending.purpose == Purpose.TEST and own:
            raise TestFailed(error.reason) from error
        raise
    with outside.gate.transaction(NOBODY) as session:
        # The try that the way there took, and the one that the way back took.
        for _ in range(2):
            give_back(session, NETWORK.of(network_of(current_address())))
    return done


def _used(outside: Outside, answer: Answer) -> tuple[PendingSignIn, Directory]:
    """What was remembered under the state, used up in a transaction of its own, whatever comes of it."""
    states = answer.parameters.get("state", [])
    if len(states) != 1 or len(states[0]) > LONGEST_VALUE:
        raise SsoFailed("the answer names no state")
    with outside.gate.transaction(NOBODY) as session:
        pending = session.scalar(
            delete(PendingSignIn)
            .where(PendingSignIn.state_hash == hashed(states[0]))
            .returning(PendingSignIn)
        )
        if pending is None:
            raise SsoFailed("the state is not known, or was used")
        provider = session.get_one(Provider, pending.provider_id)
        found = session.scalar(
            select(Organisation).where(Organisation.id == provider.organisation_id, may_act())
        )
        if found is None:
            raise SsoFailed("the organisation may not act now")
        return pending, Directory(provider, found)


def _check_browser(pending: PendingSignIn, directory: Directory, answer: Answer) -> None:
    if pending.expires_at <= datetime.now(UTC):
        raise SsoFailed("the person stayed at the directory for too long")
    if answer.browser is None or not hmac.compare_digest(hashed(answer.browser), pending.browser_hash):
        raise SsoFailed("another browser came back than the one that was sent")
    if directory.organisation.slug != answer.slug:
        raise SsoFailed("the answer came back at another organisation's address")
    if directory.provider.issuer != pending.issuer:
        raise SsoFailed("the directory was changed meanwhile")
    if pending.session_id is not None and (
        answer.signed_in is None or answer.signed_in.session_id != pending.session_id
    ):
        raise SsoFailed("the session that asked is over, or it is another one")


def _said(outside: Outside, directory: Directory, pending: PendingSignIn, answer: Answer) -> Said:
    """The directory's answer at the front channel, and what its code is worth."""
    given = answer.parameters
    if any(len(given.get(name, [])) > 1 for name in ALONE):
        raise SsoFailed("the answer holds a parameter twice")
    one = {name: values[0] for name, values in given.items() if values and len(values[0]) <= LONGEST_VALUE}
    found = discovered(outside, directory)
    if ("iss" in one or found.says_iss) and one.get("iss") != directory.provider.issuer:
        raise SsoFailed("the answer does not come from the organisation's directory (iss)")
    if "error" in one:
        raise SsoFailed(f"the directory answered with the error {plain(one['error'])}")
    if not one.get("code"):
        raise SsoFailed("the answer holds no code")
    return redeem(
        outside,
        directory,
        found,
        code=one["code"],
        verifier=outside.seals.open(pending.sealed_verifier, VERIFIER_PURPOSE),
        nonce_hash=pending.nonce_hash,
    )


def _do(outside: Outside, directory: Directory, pending: PendingSignIn, answer: Answer, said: Said) -> Done:
    purpose, provider = Purpose(pending.purpose), directory.provider
    done = Done(purpose, pending.after)
    refused = ""
    with outside.gate.transaction(NOBODY) as session:
        identity = identity_of(
            said.claims,
            domains=proved_domains(session, provider.organisation_id),
            role_claim=provider.role_claim,
            role_map=provider.role_map,
        )
        if purpose is Purpose.TEST:
            return Done(purpose, pending.after, told=_report(session, directory, answer, said, identity))
        if purpose is Purpose.PROVE:
            _prove(session, directory, pending, answer, identity)
            return done
        if purpose is Purpose.LINK and answer.signed_in is not None:
            link(session, directory, identity, answer.signed_in)
            return done
        admitted = admit(session, directory, identity, pending.invitation_hash)
        refused = admitted.refused
        if not refused:
            sealed = outside.seals.seal(said.id_token, ID_TOKEN_PURPOSE)
            started = _start(session, directory, admitted.account, identity, answer, sealed)
            return Done(purpose, pending.after, started)
    # Only here: what the refusal took away has to stand.
    raise SsoFailed(refused)


def _start(
    session: Session,
    directory: Directory,
    account: DirectoryAccount,
    identity: Identity,
    answer: Answer,
    sealed_id_token: bytes,
) -> SignIn:
    organisation, now = directory.organisation, datetime.now(UTC)
    told = identity.authenticated_at
    proof = Proof(identity.amr, told or now, told or now - UNKNOWN_TIME)
    started = start_session(
        session,
        person_id=account.person_id,
        choice=Choice(organisation.id, organisation.slug, organisation.name),
        hours=answer.hours,
        user_agent=answer.user_agent,
        proof=proof,
        bound=True,
    )
    session.flush()
    signed_in = resolve_session(session, started.token)
    if signed_in is None:
        raise SsoFailed("the session could not be started")
    session.add(
        DirectorySession(
            session_id=signed_in.session_id,
            account_id=account.id,
            provider_id=directory.provider.id,
            sid=identity.sid,
            sealed_id_token=sealed_id_token,
        )
    )
    detail = {"issuer": directory.provider.issuer, "amr": list(identity.amr)}
    record(session, signed_in.principal, AuditTag.SESSION_START, f"person {account.person_id}", detail)
    return started


def _prove(
    session: Session, directory: Directory, pending: PendingSignIn, answer: Answer, identity: Identity
) -> None:
    """Take a new proof at the directory for dangerous acts: of the same person, and made since."""
    if answer.signed_in is None:
        raise SsoFailed("the session that asked is over")
    own = session.scalar(
        select(DirectoryAccount)
        .join(DirectorySession, DirectorySession.account_id == DirectoryAccount.id)
        .where(DirectorySession.session_id == answer.signed_in.session_id)
    )
    if own is None or (own.issuer, own.subject) != (directory.provider.issuer, identity.subject):
        raise SsoFailed("somebody else proved who it is than the person who is signed in")
    since = pending.started_at - LEEWAY
    if identity.authenticated_at is None or identity.authenticated_at < since:
        raise SsoFailed("the directory did not ask for a new proof (auth_time)")
    values = {"proved_at": identity.authenticated_at, "amr": list(identity.amr)}
    session.execute(
        update(SignedInSession).where(SignedInSession.id == answer.signed_in.session_id).values(values)
    )
    subject = f"person {answer.signed_in.person_id}"
    record(session, answer.signed_in.principal, AuditTag.SESSION_PROVE, subject)


def _report(
    session: Session, directory: Directory, answer: Answer, said: Said, identity: Identity
) -> tuple[tuple[str, str], ...]:
    """What a test found, in the words of the settings page."""
    if answer.signed_in is None:
        raise SsoFailed("the session that asked is over")
    shown = plain(", ".join(values_of(said.claims, directory.provider.role_claim)), 300)
    told = identity.authenticated_at
    found = (
        ("Subject", plain(identity.subject, 255)),
        ("Address", identity.email),
        ("Name", identity.name),
        (f"Claim {directory.provider.role_claim}", shown or "nothing"),
        ("Roles", ", ".join(sorted(identity.roles)) or "none: this person could not sign in"),
        ("Proved who it is", "the directory says when" if told else "the directory does not say when"),
    )
    record(
        session,
        answer.signed_in.principal,
        AuditTag.SSO_TEST,
        f"directory {directory.provider.id}",
        {"roles": sorted(identity.roles)},
    )
    return found
