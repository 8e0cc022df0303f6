"""The pages of the queue, a lead and a case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.caseload import cases, leads, showing
from accord.caseload.decided import FILTERS
from accord.caseload.graph_presentation import GraphView
from accord.caseload.lead_selectors import phone_counts, selector_counts
from accord.caseload.leads import LeadFilter, Position
from accord.caseload.minor_pages import panel as minor_panel
from accord.caseload.minors import count_waiting
from accord.caseload.models import Case
from accord.caseload.presentation import (
    LeadHeader,
    LeadPage,
    LeadState,
    QueueFilter,
    QueuePage,
    QueueRow,
    RecordList,
    SelectorList,
    SelectorTable,
    TimelineBar,
)
from accord.caseload.priority_versions import chance_of
from accord.caseload.text_presentation import LeadTextsPage, text_view
from accord.caseload.texts import lead_texts
from accord.caseload.verdict_models import VERDICT_WORDS
from accord.caseload.verdict_pages import marks, panel
from accord.caseload.verdict_presentation import VerdictMark
from accord.linking.leads import count_stale, read_facts
from accord.linking.models import Lead
from accord.web.fields import LONGEST_CURSOR, asks, takes, text
from accord.web.presentation import FormState, Option
from accord.web.request import decode_cursor, encode_cursor, principal, unit, wants_fragment
from accord_auth.audit.service import AuditTag, record
from accord_auth.permissions import Permission

blueprint = Blueprint("caseload", __name__, template_folder="templates")

QUEUE_ROWS = 25
RECORD_ROWS = 10
DAILY_UP_TO = timedelta(days=28)
"""A lead seen for less than this has a bar a day in its timeline, others one a week."""
SHORTEST_PURPOSE = 5
LONGEST_PURPOSE = 300
_FILTER_FIELDS = ("q", "place", "score", "state", "verdict")
_FILTER_WORDS: dict[str, str] = {
    "all": "Any",
    "undecided": "Not decided",
    "decided": "Decided",
    **{word.value: label for word, label in VERDICT_WORDS.items()},
}
LONGEST_WORDS = 200
"""Characters of what the queue is searched for."""


@blueprint.get("/queue")
@asks(
    q=text(LONGEST_WORDS),
    place=text(LONGEST_WORDS),
    score=text(10),
    state=text(10),
    verdict=text(20),
    cursor=text(LONGEST_CURSOR),
)
def queue() -> str:
    """The ranked leads."""
    narrowed = _narrowed()
    given = decode_cursor(request.args.get("cursor"), tuple[int, float, str, bool])
    page = leads.queue(unit(), principal(), narrowed, Position(*given) if given else None, QUEUE_ROWS)
    names = cases.person_names(unit(), principal())
    phones = phone_counts(unit(), [row.lead.id for row in page.rows])
    decided = marks([row.lead for row in page.rows])
    rows = tuple(_queue_row(row, names, phones, decided) for row in page.rows)
    counted = leads.count_leads(unit(), principal()) if narrowed == LeadFilter() else None
    view = QueuePage(
        rows=rows,
        filter=_queue_filter(narrowed),
        next_url=_queue_url(page.rows[-1], backwards=False) if page.after and rows else None,
        prev_url=_queue_url(page.rows[0], backwards=True) if page.before and rows else None,
        total=counted if counted is None else min(counted, leads.MOST_COUNTED),
        more_than_total=counted is not None and counted > leads.MOST_COUNTED,
        waiting=count_stale(unit(), principal().organisation),
        priorities_url=url_for("priorities.priorities"),
        minors_url=url_for("minors.queue") if (waiting := _minors_waiting()) else None,
        minors_waiting=waiting,
    )
    return render_template("caseload/queue.html", page=view)


def _minors_waiting() -> int:
    who = principal()
    return count_waiting(unit(), who) if Permission.LEADS_MINORS in who.permissions else 0


def _queue_filter(narrowed: LeadFilter) -> QueueFilter:
    return QueueFilter(
        action_url=url_for("caseload.queue"),
        text=narrowed.text,
        place=narrowed.place,
        minimum_score=int(narrowed.minimum_score),
        state=_state(narrowed.state),
        verdicts=tuple(Option(word, _FILTER_WORDS[word], word == narrowed.verdict) for word in _FILTER_WORDS),
        places=tuple(leads.suggested_places(unit(), principal())),
    )


def _narrowed() -> LeadFilter:
    score = request.args.get("score", "")
    return LeadFilter(
        text=request.args.get("q", "").strip(),
        place=request.args.get("place", "").strip(),
        minimum_score=float(score) if score.isdecimal() and len(score) < 4 else 0.0,
        state=_state(request.args.get("state", "all")),
        verdict=verdict if (verdict := request.args.get("verdict", "all")) in FILTERS else "all",
    )


def _state(word: str) -> LeadState:
    if word == "opened":
        return "opened"
    return "unopened" if word == "unopened" else "all"


def _queue_url(row: leads.RankedLead, *, backwards: bool) -> str:
    cursor = encode_cursor(row.rank, row.lead.score, row.lead.anchor, backwards)
    kept: dict[str, Any] = {name: value for name in _FILTER_FIELDS if (value := request.args.get(name))}
    return url_for("caseload.queue", cursor=cursor, **kept)


def _queue_row(
    row: leads.RankedLead, names: dict[UUID, str], phones: dict[UUID, int], decided: dict[UUID, VerdictMark]
) -> QueueRow:
    lead, case = row.lead, row.case
    return QueueRow(
        rank=row.rank,
        lead_id=str(lead.id),
        url=url_for("caseload.lead", lead_id=lead.id),
        title=showing.title(lead),
        score=lead.score,
        reasons=showing.reasons(showing.telling(lead.reasons), lead.score)[:3],
        records=lead.records,
        first_seen=lead.first_seen,
        last_seen=lead.last_seen,
        places=tuple(lead.places),
        phones=phones.get(lead.id, 0),
        case_url=url_for("casework.case", case_id=case.id) if case else None,
        assignee=names.get(case.assignee_id) if case and case.assignee_id else None,
        urgent_word=showing.urgent_word(lead.score),
        verdict=decided.get(lead.id),
    )


@blueprint.get("/leads/<uuid:lead_id>")
@asks(after=text(LONGEST_CURSOR), before=text(LONGEST_CURSOR))
def lead(lead_id: UUID) -> ResponseReturnValue:
    """Everything about one lead; under htmx the page of its records that was asked for."""
    found = leads.find_lead(unit(), principal(), lead_id)
    if found.id != lead_id:
        return redirect(url_for("caseload.lead", lead_id=found.id), 302)
    if wants_fragment():
        return render_template("caseload/_records.html", page={"records": record_list(found)})
    return render_template("caseload/lead.html", page=_lead_page(found))


def _lead_page(found: Lead, selectors: SelectorList | None = None) -> LeadPage:
    rows = leads.lead_selectors(unit(), found)
    drawn = showing.drawn(rows)
    edges = leads.edges(unit(), found, [row.selector_id for row in drawn])
    reasons = showing.reasons(found.reasons, found.score, partial(_rank_words, found))
    return LeadPage(
        lead=lead_header(found),
        queue_url=url_for("caseload.queue"),
        reasons=reasons,
        beginning=showing.beginning(reasons, found.score),
        parts_url=url_for("parts.parts", lead_id=found.id),
        texts_url=url_for("caseload.texts", lead_id=found.id),
        records=record_list(found),
        selectors=selectors or SelectorList(_selector_table(found, rows), unmask_url=_unmask_url(found)),
        signals=showing.signals(read_facts(found.facts)),
        timeline=_timeline(found),
        graph=GraphView(url_for("caseload.graph", lead_id=found.id), showing.graph_links(drawn, edges))
        if drawn
        else None,
        verdict=panel(found),
        minor=minor_panel(found),
    )


def _rank_words(found: Lead, scores: Sequence[float]) -> list[str]:
    ranks = leads.ranks_at(unit(), found, scores)
    return [f"rank {rank:,}" if rank else f"below rank {leads.DEEPEST_RANK:,}" for rank in ranks]


def _timeline(found: Lead) -> tuple[TimelineBar, ...]:
    by_day = found.last_seen - found.first_seen < DAILY_UP_TO
    return showing.timeline(leads.weeks(unit(), found, by_day=by_day), by_day=by_day)


def _selector_table(
    found: Lead, rows: list[leads.LeadSelectorRow], *, unmasked: bool = False
) -> SelectorTable:
    shown = showing.selector_rows(rows, unmasked=unmasked)
    return showing.selector_table(shown, selector_counts(unit(), found))


def lead_header(found: Lead) -> LeadHeader:
    """The facts of a lead, and how to open it as a case or go to the case."""
    who = principal()
    case = cases.case_of_lead(unit(), found) if Permission.CASES_READ in who.permissions else None
    may_open = case is None and Permission.CASES_WRITE in who.permissions
    names = cases.person_names(unit(), who)
    return LeadHeader(
        lead_id=str(found.id),
        title=showing.title(found),
        score=found.score,
        rank=leads.rank_of(unit(), found),
        records=found.records,
        first_seen=found.first_seen,
        last_seen=found.last_seen,
        places=tuple(found.places),
        phones=phone_counts(unit(), [found.id]).get(found.id, 0),
        urgent_word=showing.urgent_word(found.score),
        case_url=url_for("casework.case", case_id=case.id) if case else None,
        open_url=url_for("caseload.open_case", lead_id=found.id) if may_open else None,
        assignee=names.get(case.assignee_id) if case and case.assignee_id else None,
        chance=showing.chance(chance_of(unit(), found)),
    )


def record_list(found: Lead) -> RecordList:
    """The page of a lead's records that the address asks for: `after` or `before` a record."""
    after = decode_cursor(request.args.get("after"), tuple[int, datetime, int])
    before = decode_cursor(request.args.get("before"), tuple[int, datetime, int])
    rows = leads.lead_records(
        unit(),
        found,
        limit=RECORD_ROWS,
        after=after[1:] if after else None,
        before=before[1:] if before else None,
    )
    first = after[0] + 1 if after else max(1, before[0] - len(rows)) if before else 1
    last = first + len(rows) - 1

    def url(side: str, number: int, row: leads.LeadRecordRow) -> str:
        cursor: dict[str, Any] = {side: encode_cursor(number, row.record.observed_at, row.record.id)}
        return url_for("caseload.lead", lead_id=found.id, **cursor, _anchor="records")

    return RecordList(
        rows=tuple(showing.record_view(row) for row in rows),
        total=found.records,
        first_number=first,
        next_url=url("after", last, rows[-1]) if rows and last < found.records else None,
        prev_url=url("before", first, rows[0]) if rows and first > 1 else None,
    )


