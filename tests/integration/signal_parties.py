"""Somebody who sends security event tokens to an organisation, for tests; with keys of its own."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.jwk import ECKey
from tests.integration.directories import Directory
from werkzeug.test import TestResponse

from accord_auth.signals.events import CHOICES, Event
from accord_auth.signals.models import Direction, SignalStream, SubjectFormat
from accord_auth.streams.service import StreamDraft, add_stream

ISSUER = "https://idp.example.org"
AUDIENCE = "https://accord.example.org"


def new_key(kid: str = "one") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})


def key_set(*keys: ECKey) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


@dataclass
class Transmitter:
    """A transmitter and the stream by which it tells one organisation."""

    directory: Directory
    stream_id: UUID
    secret: str
    key: ECKey = field(default_factory=new_key)

    def claims(self, event: str = Event.SESSION_REVOKED, **changes: Any) -> dict[str, Any]:
        given = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": int(time.time()),
            "jti": uuid4().hex,
            "sub_id": {"format": "email", "email": "nobody@example.org"},
            "events": {event: {}},
        } | changes
        return {name: value for name, value in given.items() if value is not None}

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        told = {"alg": "ES256", "kid": self.key.kid, "typ": "secevent+jwt"} | header
        return jwt.encode(
            {name: value for name, value in told.items() if value is not None},
            claims,
            self.key,
            algorithms=["ES256"],
        )

    def push(self, token: str | bytes, **headers: str) -> TestResponse:
        given = {
            "Authorization": f"Bearer {self.secret}",
            "Content-Type": "application/secevent+jwt",
        } | headers
        client = self.directory.site.app.test_client()
        return client.post(f"/signals/push/{self.stream_id}", data=token, headers=given)

    def tell(self, email: str, event: str = Event.SESSION_REVOKED, **changes: Any) -> TestResponse:
        subject = {"format": "email", "email": email}
        return self.push(self.signed(self.claims(event, **({"sub_id": subject} | changes))))

    def stream(self) -> SignalStream:
        found: SignalStream = self.directory.site.gate(
            lambda session: session.get(SignalStream, self.stream_id)
        )
        return found


def transmitter_to(
    directory: Directory,
    *,
    subjects: SubjectFormat = SubjectFormat.EMAIL,
    events: tuple[str, ...] = tuple(CHOICES),
    jwks_uri: str = "https://idp.example.org/keys",
    known: bool = True,
) -> Transmitter:
    """A transmitter to an organisation; `known`: its keys were fetched a moment ago."""
    draft = StreamDraft(
        name="Our provider",
        direction=Direction.RECEIVE,
        events=events,
        subject_format=subjects,
        audience=AUDIENCE,
        issuer=ISSUER,
        jwks_uri=jwks_uri,
    )
    site = directory.site
    made = site.gate(add_stream, directory.admin, draft, site.app.outside.seals)
    party = Transmitter(directory, made.stream.id, made.secret)
    if known:

        def know(session: Any) -> None:
            stream = session.get(SignalStream, made.stream.id)
            stream.keys, stream.keys_asked_at = key_set(party.key), datetime.now(UTC)

        site.gate(know)
    return party


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()
