"""Invitations by the API: inviting, sending again, withdrawing, accepting."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from flask import current_app

from accord.api.blueprint import ApiBlueprint
from accord.api.people import manager
from accord.api.people_schemas import AcceptBody, InvitationBody, InvitationsReply, InvitedReply
from accord.api.problem import problems
from accord.api.schemas import SessionReply, Values
from accord.api.sessions import API_AGENT
from accord.inviting import hand_over
from accord.web.request import AccordFlask, principal
from accord_auth.errors import NotSignedIn
from accord_auth.factors.service import SecondFactorNeeded
from accord_auth.invitations import service
from accord_auth.invitations.accepting import accept
from accord_auth.invitations.service import Invited
from accord_auth.sessions.pending import Pending
from accord_auth.sessions.service import resolve
from accord_config.database import NOBODY

blueprint = ApiBlueprint("api_invitations", __name__, description="Inviting people, and accepting.")


def _app() -> AccordFlask:
    return cast("AccordFlask", current_app)


def _told(made: Invited) -> Values:
    handed = hand_over(_app().gate, _app().mailer, _app().issuer, made)
    return {
        "id": made.id,
        "email": made.email,
        "role": made.role,
        "expires_at": made.expires_at,
        "sent": handed.sent,
        "link": handed.link,
    }


@blueprint.get("/invitations")
@problems(blueprint)
@blueprint.response(200, InvitationsReply)
def waiting() -> Values:
    """The invitations into where one acts that nobody has accepted yet."""
    with _app().gate.transaction(NOBODY) as session:
        return {"items": service.waiting(session, principal())}


@blueprint.post("/invitations")
@problems(blueprint, 400, 409, 413, 415)
@blueprint.arguments(InvitationBody)
@blueprint.response(201, InvitedReply)
def invite(body: Values) -> Values:
    """Invite an address to one role where one acts."""
    who = manager()
    with _app().gate.transaction(NOBODY) as session:
        made = service.invite(session, who, **body, organisation_id=who.organisation_id)
    return _told(made)


@blueprint.post("/invitations/<uuid:invitation_id>/resend")
@problems(blueprint, 404)
@blueprint.response(200, InvitedReply)
def resend(invitation_id: UUID) -> Values:
    """Send an invitation again with a new link; the older one leads to nothing."""
    who = manager()
    with _app().gate.transaction(NOBODY) as session:
        made = service.resend(session, who, invitation_id)
    return _told(made)


@blueprint.delete("/invitations/<uuid:invitation_id>")
@problems(blueprint, 404)
@blueprint.response(204)
def withdraw(invitation_id: UUID) -> None:
    """Take an invitation back."""
    with _app().gate.transaction(NOBODY) as session:
        service.withdraw(session, manager(), invitation_id)


@blueprint.post("/invitations/accept")
@problems(blueprint, 400, 404, 413, 415, 429)
@blueprint.arguments(AcceptBody)
@blueprint.response(201, SessionReply)
@blueprint.doc(security=[])
def accept_it(body: Values) -> Values:
    """Accept an invitation and get the bearer token of a session for its organisation."""
    hours = current_app.config["SESSION_HOURS"]
    started = accept(_app().gate, **body, hours=hours, user_agent=API_AGENT)
    if isinstance(started, Pending):
        raise SecondFactorNeeded("accepted; now sign in with your second factor")
    with _app().gate.transaction(NOBODY) as session:
        who = resolve(session, started.token)
    if who is None:
        # Taken away again in the meantime.
        raise NotSignedIn
    acts_for = who.organisation_slug
    return {"token": started.token, "expires_at": started.expires_at, "organisation": acts_for}
