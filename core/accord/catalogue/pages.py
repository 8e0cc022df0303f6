"""The catalogue of plugins, and one plugin: its model card, how it is doing, what it could not look at."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.catalogue.presentation import CataloguePage
from accord.catalogue.showing import page_of, row
from accord.detection import operating
from accord.grants import allowances
from accord.markings import Marking
from accord.publishing import installed
from accord.publishing.stopping import wait_for_stop
from accord.web.fields import asks, takes, text
from accord.web.presentation import FormState
from accord.web.request import gate, principal, unit
from accord.web.signing import fresh_session
from accord_auth.permissions import Permission
from accord_config.database import NOBODY

blueprint = Blueprint("catalogue", __name__, template_folder="templates", url_prefix="/plugins")
WHY = text(allowances.LONGEST_REASON, required=True)


@blueprint.get("")
@asks()
def plugins() -> str:
    """Every plugin of the installation."""
    who = principal()
    rows = tuple(row(state) for state in operating.plugin_states(unit(), who))
    return render_template("catalogue/plugins.html", page=CataloguePage(rows, who.organisation_name))


@blueprint.get("/<name>")
@asks()
def plugin(name: str) -> str:
    """One plugin."""
    return render_template("catalogue/plugin.html", page=page_of(name))


@blueprint.post("/<name>/parked")
@takes()
def retry(name: str) -> ResponseReturnValue:
    """Have the plugin look again at all that it could not look at."""
    count = operating.retry_parked(unit(), principal(), name)
    flash(f"{count} records are looked at again.", "success")
    return _back(name)


@blueprint.post("/<name>/parked/<int:record_id>")
@takes()
def retry_one(name: str, record_id: int) -> ResponseReturnValue:
    """Have the plugin look again at one record."""
    operating.retry_parked(unit(), principal(), name, record_id)
    flash("The record is looked at again.", "success")
    return _back(name)


@blueprint.post("/<name>/start")
@takes()
def start(name: str) -> ResponseReturnValue:
    """Call a plugin that rests, at once."""
    operating.start_again(unit(), principal(), name)
    flash("The plugin is called again.", "success")
    return _back(name)


@blueprint.post("/<name>/rerun")
@takes()
def rerun(name: str) -> ResponseReturnValue:
    """Have the plugin look at everything again."""
    count = operating.run_over_all(unit(), principal(), name)
    flash(f"The plugin looks at {count} records again; what it finds replaces what it found.", "success")
    return _back(name)


@blueprint.post("/<name>/suspend")
@takes(reason=WHY)
def suspend(name: str) -> ResponseReturnValue:
    """Stop a plugin beside Accord at once, for every member; says how many processes died."""
    principal().require(Permission.PLUGINS_APPROVE)
    who = fresh_session().principal
    with gate().transaction(NOBODY) as session:
        _, stop_id = installed.suspend_installed(session, who, name, request.form["reason"])
    flash(f"It is suspended for every member. {wait_for_stop(gate(), stop_id).words}", "success")
    return _back(name)


@blueprint.post("/<name>/resume")
@takes(reason=WHY)
def resume(name: str) -> ResponseReturnValue:
    """Let a suspended plugin beside Accord run again."""
    principal().require(Permission.PLUGINS_APPROVE)
    who = fresh_session().principal
    with gate().transaction(NOBODY) as session:
        installed.resume_installed(session, who, name, request.form["reason"])
    flash("It runs again, and looks at what came in meanwhile.", "success")
    return _back(name)


@blueprint.post("/<name>/network")
@takes(marking=text(20, required=True), reason=text(allowances.LONGEST_REASON, required=True))
def ask(name: str) -> ResponseReturnValue:
    """Ask another admin to let the plugin reach the network while it sees closed records."""
    operating.plugin_state(unit(), principal(), name)
    given = {"marking": request.form["marking"], "reason": request.form["reason"]}
    if given["marking"] not in allowances.CLOSED:
        form = FormState(given, {"marking": "Choose TLP:AMBER+STRICT or TLP:RED."})
        return render_template("catalogue/plugin.html", page=replace(page_of(name), ask_form=form)), 422
    allowances.ask(unit(), principal(), name, Marking(given["marking"]), given["reason"])
    flash("Another admin has to allow it.", "success")
    return _back(name)


@blueprint.post("/<name>/network/<uuid:allowance_id>/allow")
@takes()
def allow(name: str, allowance_id: UUID) -> ResponseReturnValue:
    """Allow what another admin asked for."""
    allowances.allow(unit(), principal(), name, allowance_id)
    flash("It is allowed from now on.", "success")
    return _back(name)


@blueprint.post("/<name>/network/<uuid:allowance_id>/end")
@takes()
def end(name: str, allowance_id: UUID) -> ResponseReturnValue:
    """End it at once."""
    allowances.end(unit(), principal(), name, allowance_id)
    flash("It ended. The plugin's next request is refused.", "success")
    return _back(name)


def _back(name: str) -> ResponseReturnValue:
    return redirect(url_for("catalogue.plugin", name=name), 303)
