"""The pages of one's own second factors: passkeys, authenticator apps, recovery codes.

They are open to a session that is restricted until there is a second factor. Each change is mailed to the
person.
"""

from __future__ import annotations

import io
from typing import cast
from uuid import UUID

import segno
from flask import Blueprint, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.account.presentation import AppPage, CodesPage, FactorRow, FactorsPage
from accord.telling import tell
from accord.web.fields import asks, takes, text
from accord.web.presentation import PasskeyForm
from accord.web.request import AccordFlask
from accord.web.signing import any_session, restricted_session
from accord_auth.accounts import factors as service
from accord_auth.accounts.factors import LONGEST_NAME, Added
from accord_auth.errors import Conflict, Invalid, SignInFailed
from accord_auth.factors.apps import NewApp
from accord_auth.factors.models import AuthenticatorApp, Passkey
from accord_auth.factors.passkeys import LONGEST_CREDENTIAL
from accord_auth.factors.service import LONGEST_CODE
from accord_auth.sessions.service import SignedIn
from accord_config.database import NOBODY

blueprint = Blueprint("factors", __name__, template_folder="templates", url_prefix="/account/factors")


def _app() -> AccordFlask:
    return cast("AccordFlask", current_app)


def _platform() -> bool:
    return bool(_app().config["PLATFORM_SECOND_FACTOR"])


@blueprint.get("")
@asks()
def overview() -> str:
    """The factors there are, and how to add one."""
    return _page(any_session(), {})


def _page(signed_in: SignedIn, errors: dict[str, str]) -> str:
    with _app().gate.transaction(NOBODY) as session:
        found = service.own_factors(session, signed_in)
    rows = [*map(_row, found.passkeys), *map(_row, found.apps)]
    page = FactorsPage(
        rows=tuple(rows),
        app_url=url_for("factors.begin_app"),
        passkey=PasskeyForm(
            url_for("factors.passkey_options"), url_for("factors.add_passkey"), _app().means.origin
        ),
        codes_left=found.recovery_left,
        codes_url=url_for("factors.renew_codes"),
        account_url=url_for("account.account"),
        sign_out_url=url_for("web.sign_out"),
        asked=restricted_session() is not None,
        demanded=service.demanded(signed_in, platform=_platform()),
        who=signed_in.principal.organisation_name,
        errors=errors,
    )
    return render_template("account/factors.html", page=page)


def _row(found: Passkey | AuthenticatorApp) -> FactorRow:
    passkey = isinstance(found, Passkey)
    return FactorRow(
        name=found.name,
        kind="passkey" if passkey else "authenticator app",
        created_at=found.created_at,
        last_used_at=found.last_used_at,
        suspect=isinstance(found, Passkey) and found.suspect_at is not None,
        remove_url=url_for("factors.remove", factor_id=found.id),
        rename_url=url_for("factors.rename", factor_id=found.id) if passkey else None,
    )


@blueprint.post("/apps")
@takes(name=text(LONGEST_NAME, required=True))
def begin_app() -> ResponseReturnValue:
    """Begin with another authenticator app."""
    signed_in = any_session()
    try:
        with _app().gate.transaction(NOBODY) as session:
            begun = service.begin_app(session, _app().means, signed_in, request.form.get("name", ""))
    except (Invalid, Conflict) as error:
        return _page(signed_in, _named(error, "app")), 422
    return redirect(url_for("factors.app", app_id=begun.id), 303)


@blueprint.get("/apps/<uuid:app_id>")
@asks()
def app(app_id: UUID) -> str:
    """What to put into the app, and the question for its first code."""
    return _app_page(app_id)


def _app_page(app_id: UUID, error: str = "") -> str:
    with _app().gate.transaction(NOBODY) as session:
        begun = service.app_begun(session, _app().means, any_session(), app_id)
    page = AppPage(
        picture=_picture(begun),
        secret=" ".join(begun.secret[start : start + 4] for start in range(0, len(begun.secret), 4)),
        name=begun.name,
        action_url=url_for("factors.confirm_app", app_id=app_id),
        back_url=url_for("factors.overview"),
        error=error,
    )
    return render_template("account/app.html", page=page)


