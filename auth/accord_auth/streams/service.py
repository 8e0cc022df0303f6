"""What admins do with streams. On the gate's role, in the caller's unit of work; no foreign one is there."""

from __future__ import annotations

import secrets as random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, of_credential
from accord_auth.access.channels.signal_streams import CHANNEL
from accord_auth.access.service import end_access
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound
from accord_auth.oauth.secret_values import Prefix, hashed, make
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_auth.signals.announcing import note, send
from accord_auth.signals.events import CHOICES, Event
from accord_auth.signals.models import (
    DeliveryState,
    Direction,
    SignalDelivery,
    SignalStream,
    SubjectFormat,
)
from accord_config.sealing import Seals

LONGEST_NAME = 100
LONGEST = 500
LONGEST_AUTHORIZATION = 2_000
MOST_STREAMS = 20
SHOWN_DELIVERIES = 50
SHOWN = ("name", "direction", "events", "subject_format", "audience", "endpoint_url", "issuer", "jwks_uri")
"""Columns that the audit log shows of a stream."""


@dataclass(frozen=True)
class StreamDraft:
    """A stream as an admin describes it; what belongs to the other direction stays empty."""

    name: str
    direction: Direction
    events: tuple[str, ...]
    """Short names."""
    subject_format: SubjectFormat
    audience: str
    endpoint_url: str = ""
    authorization: str = ""
    """The whole value of the Authorization header that the receiver wants; empty: none."""
    issuer: str = ""
    jwks_uri: str = ""


@dataclass(frozen=True)
class MadeStream:
    """A new stream, and for one that receives the token by which the other side pushes: told once."""

    stream: SignalStream
    secret: str


def purpose_of(stream_id: UUID) -> str:
    """What a stream's header is sealed for: it opens for no other stream."""
    return f"signal stream {stream_id}"


def streams_of(session: Session, who: Principal) -> list[SignalStream]:
    """The organisation's streams, by name.

    :raises PermissionDenied: without `signals:read`.
    """
    who.require(Permission.SIGNALS_READ)
    query = select(SignalStream).where(*_own(who)).order_by(SignalStream.name, SignalStream.id)
    return list(session.scalars(query))


def deliveries_of(session: Session, who: Principal) -> list[SignalDelivery]:
    """What was sent last, or waits, or is parked; the newest first.

    :raises PermissionDenied: without `signals:read`.
    """
    who.require(Permission.SIGNALS_READ)
    query = select(SignalDelivery).where(SignalDelivery.organisation_id == who.organisation)
    newest = query.order_by(SignalDelivery.created_at.desc(), SignalDelivery.id).limit(SHOWN_DELIVERIES)
    return list(session.scalars(newest))


def add_stream(session: Session, who: Principal, draft: StreamDraft, seals: Seals) -> MadeStream:
    """Open a stream.

    :raises PermissionDenied: without `signals:manage`.
    :raises Invalid: naming each field that will not do.
    :raises Conflict: when there are too many.
    """
    who.require(Permission.SIGNALS_MANAGE)
    problems = dict(_problems(draft))
    if problems:
        raise Invalid("some fields cannot be used", {name: [why] for name, why in problems.items()})
    if len(streams_of(session, who)) >= MOST_STREAMS:
        raise Conflict(f"an organisation has {MOST_STREAMS} streams at most: close one first")
    sends = draft.direction is Direction.SEND
    secret = "" if sends else make(Prefix.SIGNAL_STREAM)
    stream = SignalStream(
        organisation_id=who.organisation,
        name=draft.name.strip(),
        direction=draft.direction,
        events=sorted(CHOICES[name].value for name in set(draft.events)),
        subject_format=draft.subject_format,
        audience=draft.audience.strip(),
        endpoint_url=draft.endpoint_url.strip() if sends else None,
        issuer=None if sends else draft.issuer.strip(),
        jwks_uri=None if sends else draft.jwks_uri.strip(),
        secret_hash=None if sends else hashed(secret),
        created_by=who.person_id,
    )
    session.add(stream)
    session.flush()
    if sends and draft.authorization.strip():
        stream.sealed_authorization = seals.seal(draft.authorization.strip(), purpose_of(stream.id))
        session.flush()
    record(
        session, who, AuditTag.SIGNAL_STREAM, f"signal stream {stream.id}", before={}, after=_shown(stream)
    )
    return MadeStream(stream, secret)


