"""The queue of leads that may be about a minor, and what is done with one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.caseload import leads, minors, showing
from accord.caseload.minor_models import MinorState
from accord.caseload.minor_presentation import MinorPanel
from accord.caseload.minors import Waiting
from accord.linking.models import Lead
from accord.web.fields import asks, takes, text
from accord.web.request import principal, unit
from accord_auth.errors import Invalid
from accord_auth.permissions import Permission

blueprint = Blueprint("minors", __name__, template_folder="templates")


@dataclass(frozen=True)
class MinorRow:
    """A lead in the queue. `take_url` (POST `act`) is None where it is decided or one's own already."""

    url: str
    title: str
    state: str
    why: str
    records: int
    since: datetime
    due_at: datetime
    overdue: bool
    taken: str
    take_url: str | None


@dataclass(frozen=True)
class MinorsPage:
    """The leads, those due first. `hours` is the policy's: how long a decision may take."""

    rows: tuple[MinorRow, ...]
    overdue: int
    hours: float
    queue_url: str


def due_hours() -> float:
    """How long a decision may take, as the settings say."""
    hours: float = current_app.config["MINORS_DUE_HOURS"]
    return hours


@blueprint.get("/suspected-minors")
@asks()
def queue() -> str:
    """Leads that may be about a minor, the overdue first."""
    hours = due_hours()
    found = minors.waiting(unit(), principal(), hours)
    page = MinorsPage(
        rows=tuple(map(_row, found)),
        overdue=sum(one.overdue for one in found),
        hours=hours,
        queue_url=url_for("caseload.queue"),
    )
    return render_template("caseload/minors.html", page=page)


def _row(one: Waiting) -> MinorRow:
    open_ = one.row.state == MinorState.SUSPECTED
    mine = one.row.taken_by is not None and one.row.taken_by == principal().person_id
    return MinorRow(
        url=url_for("caseload.lead", lead_id=one.lead.id),
        title=showing.title(one.lead),
        state=one.row.state,
        why=one.row.why,
        records=one.lead.records,
        since=one.row.since,
        due_at=one.due_at,
        overdue=one.overdue,
        taken=one.row.taken_name,
        take_url=url_for("minors.act", lead_id=one.lead.id) if open_ and not mine else None,
    )


@blueprint.post("/leads/<uuid:lead_id>/minor")
@takes(act=text(10, required=True), reason=text(10_000))
def act(lead_id: UUID) -> ResponseReturnValue:
    """Take it, confirm it, or lift it."""
    principal().require(Permission.LEADS_MINORS)
    found = leads.find_lead(unit(), principal(), lead_id)
    what, reason = request.form.get("act", ""), request.form.get("reason", "")
    match what:
        case "take":
            minors.take(unit(), principal(), found)
            flash("You took it. Decide before it is due.", "success")
        case "confirm":
            minors.confirm(unit(), principal(), found, reason)
            flash("Confirmed. It stays here, with its case.", "success")
        case "lift":
            minors.lift(unit(), principal(), found, reason)
            flash("Lifted. Everybody who reads leads sees it from now on.", "success")
        case _:
            raise Invalid("say what to do", {"act": ["is take, confirm or lift"]})
    return redirect(url_for("caseload.lead", lead_id=found.id, _anchor="minor"), 303)


def panel(found: Lead) -> MinorPanel | None:
    """The part of a lead's page that those see who may; None for everybody else."""
    who = principal()
    if Permission.LEADS_MINORS not in who.permissions:
        return None
    known = minors.of_lead(unit(), who, found)
    state = known.state if known is not None else ""
    return MinorPanel(
        state=state,
        why=known.why if known is not None else "",
        since=known.since if known is not None else None,
        due_hours=due_hours(),
        taken=known.taken_name if known is not None else "",
        decided=known.decided_name if known is not None else "",
        reason=known.reason if known is not None else "",
        act_url=url_for("minors.act", lead_id=found.id),
        may_take=state == MinorState.SUSPECTED,
        may_confirm=state != MinorState.CONFIRMED,
        may_lift=state in (MinorState.SUSPECTED, MinorState.CONFIRMED),
        queue_url=url_for("minors.queue"),
    )
