"""Reading a security event token (RFC 8417): by whom it is signed, for whom it is, and what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

from accord_auth.oauth.proofs import ALGORITHMS, public_key
from accord_auth.signals.events import Event
from accord_auth.signals.models import SubjectFormat
from accord_auth.streams.sending import TYPE

LONGEST_TOKEN = 64 * 1024
LONGEST_WORD = 512
PAST = timedelta(days=1)
"""How old a token may be: transmitters try for a while."""
AHEAD = timedelta(minutes=5)
"""How far a transmitter's clock may be ahead of ours."""


class SignalRefused(Exception):
    """A security event token that is not taken, with the code that RFC 8935, 2.4, has for it."""

    def __init__(self, err: str, description: str) -> None:
        super().__init__(f"{err}: {description}")
        self.err = err
        self.description = description


@dataclass(frozen=True)
class Header:
    """What a token says of its own signature; not believed yet."""

    alg: str
    kid: str | None


@dataclass(frozen=True)
class Said:
    """A token whose signature is right: one event, about somebody."""

    jti: str
    expires_at: datetime
    """When it would be too old to be taken: until then it is remembered."""
    event: str
    subject: Mapping[str, Any]


_REGISTRY = jws.JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)


def header_of(token: bytes) -> Header:
    """The header of a token.

    :raises SignalRefused: when it is no signed security event token.
    """
    if len(token) > LONGEST_TOKEN:
        raise SignalRefused("invalid_request", f"{LONGEST_TOKEN} bytes at most")
    try:
        found = jws.extract_compact(token, registry=_REGISTRY).headers()
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise SignalRefused("invalid_request", "this is no signed token") from error
    alg, kid, kind = found.get("alg"), found.get("kid"), found.get("typ")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") != TYPE:
        raise SignalRefused("invalid_request", f"the header's typ must be {TYPE}")
    if alg not in ALGORITHMS:
        raise SignalRefused("invalid_key", "the signature's algorithm is not accepted")
    if kid is not None and (not isinstance(kid, str) or len(kid) > LONGEST_WORD):
        raise SignalRefused("invalid_key", "the header's kid is no name")
    return Header(alg, kid)


def key_for(header: Header, keys: Mapping[str, Any] | None) -> Key | None:
    """The key of a JWK set that a header names; without a name, the only one that there is."""
    listed = keys.get("keys") if isinstance(keys, Mapping) else None
    if not isinstance(listed, list):
        return None
    fitting = [
        one
        for one in listed
        if isinstance(one, dict)
        and (header.kid is None or one.get("kid") == header.kid)
        and one.get("use", "sig") == "sig"
        and one.get("alg", header.alg) == header.alg
    ]
    if len(fitting) != 1:
        return None
    try:
        return public_key(fitting[0])
    except ValueError:
        return None


def opened(token: bytes, key: Key, *, issuer: str, audience: str) -> Said:
    """What a token says, when it is signed with the key, by the issuer, for the audience, and not old.

    :raises SignalRefused: with the code of what is wrong.
    """
    try:
        payload = jws.deserialize_compact(token, key, algorithms=list(ALGORITHMS), registry=_REGISTRY).payload
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise SignalRefused("authentication_failed", "the signature is not right") from error
    try:
        claims = json.loads(payload or b"")
    except (ValueError, RecursionError) as error:
        raise SignalRefused("invalid_request", "the token's claims are no JSON") from error
    if not isinstance(claims, dict):
        raise SignalRefused("invalid_request", "the token's claims are no object")
    if claims.get("iss") != issuer:
        raise SignalRefused("invalid_issuer", "the token is of another issuer than this stream's")
    named = claims.get("aud")
    if audience not in (named if isinstance(named, list) else [named]):
        raise SignalRefused("invalid_audience", "the token is for another audience than this stream's")
    return _said(claims)


def _said(claims: dict[str, Any]) -> Said:
    jti, issued = claims.get("jti"), claims.get("iat")
    if not isinstance(jti, str) or not 1 <= len(jti) <= LONGEST_WORD or not jti.isprintable():
        raise SignalRefused("invalid_request", f"jti must be 1 to {LONGEST_WORD} printable characters")
    now = datetime.now(UTC).timestamp()
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        raise SignalRefused("invalid_request", "iat must be a number of seconds")
    # Not "more than": JSON's NaN is neither more nor less.
    if not now - PAST.total_seconds() <= issued <= now + AHEAD.total_seconds():
        raise SignalRefused("invalid_request", "iat is too long ago, or in the future")
    events = claims.get("events")
    if not isinstance(events, dict) or len(events) != 1:
        raise SignalRefused("invalid_request", "events must hold one event")
    ((event, payload),) = events.items()
    if not isinstance(payload, dict):
        raise SignalRefused("invalid_request", "the event must be an object")
    # Events before the framework's first version name their subject within.
    subject = claims.get("sub_id", payload.get("subject"))
    if not isinstance(subject, dict):
        raise SignalRefused("invalid_request", "sub_id must say whom it is about")
    expires = datetime.fromtimestamp(issued, UTC) + PAST + AHEAD
    return Said(jti, expires, event, subject)


def named_subject(said: Said, wanted: SubjectFormat, issuer: str) -> str:
    """The address or the name by which a token says whom it is about, in the stream's own format.

    :raises SignalRefused: when it is of another format, or somebody of another issuer.
    """
    field = "email" if wanted is SubjectFormat.EMAIL else "sub"
    value = said.subject.get(field)
    if (
        said.subject.get("format") != wanted
        or not isinstance(value, str)
        or not 1 <= len(value) <= LONGEST_WORD
        or not value.isprintable()
    ):
        raise SignalRefused("invalid_request", f"sub_id must have the format {wanted}")
    if wanted is SubjectFormat.ISS_SUB and said.subject.get("iss") != issuer:
        raise SignalRefused("invalid_request", "sub_id is somebody of another issuer")
    return value


ACTED_ON = frozenset({Event.ACCOUNT_DISABLED.value, Event.SESSION_REVOKED.value})
