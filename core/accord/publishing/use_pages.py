"""A member's use of a plugin: its settings, a test, a draft on its last records, start and stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.publishing import activating, going_back, trials
from accord.publishing.activating import LONGEST_TEXT, Offered
from accord.publishing.presentation import Setting, UsePage
from accord.publishing.showing import trial_view
from accord.publishing.stopping import wait_for_stop
from accord.registry.models import PluginStatus, TrialKind
from accord.registry.settings import names_of
from accord.registry.stops import shown
from accord.web.fields import LONGEST_ID, asks, takes, text
from accord.web.presentation import FormState
from accord.web.request import gate, principal, unit
from accord.web.signing import fresh_session
from accord_auth.errors import Invalid
from accord_auth.permissions import Permission
from accord_config.database import NOBODY
from accord_config.sealing import Seals
from accord_sdk.manifest import ConfigField
from accord_sdk.words import allowance

blueprint = Blueprint("plugin_use", __name__, template_folder="templates", url_prefix="/plugins")

MOST_SETTINGS = 30
SEALS = "PLUGIN_SEALS"
"""Under this name the application's configuration holds what seals secret settings."""


def seals() -> Seals:
    """What seals secret settings."""
    return cast("Seals", current_app.config[SEALS])


@blueprint.get("/<name>/use")
@asks(stopped=text(LONGEST_ID))
def use(name: str) -> str:
    """The organisation's use of a plugin."""
    return _page(name, FormState(), stopped=request.args.get("stopped", ""))


def _stopped_words(stopped: str, *, in_use: bool) -> str:
    """How many processes died when it was stopped, in how many milliseconds."""
    try:
        stop_id = UUID(stopped)
    except ValueError:
        return ""
    words = wait_for_stop(gate(), stop_id).words
    return (
        f"{words} The next ones start as it is now."
        if in_use
        else f"It runs no more. {words} What it found stays."
    )


def _page(name: str, form: FormState, *, stopped: str = "") -> str:
    who = principal()
    found = activating.find_offered(unit(), who, name)
    may = Permission.PLUGINS_ACTIVATE in who.permissions and found.plugin.status == PluginStatus.APPROVED
    saved = found.activation is not None
    with gate().transaction(NOBODY) as session:
        there = going_back.standing(session, name, found.activation)
    own_version = found.activation is not None and found.activation.version_id is not None
    decides = Permission.PLUGINS_ACTIVATE in who.permissions and found.in_use

    def address(action: str, *, here: bool) -> str | None:
        return url_for(f"plugin_use.{action}", name=name) if here else None

    manifest = found.manifest
    stop = there.stop_of(unit(), found.plugin, found.activation)
    page = UsePage(
        name=name,
        title=manifest.title,
        version=there.now.version if there.now else found.plugin.version,
        sentence=allowance(manifest, who.organisation_name),
        whose=who.organisation_name,
        back_url=url_for("catalogue.plugin", name=name),
        stop=shown(stop) if stop else None,
        saved=saved,
        active=found.in_use,
        settings=tuple(_settings(found, form)),
        save_url=address("save", here=may),
        connection_url=address("test_connection", here=may and saved),
        draft_url=address("draft", here=may and saved and bool(manifest.provides.detectors)),
        start_url=address("start", here=may and saved and not found.in_use),
        stop_url=address("stop", here=found.in_use and Permission.PLUGINS_ACTIVATE in who.permissions),
        connection=trial_view(trials.trial_of(unit(), who, name, TrialKind.CONNECTION)) if may else None,
        draft=trial_view(trials.trial_of(unit(), who, name, TrialKind.DRAFT)) if may else None,
        stopped=_stopped_words(stopped, in_use=found.in_use) if stopped else "",
        back_to=there.before.version if there.before and found.in_use else "",
        on_to=there.for_all.version if own_version and there.for_all else "",
        roll_back_url=address("roll_back", here=decides and there.before is not None),
        roll_forward_url=address("roll_forward", here=decides and own_version and there.for_all is not None),
        form=form,
    )
    return render_template("publishing/use.html", page=page)


