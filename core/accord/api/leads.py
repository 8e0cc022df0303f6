"""The queue and its leads by the API."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accord.api.blueprint import ApiBlueprint
from accord.api.lead_schemas import LeadReply, LeadsQuery, LeadsReply
from accord.api.problem import problems
from accord.api.schemas import PageQuery, RecordPageReply, Values
from accord.caseload import cases, leads
from accord.caseload.decided import Standing, standing
from accord.caseload.leads import LeadFilter, LeadRecordRow, Position
from accord.caseload.masking import mask
from accord.caseload.models import Case
from accord.caseload.redaction import Redaction
from accord.linking.models import Lead
from accord.web.request import decode_cursor, encode_cursor, principal, unit
from accord_sdk import Selector, Signal

blueprint = ApiBlueprint("api_leads", __name__, description="The ranked queue.")


@blueprint.get("/leads")
@problems(blueprint)
@blueprint.arguments(LeadsQuery, location="query")
@blueprint.response(200, LeadsReply)
def queue(query: Values) -> Values:
    """The leads, the most urgent first."""
    narrowed = LeadFilter(query["q"], query["place"], query["score"], query["state"], query["verdict"])
    given = decode_cursor(query["cursor"], tuple[int, float, str])
    page = leads.queue(unit(), principal(), narrowed, Position(*given) if given else None, query["limit"])
    last = page.rows[-1] if page.rows and page.after else None
    decided = standing(unit(), [row.lead for row in page.rows])
    return {
        "items": [_lead(row.rank, row.lead, row.case, decided.get(row.lead.id)) for row in page.rows],
        "next": encode_cursor(last.rank, last.lead.score, last.lead.anchor) if last else None,
    }


def _lead(rank: int, lead: Lead, case: Case | None, decided: Standing | None) -> Values:
    names = ("id", "title", "score", "records", "first_seen", "last_seen", "places", "reasons")
    return {name: getattr(lead, name) for name in names} | {
        "rank": rank,
        "case_id": case.id if case else None,
        "verdict": _verdict(decided) if decided else None,
    }


def _verdict(one: Standing) -> Values:
    said = one.verdict
    kept = {name: getattr(said, name) for name in ("reason", "person_name", "made_at")}
    return {"verdict": said.word, **kept, "grown_by": one.grown_by}


@blueprint.get("/leads/<uuid:lead_id>")
@problems(blueprint, 404)
@blueprint.response(200, LeadReply)
def lead(lead_id: UUID) -> Values:
    """One lead."""
    found = leads.find_lead(unit(), principal(), lead_id)
    case, decided = cases.case_of_lead(unit(), found), standing(unit(), [found]).get(found.id)
    return _lead(leads.rank_of(unit(), found), found, case, decided)


@blueprint.get("/leads/<uuid:lead_id>/records")
@problems(blueprint, 404)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, RecordPageReply)
def records(query: Values, lead_id: UUID) -> Values:
    """A lead's records, the newest first, contact values masked."""
    found = leads.find_lead(unit(), principal(), lead_id)
    after = decode_cursor(query["cursor"], tuple[datetime, int])
    rows = leads.lead_records(unit(), found, limit=query["limit"] + 1, after=after)
    page = rows[: query["limit"]]
    redaction = Redaction.of(page)
    last = page[-1].record if len(rows) > len(page) else None
    return {
        "items": [_record(row, redaction) for row in page],
        "next": encode_cursor(last.observed_at, last.id) if last else None,
    }


def _record(row: LeadRecordRow, redaction: Redaction) -> Values:
    record = row.record
    return {
        "source": row.source,
        "external_id": record.external_id,
        "observed_at": record.observed_at,
        "marking": record.marking,
        "title": _masked("title", row, redaction),
        "body": _masked("body", row, redaction),
        "place": redaction.hide((record.content.get("place") or {}).get("name") or "") or None,
        "selectors": [
            {"kind": finding.kind, "value": mask(finding.kind, finding.value), "field": finding.field}
            for finding in row.findings
            if isinstance(finding, Selector)
        ],
        "signals": [
            {
                "kind": finding.kind,
                "sign": finding.sign,
                "strength": finding.strength,
                "source": finding.source,
            }
            for finding in row.findings
            if isinstance(finding, Signal)
        ],
    }


def _masked(field: str, row: LeadRecordRow, redaction: Redaction) -> str | None:
    text: str | None = getattr(row.record, field)
    return None if text is None else redaction.hide(text, field, row.findings)
