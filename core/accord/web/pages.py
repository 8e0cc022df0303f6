"""Pages that belong to no feature: signing in and out, the theme, static files, the API's description."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, render_template, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from accord.web.assets import STATIC
from accord.web.fields import LONGEST_ADDRESS, asks, takes, text
from accord.web.presentation import (
    THEME_COOKIE,
    ApiDocsPage,
    LeavingPage,
    Option,
    PasskeyForm,
    SignInPage,
    theme_of,
)
from accord.web.request import AccordFlask, current_principal, own_path
from accord.web.signing import (
    COOKIE,
    current_session,
    hand_out,
    hold_pending,
    own_token,
    restricted_session,
)
from accord_auth.errors import SignInFailed
from accord_auth.sessions.pending import Pending
from accord_auth.sessions.service import end_session
from accord_auth.sessions.signing_in import sign_in as prove_and_start
from accord_auth.sso.signing_out import leave_directory
from accord_auth.throttling.service import TooManyTries
from accord_config.database import NOBODY

blueprint = Blueprint("web", __name__)
YEAR_S = 365 * 24 * 3600


def _app() -> AccordFlask:
    if not isinstance(current_app, AccordFlask) and not hasattr(current_app, "gate"):
        raise TypeError("these pages need an AccordFlask")
    return current_app  # type: ignore[return-value]  # a proxy of the AccordFlask that was checked


@blueprint.get("/")
@asks()
def home() -> ResponseReturnValue:
    """Lead to where the person's work is."""
    who = current_principal()
    if restricted_session() is not None:
        return redirect(url_for("factors.overview"), 303)
    if who is None:
        return redirect(url_for("web.sign_in_form"), 303)
    return redirect(url_for("caseload.queue" if who.organisation_id else "admin.organisations"), 303)


@blueprint.get("/sign-in")
@asks(next=text(LONGEST_ADDRESS))
def sign_in_form() -> ResponseReturnValue:
    """Ask who it is."""
    if restricted_session() is not None:
        return redirect(url_for("factors.overview"), 303)
    if current_principal() is not None:
        return redirect(_next(request.args.get("next", "")), 303)
    page = _page(next=request.args.get("next", ""))
    return render_template("sign_in.html", page=page)


@blueprint.post("/sign-in")
@takes(
    email=text(320),
    password=text(1000),
    organisation=text(60),
    next=text(LONGEST_ADDRESS),
)
def sign_in() -> ResponseReturnValue:
    """Start a session for one organisation; ask for which when there are several."""
    email, after = request.form.get("email", ""), request.form.get("next", "")
    app = _app()
    try:
        found = prove_and_start(
            app.gate,
            email=email,
            password=request.form.get("password", ""),
            organisation=request.form.get("organisation", ""),
            hours=app.config["SESSION_HOURS"],
            user_agent=request.user_agent.string,
        )
    except (SignInFailed, TooManyTries) as error:
        page = _page(email=email, error=str(error), next=after)
        again = current_app.make_response(render_template("sign_in.html", page=page))
        again.status_code = 401
        if isinstance(error, TooManyTries):
            again.status_code, again.headers["Retry-After"] = 429, str(error.retry_after)
        return again
    if isinstance(found, list):
        page = _page(
            email=email,
            error="Choose the organisation to act for, and enter the password again.",
            next=after,
            organisations=tuple(Option(choice.slug, choice.name) for choice in found),
        )
        return render_template("sign_in.html", page=page), 200
    if isinstance(found, Pending):
        onwards = redirect(url_for("second_step.form", next=after or None), 303)
        hold_pending(onwards, found, secure=app.config["SECURE_COOKIES"])
        return onwards
    response = redirect(_next(after), 303)
    hand_out(response, found, secure=app.config["SECURE_COOKIES"])
    return response


def _page(**given: Any) -> SignInPage:
    after = given.get("next", "")
    passkey = PasskeyForm(
        url_for("second_step.options"), url_for("second_step.passkey"), _app().means.origin, next=after
    )
    return SignInPage(
        url_for("web.sign_in"), passkey=passkey, directory_url=url_for("sso_entry.by_word"), **given
    )


@blueprint.post("/sign-out")
@takes()
def sign_out() -> ResponseReturnValue:
    """End the session; one that a directory started is ended there, too."""
    token, signed_in = own_token(), current_session()
    elsewhere = leave_directory(_app().outside, signed_in) if signed_in is not None else None
    if token is not None:
        with _app().gate.transaction(NOBODY) as session:
            end_session(session, token)
    response: Response = redirect(url_for("web.sign_in_form"), 303)
    if elsewhere is not None:
        response = current_app.make_response(_leaving(elsewhere))
    response.delete_cookie(COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _leaving(url: str) -> str:
    host = urlsplit(url).hostname or ""
    words = f"You are signed out of Accord. {host} signs you out as well."
    return render_template("leaving.html", page=LeavingPage("Signed out", words, url, host))


@blueprint.post("/theme")
@takes(theme=text(10), next=text(LONGEST_ADDRESS))
def theme() -> ResponseReturnValue:
    """Remember light, dark or the system's choice."""
    chosen = theme_of(request.form.get("theme"))
    response = redirect(_next(request.form.get("next", "")), 303)
    if chosen is None:
        response.delete_cookie(THEME_COOKIE)
    else:
        response.set_cookie(THEME_COOKIE, chosen, max_age=YEAR_S, samesite="Lax")
    return response


@blueprint.get("/static/<path:filename>")
@asks(v=text(64))
def static(filename: str) -> Response:
    """A static file; its address changes with its content."""
    return send_from_directory(STATIC, filename, max_age=YEAR_S if "v" in request.args else None)


@blueprint.get("/api/docs")
@asks()
def api_docs() -> str:
    """The API's description, drawn without anything from another host."""
    return render_template("api_docs.html", page=ApiDocsPage(document_url="/api/openapi.json"))


def _next(where: str) -> str:
    return own_path(where) or url_for("web.home")
