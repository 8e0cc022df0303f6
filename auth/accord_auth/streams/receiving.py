"""Taking a signal: proved, read once, acted on at once, for people of the stream's organisation alone.

Who is nobody here is taken like anybody else and changes nothing: the answer tells no one who belongs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from joserfc.jwk import Key
from sqlalchemy import ColumnElement, column, exists, or_, select, table
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, of_membership
from accord_auth.access.service import end_access
from accord_auth.audit.service import AuditTag, record
from accord_auth.directory.models import DirectoryUser
from accord_auth.errors import Conflict
from accord_auth.oauth.proofs import see_once
from accord_auth.oauth.secret_values import Prefix, hashed
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.standing import may_act
from accord_auth.people.models import Person, RoleAssignment
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_auth.provisioning.placing import Acting, begin, leave
from accord_auth.provisioning.rows import rows_of
from accord_auth.signals.events import NAMES, Event
from accord_auth.signals.models import Direction, SignalStream, SubjectFormat
from accord_auth.streams.sending import MEDIA_TYPE
from accord_auth.streams.tokens import (
    ACTED_ON,
    Said,
    SignalRefused,
    header_of,
    key_for,
    named_subject,
    opened,
)
from accord_auth.throttling.service import Limit, give_back, network_of, take
from accord_config.database import NOBODY, Database
from accord_config.fetching import Fetcher, FetchFailed

_ACCOUNTS = table(
    "sso_accounts", column("organisation_id"), column("issuer"), column("subject"), column("person_id")
)
"""People by the subject under which single sign-on knows them; the table is of a package beside this one."""

KEYS_AGAIN = timedelta(minutes=1)
"""So often at most a transmitter's keys are asked for: made-up key names must not make us knock."""
KEYS_LIVE = timedelta(hours=1)
"""After so long they are asked for again: a key that was taken back counts no more."""
STRANGERS = Limit("signal stranger", 60, timedelta(minutes=15))
"""Pushes that are not proved, from one network."""


@dataclass(frozen=True)
class Pushed:
    """A push as it came."""

    stream_id: UUID
    authorization: str
    media_type: str
    token: bytes
    address: str | None


def receive(gate: Database, fetcher: Fetcher, pushed: Pushed) -> None:
    """Take a signal, and act on it.

    :raises SignalRefused: with the code of what is wrong; the stream shows it to its admins.
    :raises TooManyTries: when there were too many that were not proved.
    """
    stranger = STRANGERS.of(network_of(pushed.address))
    take(gate, stranger)
    with gate.transaction(NOBODY) as session:
        stream = _proved(session, pushed)
        give_back(session, stranger)
    try:
        said = _read(gate, fetcher, stream, pushed)
        with gate.transaction(NOBODY) as session:
            words = _act(session, stream.id, said)
            _came_through(session, stream.id, said, words)
    except SignalRefused as error:
        with gate.transaction(NOBODY) as session:
            found = session.get_one(SignalStream, stream.id, with_for_update=True)
            found.last_words, found.failed_at = str(error), datetime.now(UTC)
        raise


def _proved(session: Session, pushed: Pushed) -> SignalStream:
    """The stream whose transmitter shows its token; the same answer whatever is wrong."""
    scheme, _, secret = pushed.authorization.partition(" ")
    found = session.scalar(
        select(SignalStream)
        .join(Organisation, Organisation.id == SignalStream.organisation_id)
        .where(
            SignalStream.id == pushed.stream_id,
            SignalStream.direction == Direction.RECEIVE,
            SignalStream.secret_hash == hashed(secret.strip()),
            SignalStream.closed_at.is_(None),
            may_act(),
        )
    )
    if found is None or scheme.lower() != "bearer" or not secret.strip().startswith(Prefix.SIGNAL_STREAM):
        raise SignalRefused("authentication_failed", "show the token that was made for this stream")
    return found


def _read(gate: Database, fetcher: Fetcher, stream: SignalStream, pushed: Pushed) -> Said:
    if pushed.media_type != MEDIA_TYPE:
        raise SignalRefused("invalid_request", f"the body must be {MEDIA_TYPE}")
    header = header_of(pushed.token)
    now = datetime.now(UTC)
    asked = stream.keys_asked_at
    key: Key | None = None
    if asked is not None and asked > now - KEYS_LIVE:
        key = key_for(header, stream.keys)
    if key is None and (asked is None or asked <= now - KEYS_AGAIN):
        key = key_for(header, _keys(gate, fetcher, stream))
    if key is None:
        raise SignalRefused("invalid_key", "the transmitter does not publish the key of this signature")
    return opened(pushed.token, key, issuer=stream.issuer or "", audience=stream.audience)


