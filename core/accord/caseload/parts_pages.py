"""The page that says why a lead is one, and asks people where it is not sure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.caseload import leads, showing
from accord.caseload.lead_parts import LeadPart, OutsideLink, PartLink, lead_parts
from accord.caseload.masking import mask
from accord.linking import judgements
from accord.linking.bonds import Bond
from accord.linking.models import Judgement, Lead, Verdict
from accord.web.fields import LONGEST_ID, asks, takes, text
from accord.web.request import principal, unit
from accord_auth.errors import Invalid
from accord_auth.permissions import Permission

blueprint = Blueprint("parts", __name__, template_folder="templates")

MOST_OF_A_KIND = 6
"""Selectors of one kind that can be judged on the page; the API takes any."""
MOST_JUDGEMENTS = 200
VERDICT_WORDS = {
    Verdict.APART: "Not the same people",
    Verdict.TOGETHER: "The same people",
    Verdict.STRANGERS: "Used by strangers",
}


@dataclass(frozen=True)
class PartRow:
    """A part: its number, records, days, places, and contacts (kind, masked value)."""

    number: int
    records: int
    first: datetime
    last: datetime
    places: tuple[str, ...]
    contacts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Word:
    """What somebody said, and where to take it back (POST), which None withholds."""

    verdict: str
    by: str
    made_at: datetime
    reason: str
    waiting: bool
    withdraw_url: str | None
    about: str = ""
    contradicted: bool = False


@dataclass(frozen=True)
class LinkRow:
    """What two parts have in common, in words with weights; `one` and `other` go back with the form."""

    title: str
    evidence: tuple[tuple[str, float], ...]
    weight: float
    one: str
    other: str
    said: Word | None
    lead_url: str | None = None


@dataclass(frozen=True)
class JoiningRow:
    """A selector that joins records of the lead."""

    selector_id: int
    kind: str
    display: str
    records: int


@dataclass(frozen=True)
class PartsPage:
    """Why a lead is one. `judge_url` (POST) is None for who may not judge."""

    lead_url: str
    lead_title: str
    parts: tuple[PartRow, ...]
    left_out: int
    links: tuple[LinkRow, ...]
    questions: tuple[LinkRow, ...]
    selectors: tuple[JoiningRow, ...]
    judge_url: str | None
    judgements_url: str


@dataclass(frozen=True)
class JudgementsPage:
    """What people said, the newest first."""

    rows: tuple[Word, ...]
    queue_url: str


@blueprint.get("/leads/<uuid:lead_id>/parts")
@asks()
def parts(lead_id: UUID) -> ResponseReturnValue:
    """The lead's parts, what joins them, and what nearly would."""
    found = leads.find_lead(unit(), principal(), lead_id)
    view = lead_parts(unit(), found)
    page = PartsPage(
        lead_url=url_for("caseload.lead", lead_id=found.id),
        lead_title=showing.title(found),
        parts=tuple(map(_part, view.parts)),
        left_out=view.left_out,
        links=tuple(map(_link, view.links)),
        questions=tuple(map(_question, view.outside)),
        selectors=_selectors(found),
        judge_url=url_for("parts.judge", lead_id=found.id) if _may_judge() else None,
        judgements_url=url_for("parts.said"),
    )
    return render_template("caseload/parts.html", page=page)


@blueprint.post("/leads/<uuid:lead_id>/judge")
@takes(
    verdict=text(20, required=True),
    one=text(LONGEST_ID),
    other=text(LONGEST_ID),
    selector=text(20),
    reason=text(10_000),
)
def judge(lead_id: UUID) -> ResponseReturnValue:
    """Keep what somebody says of two parts, or of a selector."""
    found = leads.find_lead(unit(), principal(), lead_id)
    form = request.form
    verdict, reason = form.get("verdict", ""), form.get("reason", "")
    if verdict == Verdict.STRANGERS:
        number = form.get("selector", "")
        if not number.isdecimal():
            raise Invalid("choose a selector", {"selector": ["is missing"]})
        judgements.judge_selector(unit(), principal(), int(number), reason)
    else:
        ends = _strand("one"), _strand("other")
        judgements.judge_parts(unit(), principal(), _verdict(verdict), *ends, reason)
    flash("Noted. The lead follows in a moment.", "success")
    return redirect(url_for("parts.parts", lead_id=found.id), 303)


def _verdict(word: str) -> Verdict:
    try:
        return Verdict(word)
    except ValueError as error:
        raise Invalid("say whether the two are the same", {"verdict": ["is apart or together"]}) from error


def _strand(name: str) -> UUID:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError as error:
        raise Invalid("choose two parts", {name: ["is no part"]}) from error


@blueprint.get("/judgements")
@asks()
def said() -> ResponseReturnValue:
    """What people of the organisation said of links."""
    found = judgements.judgements(unit(), principal(), MOST_JUDGEMENTS)
    held = judgements.contradicted(unit(), found)
    rows = tuple(_word(one, contradicted=one.id in held) for one in found)
    page = JudgementsPage(rows, url_for("caseload.queue"))
    return render_template("caseload/judgements.html", page=page)


@blueprint.post("/judgements/<uuid:judgement_id>/withdraw")
@takes()
def withdraw(judgement_id: UUID) -> ResponseReturnValue:
    """Take back what was said."""
    judgements.withdraw(unit(), principal(), judgement_id)
    flash("Taken back. The leads follow in a moment.", "success")
    return redirect(url_for("parts.said"), 303)


def _may_judge() -> bool:
    return Permission.LEADS_JUDGE in principal().permissions


def _part(part: LeadPart) -> PartRow:
    contacts = tuple((kind, mask(kind, value)) for kind, value in part.identities)
    return PartRow(part.number, part.records, part.first, part.last, part.places, contacts)


def _evidence(found: Bond) -> tuple[tuple[str, float], ...]:
    return tuple(
        (f"{one.what}, {one.shared} times" if one.shared > 1 else one.what, one.weight)
        for one in found.evidence
    )


def _link(link: PartLink) -> LinkRow:
    return LinkRow(
        f"Part {link.one.number} and part {link.other.number}",
        _evidence(link.bond),
        link.bond.weight,
        str(link.one.strand_id),
        str(link.other.strand_id),
        _word(link.said) if link.said else None,
    )


def _question(link: OutsideLink) -> LinkRow:
    return LinkRow(
        f"Part {link.part.number} and {link.lead_title or 'a lead that is not ranked yet'}",
        _evidence(link.bond),
        link.bond.weight,
        str(link.part.strand_id),
        str(link.strand_id),
        _word(link.said) if link.said else None,
        url_for("caseload.lead", lead_id=link.lead_id),
    )


def _word(one: Judgement, *, contradicted: bool = False) -> Word:
    return Word(
        VERDICT_WORDS[Verdict(one.verdict)],
        one.person_name,
        one.made_at,
        one.reason,
        waiting=not one.applied,
        withdraw_url=url_for("parts.withdraw", judgement_id=one.id) if _may_judge() else None,
        about="a selector" if one.selector_id is not None else "two parts",
        contradicted=contradicted,
    )


def _selectors(found: Lead) -> tuple[JoiningRow, ...]:
    """What joins records of the lead: contacts first, and of each kind those on the most records."""
    shown: Counter[str] = Counter()
    rows = []
    for row in leads.lead_selectors(unit(), found):
        if row.records > 1 and not row.hub and shown[row.kind] < MOST_OF_A_KIND:
            shown[row.kind] += 1
            rows.append(JoiningRow(row.selector_id, row.kind, showing.display(row), row.records))
    return tuple(rows)
