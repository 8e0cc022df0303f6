"""The list of cases and what can be done with one. The page of one case is the caseload's and
sharing's together: see `accord.casework`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.caseload import cases, leads, pages, showing
from accord.caseload.models import Case, CaseEvent, CaseStatus
from accord.caseload.presentation import (
    CaseHeader,
    CasePage,
    CaseRow,
    CasesPage,
    ChoiceForm,
    EventView,
    NoteForm,
)
from accord.caseload.verdict_models import VERDICT_WORDS, VerdictWord
from accord.caseload.verdict_pages import panel
from accord.web.fields import LONGEST_CURSOR, LONGEST_ID, asks, takes, text
from accord.web.presentation import FormState, NoteView, Option
from accord.web.request import decode_cursor, encode_cursor, principal, unit
from accord_auth.audit.service import AuditTag
from accord_auth.errors import Invalid
from accord_auth.permissions import Permission

blueprint = Blueprint("cases", __name__, template_folder="templates")

CASE_ROWS = 25
STATUS_WORDS = {CaseStatus.OPEN: "Open", CaseStatus.WAITING: "Waiting", CaseStatus.CLOSED: "Closed"}
_ICONS = {
    AuditTag.CASE_ASSIGN: "user-check",
    AuditTag.CASE_NOTE: "note",
    AuditTag.CASE_OPEN: "briefcase",
    AuditTag.CASE_STATUS: "flag",
    AuditTag.DELIVERY_PREPARE: "file-text",
    AuditTag.SHARE_CREATE: "send",
    AuditTag.SHARE_REVOKE: "ban",
    AuditTag.VERDICT_GIVE: "check",
    AuditTag.VERDICT_WITHDRAW: "arrow-left",
}


@blueprint.get("/cases")
@asks(status=text(10), cursor=text(LONGEST_CURSOR))
def case_list() -> str:
    """The organisation's cases, the last changed first."""
    status = request.args.get("status", "")
    status = status if status in set(CaseStatus) else ""
    after = decode_cursor(request.args.get("cursor"), tuple[datetime, UUID])
    page = cases.cases(unit(), principal(), status=status, after=after, limit=CASE_ROWS)
    names = cases.person_names(unit(), principal())
    rows = tuple(
        CaseRow(
            case_id=str(case.id),
            url=url_for("casework.case", case_id=case.id),
            title=case.title,
            status=case.status,
            marking=case.marking,
            updated_at=case.updated_at,
            assignee=names.get(case.assignee_id) if case.assignee_id else None,
            score=score,
        )
        for case, score in page.rows
    )
    last = page.rows[-1][0] if page.rows else None
    view = CasesPage(
        rows=rows,
        queue_url=url_for("caseload.queue"),
        action_url=url_for("cases.case_list"),
        next_url=url_for(
            "cases.case_list", status=status or None, cursor=encode_cursor(last.updated_at, last.id)
        )
        if page.after and last
        else None,
        states=tuple(Option(value, word, selected=value == status) for value, word in STATUS_WORDS.items()),
    )
    return render_template("caseload/cases.html", page=view)


def case_page(case: Case, note_form: FormState | None = None) -> CasePage:
    """The caseload's part of a case's page."""
    who = principal()
    lead = leads.find_lead(unit(), who, case.lead_id)
    names = cases.person_names(unit(), who)
    may_write = Permission.CASES_WRITE in who.permissions
    return CasePage(
        case=CaseHeader(
            case_id=str(case.id),
            title=case.title,
            status=case.status,
            marking=case.marking,
            owner_name=who.organisation_name,
            opened_at=case.created_at,
            opened_by=names.get(case.opened_by, "somebody who left") if case.opened_by else "the operator",
            assignee=names.get(case.assignee_id) if case.assignee_id else None,
        ),
        cases_url=url_for("cases.case_list"),
        lead=pages.lead_header(lead),
        lead_url=url_for("caseload.lead", lead_id=lead.id),
        reasons=showing.reasons(showing.telling(lead.reasons), lead.score),
        notes=tuple(
            NoteView(note.author_name, note.created_at, note.body, who.organisation_name)
            for note in cases.notes(unit(), case)
        ),
        events=tuple(_event(event) for event in cases.events(unit(), case)),
        shares=(),
        assign=_assign_form(case, names) if may_write else None,
        status=_status_form(case) if may_write else None,
        note=NoteForm(url_for("casework.add_note", case_id=case.id), note_form or FormState())
        if may_write
        else None,
        verdict=panel(lead, back="case"),
    )