def _picture(begun: NewApp) -> str:
    drawn = io.BytesIO()
    code = segno.make(begun.uri, error="m", micro=False)
    code.save(drawn, kind="svg", scale=4, xmldecl=False, svgns=False, omitsize=True, light="white")
    return drawn.getvalue().decode()


@blueprint.post("/apps/<uuid:app_id>")
@takes(code=text(LONGEST_CODE, required=True))
def confirm_app(app_id: UUID) -> ResponseReturnValue:
    """Take the app's first code."""
    signed_in = any_session()
    try:
        added = service.confirm_app(
            _app().gate, _app().means, signed_in, app_id, request.form.get("code", "")
        )
    except SignInFailed as error:
        return _app_page(app_id, str(error)), 422
    return _done(signed_in, added)


@blueprint.post("/passkeys/options")
@takes()
def passkey_options() -> ResponseReturnValue:
    """What the browser needs to make a passkey."""
    with _app().gate.transaction(NOBODY) as session:
        return jsonify(service.begin_passkey(session, _app().means, any_session()))


@blueprint.post("/passkeys")
@takes(credential=text(LONGEST_CREDENTIAL, required=True), name=text(LONGEST_NAME, required=True))
def add_passkey() -> ResponseReturnValue:
    """Take the passkey that the browser made."""
    signed_in, form = any_session(), request.form
    try:
        added = service.add_passkey(
            _app().gate, _app().means, signed_in, form.get("credential", ""), form.get("name", "")
        )
    except (SignInFailed, Invalid, Conflict) as error:
        return _page(signed_in, _named(error, "passkey")), 422
    return _done(signed_in, added)


@blueprint.post("/<uuid:factor_id>/rename")
@takes(name=text(LONGEST_NAME, required=True))
def rename(factor_id: UUID) -> ResponseReturnValue:
    """Give a passkey another name."""
    with _app().gate.transaction(NOBODY) as session:
        service.rename_passkey(session, any_session(), factor_id, request.form.get("name", ""))
    flash("The passkey has another name.", "success")
    return redirect(url_for("factors.overview"), 303)


@blueprint.post("/<uuid:factor_id>/remove")
@takes()
def remove(factor_id: UUID) -> ResponseReturnValue:
    """Remove a factor."""
    signed_in = any_session()
    try:
        with _app().gate.transaction(NOBODY) as session:
            ended = service.remove_factor(session, signed_in, factor_id, platform=_platform())
    except Conflict as error:
        return _page(signed_in, {"": str(error)}), 409
    tell(_app().mailer, signed_in.principal.email, "A second factor was removed from your account.")
    flash(f"Removed. Ended: {ended.words()}.", "success")
    return redirect(url_for("factors.overview"), 303)


@blueprint.post("/codes")
@takes()
def renew_codes() -> ResponseReturnValue:
    """Ten new recovery codes."""
    signed_in = any_session()
    try:
        with _app().gate.transaction(NOBODY) as session:
            made = service.renew_codes(session, signed_in)
    except Conflict as error:
        return _page(signed_in, {"": str(error)}), 409
    tell(
        _app().mailer,
        signed_in.principal.email,
        "Your account got new recovery codes; the older ones are void.",
    )
    return _codes(made, "These take the place of the older ones, which count no more.")


def _done(signed_in: SignedIn, added: Added) -> ResponseReturnValue:
    tell(_app().mailer, signed_in.principal.email, f"Your account has a new second factor: {added.name}.")
    ended = f" Ended: {added.ended.words()}." if added.ended.total else ""
    if added.codes:
        return _codes(added, f"Your {added.name} is set up.{ended}")
    flash(f"Your {added.name} is set up.{ended}", "success")
    return redirect(url_for("factors.overview"), 303)


def _codes(added: Added, done: str) -> ResponseReturnValue:
    page = CodesPage(added.codes, done, url_for("web.home"))
    return render_template("account/codes.html", page=page), 201


def _named(error: SignInFailed | Invalid | Conflict, form: str) -> dict[str, str]:
    why = " ".join(error.fields.get("name", [])) if isinstance(error, Invalid) else ""
    return {form: why or str(error)}
