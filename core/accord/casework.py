"""The page of one case: the caseload's part and sharing's part together, and what is done from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.caseload import cases
from accord.caseload.case_pages import case_page
from accord.caseload.models import Case
from accord.caseload.presentation import CasePage, DocumentView, ShareForm, ShareRow, ShareState
from accord.sharing import deliveries, service, terms
from accord.sharing.models import Share
from accord.sharing.pages import document_view
from accord.sharing.presentation import PreviewPage
from accord.sharing.service import BASIS_WORDS, Basis
from accord.sharing.showing import shared_case
from accord.web.fields import LONGEST_ID, asks, takes, text
from accord.web.presentation import FormState, Option
from accord.web.request import principal, unit, wants_fragment
from accord_auth.errors import Invalid
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.service import other_organisations
from accord_auth.permissions import Permission

blueprint = Blueprint("casework", __name__)

_TERMS = {
    "recipient": text(LONGEST_ID),
    "purpose": text(10_000),
    "basis": text(40),
    "marking": text(20),
    "expires_on": text(10),
    "include_notes": text(1),
    "include_contacts": text(1),
    "records": text(5),
    "records_first": text(6),
}
"""The share form. A purpose that is too long is told beside its field."""


@blueprint.get("/cases/<uuid:case_id>")
@asks()
def case(case_id: UUID) -> str:
    """One case."""
    return _render(cases.find_case(unit(), principal(), case_id))


def _render(found: Case, *, note: FormState | None = None, share: FormState | None = None) -> str:
    return render_template("caseload/case.html", page=_page(found, note, share))


def _page(found: Case, note: FormState | None = None, share: FormState | None = None) -> CasePage:
    page = case_page(found, note)
    who = principal()
    made = service.shares_of_case(unit(), found) if Permission.SHARES_READ in who.permissions else []
    may_share = Permission.SHARES_CREATE in who.permissions
    return replace(
        page,
        shares=tuple(_share_row(one, recipient) for one, recipient in made),
        document=_document(found) if may_share else None,
        share=_share_form(found, page, share) if may_share else None,
        access_url=url_for("reach.case", case_id=found.id)
        if Permission.ACCESS_READ in who.permissions
        else None,
    )


def _share_row(share: Share, recipient: Organisation) -> ShareRow:
    state: ShareState = "active"
    if share.revoked_at is not None:
        state = "revoked"
    elif share.expires_at is not None and share.expires_at <= datetime.now(UTC):
        state = "expired"
    may_revoke = state == "active" and Permission.SHARES_REVOKE in principal().permissions
    return ShareRow(
        recipient=recipient.name,
        marking=share.marking,
        purpose=share.purpose,
        basis=BASIS_WORDS[Basis(share.basis)],
        created_at=share.created_at,
        state=state,
        expires_at=share.expires_at,
        view_url=url_for("sharing.share", share_id=share.id),
        revoke_url=url_for("sharing.revoke", share_id=share.id) if may_revoke else None,
    )


def _share_form(found: Case, page: CasePage, state: FormState | None) -> ShareForm:
    recipients = other_organisations(unit(), principal())
    return ShareForm(
        preview_url=url_for("casework.preview", case_id=found.id),
        recipients=tuple(Option(str(member.id), member.name) for member in recipients),
        bases=terms.bases(),
        markings=terms.markings(found.marking),
        records_total=page.lead.records,
        form=state or FormState(values=terms.defaults()),
    )


def _document(found: Case) -> DocumentView:
    return document_view(
        deliveries.latest_of_case(unit(), found),
        prepare_url=url_for("casework.prepare_document", case_id=found.id),
        status_url=url_for("casework.document", case_id=found.id),
    )


@blueprint.post("/cases/<uuid:case_id>/notes")
@takes(body=text(10 * cases.LONGEST_NOTE))
def add_note(case_id: UUID) -> ResponseReturnValue:
    """Write a note."""
    found = cases.find_case(unit(), principal(), case_id)
    body = request.form.get("body", "")
    try:
        cases.add_note(unit(), principal(), found, body)
    except Invalid as error:
        return _render(found, note=_state({"body": body}, error)), 422
    flash("The note is saved.", "success")
    return redirect(url_for("casework.case", case_id=found.id, _anchor="notes"), 303)


@blueprint.post("/cases/<uuid:case_id>/preview")
@takes(**_TERMS)
def preview(case_id: UUID) -> ResponseReturnValue:
    """Show exactly what the recipient would see."""
    found = cases.find_case(unit(), principal(), case_id)
    try:
        wanted = terms.read_terms(request.form)
        drafted = service.draft(unit(), principal(), found, wanted)
    except Invalid as error:
        state = _state(terms.entered(request.form), error)
        if wants_fragment():
            again = render_template("caseload/_share_form.html", page=_page(found, share=state))
            return again, 422, {"HX-Retarget": "#share", "HX-Reswap": "outerHTML"}
        return _render(found, share=state), 422
    page = PreviewPage(
        document=shared_case(drafted.document, principal().organisation_name),
        recipient=drafted.recipient.name,
        marking=wanted.marking,
        purpose=wanted.purpose,
        basis=BASIS_WORDS[Basis(wanted.basis)],
        back_url=url_for("casework.case", case_id=found.id, _anchor="share"),
        fields=tuple(terms.entered(request.form).items()),
        confirm_url=url_for("casework.share", case_id=found.id),
        expires_at=datetime.combine(wanted.expires_on, datetime.max.time(), tzinfo=UTC),
    )
    return render_template("sharing/_preview.html" if wants_fragment() else "sharing/preview.html", page=page)


@blueprint.post("/cases/<uuid:case_id>/share")
@takes(**_TERMS)
def share(case_id: UUID) -> ResponseReturnValue:
    """Make the share."""
    found = cases.find_case(unit(), principal(), case_id)
    try:
        service.create_share(unit(), principal(), found, terms.read_terms(request.form))
    except Invalid as error:
        return _render(found, share=_state(terms.entered(request.form), error)), 422
    flash(
        "The case is shared. The recipient sees what the preview showed, until the day you chose.", "success"
    )
    return redirect(url_for("casework.case", case_id=found.id, _anchor="shares"), 303)


def _state(values: Mapping[str, str], error: Invalid) -> FormState:
    return FormState(values=values, errors={name: "; ".join(why) for name, why in error.fields.items()})


@blueprint.post("/cases/<uuid:case_id>/document")
@takes()
def prepare_document(case_id: UUID) -> ResponseReturnValue:
    """Have the case's STIX file made by a worker."""
    found = cases.find_case(unit(), principal(), case_id)
    deliveries.prepare_case(unit(), principal(), found)
    if wants_fragment():
        return render_template("caseload/_document.html", document=_document(found))
    return redirect(url_for("casework.case", case_id=found.id, _anchor="document"), 303)


@blueprint.get("/cases/<uuid:case_id>/document")
@asks()
def document(case_id: UUID) -> str:
    """How far the case's STIX file is."""
    found = cases.find_case(unit(), principal(), case_id)
    principal().require(Permission.SHARES_CREATE)
    return render_template("caseload/_document.html", document=_document(found))
