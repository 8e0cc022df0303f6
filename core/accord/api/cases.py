"""Cases by the API."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import (
    CaseBody,
    CaseChange,
    CaseReply,
    CasesQuery,
    CasesReply,
    NoteBody,
    NoteReply,
    NotesReply,
    Values,
)
from accord.caseload import cases
from accord.caseload.models import Case, CaseNote
from accord.web.request import decode_cursor, encode_cursor, principal, unit
from accord_auth.errors import Invalid

blueprint = ApiBlueprint("api_cases", __name__, description="Cases and their notes.")


@blueprint.get("/cases")
@problems(blueprint)
@blueprint.arguments(CasesQuery, location="query")
@blueprint.response(200, CasesReply)
def case_list(query: Values) -> Values:
    """The organisation's cases, the last changed first."""
    after = decode_cursor(query["cursor"], tuple[datetime, UUID])
    page = cases.cases(unit(), principal(), status=query["status"], after=after, limit=query["limit"])
    last = page.rows[-1][0] if page.rows and page.after else None
    return {
        "items": [case for case, _ in page.rows],
        "next": encode_cursor(last.updated_at, last.id) if last else None,
    }


@blueprint.post("/cases")
@problems(blueprint, 400, 404, 413, 415)
@blueprint.arguments(CaseBody)
@blueprint.response(201, CaseReply)
def open_case(body: Values) -> Case:
    """Open a lead as a case, or get the case that it is already."""
    case = cases.open_case(unit(), principal(), body["lead_id"])
    unit().refresh(case)
    return case


@blueprint.get("/cases/<uuid:case_id>")
@problems(blueprint, 404)
@blueprint.response(200, CaseReply)
def case(case_id: UUID) -> Case:
    """One case."""
    return cases.find_case(unit(), principal(), case_id)


@blueprint.patch("/cases/<uuid:case_id>")
@problems(blueprint, 400, 404, 413, 415)
@blueprint.arguments(CaseChange)
@blueprint.response(200, CaseReply)
def change(body: Values, case_id: UUID) -> Case:
    """Assign a case or move it on."""
    if not body:
        raise Invalid("say what to change", {"status": ["or assignee_id is needed"]})
    found = cases.find_case(unit(), principal(), case_id)
    if "assignee_id" in body:
        _assign(found, body["assignee_id"])
    if "status" in body:
        cases.set_status(unit(), principal(), found, body["status"])
    unit().flush()
    unit().refresh(found)
    return found


def _assign(found: Case, person_id: UUID | None) -> None:
    try:
        cases.assign(unit(), principal(), found, person_id)
    except Invalid as error:
        # By the name that the field has here.
        raise Invalid(str(error), {"assignee_id": error.fields["assignee"]}) from error


@blueprint.get("/cases/<uuid:case_id>/notes")
@problems(blueprint, 404)
@blueprint.response(200, NotesReply)
def notes(case_id: UUID) -> Values:
    """A case's notes, the oldest first."""
    found = cases.find_case(unit(), principal(), case_id)
    return {"items": cases.notes(unit(), found)}


@blueprint.post("/cases/<uuid:case_id>/notes")
@problems(blueprint, 400, 404, 413, 415)
@blueprint.arguments(NoteBody)
@blueprint.response(201, NoteReply)
def add_note(body: Values, case_id: UUID) -> CaseNote:
    """Write a note."""
    found = cases.find_case(unit(), principal(), case_id)
    return cases.add_note(unit(), principal(), found, body["body"])
