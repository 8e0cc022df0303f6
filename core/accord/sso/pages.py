"""The page on which an organisation's admins set up their directory and try it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.sso.leaving import lead_from_form, outside, own_browser
from accord.sso.presentation import TestedPage
from accord.sso.showing import directory_page
from accord.web.fields import asks, takes, text
from accord.web.request import principal
from accord.web.signing import fresh_session, fresh_with
from accord_auth.errors import Conflict, Invalid, NotFound
from accord_auth.permissions import Permission
from accord_auth.sso import service
from accord_auth.sso.discovery import fetch
from accord_auth.sso.drafts import (
    LONGEST_CLAIM,
    LONGEST_CLIENT_ID,
    LONGEST_ISSUER,
    LONGEST_SCOPES,
    LONGEST_SECRET,
    Draft,
)
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.models import ProofMethod, Purpose
from accord_auth.sso.starting import begin
from accord_config.database import NOBODY

blueprint = Blueprint("sso", __name__, template_folder="templates")
LONGEST_MAP = 60_000


@blueprint.get("/single-sign-on")
@asks()
def settings() -> str:
    """The organisation's directory, as it is set up."""
    return _page({})


@blueprint.post("/single-sign-on")
@takes(
    issuer=text(LONGEST_ISSUER, required=True),
    client_id=text(LONGEST_CLIENT_ID, required=True),
    method=text(40, required=True),
    secret=text(LONGEST_SECRET),
    scopes=text(LONGEST_SCOPES),
    role_claim=text(LONGEST_CLAIM, required=True),
    role_map=text(LONGEST_MAP, required=True),
)
def configure() -> ResponseReturnValue:
    """Set it up, or change it."""
    who = fresh_with(Permission.SSO_MANAGE)
    try:
        with outside().gate.transaction(NOBODY) as session:
            service.configure(session, who, _draft(), outside().seals)
    except Invalid as error:
        return _page(error.by_field), 422
    except Conflict as error:
        return _page({}, str(error)), 409
    flash("The directory is set up. Test the connection before anybody relies on it.", "success")
    return redirect(url_for("sso.settings"), 303)


@blueprint.post("/single-sign-on/remove")
@takes()
def remove() -> ResponseReturnValue:
    """Take the directory away."""
    who = fresh_with(Permission.SSO_MANAGE)
    try:
        with outside().gate.transaction(NOBODY) as session:
            service.remove(session, who)
    except Conflict as error:
        return _page({}, str(error)), 409
    flash("The directory is removed; sessions that it started have ended.", "success")
    return redirect(url_for("sso.settings"), 303)


@blueprint.post("/single-sign-on/test")
@takes()
def test() -> ResponseReturnValue:
    """Ask the directory for its metadata, then lead the admin there and look at what comes back."""
    who = principal()
    with outside().gate.transaction(NOBODY) as session:
        found = service.directory_of(session, who)
    if found is None:
        raise NotFound
    signed_in = fresh_session()
    try:
        fetch(outside(), found.issuer)
        sent = begin(
            outside(),
            who.organisation_slug,
            browser=own_browser(),
            purpose=Purpose.TEST,
            signed_in=signed_in,
        )
    except SsoFailed as error:
        page = TestedPage(url_for("sso.settings"), problem=error.reason)
        return render_template("sso/tested.html", page=page), 422
    return lead_from_form(sent)


def _draft() -> Draft:
    sent = request.form
    methods = {method.value: method for method in ProofMethod}
    if sent["method"] not in methods:
        raise Invalid("some fields cannot be used", {"method": ["choose one of the ways"]})
    return Draft(
        issuer=sent["issuer"].strip(),
        client_id=sent["client_id"].strip(),
        method=methods[sent["method"]],
        secret=sent.get("secret", "").strip(),
        scopes=tuple(sent.get("scopes", "").split()),
        role_claim=sent["role_claim"].strip(),
        role_map=_mapping(sent["role_map"]),
    )


def _mapping(given: str) -> dict[str, str]:
    """Lines such as `value = role`; the last `=` counts, since values hold some themselves."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, given.splitlines())):
        value, equals, role = line.rpartition("=")
        if not equals or value.strip() in found:
            why = f"{line[:60]}: write each value once, as value = role"
            raise Invalid("some fields cannot be used", {"role_map": [why]})
        found[value.strip()] = role.strip().replace(" ", "_")
    return found


def _page(errors: dict[str, str], error: str = "") -> str:
    return render_template(
        "sso/directory.html", page=directory_page(principal(), request.form, errors, error)
    )