def close_stream(session: Session, who: Principal, stream_id: UUID, reason: str | None = None) -> None:
    """Close a stream: nothing is taken any more, and nothing sent.

    :raises PermissionDenied: without `signals:manage`.
    :raises NotFound: when there is no such stream.
    """
    who.require(Permission.SIGNALS_MANAGE)
    stream = _one(session, who, stream_id)
    end_access(session, who, of_credential(CHANNEL.name, stream.id), Cause.REVOKED, reason)


def verify_stream(session: Session, who: Principal, stream_id: UUID) -> SignalDelivery:
    """Send a verification event, which changes nothing at the receiver.

    :raises PermissionDenied: without `signals:manage`.
    :raises NotFound: when there is no such stream that sends.
    """
    who.require(Permission.SIGNALS_MANAGE)
    stream = _one(session, who, stream_id)
    if stream.direction != Direction.SEND:
        raise NotFound
    payload = {"state": random.token_urlsafe(16)}
    return note(session, stream, Event.VERIFICATION, None, payload)


def send_again(session: Session, who: Principal, delivery_id: UUID) -> None:
    """Have a parked signal tried again.

    :raises PermissionDenied: without `signals:manage`.
    :raises NotFound: when there is no such signal that is parked, or its stream is closed.
    """
    who.require(Permission.SIGNALS_MANAGE)
    found = session.scalar(
        select(SignalDelivery)
        .where(
            SignalDelivery.id == delivery_id,
            SignalDelivery.organisation_id == who.organisation,
            SignalDelivery.state == DeliveryState.PARKED,
        )
        .with_for_update()
    )
    if found is None:
        raise NotFound
    _one(session, who, found.stream_id)
    found.state, found.tries, found.done_at = DeliveryState.WAITING, 0, None
    session.flush()
    send(session, found)
    record(session, who, AuditTag.SIGNAL_SEND, f"signal {found.id}", {"did": "again"})


def _own(who: Principal) -> Sequence[ColumnElement[bool]]:
    return (SignalStream.organisation_id == who.organisation, SignalStream.closed_at.is_(None))


def _one(session: Session, who: Principal, stream_id: UUID) -> SignalStream:
    found = session.scalar(select(SignalStream).where(SignalStream.id == stream_id, *_own(who)))
    if found is None:
        raise NotFound
    return found


def _problems(draft: StreamDraft) -> Iterator[tuple[str, str]]:
    if not 1 <= len(draft.name.strip()) <= LONGEST_NAME or not draft.name.strip().isprintable():
        yield "name", f"1 to {LONGEST_NAME} printable characters"
    if not draft.events or set(draft.events) - set(CHOICES):
        yield "events", f"choose among {', '.join(CHOICES)}"
    if not 1 <= len(draft.audience.strip()) <= LONGEST or not draft.audience.strip().isprintable():
        yield "audience", "the name that the receiver expects in aud, such as its address"
    if draft.direction is Direction.SEND:
        wanted, unwanted = {"endpoint_url": draft.endpoint_url}, ("issuer", "jwks_uri")
        header = draft.authorization
        if len(header) > LONGEST_AUTHORIZATION or not header.isascii() or not header.isprintable():
            yield "authorization", f"up to {LONGEST_AUTHORIZATION} printable characters of ASCII, on one line"
    else:
        wanted = {"issuer": draft.issuer, "jwks_uri": draft.jwks_uri}
        unwanted = ("endpoint_url", "authorization")
    for name, value in wanted.items():
        if not _is_address(value.strip()):
            yield name, "an address that begins with https:// and names a host"
    for name in unwanted:
        if getattr(draft, name):
            yield name, "this belongs to the other direction: leave it out"


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        sound = parts.scheme == "https" and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False
    return sound and not parts.fragment and len(value) <= LONGEST and value.isascii() and value.isprintable()


def _shown(stream: SignalStream) -> dict[str, object]:
    names = (
        "name",
        "direction",
        "events",
        "subject_format",
        "audience",
        "endpoint_url",
        "issuer",
        "jwks_uri",
    )
    return {name: getattr(stream, name) for name in names}