def _keys(gate: Database, fetcher: Fetcher, stream: SignalStream) -> Mapping[str, Any]:
    """The transmitter's keys as it publishes them now; noted as asked for, whatever comes of it."""
    try:
        answer = fetcher.fetch("GET", stream.jwks_uri or "", headers={"Accept": "application/json"})
        found = json.loads(answer.body) if answer.status == 200 else {}
    except (FetchFailed, ValueError, RecursionError):
        found = {}
    keys = found if isinstance(found, dict) and isinstance(found.get("keys"), list) else {"keys": []}
    with gate.transaction(NOBODY) as session:
        kept = session.get_one(SignalStream, stream.id, with_for_update=True)
        kept.keys_asked_at, kept.keys = datetime.now(UTC), keys
    return keys


def _act(session: Session, stream_id: UUID, said: Said) -> str:
    """Act on a signal; what became of it, in words for the stream's admins."""
    stream = session.get_one(SignalStream, stream_id, with_for_update=True)
    if not see_once(session, "signal", f"{stream.id} {said.jti}", said.expires_at):
        raise SignalRefused("invalid_request", "this jti was taken before")
    if said.event == Event.VERIFICATION:
        stream.verified_at = datetime.now(UTC)
        return "verification"
    if said.event not in ACTED_ON or said.event not in stream.events:
        return "an event that this stream does not act on"
    name = named_subject(said, SubjectFormat(stream.subject_format), stream.issuer or "")
    short = NAMES[said.event]
    organisation = session.get_one(Organisation, stream.organisation_id)
    who = _principal(organisation, stream)
    acting = Acting(session, who, cause=Cause.SHARED_SIGNAL)
    begin(acting)
    person_id = _person(session, stream, name)
    detail = {"event": short, "jti": said.jti, "known": person_id is not None}
    record(session, who, AuditTag.SIGNAL_RECEIVE, f"signal stream {stream.id}", detail)
    if person_id is None:
        return f"{short}, about nobody here"
    if said.event == Event.ACCOUNT_DISABLED:
        _disable(acting, person_id)
    end_access(session, who, of_membership(person_id, stream.organisation_id), Cause.SHARED_SIGNAL)
    return short


def _disable(acting: Acting, person_id: UUID) -> None:
    """Take all roles, until a directory or an admin gives them anew. The last admin keeps them."""
    user = acting.session.scalar(
        rows_of(DirectoryUser, acting.organisation_id).where(DirectoryUser.person_id == person_id)
    )
    if user is None:
        return
    try:
        with acting.session.begin_nested():
            leave(acting, user)
    except Conflict:
        acting.session.refresh(user)


def _principal(organisation: Organisation, stream: SignalStream) -> Principal:
    return Principal(
        organisation_id=organisation.id,
        organisation_slug=organisation.slug,
        organisation_name=organisation.name,
        organisation_kind=organisation.kind,
        person_id=None,
        person_name=f"signal ({stream.name})",
        email="",
        roles=frozenset(),
        permissions=frozenset({Permission.PEOPLE_MANAGE, Permission.PEOPLE_READ}),
    )


def _person(session: Session, stream: SignalStream, name: str) -> UUID | None:
    """The person of the stream's organisation who is meant."""
    belongs = exists().where(
        RoleAssignment.person_id == Person.id, RoleAssignment.organisation_id == stream.organisation_id
    )
    if stream.subject_format == SubjectFormat.EMAIL:
        meant: ColumnElement[bool] = Person.email == name.strip().lower()
    else:
        announced = select(DirectoryUser.person_id).where(
            DirectoryUser.organisation_id == stream.organisation_id, DirectoryUser.external_id == name
        )
        linked = select(_ACCOUNTS.c.person_id).where(
            _ACCOUNTS.c.organisation_id == stream.organisation_id,
            _ACCOUNTS.c.issuer == stream.issuer,
            _ACCOUNTS.c.subject == name,
        )
        meant = or_(Person.id.in_(announced), Person.id.in_(linked))
    found = session.scalars(select(Person.id).where(meant, belongs).limit(2)).all()
    return found[0] if len(found) == 1 else None


def _came_through(session: Session, stream_id: UUID, said: Said, words: str) -> None:
    stream = session.get_one(SignalStream, stream_id)
    stream.last_at, stream.last_words, stream.failed_at = datetime.now(UTC), words, None
