"""Leading a browser to a directory, with the cookie by which it is known when it comes back."""

from __future__ import annotations

from typing import cast

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.web.presentation import LeavingPage
from accord.web.request import AccordFlask
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.outside import Outside
from accord_auth.sso.starting import Sent

BROWSER_COOKIE = "accord_sso"
LONGEST_COOKIE = 200
TO_DIRECTORY = "To your organisation’s sign-in"  # noqa: RUF001 - a true apostrophe for the page


def outside() -> Outside:
    """What dealing with a directory takes."""
    return cast("AccordFlask", current_app).outside


def own_browser() -> str | None:
    """The cookie that this browser has from an earlier time."""
    known = request.cookies.get(BROWSER_COOKIE)
    return known if known and len(known) <= LONGEST_COOKIE else None


def failed(error: SsoFailed) -> ResponseReturnValue:
    """The one page of everything that can go wrong."""
    page = render_template("sso/failed.html", words=str(error), url=url_for("web.sign_in_form"))
    return page, 400


def lead(sent: Sent) -> Response:
    """Redirect a browser that followed a link."""
    return _remembered(make_response(redirect(sent.url, 303)), sent)


def lead_from_form(sent: Sent) -> Response:
    """Show a page that leads there: a form's redirect may not leave our own address."""
    words = f"{sent.host} asks you who you are, and sends you back here."
    page = LeavingPage(TO_DIRECTORY, words, sent.url, sent.host)
    return _remembered(make_response(render_template("leaving.html", page=page)), sent)


def _remembered(response: Response, sent: Sent) -> Response:
    response.set_cookie(
        BROWSER_COOKIE,
        sent.browser,
        expires=sent.expires_at,
        httponly=True,
        secure=current_app.config["SECURE_COOKIES"],
        samesite="Lax",
    )
    return response
