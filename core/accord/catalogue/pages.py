"""The catalogue of plugins, and one plugin: its model card, how it is doing, what it could not look at."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accord.catalogue.presentation import (
    CardView,
    CataloguePage,
    Grant,
    ParkedRow,
    PluginPage,
    PluginRow,
    StopView,
)
from accord.detection import operating
from accord.detection.models import CircuitState
from accord.detection.operating import Parked, PluginState, Stop
from accord.web.fields import asks, takes
from accord.web.request import principal, unit
from accord_auth.permissions import Permission
from accord_sdk import Manifest

blueprint = Blueprint("catalogue", __name__, template_folder="templates", url_prefix="/plugins")

STATES = {
    CircuitState.CLOSED: "called",
    CircuitState.HALF_OPEN: "tried",
    CircuitState.OPEN: "rests",
    "inactive": "not used",
}
OFFERS = {
    "detectors": "looks at records",
    "assessors": "judges leads",
    "sources": "brings records in",
    "sharing": "reviews or delivers shares",
}


@blueprint.get("")
@asks()
def plugins() -> str:
    """Every plugin of the installation."""
    who = principal()
    rows = tuple(_row(state) for state in operating.plugin_states(unit(), who))
    return render_template("catalogue/plugins.html", page=CataloguePage(rows, who.organisation_name))


@blueprint.get("/<name>")
@asks()
def plugin(name: str) -> str:
    """One plugin."""
    who = principal()
    state = operating.plugin_state(unit(), who, name)
    reads = Permission.RECORDS_READ in who.permissions
    parked = operating.parked_records(unit(), who, name) if reads else []
    operates = Permission.PLUGINS_OPERATE in who.permissions and state.active
    card = state.manifest.card
    page = PluginPage(
        _row(state),
        CardView(card.purpose, card.data, card.limits, card.licence, card.contact),
        ceiling=state.manifest.ceiling,
        reads=tuple(Grant(*one) for one in sorted(state.manifest.reads.items())),
        calls=tuple(Grant(*one) for one in sorted(state.manifest.calls.items())),
        back_url=url_for("catalogue.plugins"),
        use_url=url_for("plugin_use.use", name=name) if who.organisation_id is not None else None,
        parked=tuple(_parked(one, operates) for one in parked),
        retry_url=url_for("catalogue.retry", name=name) if operates and state.parked else None,
        start_url=url_for("catalogue.start", name=name) if operates and state.circuit.later() else None,
        rerun_url=url_for("catalogue.rerun", name=name)
        if operates and state.manifest.provides.detectors
        else None,
    )
    return render_template("catalogue/plugin.html", page=page)


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


def _back(name: str) -> ResponseReturnValue:
    return redirect(url_for("catalogue.plugin", name=name), 303)


def _row(state: PluginState) -> PluginRow:
    manifest = state.manifest
    return PluginRow(
        url=url_for("catalogue.plugin", name=state.plugin.name),
        name=state.plugin.name,
        title=manifest.title,
        summary=manifest.summary,
        version=state.plugin.version,
        offers=_offers(manifest),
        state=STATES[state.state],
        stop=_stop(state.stop, state) if state.stop and state.circuit.later() else None,
        slow=state.circuit.slow,
        waiting=state.waiting,
        parked=state.parked,
    )


def _offers(manifest: Manifest) -> str:
    return ", ".join(words for kind, words in OFFERS.items() if getattr(manifest.provides, kind))


def _stop(stop: Stop, state: PluginState | None = None) -> StopView:
    return StopView(
        words=stop.reason.words,
        next_step=stop.reason.next_step,
        code=stop.reason.code,
        about=stop.about,
        message=stop.message,
        until=state.circuit.until if state else None,
    )


def _parked(one: Parked, operates: bool) -> ParkedRow:
    again = url_for("catalogue.retry_one", name=one.plugin, record_id=one.record_id)
    return ParkedRow(
        external_id=one.external_id,
        source=one.source,
        version=one.version,
        stop=_stop(one.stop),
        tries=one.tries,
        parked_at=one.parked_at,
        retry_url=again if operates else None,
    )
