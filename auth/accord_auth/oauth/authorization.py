"""The authorization endpoint: what a client asks a person for, pushed requests, and the answer."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from authlib.oidc.core.errors import ConsentRequiredError, LoginRequiredError
from sqlalchemy import String, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import AccordError
from accord_auth.oauth.code_grant import CodeGrant
from accord_auth.oauth.issuing import PUSHED_LIVES
from accord_auth.oauth.models import OAuthClient, OAuthGrant, PushedRequest
from accord_auth.oauth.proof_wanted import WantedProof, wanted_in
from accord_auth.oauth.request import OAuthRequest, Received, in_query
from accord_auth.oauth.secret_values import hashed
from accord_auth.oauth.server import Answer, Server
from accord_auth.principal import Principal
from accord_auth.sessions.service import SignedIn

URI = "urn:ietf:params:oauth:request_uri:"
_CLIENT_PROOF = {"client_secret", "client_assertion", "client_assertion_type"}


class RequestUnusable(AccordError):
    """The program that sent you here is not known, or it sent something that cannot be used."""


@dataclass(frozen=True)
class Asked:
    """What a client asks a person for."""

    grant: CodeGrant
    client: OAuthClient
    scope: tuple[str, ...]
    redirect_uri: str
    proof: WantedProof


def consider(server: Server, received: Received, signed_in: SignedIn | None) -> Asked | Answer:
    """Read an authorization request; an answer is where the browser has to go at once.

    With `prompt=none` nobody is asked anything: it takes a person who is signed in, and proved recently
    enough, and who let this client have as much before.

    :raises RequestUnusable: when there is no address that the browser may be sent back to.
    """
    who = signed_in.principal if signed_in is not None else None
    try:
        server.require_tls(received)
        request = _request(server, received)
        grant = server.get_consent_grant(request, end_user=who)
        asked = _asked(server, grant)
        if request.parameters.get("prompt") == "none":
            return _without_a_word(server, asked, signed_in)
    except OAuth2Error as error:
        if not error.redirect_uri:
            raise RequestUnusable from error
        return server.handle_error_response(None, error)
    client: OAuthClient = grant.client
    if (
        client.organisation_id is not None
        and who is not None
        and client.organisation_id != who.organisation_id
    ):
        # Another member's program answers like one that there is not.
        raise RequestUnusable
    return asked


def _asked(server: Server, grant: CodeGrant) -> Asked:
    request: OAuthRequest = grant.request
    scope = tuple(server.scope_of(request))
    return Asked(grant, grant.client, scope, grant.redirect_uri, wanted_in(request.parameters))


def answer(server: Server, asked: Asked, who: Principal, *, allow: bool) -> Answer:
    """Send the browser back: with a code when the person allowed it, else with the refusal."""
    request: OAuthRequest = asked.grant.request
    if request.pushed is not None:
        if request.pushed.used_at is not None:
            raise RequestUnusable
        request.pushed.used_at = datetime.now(UTC)
    found: Answer = server.create_authorization_response(
        request, grant_user=who if allow else None, grant=asked.grant
    )
    tag = AuditTag.GRANT_GIVE if allow else AuditTag.GRANT_DENY
    record(server.session, who, tag, f"client {asked.client.id}", said_of(asked.client, asked.scope))
    return found


def said_of(client: OAuthClient, scope: Iterable[str]) -> dict[str, Any]:
    """What the audit log says of a grant."""
    return {"client": client.client_id, "name": client.name, "scope": list(scope)}


def push(server: Server, received: Received) -> Answer:
    """Take an authorization request over the client's own line (RFC 9126)."""
    try:
        request = server.begin(received)
        client = server.authenticate_client(request, (), "pushed")
        parameters = {name: value for name, value in request.parameters.items() if name not in _CLIENT_PROOF}
        parameters["client_id"] = client.client_id
        if "request_uri" in parameters:
            raise InvalidRequestError("a pushed request cannot name another one")
        _bind(parameters, request.key_thumbprint)
        considered = OAuthRequest(received, parameters)
        # It counts as pushed already; the row follows when it is good.
        considered.pushed = PushedRequest(client_id=client.id)
        server.get_consent_grant(considered)
    except OAuth2Error as error:
        # To the client itself: nobody's browser is here.
        error.redirect_uri = None
        error.state = None
        return server.handle_error_response(None, error)
    uri = URI + secrets.token_urlsafe(32)
    server.session.add(
        PushedRequest(
            client_id=client.id,
            uri_hash=hashed(uri),
            parameters=parameters,
            expires_at=datetime.now(UTC) + PUSHED_LIVES,
        )
    )
    body = {"request_uri": uri, "expires_in": int(PUSHED_LIVES.total_seconds())}
    return server.handle_response(201, body, [("Content-Type", "application/json")])


def _bind(parameters: dict[str, str], thumbprint: str | None) -> None:
    """A DPoP proof with the pushed request binds the code as `dpop_jkt` does (RFC 9449, 10.1)."""
    if thumbprint is None:
        return
    if parameters.setdefault("dpop_jkt", thumbprint) != thumbprint:
        raise InvalidRequestError("dpop_jkt names another key than the DPoP proof")


def _request(server: Server, received: Received) -> OAuthRequest:
    parameters = in_query(received)
    uri = parameters.get("request_uri")
    if uri is None:
        return OAuthRequest(received, parameters)
    pushed = server.session.scalar(
        select(PushedRequest)
        .where(PushedRequest.uri_hash == hashed(uri), PushedRequest.expires_at > datetime.now(UTC))
        .with_for_update()
    )
    client = server.query_client(parameters.get("client_id", ""))
    if pushed is None or client is None or pushed.client_id != client.id or pushed.used_at is not None:
        raise InvalidClientError("the pushed request is not known, or was used")
    # RFC 9126, 4: what was pushed counts, and nothing beside it.
    request = OAuthRequest(received, pushed.parameters)
    request.pushed = pushed
    return request


def _without_a_word(server: Server, asked: Asked, signed_in: SignedIn | None) -> Answer:
    """The answer to `prompt=none` (OpenID Connect Core, 3.1.2.1 and 3.1.2.6).

    :raises LoginRequiredError: when nobody is signed in, or it was too long ago.
    :raises ConsentRequiredError: when the person did not let this client have as much before, or the client
        is a program on somebody's own machine, which any other program there could pretend to be (RFC 8252,
        8.6).
    """
    back = {"redirect_uri": asked.redirect_uri, "state": asked.grant.request.parameters.get("state")}
    # Classes are wishes: what was reached is in the id_token.
    if signed_in is None or not replace(asked.proof, classes=()).is_met(signed_in, None):
        raise LoginRequiredError(**back)
    if asked.client.public or not _granted_before(server.session, asked, signed_in.principal):
        raise ConsentRequiredError(**back)
    server.auth_time, server.amr = signed_in.proved_at, signed_in.ways
    return answer(server, asked, signed_in.principal, allow=True)


def _granted_before(session: Session, asked: Asked, who: Principal) -> bool:
    own = asked.client.organisation_id in (None, who.organisation_id)
    known = select(OAuthGrant.id).where(
        OAuthGrant.client_id == asked.client.id,
        OAuthGrant.person_id == who.person_id,
        OAuthGrant.organisation_id.is_not_distinct_from(who.organisation_id),
        OAuthGrant.revoked_at.is_(None),
        OAuthGrant.expires_at > datetime.now(UTC),
        type_coerce(OAuthGrant.scope, ARRAY(String)).contains(list(asked.scope)),
    )
    return own and session.scalar(known.limit(1)) is not None
