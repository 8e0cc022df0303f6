"""Giving a verdict on a lead, from its page or its case's, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from accord.caseload import cases, leads, verdicts
from accord.caseload.decided import Standing, standing
from accord.caseload.verdict_models import VERDICT_WORDS, LeadVerdict, VerdictWord
from accord.caseload.verdict_presentation import PastVerdict, VerdictMark, VerdictPanel
from accord.linking.models import Lead
from accord.web.fields import takes, text
from accord.web.presentation import Option
from accord.web.request import principal, unit
from accord_auth.permissions import Permission

blueprint = Blueprint("verdicts", __name__)


def marks(found: Sequence[Lead]) -> dict[UUID, VerdictMark]:
    """The verdicts that stand on these leads, in words."""
    return {lead_id: _mark(one) for lead_id, one in standing(unit(), found).items()}


def _mark(one: Standing) -> VerdictMark:
    said = one.verdict
    grown = f"{one.grown_by:,} records more since" if one.grown_by else ""
    label = VERDICT_WORDS[VerdictWord(said.word)]
    return VerdictMark(said.word, label, said.person_name, said.made_at, said.reason, grown)


def panel(found: Lead, back: str = "lead") -> VerdictPanel:
    """The verdict's part of the page of a lead or a case."""
    stands = marks([found]).get(found.id)
    past = [one for one in verdicts.history(unit(), principal(), found) if one.withdrawn_at is not None]
    may = Permission.LEADS_DECIDE in principal().permissions
    options = tuple(
        Option(word, label, selected=stands is not None and stands.word == word)
        for word, label in VERDICT_WORDS.items()
    )
    return VerdictPanel(
        stands=stands,
        past=tuple(map(_past, past)),
        give_url=url_for("verdicts.give", lead_id=found.id) if may else None,
        withdraw_url=url_for("verdicts.withdraw", lead_id=found.id) if may and stands else None,
        options=options,
        back=back,
    )


def _past(one: LeadVerdict) -> PastVerdict:
    label = VERDICT_WORDS[VerdictWord(one.word)]
    ended = one.withdrawn_at or one.made_at
    return PastVerdict(label, one.person_name, one.made_at, one.reason, one.withdrawn_by, ended)


@blueprint.post("/leads/<uuid:lead_id>/verdict")
@takes(verdict=text(20, required=True), reason=text(10_000), back=text(10))
def give(lead_id: UUID) -> ResponseReturnValue:
    """Say what the lead is."""
    found = leads.find_lead(unit(), principal(), lead_id)
    form = request.form
    made = verdicts.give(unit(), principal(), found, form.get("verdict", ""), form.get("reason", ""))
    flash(
        f"Noted: {VERDICT_WORDS[VerdictWord(made.word)].lower()}. You can change it at any time.", "success"
    )
    return _back(found)


@blueprint.post("/leads/<uuid:lead_id>/verdict/withdraw")
@takes(back=text(10))
def withdraw(lead_id: UUID) -> ResponseReturnValue:
    """Take back what was said."""
    found = leads.find_lead(unit(), principal(), lead_id)
    verdicts.take_back(unit(), principal(), found)
    flash("Taken back: no verdict stands on this lead.", "success")
    return _back(found)


def _back(found: Lead) -> ResponseReturnValue:
    case = cases.case_of_lead(unit(), found) if request.form.get("back") == "case" else None
    if case is not None:
        return redirect(url_for("casework.case", case_id=case.id, _anchor="verdict"), 303)
    return redirect(url_for("caseload.lead", lead_id=found.id, _anchor="verdict"), 303)
