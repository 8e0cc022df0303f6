"""The page of an invitation: it asks nobody who they are, the link says it."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.people.presentation import InvitationPage
from accord.web.fields import asks, takes, text
from accord.web.request import AccordFlask
from accord.web.signing import hand_out, hold_pending
from accord_auth.errors import Invalid, SignInFailed
from accord_auth.invitations.accepting import InvitationOver, accept, look_at
from accord_auth.people.service import LONGEST_NAME, LONGEST_PASSWORD
from accord_auth.permissions import ROLE_NAMES, ROLE_WORDS
from accord_auth.sessions.pending import Pending
from accord_auth.sso.starting import find_directory
from accord_auth.throttling.service import TooManyTries
from accord_config.database import NOBODY

blueprint = Blueprint("invitations", __name__, template_folder="templates", url_prefix="/invitation")


def _app() -> AccordFlask:
    return cast("AccordFlask", current_app)


@blueprint.get("/<token>")
@asks()
def look(token: str) -> ResponseReturnValue:
    """What the invitation offers."""
    return _page(token, {}, 200)


def _page(token: str, errors: dict[str, str], status: int) -> ResponseReturnValue:
    try:
        offer = look_at(_app().gate, token)
    except InvitationOver as error:
        return render_template("people/invitation_over.html", words=str(error)), 404
    page = InvitationPage(
        action_url=url_for("invitations.accept", token=token),
        organisation=offer.organisation,
        role=ROLE_NAMES[offer.role],
        role_words=ROLE_WORDS[offer.role],
        email=offer.email,
        known=offer.known,
        name=request.form.get("name", ""),
        errors=errors,
        directory_url=url_for("sso_entry.by_invitation", token=token) if _directory(offer.slug) else None,
        only_directory=offer.only_directory,
    )
    return render_template("people/invitation.html", page=page), status


def _directory(slug: str) -> bool:
    with _app().gate.transaction(NOBODY) as session:
        return find_directory(session, slug) is not None


@blueprint.post("/<token>", endpoint="accept")
@takes(name=text(LONGEST_NAME), password=text(LONGEST_PASSWORD))
def accept_it(token: str) -> ResponseReturnValue:
    """Accept the invitation, and begin to act for its organisation."""
    try:
        started = accept(
            _app().gate,
            token,
            name=request.form.get("name", ""),
            password=request.form.get("password", ""),
            hours=_app().config["SESSION_HOURS"],
            user_agent=request.user_agent.string,
        )
    except InvitationOver as error:
        return render_template("people/invitation_over.html", words=str(error)), 404
    except Invalid as error:
        return _page(token, {name: " ".join(why) for name, why in error.fields.items()}, 422)
    except SignInFailed as error:
        return _page(token, {"password": str(error)}, 422)
    except TooManyTries as error:
        again = Response(
            render_template("people/invitation_over.html", words=str(error)), 429, mimetype="text/html"
        )
        again.headers["Retry-After"] = str(error.retry_after)
        return again
    if isinstance(started, Pending):
        onwards = redirect(url_for("second_step.form"), 303)
        hold_pending(onwards, started, secure=_app().config["SECURE_COOKIES"])
        return onwards
    response = redirect(url_for("web.home"), 303)
    hand_out(response, started, secure=_app().config["SECURE_COOKIES"])
    return response
