"""The pages of one's own account."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from accord.account import confirming
from accord.account.presentation import AccountPage, PasswordForm, SessionRow, device, methods_in_words
from accord.web.fields import LONGEST_ADDRESS, asks, takes, text
from accord.web.request import AccordFlask
from accord.web.signing import hand_out, own_session
from accord_auth.accounts import service
from accord_auth.errors import Invalid, SignInFailed
from accord_auth.factors.service import factors_of
from accord_auth.people.service import LONGEST_PASSWORD
from accord_auth.permissions import ROLE_NAMES
from accord_auth.sessions.service import SignedIn
from accord_auth.sessions.signing_in import check_password, switch
from accord_auth.sso.service import linked_issuer
from accord_auth.sso.starting import find_directory
from accord_config.database import NOBODY, Database

blueprint = Blueprint("account", __name__, template_folder="templates")


def _gate() -> Database:
    return cast("AccordFlask", current_app).gate


@blueprint.get("/account")
@asks()
def account() -> str:
    """Who one is, the sessions there are, another password."""
    return _page(own_session(), {})


def _page(signed_in: SignedIn, errors: dict[str, str]) -> str:
    with _gate().transaction(NOBODY) as session:
        rows = tuple(_session_row(one) for one in service.own_sessions(session, signed_in))
        ends = service.preview_password_change(session, signed_in)
        found = factors_of(session, signed_in.person_id)
        directory, linked = _directory(session, signed_in)
    who = signed_in.principal
    page = AccountPage(
        name=who.person_name,
        email=who.email,
        organisation=who.organisation_name,
        roles=tuple(ROLE_NAMES[role] for role in sorted(who.roles)),
        sessions=rows,
        end_others_url=url_for("account.end_others"),
        factors=(*(one.name for one in found.passkeys), *(one.name for one in found.apps)),
        factors_url=url_for("factors.overview"),
        password=PasswordForm(url_for("account.password"), ends.words() if ends.total else "", errors),
        link_url=url_for("sso_entry.link") if directory and not linked else None,
        linked=linked,
    )
    return render_template("account/account.html", page=page)


def _session_row(found: service.OwnSession) -> SessionRow:
    return SessionRow(
        device=device(found.user_agent),
        organisation=found.organisation,
        address=found.address or "",
        how=methods_in_words(one for one in found.amr if one != "mfa"),
        started_at=found.authenticated_at,
        last_used_at=found.last_used_at,
        end_url=None if found.current else url_for("account.end_session", session_id=found.id),
    )


def _directory(session: Session, signed_in: SignedIn) -> tuple[bool, str]:
    """Whether the organisation has a directory, and the issuer by which it knows this person."""
    who = signed_in.principal
    if who.organisation_id is None:
        return False, ""
    return find_directory(session, who.organisation_slug) is not None, linked_issuer(session, who) or ""


@blueprint.post("/account/password")
@takes(
    current_password=text(LONGEST_PASSWORD, required=True), new_password=text(LONGEST_PASSWORD, required=True)
)
def password() -> ResponseReturnValue:
    """Set another password; all other sessions end."""
    signed_in = own_session()
    try:
        check_password(_gate(), signed_in, request.form.get("current_password", ""))
        with _gate().transaction(NOBODY) as session:
            ended = service.change_password(session, signed_in, request.form.get("new_password", ""))
    except SignInFailed as error:
        return _page(signed_in, {"current_password": str(error)}), 422
    except Invalid as error:
        return _page(signed_in, error.by_field), 422
    flash(f"Your password is changed. Ended: {ended.words()}.", "success")
    return redirect(url_for("account.account"), 303)


@blueprint.post("/account/sessions/<uuid:session_id>/end")
@takes()
def end_session(session_id: UUID) -> ResponseReturnValue:
    """End one of the other sessions."""
    with _gate().transaction(NOBODY) as session:
        service.end_own_session(session, own_session(), session_id)
    flash("The session is over.", "success")
    return redirect(url_for("account.account"), 303)


@blueprint.post("/account/sessions/end-others")
@takes()
def end_others() -> ResponseReturnValue:
    """End all other sessions."""
    with _gate().transaction(NOBODY) as session:
        ended = service.end_other_sessions(session, own_session())
    flash(f"Ended: {ended.words()}.", "success")
    return redirect(url_for("account.account"), 303)


@blueprint.post("/switch")
@takes(organisation=text(60), next=text(LONGEST_ADDRESS))
def act_for() -> ResponseReturnValue:
    """Act for another organisation, in a new session; what was open of the old one is not taken along."""
    with _gate().transaction(NOBODY) as session:
        started = switch(session, own_session(), request.form.get("organisation", ""))
    response = redirect(url_for("web.home"), 303)
    hand_out(response, started, secure=current_app.config["SECURE_COOKIES"])
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


blueprint.get("/confirm")(confirming.confirm_form)
blueprint.post("/confirm")(confirming.confirm)
blueprint.post("/confirm/options")(confirming.confirm_options)
blueprint.post("/confirm/passkey")(confirming.confirm_passkey)
