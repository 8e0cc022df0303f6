"""What a client sent, read strictly: each parameter once, in its place, as UTF-8 without NUL.

Frameworks guess (they mend what is no UTF-8, and mix the query with the body); a protocol that
decides who somebody is must not.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from accord_auth.oauth.models import OAuthClient, OAuthGrant, PushedRequest
from accord_auth.principal import Principal

FORM = "application/x-www-form-urlencoded"
LONGEST_BODY = 64 * 1024
LONGEST_QUERY = 4 * 1024
"""As long as it can come back through the sign-in page; longer requests can be pushed."""
MOST_PARAMETERS = 60


@dataclass(frozen=True)
class Received:
    """An HTTP request as bytes and headers, without a framework."""

    method: str
    uri: str
    """Our own address of the endpoint, made from the issuer: what a proxy or a Host header says is
    no part of it."""
    query: bytes = b""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    proofs: tuple[str, ...] = ()
    """Every DPoP header."""
    address: str | None = None


class OAuthRequest(OAuth2Request):  # type: ignore[misc]  # Authlib publishes no types
    """A request with its parameters, as Authlib's grants read it.

    `method`, `uri` and `headers` are set here rather than by Authlib's constructor, which looks at the
    address for TLS: behind a proxy only the issuer says whether there is any.
    """

    def __init__(self, received: Received, parameters: Mapping[str, str]) -> None:
        self.method = received.method
        self.uri = received.uri
        self.headers = received.headers
        self.payload = BasicOAuth2Payload(dict(parameters))
        self.received = received
        self.client: OAuthClient | None = None
        self.user: Principal | None = None
        self.grant: OAuthGrant | None = None
        """The family of what is issued."""
        self.key_thumbprint: str | None = None
        """Of the key that proved itself with DPoP."""
        self.pushed: PushedRequest | None = None
        """Where the parameters were before, when they were pushed."""
        self.auth_method: str | None = None
        self.authorization_code: Any = None
        self.refresh_token: Any = None
        self.credential: Any = None
        self._scope: str | None = None
        self._body = None

    @property
    def args(self) -> Mapping[str, str]:
        """The parameters of an authorization request."""
        return self.parameters

    @property
    def form(self) -> Mapping[str, str]:
        """The parameters of a request to any other endpoint."""
        return self.parameters

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters by name."""
        found: Mapping[str, str] = self.payload.data
        return found


def in_query(received: Received) -> dict[str, str]:
    """The parameters of an authorization request, from the query.

    :raises InvalidRequestError: when they cannot be read.
    """
    if len(received.query) > LONGEST_QUERY:
        raise InvalidRequestError("the query is too long")
    return _read(received.query)


def in_body(received: Received) -> dict[str, str]:
    """The parameters of a request from a client, from its body and from nowhere else.

    :raises InvalidRequestError: when they cannot be read, or some stand in the query.
    """
    kind = received.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != FORM:
        raise InvalidRequestError(f"send the parameters as {FORM}")
    if len(received.body) > LONGEST_BODY:
        raise InvalidRequestError("the body is too long")
    if received.query:
        raise InvalidRequestError("send the parameters in the body, none in the query")
    return _read(received.body)


def _read(encoded: bytes) -> dict[str, str]:
    try:
        # A character for each byte, then UTF-8: decoding at once would mend what is none.
        pairs = parse_qsl(
            encoded.decode("latin-1"),
            keep_blank_values=True,
            encoding="latin-1",
            max_num_fields=MOST_PARAMETERS,
        )
        read = [tuple(part.encode("latin-1").decode("utf-8") for part in pair) for pair in pairs]
    except UnicodeDecodeError as error:
        raise InvalidRequestError("a parameter is not UTF-8") from error
    except ValueError as error:
        raise InvalidRequestError("too many parameters") from error
    found: dict[str, str] = {}
    for name, value in read:
        if "\x00" in name or "\x00" in value:
            raise InvalidRequestError("a parameter holds a NUL character")
        if name in found:
            raise InvalidRequestError("a parameter stands twice")
        found[name] = value
    # RFC 6749, 3.1: a parameter without a value counts as left out.
    return {name: value for name, value in found.items() if value}


def basic_credentials(received: Received) -> tuple[str, str] | None:
    """Identifier and secret of a Basic header (each form-encoded, RFC 6749, 2.3.1); None without one.

    :raises InvalidClientError: when it cannot be read.
    """
    scheme, _, encoded = received.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
        name, colon, secret = text.partition(":")
        pair = unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError) as error:
        raise InvalidClientError("client authentication failed", status_code=401) from error
    if not colon or "\x00" in "".join(pair):
        raise InvalidClientError("client authentication failed", status_code=401)
    return pair
