"""Pages that belong to no feature: signing in and out, the theme, static files, the API's description."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from accord.web.assets import STATIC
from accord.web.fields import LONGEST_ADDRESS, asks, takes, text
from accord.web.presentation import THEME_COOKIE, ApiDocsPage, Option, SignInPage, theme_of
from accord.web.request import AccordFlask, current_principal
from accord.web.signing import COOKIE, own_token
from accord_auth.errors import SignInFailed
from accord_auth.sessions.service import Choice, choices, end_session, start_session
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
    if who is None:
        return redirect(url_for("web.sign_in_form"), 303)
    return redirect(url_for("caseload.queue" if who.organisation_id else "admin.organisations"), 303)


@blueprint.get("/sign-in")
@asks(next=text(LONGEST_ADDRESS))
def sign_in_form() -> ResponseReturnValue:
    """Ask who it is."""
    if current_principal() is not None:
        return redirect(_next(request.args.get("next", "")), 303)
    page = SignInPage(action_url=url_for("web.sign_in"), next=request.args.get("next", ""))
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
    email, password = request.form.get("email", ""), request.form.get("password", "")
    wanted, after = request.form.get("organisation", ""), request.form.get("next", "")
    app = _app()
    try:
        with app.gate.transaction(NOBODY) as session:
            person_id, found = choices(session, email=email, password=password)
            chosen = _chosen(found, wanted)
            if chosen is None:
                page = SignInPage(
                    url_for("web.sign_in"),
                    email,
                    error="Choose the organisation to act for, and enter the password again.",
                    next=after,
                    organisations=tuple(Option(choice.slug, choice.name) for choice in found),
                )
                return render_template("sign_in.html", page=page), 200
            signed_in = start_session(
                session,
                person_id=person_id,
                choice=chosen,
                hours=app.config["SESSION_HOURS"],
                user_agent=request.user_agent.string,
            )
    except SignInFailed as error:
        page = SignInPage(url_for("web.sign_in"), email, error=str(error), next=after)
        return render_template("sign_in.html", page=page), 401
    response = redirect(_next(after), 303)
    response.set_cookie(
        COOKIE,
        signed_in.token,
        expires=signed_in.expires_at,
        httponly=True,
        secure=app.config["SECURE_COOKIES"],
        samesite="Lax",
    )
    return response


def _chosen(found: list[Choice], wanted: str) -> Choice | None:
    if len(found) == 1:
        return found[0]
    return next((choice for choice in found if choice.slug == wanted), None)


@blueprint.post("/sign-out")
@takes()
def sign_out() -> ResponseReturnValue:
    """End the session."""
    token = own_token()
    if token is not None:
        with _app().gate.transaction(NOBODY) as session:
            end_session(session, token)
    response = redirect(url_for("web.sign_in_form"), 303)
    response.delete_cookie(COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


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
    """A path of our own to go to; the start page for anything else.

    Browsers read a backslash as a slash and leave tabs and line breaks out, so none may be in it.
    """
    own = where.startswith("/") and not where.startswith("//") and "\\" not in where and where.isprintable()
    return where if own else url_for("web.home")
