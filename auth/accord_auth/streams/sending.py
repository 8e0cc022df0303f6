"""Sending one signal: signed by this installation, pushed (RFC 8935), tried again, or parked in sight."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from joserfc import jwt
from sqlalchemy import select
from sqlalchemy.orm import Session

from accord_auth.oauth.signing_keys import ALGORITHM, SigningKeys
from accord_auth.signals.events import NAMES, Event
from accord_auth.signals.models import DeliveryState, SignalDelivery, SignalStream, SubjectFormat
from accord_auth.streams.service import purpose_of
from accord_config.database import NOBODY, Database
from accord_config.fetching import Answer, Fetcher, FetchFailed
from accord_config.sealing import SealBroken, Seals

TYPE = "secevent+jwt"
MEDIA_TYPE = "application/secevent+jwt"
MOST_TRIES = 10
"""With waits that double from two seconds these last over half an hour."""
LATER = frozenset({408, 425, 429})
LONGEST_WORDS = 300


class NotDelivered(Exception):
    """The receiver could not be reached, or asked to come later. The job is tried again."""


@dataclass(frozen=True)
class Transmitter:
    """With what signals are signed and sent."""

    issuer: str
    keys: SigningKeys
    seals: Seals
    fetcher: Fetcher


@dataclass(frozen=True)
class _Parcel:
    url: str
    token: str
    authorization: str


def push(gate: Database, with_: Transmitter, delivery_id: UUID) -> None:
    """Send one signal that waits. Each try is noted with what came of it.

    :raises NotDelivered: when it is worth trying again.
    """
    with gate.transaction(NOBODY) as session:
        parcel = _prepare(session, with_, delivery_id)
    if parcel is None:
        return
    headers = {"Content-Type": MEDIA_TYPE, "Accept": "application/json"}
    if parcel.authorization:
        headers["Authorization"] = parcel.authorization
    try:
        answer = with_.fetcher.fetch("POST", parcel.url, headers=headers, body=parcel.token.encode())
    except FetchFailed as error:
        problem, final = f"not reached: {error}", False
    else:
        problem, final = _verdict(answer)
    with gate.transaction(NOBODY) as session:
        parked = _note(session, delivery_id, problem, final)
    if problem and not final and not parked:
        raise NotDelivered(problem)


def _verdict(answer: Answer) -> tuple[str, bool]:
    """What is wrong, and whether trying again would change nothing; empty when it was taken."""
    if 200 <= answer.status < 300:
        return "", True
    final = 400 <= answer.status < 500 and answer.status not in LATER
    return f"{answer.status} {_said(answer.body)}".strip(), final


def _said(body: bytes) -> str:
    """A receiver's error in the form of RFC 8935, 2.3, as far as it can be shown."""
    try:
        told = json.loads(body[:4_000])
        words = f"{told['err']}: {told.get('description', '')}"
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return "".join(char for char in words if char.isprintable())[:LONGEST_WORDS]


def _prepare(session: Session, with_: Transmitter, delivery_id: UUID) -> _Parcel | None:
    found = session.execute(
        select(SignalDelivery, SignalStream)
        .join(SignalStream, SignalStream.id == SignalDelivery.stream_id)
        .where(SignalDelivery.id == delivery_id, SignalDelivery.state == DeliveryState.WAITING)
    ).one_or_none()
    if found is None:
        return None
    delivery, stream = found
    if stream.closed_at is not None or stream.endpoint_url is None:
        delivery.state, delivery.words = DeliveryState.PARKED, "the stream is closed"
        return None
    authorization = ""
    if stream.sealed_authorization is not None:
        try:
            authorization = with_.seals.open(stream.sealed_authorization, purpose_of(stream.id))
        except SealBroken as error:
            delivery.state, delivery.words = DeliveryState.PARKED, str(error)
            return None
    return _Parcel(stream.endpoint_url, signed(with_, delivery, stream), authorization)


def signed(with_: Transmitter, delivery: SignalDelivery, stream: SignalStream) -> str:
    """The security event token: no `exp` and no `sub`, as RFC 8417, 2.2 and 4, ask."""
    signing = with_.keys.signing()
    claims: dict[str, Any] = {
        "iss": with_.issuer,
        "jti": delivery.id.hex,
        "iat": int(delivery.created_at.timestamp()),
        "aud": stream.audience,
        "sub_id": _subject(with_.issuer, delivery, stream),
        "events": {delivery.event: delivery.payload},
    }
    header = {"alg": ALGORITHM, "kid": signing.kid, "typ": TYPE}
    return jwt.encode(header, claims, signing.key, algorithms=[ALGORITHM])


def _subject(issuer: str, delivery: SignalDelivery, stream: SignalStream) -> dict[str, str]:
    if delivery.event == Event.VERIFICATION:
        return {"format": "opaque", "id": str(stream.id)}
    if stream.subject_format == SubjectFormat.EMAIL:
        return {"format": "email", "email": delivery.email}
    return {"format": "iss_sub", "iss": issuer, "sub": str(delivery.person_id)}


def _note(session: Session, delivery_id: UUID, problem: str, final: bool) -> bool:
    """Write down what came of a try; whether it is parked now."""
    delivery = session.get_one(SignalDelivery, delivery_id, with_for_update=True)
    stream = session.get_one(SignalStream, delivery.stream_id, with_for_update=True)
    now = datetime.now(UTC)
    delivery.tries += 1
    delivery.words = problem
    if not problem:
        delivery.state, delivery.done_at = DeliveryState.DELIVERED, now
        stream.last_at, stream.last_words, stream.failed_at = now, NAMES[delivery.event], None
        if delivery.event == Event.VERIFICATION:
            stream.verified_at = now
        return False
    stream.last_words, stream.failed_at = problem, now
    parked = final or delivery.tries >= MOST_TRIES
    if parked:
        delivery.state, delivery.done_at = DeliveryState.PARKED, now
    return parked
