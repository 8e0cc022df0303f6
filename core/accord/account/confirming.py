"""Proving again who one is, before an act with consequences: with a second factor of who has one."""

from __future__ import annotations

from typing import cast

from flask import Response, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.account.presentation import ConfirmPage
from accord.web.fields import LONGEST_ADDRESS, asks, takes, text
from accord.web.presentation import PasskeyForm
from accord.web.request import AccordFlask, own_path
from accord.web.signing import any_session
from accord_auth.errors import AccordError, Invalid, SignInFailed
from accord_auth.factors import passkeys
from accord_auth.factors.passkeys import LONGEST_CREDENTIAL, Purpose
from accord_auth.factors.service import LONGEST_CODE, factors_of
from accord_auth.people.service import LONGEST_PASSWORD
from accord_auth.sessions.signing_in import prove, prove_by_code, prove_by_passkey
from accord_auth.throttling.service import TooManyTries
from accord_config.database import NOBODY


def _app() -> AccordFlask:
    return cast("AccordFlask", current_app)


@asks(next=text(LONGEST_ADDRESS))
def confirm_form() -> str:
    """Ask for a proof."""
    return render_template("account/confirm.html", page=_page(request.args.get("next", "")))


@takes(password=text(LONGEST_PASSWORD), code=text(LONGEST_CODE), next=text(LONGEST_ADDRESS))
def confirm() -> ResponseReturnValue:
    """Take a password or a code as the proof, and go back to where one was."""
    password, code = request.form.get("password", ""), request.form.get("code", "")
    if bool(password.strip()) == bool(code.strip()):
        raise Invalid("some fields cannot be used", {"password": ["Write something."]})
    try:
        if code.strip():
            prove_by_code(_app().gate, _app().means, any_session(), code)
        else:
            prove(_app().gate, any_session(), password)
    except (SignInFailed, TooManyTries) as error:
        return _again(error)
    return _back()


@takes()
def confirm_options() -> ResponseReturnValue:
    """What a passkey has to sign as the proof."""
    signed_in = any_session()
    with _app().gate.transaction(NOBODY) as session:
        return jsonify(
            passkeys.authentication(
                session, _app().means, signed_in.session_id, Purpose.PROVE, signed_in.person_id
            )
        )


@takes(credential=text(LONGEST_CREDENTIAL, required=True), next=text(LONGEST_ADDRESS))
def confirm_passkey() -> ResponseReturnValue:
    """Take what a passkey signed as the proof."""
    try:
        prove_by_passkey(_app().gate, _app().means, any_session(), request.form.get("credential", ""))
    except (SignInFailed, TooManyTries) as error:
        return _again(error)
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(own_path(request.form.get("next", "")) or url_for("web.home"), 303)


def _again(error: AccordError) -> Response:
    page = render_template("account/confirm.html", page=_page(request.form.get("next", ""), str(error)))
    again = Response(page, 422, mimetype="text/html")
    if isinstance(error, TooManyTries):
        again.status_code, again.headers["Retry-After"] = 429, str(error.retry_after)
    return again


def _page(after: str, error: str = "") -> ConfirmPage:
    signed_in = any_session()
    with _app().gate.transaction(NOBODY) as session:
        found = factors_of(session, signed_in.person_id)
    keys = [one for one in found.passkeys if one.suspect_at is None]
    form = PasskeyForm(
        url_for("account.confirm_options"),
        url_for("account.confirm_passkey"),
        _app().means.origin,
        next=after,
    )
    return ConfirmPage(
        action_url=url_for("account.confirm"),
        email=signed_in.principal.email,
        next=after,
        passkey=form if keys and not signed_in.bound else None,
        app=bool(found.apps) and not signed_in.bound,
        password=not found.any and not signed_in.bound,
        directory_url=url_for("sso_entry.prove", next=after) if signed_in.bound else None,
        error=error,
    )