@blueprint.post("/<name>/use")
@takes(**{f"setting_{number}": text(LONGEST_TEXT) for number in range(MOST_SETTINGS)})
def save(name: str) -> ResponseReturnValue:
    """Keep the settings; nothing is started."""
    principal().require(Permission.PLUGINS_ACTIVATE)
    who = fresh_session().principal
    found = activating.find_offered(unit(), who, name)
    try:
        activating.configure(unit(), who, seals(), name, _values(found.manifest.config))
    except Invalid as error:
        errors = {key: " ".join(why) for key, why in error.fields.items()}
        return _page(name, FormState(dict(request.form.items()), errors)), 422
    flash("The settings are kept. Test the connection, look at a draft, then start it.", "success")
    return _back(name)


@blueprint.post("/<name>/use/connection")
@takes()
def test_connection(name: str) -> ResponseReturnValue:
    """Have a worker start it with its settings and say how that went."""
    return _trial(name, TrialKind.CONNECTION)


@blueprint.post("/<name>/use/draft")
@takes()
def draft(name: str) -> ResponseReturnValue:
    """Have it look at the last records; what it finds is shown, and not kept."""
    return _trial(name, TrialKind.DRAFT)


@blueprint.post("/<name>/use/start")
@takes()
def start(name: str) -> ResponseReturnValue:
    """Have it run."""
    activating.start(unit(), principal(), name)
    flash("It runs: it looks at every record that comes in from now on.", "success")
    return _back(name)


@blueprint.post("/<name>/use/roll-back")
@takes()
def roll_back(name: str) -> ResponseReturnValue:
    """Have the version before run, for the organisation alone."""
    with gate().transaction(NOBODY) as session:
        version, stop_id = going_back.go_back(unit(), session, principal(), name)
        flash(f"{version.version} runs for you. What the later one found is looked at again.", "success")
    return redirect(url_for("plugin_use.use", name=name, stopped=stop_id), 303)


@blueprint.post("/<name>/use/roll-forward")
@takes()
def roll_forward(name: str) -> ResponseReturnValue:
    """Have the version that runs for everybody run for the organisation again."""
    with gate().transaction(NOBODY) as session:
        version, stop_id = going_back.go_on(unit(), session, principal(), name)
        flash(f"{version.version} runs for you, as for everybody.", "success")
    return redirect(url_for("plugin_use.use", name=name, stopped=stop_id), 303)


@blueprint.post("/<name>/use/stop")
@takes()
def stop(name: str) -> ResponseReturnValue:
    """Have it run no more."""
    _, stop_id = activating.deactivate(unit(), principal(), name)
    # Workers are told when this is written down, after the view; the next page says what they answered.
    return redirect(url_for("plugin_use.use", name=name, stopped=stop_id), 303)


def _trial(name: str, kind: TrialKind) -> ResponseReturnValue:
    who = principal()
    who.require(Permission.PLUGINS_ACTIVATE)
    activating.find_offered(unit(), who, name)
    trials.ask_for_trial(unit(), who, name, kind)
    flash("A worker does it now. Reload this page in a moment.", "success")
    return _back(name)


def _back(name: str) -> ResponseReturnValue:
    return redirect(url_for("plugin_use.use", name=name), 303)


def _values(config: Mapping[str, ConfigField]) -> dict[str, Any]:
    """The settings of the form; one that is left empty is left out."""
    values: dict[str, Any] = {}
    for number, (name, setting) in enumerate(config.items()):
        sent = request.form.get(f"setting_{number}", "")
        if setting.path:
            continue
        if setting.type == "boolean":
            values[name] = bool(sent)
        elif setting.type == "strings":
            values[name] = [line.strip() for line in sent.splitlines() if line.strip()]
        elif sent.strip():
            values[name] = sent
    return {name: value for name, value in values.items() if value != [] or config[name].required}


def _settings(found: Offered, form: FormState) -> list[Setting]:
    known = names_of(seals(), found.activation) if found.activation is not None else frozenset()
    kept = found.activation.config if found.activation is not None else {}
    shown = []
    for number, (name, setting) in enumerate(found.manifest.config.items()):
        if setting.path:
            continue
        field = f"setting_{number}"
        value = kept.get(name, setting.default)
        if form.values:
            value = form.values.get(field, "")
        shown.append(
            Setting(
                name=field,
                kind=setting.type,
                help=f"{name}: {setting.help}",
                required=setting.required,
                secret=setting.secret,
                value="" if setting.secret else _text(value),
                is_set=name in known,
                error=form.errors.get(name, ""),
            )
        )
    return shown


def _text(value: Any) -> str:
    if value is None or value is False:
        return ""
    return "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
