"""Signing in and out by the API. OAuth clients will come beside this."""

from __future__ import annotations

from typing import cast

from flask import current_app

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import OrganisationsReply, SessionReply, SignInBody, Values
from accord.web.request import AccordFlask, principal, unit
from accord.web.signing import own_token
from accord_auth.credentials import end_credential
from accord_auth.errors import SignInFailed
from accord_auth.organisations.service import other_organisations
from accord_auth.sessions.service import choices, start_session
from accord_config.database import NOBODY

blueprint = ApiBlueprint("api_sessions", __name__, description="Signing in and out; the members.")


def _app() -> AccordFlask:
    return cast("AccordFlask", current_app)


@blueprint.post("/sessions")
@problems(blueprint, 400, 413, 415)
@blueprint.arguments(SignInBody)
@blueprint.response(201, SessionReply)
@blueprint.doc(security=[])
def sign_in(body: Values) -> Values:
    """Start a session and get its bearer token."""
    with _app().gate.transaction(NOBODY) as session:
        person_id, found = choices(session, email=body["email"], password=body["password"])
        wanted = body["organisation"] or (found[0].slug if len(found) == 1 else "")
        chosen = next((choice for choice in found if choice.slug == wanted), None)
        if chosen is None:
            raise SignInFailed
        started = start_session(
            session,
            person_id=person_id,
            choice=chosen,
            hours=current_app.config["SESSION_HOURS"],
            user_agent="api",
        )
    return {"token": started.token, "expires_at": started.expires_at, "organisation": chosen.slug}


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
