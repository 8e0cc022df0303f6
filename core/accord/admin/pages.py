"""The platform admin's pages about the members, and each member's page about itself."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.admin.gate import again, gate
from accord.admin.presentation import Act, OrganisationPage, OrganisationsPage
from accord.admin.showing import page_of, row
from accord.web.fields import asks, takes, text
from accord.web.presentation import FormState
from accord.web.request import principal
from accord.web.signing import fresh_session
from accord_auth.access.causes import Cause
from accord_auth.errors import Invalid
from accord_auth.forms import LONGEST_LINE, LONGEST_PARAGRAPH, read
from accord_auth.joining import membership
from accord_auth.joining.overview import at_a_glance
from accord_auth.joining.register import waiting_for_us
from accord_auth.joining.schemas import AgreementForm, ReasonForm
from accord_auth.joining.vetting import SignedAgreement
from accord_auth.organisations.models import Organisation, OrganisationStatus
from accord_auth.permissions import Permission
from accord_config.database import NOBODY, ScopedSession

blueprint = Blueprint("admin", __name__, template_folder="templates", url_prefix="/admin")
own_blueprint = Blueprint("membership", __name__)

DAY = text(10, required=True)
WHY = text(LONGEST_PARAGRAPH, required=True)


@blueprint.get("/organisations")
@asks()
def organisations() -> str:
    """The members at a glance, and whose agreement ends soon."""
    who = principal()
    with gate().transaction(NOBODY) as session:
        rows = tuple(row(found) for found in at_a_glance(session, who))
        reads = Permission.APPLICATIONS_READ in who.permissions
        page = OrganisationsPage(
            rows,
            ending=tuple(one for one in rows if one.ends_soon),
            applications_url=url_for("applications.applications") if reads else None,
            waiting=waiting_for_us(session) if reads else 0,
        )
    return render_template("admin/organisations.html", page=page)


@blueprint.get("/organisations/<slug>")
@asks()
def organisation(slug: str) -> str:
    """One member: numbers, terms, agreements, and what may be done."""
    principal().require(Permission.ORGANISATIONS_READ)
    return _page(slug)


def _page(slug: str, **forms: FormState) -> str:
    with gate().transaction(NOBODY) as session:
        found = membership.member(session, principal(), slug)
        page = page_of(session, found, own=False)
        page = replace(page, back_url=url_for("admin.organisations"))
        if Permission.ORGANISATIONS_MANAGE in principal().permissions:
            page = _acts(session, found, page, forms)
    return render_template("admin/organisation.html", page=page)


def _acts(
    session: ScopedSession, found: Organisation, page: OrganisationPage, forms: dict[str, FormState]
) -> OrganisationPage:
    suspending = membership.what_would_end(session, found, Cause.ORGANISATION_SUSPENDED).words()
    leaving = membership.what_would_end(session, found, Cause.ORGANISATION_LEFT).words()

    def act(name: str, words: str = "") -> Act:
        where = url_for(f"admin.{name}", slug=found.slug)
        return Act(where, words, forms.get(name, FormState()))

    status = OrganisationStatus(found.status)
    gone = status is OrganisationStatus.LEFT
    may_suspend = status in (OrganisationStatus.ACTIVE, OrganisationStatus.EXPIRED)
    return replace(
        page,
        suspend=act("suspend", suspending) if may_suspend else None,
        resume=act("resume") if status is OrganisationStatus.SUSPENDED else None,
        renew=None if gone else act("renew"),
        leave=None if gone else act("leave", leaving),
    )


@blueprint.post("/organisations/<slug>/suspend")
@takes(reason=WHY)
def suspend(slug: str) -> ResponseReturnValue:
    """Take a member's access away until it is resumed."""
    principal().require(Permission.ORGANISATIONS_MANAGE)
    fresh_session()
    try:
        reason = _reason()
    except Invalid as error:
        return _page(slug, suspend=again(request.form.to_dict(), error)), 422
    with gate().transaction(NOBODY) as session:
        done = membership.suspend(session, principal(), slug, reason)
    flash(f"{done.organisation.name} is suspended. Ended: {done.ended.words()}.", "success")
    return _back(slug)


