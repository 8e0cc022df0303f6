"""The second step of signing in: a passkey, a code, or a recovery code; then, where there are several, for
whom.

Nobody is signed in on these pages. What was proved so far is in a cookie of this browser, for ten minutes.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from accord.account.presentation import SecondStepPage
from accord.telling import tell
from accord.web.fields import LONGEST_ADDRESS, asks, takes, text
from accord.web.presentation import Option, PasskeyForm
from accord.web.request import own_path, this_app
from accord.web.signing import PENDING_COOKIE, PENDING_PATH, hand_out, hold_pending
from accord_auth.errors import AccordError, SignInFailed
from accord_auth.factors.methods import Method
from accord_auth.factors.passkeys import LONGEST_CREDENTIAL
from accord_auth.factors.recovery import left
from accord_auth.factors.service import LONGEST_CODE
from accord_auth.sessions import pending
from accord_auth.sessions.service import Choice, SignIn, resolve_session
from accord_auth.throttling.service import TooManyTries
from accord_config.database import NOBODY

blueprint = Blueprint("second_step", __name__, template_folder="templates", url_prefix=PENDING_PATH)
LONGEST_TOKEN = 200


def _token() -> str:
    return request.cookies.get(PENDING_COOKIE, "")[:LONGEST_TOKEN]


@blueprint.get("/factor")
@asks(next=text(LONGEST_ADDRESS))
def form() -> ResponseReturnValue:
    """Ask for the second factor; or, when that was given, for which organisation to act."""
    return _page(request.args.get("next", ""))


@blueprint.post("/factor")
@takes(code=text(LONGEST_CODE, required=True), next=text(LONGEST_ADDRESS))
def check() -> ResponseReturnValue:
    """Take a code."""
    try:
        found = pending.second_code(
            this_app().gate, this_app().means, _token(), request.form.get("code", ""), **_session()
        )
    except (SignInFailed, TooManyTries) as error:
        return _again(error)
    return _onwards(found)


@blueprint.post("/passkey/options")
@takes()
def options() -> ResponseReturnValue:
    """What a passkey has to sign; a browser without a sign-in under way begins one."""
    found, begun = pending.passkey_options(this_app().gate, this_app().means, _token() or None)
    answer = jsonify(found)
    if begun is not None:
        hold_pending(answer, begun, secure=this_app().config["SECURE_COOKIES"])
    return answer


@blueprint.post("/passkey")
@takes(credential=text(LONGEST_CREDENTIAL, required=True), next=text(LONGEST_ADDRESS))
def passkey() -> ResponseReturnValue:
    """Take what a passkey signed."""
    try:
        found = pending.second_passkey(
            this_app().gate, this_app().means, _token(), request.form.get("credential", ""), **_session()
        )
    except (SignInFailed, TooManyTries) as error:
        return _again(error)
    return _onwards(found)


@blueprint.post("/act-for")
@takes(organisation=text(60, required=True), next=text(LONGEST_ADDRESS))
def choose() -> ResponseReturnValue:
    """Begin to act for one of the organisations."""
    try:
        found = pending.choose(this_app().gate, _token(), request.form.get("organisation", ""), **_session())
    except SignInFailed as error:
        return _again(error)
    return _onwards(found)


def _session() -> dict[str, Any]:
    return {"hours": this_app().config["SESSION_HOURS"], "user_agent": request.user_agent.string}


def _onwards(found: SignIn | list[Choice]) -> ResponseReturnValue:
    after = request.form.get("next", "")
    if isinstance(found, list):
        return redirect(url_for("second_step.form", next=after or None), 303)
    _tell_of_recovery(found)
    response = redirect(own_path(after) or url_for("web.home"), 303)
    hand_out(response, found, secure=this_app().config["SECURE_COOKIES"])
    response.delete_cookie(PENDING_COOKIE, path=PENDING_PATH)
    return response


def _tell_of_recovery(started: SignIn) -> None:
    """Whoever used a recovery code learns how many are left, and its owner that it was used."""
    with this_app().gate.transaction(NOBODY) as session:
        signed_in = resolve_session(session, started.token)
        if signed_in is None or Method.RECOVERY_CODE not in signed_in.amr:
            return
        number = left(session, signed_in.person_id)
    flash(
        f"You used a recovery code; {number} of them are left. New ones are made under Your account.",
        "warning",
    )
    words = f"Somebody signed in to your account with one of your recovery codes; {number} are left."
    tell(this_app().mailer, signed_in.principal.email, words)


def _again(error: AccordError) -> ResponseReturnValue:
    shown = _page(request.form.get("next", ""), str(error))
    answer = current_app.make_response(shown)
    if answer.status_code == 200:
        answer.status_code = 401
    if isinstance(error, TooManyTries):
        answer.status_code, answer.headers["Retry-After"] = 429, str(error.retry_after)
    return answer


def _page(after: str, error: str = "") -> str | Response:
    """The page of what the sign-in waits for; the first page of signing in when there is none."""
    try:
        with this_app().gate.transaction(NOBODY) as session:
            waits = pending.waiting(session, _token())
    except SignInFailed:
        if error:
            # Without a password before it, a passkey was tried on the page of signing in.
            flash(error, "danger")
        return redirect(url_for("web.sign_in_form", next=after or None), 303)
    keys = [one for one in waits.factors.passkeys if one.suspect_at is None]
    passkey_form = PasskeyForm(
        url_for("second_step.options"), url_for("second_step.passkey"), this_app().means.origin, next=after
    )
    page = SecondStepPage(
        email=waits.email,
        code_url=url_for("second_step.check"),
        passkey=passkey_form if keys else None,
        app=bool(waits.factors.apps),
        choose_url=url_for("second_step.choose"),
        choices=tuple(Option(one.slug, one.name) for one in waits.choices) if waits.proved else (),
        next=after,
        error=error,
    )
    return render_template("account/second_step.html", page=page)
