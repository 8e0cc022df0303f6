"""Passkeys (WebAuthn, level 3): made for one name, used from one origin, by a person whom the device
verified.

The challenge is kept here, belongs to one session or one sign-in under way, lives minutes, and is used up by
whoever answers it. A count that goes back is a copy's (WebAuthn, 6.1.1): that passkey proves nothing any
more.
"""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import webauthn
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from webauthn.helpers import options_to_json_dict, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accord_auth.audit.service import AuditTag
from accord_auth.errors import Conflict, SignInFailed
from accord_auth.factors.means import Means
from accord_auth.factors.methods import Method
from accord_auth.factors.models import Passkey, PasskeyChallenge
from accord_auth.factors.noting import note
from accord_auth.people.models import Person
from accord_config.database import NOBODY, Database

LIVES = timedelta(minutes=5)
"""How long a challenge may be answered; WebAuthn recommends five minutes where the person is verified."""
CHALLENGE_BYTES = 32
MOST_PASSKEYS = 10
LONGEST_CREDENTIAL = 20_000
REFUSED = "this passkey was not accepted"

logger = logging.getLogger(__name__)


class Purpose(StrEnum):
    """What a challenge is for; an answer to one is none to another."""

    PROVE = "prove"
    REGISTER = "register"
    SIGN_IN = "sign_in"


@dataclass(frozen=True)
class Proven:
    """Whom a passkey proved, and of which kind it is."""

    person_id: UUID
    method: Method


def registration(session: Session, means: Means, holder_id: UUID, person: Person) -> dict[str, Any]:
    """What the browser needs to make a passkey.

    :raises Conflict: when there are too many.
    """
    known = passkeys_of(session, person.id)
    if len(known) >= MOST_PASSKEYS:
        raise Conflict(f"{MOST_PASSKEYS} passkeys at most: remove one first")
    options = webauthn.generate_registration_options(
        rp_id=means.domain,
        rp_name=means.name,
        # The person's id is random and says nothing (WebAuthn, 14.6.1).
        user_id=person.id.bytes,
        user_name=person.email,
        user_display_name=person.name,
        challenge=_challenge(session, holder_id, Purpose.REGISTER),
        timeout=_milliseconds(),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_described(known),
    )
    return options_to_json_dict(options)


def register(
    gate: Database, means: Means, holder_id: UUID, person_id: UUID, credential: str, name: str
) -> Passkey:
    """A new passkey of the person's, not in the database yet.

    :raises SignInFailed: when it is none, was made elsewhere, or the device did not verify the person.
    """
    challenge = _used(gate, holder_id, Purpose.REGISTER)
    given = _opened(credential)
    try:
        made = webauthn.verify_registration_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=means.domain,
            expected_origin=means.origin,
            require_user_verification=True,
        )
        transports = [AuthenticatorTransport(one).value for one in given["response"].get("transports", ())]
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _refused(error) from error
    return Passkey(
        person_id=person_id,
        name=name,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        aaguid=made.aaguid,
        transports=transports,
        synced=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
    )


def keep(session: Session, made: Passkey) -> None:
    """Keep a new passkey.

    :raises Conflict: when somebody has it already.
    """
    known = select(Passkey.id).where(Passkey.credential_id == made.credential_id)
    if session.scalar(known) is not None:
        raise Conflict("this passkey is known already")
    session.add(made)
    session.flush()