def _assign_form(case: Case, names: dict[UUID, str]) -> ChoiceForm:
    people = tuple(Option(str(key), name, selected=key == case.assignee_id) for key, name in names.items())
    nobody = Option("", "Nobody", selected=case.assignee_id is None)
    return ChoiceForm(url_for("cases.assign", case_id=case.id), (nobody, *people))


def _status_form(case: Case) -> ChoiceForm:
    options = tuple(
        Option(value, word, selected=value == case.status) for value, word in STATUS_WORDS.items()
    )
    return ChoiceForm(url_for("cases.set_status", case_id=case.id), options)


def _event(event: CaseEvent) -> EventView:
    icon = _ICONS[AuditTag(event.kind)] if event.kind in set(AuditTag) else "circle-dot"
    return EventView(event.at, event.actor_name, _sentence(event), icon)


def _sentence(event: CaseEvent) -> str:
    detail = event.detail
    match event.kind:
        case AuditTag.CASE_OPEN:
            return "opened the case"
        case AuditTag.CASE_ASSIGN:
            return (
                f"assigned it to {detail['assignee']}" if detail.get("assignee") else "took it from everybody"
            )
        case AuditTag.CASE_NOTE:
            return "wrote a note"
        case AuditTag.CASE_STATUS:
            before, after = STATUS_WORDS[detail["from"]], STATUS_WORDS[detail["to"]]
            return f"moved it from {before.lower()} to {after.lower()}"
        case AuditTag.SHARE_CREATE:
            return f"shared it with {detail['recipient']}"
        case AuditTag.SHARE_REVOKE:
            return f"took the share with {detail['recipient']} back"
        case AuditTag.VERDICT_GIVE:
            said = VERDICT_WORDS[VerdictWord(detail["verdict"])].lower()
            return f"gave the verdict: {said}" + (f" ({detail['reason']})" if detail["reason"] else "")
        case AuditTag.VERDICT_WITHDRAW:
            return f"took the verdict back: {VERDICT_WORDS[VerdictWord(detail['verdict'])].lower()}"
        case AuditTag.DELIVERY_PREPARE:
            return "had a STIX file made"
        case other:
            return other.replace(".", " ").replace("_", " ")


@blueprint.post("/cases/<uuid:case_id>/assign")
@takes(assignee=text(LONGEST_ID))
def assign(case_id: UUID) -> ResponseReturnValue:
    """Make somebody responsible."""
    case = cases.find_case(unit(), principal(), case_id)
    wanted = request.form.get("assignee")
    if wanted is None:
        raise Invalid("choose a person of your organisation, or nobody", {"assignee": ["is missing"]})
    cases.assign(unit(), principal(), case, _person(wanted) if wanted else None)
    flash("Saved who is responsible.", "success")
    return redirect(url_for("casework.case", case_id=case.id), 303)


def _person(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("choose a person of your organisation", {"assignee": ["not a person"]}) from error


@blueprint.post("/cases/<uuid:case_id>/status")
@takes(status=text(10, required=True))
def set_status(case_id: UUID) -> ResponseReturnValue:
    """Move the case on."""
    case = cases.find_case(unit(), principal(), case_id)
    cases.set_status(unit(), principal(), case, request.form.get("status", ""))
    flash("Saved the status.", "success")
    return redirect(url_for("casework.case", case_id=case.id), 303)