def _unmask_url(found: Lead) -> str | None:
    if Permission.SELECTORS_UNMASK not in principal().permissions:
        return None
    return url_for("caseload.unmask", lead_id=found.id)


@blueprint.post("/leads/<uuid:lead_id>/unmask")
@takes(purpose=text(10_000))
def unmask(lead_id: UUID) -> ResponseReturnValue:
    """Show a lead's contact values for a purpose, which is logged."""
    principal().require(Permission.SELECTORS_UNMASK)
    found = leads.find_lead(unit(), principal(), lead_id)
    purpose = request.form.get("purpose", "").strip()
    problem = purpose_problem(purpose)
    rows = leads.lead_selectors(unit(), found)
    if problem:
        form = FormState(values={"purpose": purpose}, errors={"purpose": problem})
        selectors = SelectorList(_selector_table(found, rows), unmask_url=_unmask_url(found), form=form)
    else:
        record(unit(), principal(), AuditTag.SELECTORS_UNMASK, f"lead {found.id}", {"purpose": purpose})
        selectors = SelectorList(_selector_table(found, rows, unmasked=True), unmasked_for=purpose)
    status = 422 if problem else 200
    if wants_fragment():
        return render_template("caseload/_selectors.html", page={"selectors": selectors}), status
    return render_template("caseload/lead.html", page=_lead_page(found, selectors)), status


