"""Where a person types the code that a program without a browser shows, and lets it in."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.oauth.exchange import application
from accord.oauth.presentation import DevicePage
from accord.web.fields import asks, takes, text
from accord.web.request import principal
from accord.web.signing import own_session
from accord_auth.oauth.addresses import PATHS
from accord_auth.oauth.clients import organisation_name
from accord_auth.oauth.devices import TYPED, NoSuchCode, decide, waiting
from accord_auth.oauth.models import DeviceCode
from accord_auth.oauth.scopes import DELEGABLE, in_words, permissions_in
from accord_auth.principal import Principal
from accord_auth.throttling.service import take
from accord_config.database import NOBODY, ScopedSession

blueprint = Blueprint("device", __name__, template_folder="templates")
LONGEST_CODE = 20


@blueprint.get(PATHS["device_page"])
@asks(user_code=text(LONGEST_CODE))
def ask() -> ResponseReturnValue:
    """Ask for the code; with one, say what waits under it."""
    who, typed = principal(), request.args.get("user_code", "")
    if not typed.strip():
        return _shown(DevicePage(url_for("device.ask"), who.organisation_name))
    take(application().gate, TYPED.of(str(who.person_id)))
    try:
        with application().gate.transaction(NOBODY) as session:
            return _shown(_described(session, waiting(session, typed, who), typed, who))
    except NoSuchCode as error:
        return _shown(DevicePage(url_for("device.ask"), who.organisation_name, error=str(error))), 404


@blueprint.post(PATHS["device_page"])
@takes(user_code=text(LONGEST_CODE, required=True), decision=text(10, required=True))
def answer() -> ResponseReturnValue:
    """The person's answer."""
    who, allow = principal(), request.form["decision"] == "allow"
    take(application().gate, TYPED.of(str(who.person_id)))
    page = DevicePage(url_for("device.ask"), who.organisation_name, done="allowed" if allow else "denied")
    try:
        with application().gate.transaction(NOBODY) as session:
            decide(session, request.form["user_code"], own_session(), allow=allow)
    except NoSuchCode as error:
        return _shown(DevicePage(url_for("device.ask"), who.organisation_name, error=str(error))), 404
    return _shown(page)


def _described(session: ScopedSession, found: DeviceCode, typed: str, who: Principal) -> DevicePage:
    out_of_reach = (permissions_in(found.scope) & DELEGABLE) - who.permissions
    return DevicePage(
        action_url=url_for("device.answer"),
        organisation=who.organisation_name,
        user_code=typed,
        client=found.client.name,
        owner=organisation_name(session, found.client),
        person=who.person_name,
        allows=tuple(in_words(word for word in found.scope)),
        out_of_reach=tuple(in_words(out_of_reach)),
    )


def _shown(page: DevicePage) -> str:
    return render_template("oauth/device.html", page=page)