@blueprint.post("/organisations/<slug>/resume")
@takes(reason=WHY)
def resume(slug: str) -> ResponseReturnValue:
    """Let a suspended member act again."""
    principal().require(Permission.ORGANISATIONS_MANAGE)
    fresh_session()
    try:
        reason = _reason()
    except Invalid as error:
        return _page(slug, resume=again(request.form.to_dict(), error)), 422
    with gate().transaction(NOBODY) as session:
        back = membership.resume(session, principal(), slug, reason)
    flash(f"It takes part again; its people sign in anew. Came back: {back.words()}.", "success")
    return _back(slug)


@blueprint.post("/organisations/<slug>/renew")
@takes(reference=text(LONGEST_LINE, required=True), signed_on=DAY, starts_on=DAY, ends_on=DAY)
def renew(slug: str) -> ResponseReturnValue:
    """Record a further agreement."""
    principal().require(Permission.ORGANISATIONS_MANAGE)
    given = request.form.to_dict()
    try:
        agreement = SignedAgreement(**read(AgreementForm(), given))
        with gate().transaction(NOBODY) as session:
            membership.renew(session, principal(), slug, agreement)
    except Invalid as error:
        return _page(slug, renew=again(given, error)), 422
    flash(f"The agreement is recorded; it ends on {agreement.ends_on}.", "success")
    return _back(slug)


@blueprint.post("/organisations/<slug>/leave")
@takes(reason=WHY)
def leave(slug: str) -> ResponseReturnValue:
    """End a membership for good."""
    principal().require(Permission.ORGANISATIONS_MANAGE)
    fresh_session()
    try:
        reason = _reason()
    except Invalid as error:
        return _page(slug, leave=again(request.form.to_dict(), error)), 422
    with gate().transaction(NOBODY) as session:
        done = membership.leave(session, principal(), slug, reason)
    flash(f"{done.organisation.name} has left. Ended: {done.ended.words()}.", "success")
    return _back(slug)


def _reason() -> str:
    reason: str = read(ReasonForm(), request.form.to_dict())["reason"]
    return reason


def _back(slug: str) -> ResponseReturnValue:
    return redirect(url_for("admin.organisation", slug=slug), 303)


# --- a member about itself ---------------------------------------------------------------------------


@own_blueprint.get("/organisation")
@asks()
def own() -> str:
    """The organisation that one acts for: its terms and agreements; its admins may have it leave."""
    return _own(FormState())


def _own(form: FormState) -> str:
    who = principal()
    who.require(Permission.MEMBERSHIP_READ)
    with gate().transaction(NOBODY) as session:
        found = membership.member(session, who, who.organisation_slug)
        page = page_of(session, found, own=True)
        if Permission.MEMBERSHIP_END in who.permissions:
            ends = membership.what_would_end(session, found, Cause.ORGANISATION_LEFT).words()
            page = replace(page, leave=Act(url_for("membership.own_leave"), ends, form))
    return render_template("admin/organisation.html", page=page)


@own_blueprint.post("/organisation/leave")
@takes(reason=WHY)
def own_leave() -> ResponseReturnValue:
    """End the membership of the organisation that one acts for; everybody is signed out."""
    who = principal()
    who.require(Permission.MEMBERSHIP_END)
    fresh_session()
    try:
        reason = _reason()
    except Invalid as error:
        return _own(again(request.form.to_dict(), error)), 422
    with gate().transaction(NOBODY) as session:
        membership.leave(session, who, who.organisation_slug, reason)
    flash("Your organisation has left, and you are signed out.", "success")
    return redirect(url_for("web.sign_in_form"), 303)