def purpose_problem(purpose: str) -> str | None:
    """What is wrong with a purpose that a person gave."""
    if len(purpose) < SHORTEST_PURPOSE:
        return "Say in a few words what you need it for."
    if len(purpose) > LONGEST_PURPOSE:
        return f"Use at most {LONGEST_PURPOSE} characters."
    return "Take out the NUL character." if "\x00" in purpose else None


@blueprint.get("/leads/<uuid:lead_id>/texts")
@asks()
def texts(lead_id: UUID) -> ResponseReturnValue:
    """What the lead's near-duplicate texts have in common, and what varies: read when asked for."""
    found = leads.find_lead(unit(), principal(), lead_id)
    view = LeadTextsPage(
        lead_url=url_for("caseload.lead", lead_id=found.id),
        lead_title=showing.title(found),
        texts=tuple(map(text_view, lead_texts(unit(), found))),
    )
    fragment = "caseload/_texts.html" if wants_fragment() else "caseload/texts.html"
    return render_template(fragment, page=view)


@blueprint.get("/leads/<uuid:lead_id>/graph.json")
@asks()
def graph(lead_id: UUID) -> ResponseReturnValue:
    """The lead's link graph, values masked."""
    found = leads.find_lead(unit(), principal(), lead_id)
    rows = showing.drawn(leads.lead_selectors(unit(), found))
    edges = leads.edges(unit(), found, [row.selector_id for row in rows])
    return jsonify(showing.graph_elements(rows, edges))


@blueprint.post("/leads/<uuid:lead_id>/open")
@takes()
def open_case(lead_id: UUID) -> ResponseReturnValue:
    """Open a lead as a case."""
    case: Case = cases.open_case(unit(), principal(), lead_id)
    flash("The case is open. Assign it to somebody, and note what you know.", "success")
    return redirect(url_for("casework.case", case_id=case.id), 303)
