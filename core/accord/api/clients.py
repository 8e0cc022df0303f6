"""OAuth clients by the API. They are read and changed on the gate's role: no member's data is in them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import current_app

from accord.api.blueprint import ApiBlueprint
from accord.api.client_schemas import (
    ClientBody,
    ClientReply,
    ClientsReply,
    ExemptiblesReply,
    ExemptionBody,
    GrantsReply,
    SecretReply,
)
from accord.api.problem import problems
from accord.api.schemas import Values
from accord.web.request import AccordFlask, principal
from accord.web.signing import fresh_session
from accord_auth.clients import service
from accord_auth.clients.drafts import Draft, kind_of
from accord_auth.oauth.models import AuthMethod, OAuthClient
from accord_auth.principal import Principal
from accord_config.database import NOBODY

blueprint = ApiBlueprint(
    "api_clients", __name__, description="Programs of the organisation, and their tokens."
)


def _gate() -> Any:
    app: AccordFlask = current_app  # type: ignore[assignment]  # a proxy of the one application
    return app.gate.transaction(NOBODY)


def _fresh() -> Principal:
    """Who asks, having proved a short time ago who it is: what lets programs in is a dangerous act."""
    return fresh_session().principal


@blueprint.get("/clients")
@problems(blueprint)
@blueprint.response(200, ClientsReply)
def client_list() -> Values:
    """The organisation's clients."""
    with _gate() as session:
        return {"items": [_reply(client) for client in service.clients_of(session, principal())]}


@blueprint.post("/clients")
@problems(blueprint, 400, 409, 413, 415)
@blueprint.arguments(ClientBody)
@blueprint.response(201, ClientReply)
def register(body: Values) -> Values:
    """Register a client."""
    with _gate() as session:
        return _reply(service.register(session, _fresh(), _draft(body)))


@blueprint.get("/clients/<uuid:client_id>")
@problems(blueprint, 404)
@blueprint.response(200, ClientReply)
def client(client_id: UUID) -> Values:
    """One client."""
    with _gate() as session:
        return _reply(service.find_client(session, principal(), client_id))


@blueprint.put("/clients/<uuid:client_id>")
@problems(blueprint, 400, 404, 413, 415)
@blueprint.arguments(ClientBody)
@blueprint.response(200, ClientReply)
def change(body: Values, client_id: UUID) -> Values:
    """Describe a client anew."""
    with _gate() as session:
        return _reply(service.change(session, _fresh(), client_id, _draft(body)))


@blueprint.delete("/clients/<uuid:client_id>")
@problems(blueprint, 404)
@blueprint.response(204)
def remove(client_id: UUID) -> None:
    """Remove a client: it and its tokens end at once."""
    with _gate() as session:
        service.remove(session, _fresh(), client_id)


@blueprint.post("/clients/<uuid:client_id>/secrets")
@problems(blueprint, 404, 409)
@blueprint.response(201, SecretReply)
def new_secret(client_id: UUID) -> Values:
    """Make a shared secret; it is told this once."""
    with _gate() as session:
        secret, until = service.new_secret(session, _fresh(), client_id)
    return {"secret": secret, "expires_at": until}


@blueprint.get("/clients/<uuid:client_id>/grants")
@problems(blueprint, 404)
@blueprint.response(200, GrantsReply)
def grants(client_id: UUID) -> Values:
    """What a client holds right now, and from whom."""
    with _gate() as session:
        found = service.grants_of(session, principal(), client_id)
    return {
        "items": [
            {
                "id": one.grant.id,
                "person": one.person.name if one.person else None,
                "scope": " ".join(one.grant.scope),
                "created_at": one.grant.created_at,
                "expires_at": one.grant.expires_at,
            }
            for one in found
        ]
    }


@blueprint.delete("/clients/<uuid:client_id>/grants/<uuid:grant_id>")
@problems(blueprint, 404)
@blueprint.response(204)
def end_grant(client_id: UUID, grant_id: UUID) -> None:
    """End one of them with all of its tokens."""
    with _gate() as session:
        service.end_one(session, principal(), client_id, grant_id)


@blueprint.get("/client-exceptions")
@problems(blueprint)
@blueprint.response(200, ExemptiblesReply)
def exemptible() -> Values:
    """Clients of all members that ask for a shared secret; for platform admins."""
    with _gate() as session:
        found = service.exemptible(session, principal())
    return {"items": [_exemption(one) for one in found]}


@blueprint.put("/client-exceptions/<uuid:client_id>")
@problems(blueprint, 400, 404, 413, 415)
@blueprint.arguments(ExemptionBody)
@blueprint.response(204)
def exempt(body: Values, client_id: UUID) -> None:
    """Let a client use a shared secret until then; a moment in the past takes it away."""
    with _gate() as session:
        service.exempt(session, _fresh(), client_id, until=body["until"], reason=body["reason"])


def _draft(body: Values) -> Draft:
    return Draft(
        name=body["name"],
        kind=body["kind"],
        scopes=tuple(body["scopes"]),
        redirect_uris=tuple(body["redirect_uris"]),
        jwks=body["jwks"],
        jwks_uri=body["jwks_uri"],
        networks=tuple(body["networks"]),
        require_par=body["require_par"],
        shared_secret=body["shared_secret"],
    )


def _reply(found: OAuthClient) -> Values:
    return {
        "id": found.id,
        "client_id": found.client_id,
        "name": found.name,
        "kind": kind_of(found),
        "scopes": found.scopes,
        "redirect_uris": found.redirect_uris,
        "jwks": found.jwks,
        "jwks_uri": found.jwks_uri,
        "jwks_read_at": found.jwks_read_at,
        "networks": found.networks,
        "require_par": found.require_par,
        "require_dpop": found.require_dpop,
        "shared_secret": found.auth_method == AuthMethod.SHARED_SECRET,
        "secret_until": found.secret_until,
        "created_at": found.created_at,
        "last_used_at": found.last_used_at,
    }


def _exemption(one: service.Exemptible) -> Values:
    return {
        "id": one.client.id,
        "client_id": one.client.client_id,
        "name": one.client.name,
        "organisation": one.organisation.slug,
        "secret_until": one.client.secret_until,
        "reason": one.client.secret_reason,
    }
