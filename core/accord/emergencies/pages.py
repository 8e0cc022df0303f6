"""Emergency readings: ask, approve, begin, end; the member whose data is read sees who, why and what."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from accord.emergencies.presentation import AskForm, EmergenciesPage, EmergencyPage, EmergencyRow, ReadRow
from accord.web.fields import asks, takes, text
from accord.web.presentation import FormState, Option
from accord.web.request import gate, principal, unit
from accord.web.signing import fresh_session, hand_out
from accord_auth.audit.models import AuditEntry
from accord_auth.audit.service import AuditTag
from accord_auth.emergencies import service
from accord_auth.emergencies.service import Emergency, State
from accord_auth.errors import Invalid
from accord_auth.organisations.models import Organisation
from accord_auth.permissions import Permission
from accord_config.database import NOBODY, ScopedSession

blueprint = Blueprint("emergencies", __name__, template_folder="templates", url_prefix="/emergencies")

HOURS = (1, 2, 4, 8, 12, service.MOST_HOURS)
MOST_READ = 200
"""Things read that a page shows; all of them stand in the audit log."""
READING = (AuditTag.EMERGENCY_READ, AuditTag.SELECTORS_UNMASK)


@blueprint.get("")
@asks()
def emergencies() -> str:
    """The emergency readings that one sees."""
    return _list(FormState(values={"hours": "4"}))


def _list(form: FormState) -> str:
    who = principal()
    with gate().transaction(NOBODY) as session:
        rows = tuple(_row(one) for one in service.readings_seen(session, who))
        may_ask = Permission.EMERGENCIES_DECIDE in who.permissions
        page = EmergenciesPage(
            who.organisation_name if who.organisation_id is not None else "",
            rows,
            _ask_form(session, form) if may_ask else None,
        )
    return render_template("emergencies/emergencies.html", page=page)


def _ask_form(session: ScopedSession, form: FormState) -> AskForm:
    members = session.execute(select(Organisation.slug, Organisation.name).order_by(Organisation.name))
    return AskForm(
        action_url=url_for("emergencies.ask"),
        organisations=tuple(Option(slug, name) for slug, name in members),
        hours=tuple(Option(str(each), f"{each} {'hour' if each == 1 else 'hours'}") for each in HOURS),
        form=form,
    )


@blueprint.post("")
@takes(
    organisation=text(100, required=True),
    hours=text(2, required=True),
    reason=text(service.LONGEST_REASON, required=True),
)
def ask() -> ResponseReturnValue:
    """Ask for an emergency reading; another platform admin has to approve it."""
    who, given = principal(), request.form.to_dict()
    who.require(Permission.EMERGENCIES_DECIDE)
    try:
        hours = int(given["hours"]) if given["hours"].isascii() and given["hours"].isdigit() else 0
        with gate().transaction(NOBODY) as session:
            asked = service.ask(session, who, given["organisation"], given["reason"], hours)
            emergency_id = asked.reading.id
    except Invalid as error:
        errors = {name: "; ".join(why) for name, why in error.fields.items()}
        return _list(FormState(values=given, errors=errors)), 422
    flash("It is asked for. Another platform admin has to approve it before you can read.", "success")
    return _back(emergency_id)


@blueprint.get("/<uuid:emergency_id>")
@asks()
def emergency(emergency_id: UUID) -> str:
    """One emergency reading."""
    who = principal()
    with gate().transaction(NOBODY) as session:
        found = service.find_reading(session, who, emergency_id)
        page = _page(found)
    return render_template("emergencies/emergency.html", page=page)


def _page(found: Emergency) -> EmergencyPage:
    who, reading = principal(), found.reading
    decides = Permission.EMERGENCIES_DECIDE in who.permissions
    mine = reading.asked_by == who.person_id

    def url(name: str) -> str:
        return url_for(f"emergencies.{name}", emergency_id=reading.id)

    asked, is_open = found.state is State.ASKED, found.state is State.OPEN
    end_word = "End it" if is_open else "Withdraw it" if mine else "Refuse it"
    return EmergencyPage(
        row=_row(found),
        own=who.organisation_id == reading.organisation_id,
        back_url=url_for("emergencies.emergencies"),
        approve_url=url("approve") if decides and asked and not mine else None,
        begin_url=url("begin") if decides and is_open and mine else None,
        end_url=url("end") if decides and (asked or is_open) else None,
        end_word=end_word,
        read=_read(found) if Permission.AUDIT_READ in who.permissions else None,
    )


def _read(found: Emergency) -> tuple[ReadRow, ...]:
    """What the log of the organisation that one acts for says was read; the platform's has none of it."""
    who, reading = principal(), found.reading
    if who.organisation_id is None:
        return ()
    rows = unit().scalars(
        select(AuditEntry)
        .where(
            AuditEntry.organisation_id == who.organisation_id,
            AuditEntry.person_id == reading.asked_by,
            AuditEntry.at >= reading.asked_at,
            AuditEntry.tag.in_(READING),
            AuditEntry.detail["emergency"].astext == str(reading.id),
        )
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(MOST_READ)
    )
    return tuple(
        ReadRow(one.at, one.subject, str(one.detail.get("asked", "")), str(one.detail.get("purpose", "")))
        for one in rows
    )


@blueprint.post("/<uuid:emergency_id>/approve")
@takes()
def approve(emergency_id: UUID) -> ResponseReturnValue:
    """Approve what another admin asked for."""
    principal().require(Permission.EMERGENCIES_DECIDE)
    fresh_session()
    with gate().transaction(NOBODY) as session:
        done = service.approve(session, principal(), emergency_id)
        words = f"{done.reading.asked_name} may read the case data of {done.organisation.name} now."
    flash(f"{words} The organisation sees it in its audit log.", "success")
    return _back(emergency_id)


@blueprint.post("/<uuid:emergency_id>/begin")
@takes()
def begin(emergency_id: UUID) -> ResponseReturnValue:
    """Begin to read, in a session that does nothing else."""
    principal().require(Permission.EMERGENCIES_DECIDE)
    signed_in = fresh_session()
    with gate().transaction(NOBODY) as session:
        started = service.begin(session, signed_in, emergency_id)
    response = redirect(url_for("cases.case_list"), 303)
    hand_out(response, started, secure=current_app.config["SECURE_COOKIES"])
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@blueprint.post("/<uuid:emergency_id>/end")
@takes()
def end(emergency_id: UUID) -> ResponseReturnValue:
    """End it, or refuse it."""
    with gate().transaction(NOBODY) as session:
        service.end(session, principal(), emergency_id)
    flash("It is over: nothing can be read by it any more.", "success")
    return _back(emergency_id)


def _back(emergency_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("emergencies.emergency", emergency_id=emergency_id), 303)


def _row(one: Emergency) -> EmergencyRow:
    found = one.reading
    return EmergencyRow(
        url=url_for("emergencies.emergency", emergency_id=found.id),
        organisation=one.organisation.name,
        reader=found.asked_name,
        reason=found.reason,
        state=one.state,
        asked_at=found.asked_at,
        ends_at=found.ends_at,
        approved_by=found.approved_name,
        approved_at=found.approved_at,
        ended_by=found.ended_name,
        ended_at=found.ended_at,
    )