def authentication(
    session: Session, means: Means, holder_id: UUID, purpose: Purpose, person_id: UUID | None = None
) -> dict[str, Any]:
    """What the browser needs to use a passkey: one of the person's; without a person, whichever it has."""
    known = passkeys_of(session, person_id) if person_id is not None else []
    options = webauthn.generate_authentication_options(
        rp_id=means.domain,
        challenge=_challenge(session, holder_id, purpose),
        timeout=_milliseconds(),
        allow_credentials=_described([one for one in known if one.suspect_at is None]),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def authenticate(
    gate: Database,
    means: Means,
    holder_id: UUID,
    purpose: Purpose,
    credential: str,
    person_id: UUID | None = None,
) -> Proven:
    """Whom a passkey proves; with `person_id`, that person and nobody else.

    :raises SignInFailed: whatever is wrong, in the same words.
    """
    challenge = _used(gate, holder_id, purpose)
    try:
        given = parse_authentication_credential_json(_opened(credential))
    except (WebAuthnException, ValueError, TypeError) as error:
        raise _refused(error) from error
    with gate.transaction(NOBODY) as session:
        known = session.scalar(select(Passkey).where(Passkey.credential_id == given.raw_id))
    if known is None or known.suspect_at is not None or person_id not in (None, known.person_id):
        raise SignInFailed(REFUSED)
    handle = given.response.user_handle
    # Without a person the handle has to be there and must name the passkey's own (WebAuthn, 7.2, step 6).
    if (handle is None and person_id is None) or handle not in (None, known.person_id.bytes):
        raise SignInFailed(REFUSED)
    count = _verified(means, challenge, given, known)
    _counted(gate, known, count)
    return Proven(known.person_id, Method.SOFTWARE_KEY if known.synced else Method.HARDWARE_KEY)


def passkeys_of(session: Session, person_id: UUID) -> list[Passkey]:
    """The person's passkeys, the oldest first."""
    own = select(Passkey).where(Passkey.person_id == person_id)
    return list(session.scalars(own.order_by(Passkey.created_at, Passkey.id)))


def _verified(means: Means, challenge: bytes, given: AuthenticationCredential, known: Passkey) -> int:
    try:
        proved = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=means.domain,
            expected_origin=means.origin,
            credential_public_key=known.public_key,
            # The library looks at the count before the signature, so that anybody could make one up.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _refused(error) from error
    if json.loads(given.response.client_data_json).get("crossOrigin"):
        # In a frame of another site, where the person does not see whom the answer is for.
        raise SignInFailed(REFUSED)
    return proved.new_sign_count


def _counted(gate: Database, known: Passkey, count: int) -> None:
    """Keep the new count, or notice that it went back; either stands whatever becomes of the request.

    :raises SignInFailed: when it went back.
    """
    with gate.transaction(NOBODY) as session:
        forward = (Passkey.sign_count < count) | ((Passkey.sign_count == 0) & (count == 0))
        kept = session.scalar(
            update(Passkey)
            .where(Passkey.id == known.id, Passkey.suspect_at.is_(None), forward)
            .values(sign_count=count, last_used_at=func.now())
            .returning(Passkey.id)
        )
        if kept is None:
            session.execute(update(Passkey).where(Passkey.id == known.id).values(suspect_at=func.now()))
            detail = {"passkey": known.name, "count": count, "before": known.sign_count}
            note(session, known.person_id, AuditTag.FACTOR_SUSPECT, detail)
    if kept is None:
        raise SignInFailed(
            "this passkey counts no more: somebody may have a copy. Remove it and make another"
        )


def _challenge(session: Session, holder_id: UUID, purpose: Purpose) -> bytes:
    challenge, now = secrets.token_bytes(CHALLENGE_BYTES), datetime.now(UTC)
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < now))
    row = {"holder_id": holder_id, "purpose": purpose, "challenge": challenge, "expires_at": now + LIVES}
    made = insert(PasskeyChallenge).values(row)
    session.execute(
        made.on_conflict_do_update(index_elements=["holder_id", "purpose"], set_=dict(made.excluded))
    )
    return challenge


def _used(gate: Database, holder_id: UUID, purpose: Purpose) -> bytes:
    """The challenge that is being answered. In a transaction of its own: a wrong answer uses it up, too."""
    with gate.transaction(NOBODY) as session:
        challenge: bytes | None = session.scalar(
            delete(PasskeyChallenge)
            .where(
                PasskeyChallenge.holder_id == holder_id,
                PasskeyChallenge.purpose == purpose,
                PasskeyChallenge.expires_at > func.now(),
            )
            .returning(PasskeyChallenge.challenge)
        )
    if challenge is None:
        raise SignInFailed("that took too long, or was answered already: try again")
    return challenge


def _opened(credential: str) -> dict[str, Any]:
    try:
        given = json.loads(credential)
    except (ValueError, RecursionError) as error:
        raise _refused(error) from error
    if not isinstance(given, dict) or not isinstance(given.get("response"), dict):
        raise SignInFailed(REFUSED)
    return given


def _refused(error: Exception) -> SignInFailed:
    # Why is for the operator; whoever tries learns nothing from it.
    logger.info("a passkey was refused: %s", error)
    return SignInFailed(REFUSED)


def _described(passkeys: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=one.credential_id, transports=[AuthenticatorTransport(word) for word in one.transports]
        )
        for one in passkeys
    ]


def _milliseconds() -> int:
    return int(LIVES.total_seconds() * 1000)
