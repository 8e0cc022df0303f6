"""A mark on an authorization request: when its person was asked for a proof, so that the proof is known to
follow.

Without it a proof from a minute before would pass for the one that `prompt=login` asks for. The mark is
signed and bound to the rest of the request, so that nobody makes one up or carries it to another request.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

NAME = "accord_asked"
LONGEST_MARK = 300


def marked(query: bytes) -> str:
    """The request's query with a mark of now in place of an older one."""
    plain = unmarked(query)
    sealed = _signer().dumps([_digest(plain), datetime.now(UTC).timestamp()])
    return f"{plain.decode('latin-1')}&{NAME}={sealed}"


def asked_at(query: bytes) -> datetime | None:
    """When the person was asked; None without a mark of ours for this request."""
    given = dict(parse_qsl(query.decode("latin-1"))).get(NAME)
    if given is None:
        return None
    try:
        digest, moment = _signer().loads(given)
        return datetime.fromtimestamp(moment, UTC) if digest == _digest(unmarked(query)) else None
    except (BadData, TypeError, ValueError):
        return None


def unmarked(query: bytes) -> bytes:
    """The request as the client made it."""
    parts = query.split(b"&")
    return b"&".join(part for part in parts if not part.startswith(NAME.encode() + b"="))


def _digest(query: bytes) -> str:
    return hashlib.sha256(query).hexdigest()


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="asked for a proof")
