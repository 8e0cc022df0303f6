"""Signing in and out by the API. OAuth clients will come beside this."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from flask import current_app

from accord.api.blueprint import ApiBlueprint
from accord.api.factor_schemas import ProofBody
from accord.api.problem import problems
from accord.api.schemas import (
    EndedReply,
    NewPasswordBody,
    OrganisationsReply,
    OwnSessionsReply,
    PrincipalReply,
    SessionReply,
    SignInBody,
    Values,
)
from accord.web.request import AccordFlask, principal, unit
from accord.web.signing import own_session, own_token
from accord_auth.accounts import service as accounts
from accord_auth.credentials import end_credential
from accord_auth.errors import SignInFailed
from accord_auth.organisations.service import other_organisations
from accord_auth.sessions import signing_in
from accord_auth.sessions.service import resolve_session
from accord_config.database import NOBODY

blueprint = ApiBlueprint("api_sessions", __name__, description="Signing in and out; the members.")

API_AGENT = "api"
"""What a session says of its device that was started by the API."""


def _app() -> AccordFlask:
    return cast("AccordFlask", current_app)


@blueprint.post("/sessions")
@problems(blueprint, 400, 413, 415, 429)
@blueprint.arguments(SignInBody)
@blueprint.response(201, SessionReply)
@blueprint.doc(security=[])
def sign_in(body: Values) -> Values:
    """Start a session and get its bearer token."""
    started = signing_in.sign_in_with_code(
        _app().gate,
        _app().means,
        **body,
        hours=current_app.config["SESSION_HOURS"],
        user_agent=API_AGENT,
    )
    if isinstance(started, list):
        raise SignInFailed
    with _app().gate.transaction(NOBODY) as session:
        signed_in = resolve_session(session, started.token)
    if signed_in is None:
        raise SignInFailed
    acts_for = signed_in.principal.organisation_slug
    return {"token": started.token, "expires_at": started.expires_at, "organisation": acts_for}


@blueprint.get("/sessions")
@problems(blueprint)
@blueprint.response(200, OwnSessionsReply)
def own_sessions() -> Values:
    """One's own open sessions, in whatever organisation."""
    with _app().gate.transaction(NOBODY) as session:
        return {"items": accounts.own_sessions(session, own_session())}


@blueprint.delete("/sessions/<uuid:session_id>")
@problems(blueprint, 404)
@blueprint.response(204)
def end_own_session(session_id: UUID) -> None:
    """End one of one's own sessions."""
    with _app().gate.transaction(NOBODY) as session:
        accounts.end_own_session(session, own_session(), session_id)


@blueprint.post("/sessions/current/proof")
@problems(blueprint, 400, 413, 415, 429)
@blueprint.arguments(ProofBody)
@blueprint.response(204)
def prove(body: Values) -> None:
    """Prove again who one is. Dangerous acts need it: they answer 401, `insufficient_user_authentication`."""
    if body["code"]:
        signing_in.prove_by_code(_app().gate, _app().means, own_session(), body["code"])
    else:
        signing_in.prove(_app().gate, own_session(), body["password"])


@blueprint.put("/account/password")
@problems(blueprint, 400, 413, 415, 429)
@blueprint.arguments(NewPasswordBody)
@blueprint.response(200, EndedReply)
def change_password(body: Values) -> Values:
    """Change one's password; all other sessions end."""
    signed_in = own_session()
    signing_in.check_password(_app().gate, signed_in, body["current_password"])
    with _app().gate.transaction(NOBODY) as session:
        return {"ended": accounts.change_password(session, signed_in, body["new_password"]).counts}


@blueprint.get("/sessions/current")
@problems(blueprint)
@blueprint.response(200, PrincipalReply)
def current() -> Values:
    """Who is asking, for which organisation, and what that allows."""
    who = principal()
    return {
        "person": who.person_name,
        "email": who.email or None,
        "organisation": who.organisation_slug,
        "client_id": who.client_id,
        "permissions": sorted(who.permissions),
    }


@blueprint.delete("/sessions/current")
@problems(blueprint)
@blueprint.response(204)
def sign_out() -> None:
    """End the session of this token."""
    principal()
    token = own_token()
    if token is not None:
        with _app().gate.transaction(NOBODY) as session:
            end_credential(session, token)


@blueprint.get("/organisations")
@problems(blueprint)
@blueprint.response(200, OrganisationsReply)
def organisations() -> Values:
    """The other members of the task force."""
    return {"items": other_organisations(unit(), principal())}
