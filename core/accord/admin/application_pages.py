"""The platform admin's pages about those who want to join."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.admin.application_showing import application_page, decided_row, waiting_row
from accord.admin.gate import again, gate
from accord.admin.presentation import Act, ApplicationsPage
from accord.inviting import hand_over
from accord.joining.showing import kind_options
from accord.web.fields import asks, takes, text
from accord.web.presentation import FormState
from accord.web.request import AccordFlask, principal
from accord.web.signing import fresh_session
from accord_auth.errors import Invalid
from accord_auth.forms import LONGEST_EMAIL, LONGEST_LINE, LONGEST_PARAGRAPH, read
from accord_auth.joining import applying, deciding, register, vetting
from accord_auth.joining.domains import Dns
from accord_auth.joining.schemas import AgreementForm, CheckForm, InviteForm, ReasonForm, TermsForm
from accord_auth.permissions import Permission
from accord_config.database import NOBODY

blueprint = Blueprint("applications", __name__, template_folder="templates", url_prefix="/admin/applications")

DAY = text(10, required=True)


@blueprint.get("")
@asks()
def applications() -> str:
    """The applications: those that wait for the platform first."""
    return _list(FormState())


def _list(form: FormState, link: str = "") -> str:
    who = principal()
    now = datetime.now(UTC)
    with gate().transaction(NOBODY) as session:
        page = ApplicationsPage(
            waiting=tuple(waiting_row(seen, now) for seen in register.open_applications(session, who)),
            decided=tuple(decided_row(found) for found in register.decided_applications(session, who)),
            organisations_url=url_for("admin.organisations"),
            kinds=kind_options(),
            invite=Act(url_for("applications.invite"), form=form)
            if Permission.APPLICATIONS_DECIDE in who.permissions
            else None,
            link=link,
        )
    return render_template("admin/applications.html", page=page)


@blueprint.post("/invite")
@takes(
    name=text(LONGEST_LINE, required=True),
    kind=text(40, required=True),
    contact_email=text(LONGEST_EMAIL, required=True),
)
def invite() -> ResponseReturnValue:
    """Invite an organisation to apply; the address for it is shown once."""
    principal().require(Permission.APPLICATIONS_DECIDE)
    given = request.form.to_dict()
    try:
        values = read(InviteForm(), given)
    except Invalid as error:
        return _list(again(given, error)), 422
    with gate().transaction(NOBODY) as session:
        applied = applying.invite_organisation(session, principal(), **values)
    return _list(FormState(), url_for("joining.status", token=applied.token, _external=True))


@blueprint.get("/<uuid:application_id>")
@asks()
def application(application_id: UUID) -> str:
    """One application, and what may be done with it."""
    return _page(application_id)


def _page(application_id: UUID, **forms: FormState) -> str:
    with gate().transaction(NOBODY) as session:
        found = register.application(session, principal(), application_id)
        page = application_page(session, principal(), register.seen(session, found), forms)
    return render_template("admin/application.html", page=page)


@blueprint.post("/<uuid:application_id>/check")
@takes(item=text(20, required=True), state=text(10), note=text(LONGEST_PARAGRAPH))
def check(application_id: UUID) -> ResponseReturnValue:
    """Say what came of looking at an item."""
    principal().require(Permission.APPLICATIONS_DECIDE)
    given = request.form.to_dict()
    try:
        values = read(CheckForm(), given | {"state": given.get("state") or None})
        with gate().transaction(NOBODY) as session:
            vetting.check(session, principal(), application_id, **values)
    except Invalid as error:
        return _page(application_id, **{f"check-{given.get('item', '')}": again(given, error)}), 422
    return _back(application_id)


@blueprint.post("/<uuid:application_id>/terms")
@takes(slug=text(40, required=True), sponsor=text(40), hash_lists=text(1))
def terms(application_id: UUID) -> ResponseReturnValue:
    """Set short name, sponsor and what is granted."""
    principal().require(Permission.APPLICATIONS_DECIDE)
    given = request.form.to_dict()
    try:
        wanted = vetting.Terms(**read(TermsForm(), given | {"hash_lists": given.get("hash_lists") == "1"}))
        with gate().transaction(NOBODY) as session:
            vetting.set_terms(session, principal(), application_id, wanted)
    except Invalid as error:
        return _page(application_id, terms=again(given, error)), 422
    flash("The terms are set. Approvals that were given before count no more.", "success")
    return _back(application_id)


@blueprint.post("/<uuid:application_id>/agreement")
@takes(reference=text(LONGEST_LINE, required=True), signed_on=DAY, starts_on=DAY, ends_on=DAY)
def agreement(application_id: UUID) -> ResponseReturnValue:
    """Record the signed agreement."""
    principal().require(Permission.APPLICATIONS_DECIDE)
    given = request.form.to_dict()
    try:
        made = vetting.SignedAgreement(**read(AgreementForm(), given))
        with gate().transaction(NOBODY) as session:
            vetting.set_agreement(session, principal(), application_id, made)
    except Invalid as error:
        return _page(application_id, agreement=again(given, error)), 422
    flash("The agreement is recorded. Approvals that were given before count no more.", "success")
    return _back(application_id)


@blueprint.post("/<uuid:application_id>/domain")
@takes()
def domain(application_id: UUID) -> ResponseReturnValue:
    """Look in DNS for the record."""
    principal().require(Permission.APPLICATIONS_DECIDE)
    with gate().transaction(NOBODY) as session:
        found = register.application(session, principal(), application_id)
    problem = applying.prove_domain(gate(), principal(), found, Dns(current_app.config["DNS_SERVER"]))
    flash(problem or "The domain is proved.", "warning" if problem else "success")
    return _back(application_id)


@blueprint.post("/<uuid:application_id>/approve")
@takes()
def approve(application_id: UUID) -> ResponseReturnValue:
    """Approve; the last approval makes the organisation."""
    principal().require(Permission.APPLICATIONS_DECIDE)
    fresh_session()
    try:
        with gate().transaction(NOBODY) as session:
            decision = deciding.approve(session, principal(), application_id)
    except Invalid as error:
        return _page(application_id, approve=again({}, error)), 422
    if decision.organisation is None:
        flash("You approved it. Another platform admin has to, too.", "success")
        return _back(application_id)
    flash(f"Approved: {decision.organisation.name} takes part.", "success")
    if decision.invited is not None:
        app = cast("AccordFlask", current_app)
        handed = hand_over(app.gate, app.mailer, app.issuer, decision.invited)
        flash(f"Its first admin is invited. {handed.words()} {handed.link or ''}".strip(), "info")
    return redirect(url_for("admin.organisation", slug=decision.organisation.slug), 303)


@blueprint.post("/<uuid:application_id>/refuse")
@takes(reason=text(LONGEST_PARAGRAPH, required=True))
def refuse(application_id: UUID) -> ResponseReturnValue:
    """Refuse; the applicant reads the reason."""
    principal().require(Permission.APPLICATIONS_DECIDE)
    given = request.form.to_dict()
    try:
        reason = read(ReasonForm(), given)["reason"]
    except Invalid as error:
        return _page(application_id, refuse=again(given, error)), 422
    with gate().transaction(NOBODY) as session:
        found = deciding.refuse(session, principal(), application_id, reason)
    flash(f"The application of {found.name} is refused.", "success")
    return _back(application_id)


def _back(application_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("applications.application", application_id=application_id), 303)
