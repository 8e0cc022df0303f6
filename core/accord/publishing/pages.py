"""Published versions: handed in, looked at, decided about. All of it on the gate's role."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.markings import Marking
from accord.publishing import advisories, changing, deciding, grant_checks, trials, versions
from accord.publishing.presentation import AdvisoryPage, VersionsPage
from accord.publishing.review import review
from accord.publishing.showing import (
    advisory_row,
    concerned_row,
    grant_check_view,
    grant_field,
    row_of,
    version_page,
)
from accord.publishing.stopping import wait_for_stop, wait_for_stops
from accord.publishing.tainted import findings_of
from accord.registry.grants import OPEN_ORDER, Allowed
from accord.registry.models import PluginGrantCheck, TrialKind
from accord.web.fields import asks, takes, text
from accord.web.presentation import FormState
from accord.web.request import gate, principal, unit
from accord.web.signing import fresh_session
from accord_auth.errors import Invalid, NotFound
from accord_auth.permissions import Permission
from accord_config.database import NOBODY
from accord_sdk import RECORD_FIELDS

blueprint = Blueprint("versions", __name__, template_folder="templates", url_prefix="/plugin-versions")

LONGEST_REASON = 500
MOST_HOSTS = 20
WHY = text(LONGEST_REASON, required=True)


@blueprint.get("")
@asks()
def version_list() -> str:
    """The versions that one sees, and the form to publish another."""
    return _list(FormState())


def _list(form: FormState) -> str:
    who = principal()
    with gate().transaction(NOBODY) as session:
        rows = tuple(row_of(one) for one in versions.versions_seen(session, who))
        known = tuple(advisory_row(one) for one in advisories.advisories(session, who))
    page = VersionsPage(
        rows,
        of_all=who.organisation_id is None,
        publish_url=url_for("versions.publish") if Permission.PLUGINS_PUBLISH in who.permissions else None,
        advise_url=url_for("versions.advise") if Permission.PLUGINS_APPROVE in who.permissions else None,
        advisories=known,
        form=form,
    )
    return render_template("publishing/versions.html", page=page)


@blueprint.post("")
@takes("wheel", "wheelhouse")
def publish() -> ResponseReturnValue:
    """Publish a wheel, with the wheels of what it requires."""
    who = principal()
    who.require(Permission.PLUGINS_PUBLISH)
    wheel = request.files.get("wheel")
    if wheel is None or not wheel.filename:
        return _list(FormState(errors={"wheel": "choose the plugin’s wheel"})), 422  # noqa: RUF001 - as shown
    others = {one.filename: one.read() for one in request.files.getlist("wheelhouse") if one.filename}
    try:
        with gate().transaction(NOBODY) as session:
            made = versions.publish(session, who, wheel.filename, wheel.read(), others)
    except Invalid as error:
        return _list(FormState(errors={name: " ".join(why) for name, why in error.fields.items()})), 422
    flash(f"Received {made.name} {made.version}. Its checks run now.", "success")
    return redirect(url_for("versions.version", version_id=made.id), 303)


@blueprint.post("/advisories")
@takes(about=text(200, required=True), reason=WHY)
def advise() -> ResponseReturnValue:
    """Suspend every version that uses a wheel or a distribution."""
    principal().require(Permission.PLUGINS_APPROVE)
    who = fresh_session().principal
    with gate().transaction(NOBODY) as session:
        done = advisories.advise(session, who, request.form["about"], request.form["reason"])
        names = ", ".join(done.names)
        advisory_id = done.advisory.id
    told = f" {wait_for_stops(gate(), done.stops).words}" if done.stops else ""
    flash(f"Noted. Suspended: {names or 'nothing uses it'}.{told}", "success")
    return redirect(url_for("versions.advisory", advisory_id=advisory_id), 303)


@blueprint.post("/advisories/<uuid:advisory_id>/withdraw")
@takes(reason=WHY)
def withdraw_advisory(advisory_id: UUID) -> ResponseReturnValue:
    """Take an advisory back; its page says what is still suspended because of it."""
    principal().require(Permission.PLUGINS_APPROVE)
    who = fresh_session().principal
    with gate().transaction(NOBODY) as session:
        advisories.withdraw_advisory(session, who, advisory_id, request.form["reason"])
    flash("It is withdrawn. What it suspended stays so until you let it run again.", "success")
    return redirect(url_for("versions.advisory", advisory_id=advisory_id), 303)


@blueprint.get("/advisories/<uuid:advisory_id>")
@asks()
def advisory(advisory_id: UUID) -> str:
    """One advisory: the versions that it is about, and what they found for the own organisation."""
    who = principal()
    with gate().transaction(NOBODY) as session:
        found = advisories.find_advisory(session, who, advisory_id)
        concerned = advisories.concerned(session, found)
        row = advisory_row(found)
        rows = tuple(concerned_row(one, who, withdrawn=row.withdrawn_at is not None) for one in concerned)
    reads = who.organisation_id is not None and Permission.RECORDS_READ in who.permissions
    taint = findings_of(unit(), who, concerned) if reads else None
    page = AdvisoryPage(row, url_for("versions.version_list"), rows, who.organisation_name, taint)
    if row.withdrawn_at is None and Permission.PLUGINS_APPROVE in who.permissions:
        page = replace(page, withdraw_url=url_for("versions.withdraw_advisory", advisory_id=advisory_id))
    return render_template("publishing/advisory.html", page=page)


@blueprint.get("/<uuid:version_id>")
@asks()
def version(version_id: UUID) -> str:
    """One version."""
    return _page(version_id, FormState())


def _page(version_id: UUID, form: FormState, allowed: Allowed | None = None) -> str:
    who = principal()
    with gate().transaction(NOBODY) as session:
        reviewed = review(session, who, versions.find_version(session, who, version_id))
        comparison = None
        if who.organisation_id is not None:
            comparison = trials.trial_of(unit(), who, reviewed.found.version.name, TrialKind.SHADOW)
        known = grant_checks.grant_check(session, version_id, allowed) if allowed is not None else None
        checked = grant_check_view(known, reviewed.found.manifest) if known is not None else None
        page = version_page(reviewed, comparison, form, checked)
    return render_template("publishing/version.html", page=page)


GRANTS = {
    "ceiling": text(20),
    "until": text(10),
    **{grant_field("reads", name): text(1) for name in sorted(RECORD_FIELDS)},
    **{f"calls_{number}": text(1) for number in range(MOST_HOSTS)},
}
"""The fields of the form that says what a version may do."""


@blueprint.post("/<uuid:version_id>/grants")
@takes(**GRANTS)
def try_grants(version_id: UUID) -> str:
    """Have the contract checked with what is ticked, and say whether it holds as far as is known."""
    who = principal()
    who.require(Permission.PLUGINS_APPROVE)
    with gate().transaction(NOBODY) as session:
        found = versions.find_version(session, who, version_id)
        allowed, known = _allowed(found.manifest), None
        if grant_checks.is_less(found.manifest, allowed):
            known = grant_checks.ask_for_check(session, who, version_id, allowed)
        view = grant_check_view(known, found.manifest)
    return render_template("publishing/_grant_check.html", check=view)


@blueprint.get("/<uuid:version_id>/grants/<uuid:check_id>")
@asks()
def tried_grants(version_id: UUID, check_id: UUID) -> str:
    """What came of it; for the page, which asks until it is known."""
    who = principal()
    who.require(Permission.PLUGINS_APPROVE)
    with gate().transaction(NOBODY) as session:
        found = versions.find_version(session, who, version_id)
        known = session.get(PluginGrantCheck, check_id)
        if known is None or known.version_id != version_id:
            raise NotFound
        view = grant_check_view(known, found.manifest)
    return render_template("publishing/_grant_check.html", check=view)


@blueprint.post("/<uuid:version_id>/approve")
@takes(**GRANTS)
def approve(version_id: UUID) -> ResponseReturnValue:
    """Approve a version with what is ticked."""
    principal().require(Permission.PLUGINS_APPROVE)
    who = fresh_session().principal
    allowed, sent = None, dict(request.form.items())
    try:
        with gate().transaction(NOBODY) as session:
            found = versions.find_version(session, who, version_id)
            allowed = _allowed(found.manifest)
            done = deciding.approve(session, who, version_id, allowed, _until())
            name, missing = f"{done.version.name} {done.version.version}", done.missing
    except grant_checks.NotChecked as error:
        if allowed is None:
            raise
        with gate().transaction(NOBODY) as session:
            grant_checks.ask_for_check(session, who, version_id, allowed)
        return _page(version_id, FormState(sent, {"": str(error)}), allowed), 409
    except Invalid as error:
        errors = {field: " ".join(why) for field, why in error.fields.items()}
        return _page(version_id, FormState(sent, errors), allowed), 422
    told = f"{name} is approved, and runs for the members that activate it."
    if missing:
        told = f"Noted: {missing} more admin has to approve exactly the same."
    flash(told, "success")
    return _back(version_id)


@blueprint.post("/<uuid:version_id>/refuse")
@takes(reason=WHY)
def refuse(version_id: UUID) -> ResponseReturnValue:
    """Refuse a version."""
    with gate().transaction(NOBODY) as session:
        deciding.refuse(session, principal(), version_id, request.form["reason"])
    flash("It is refused; its publisher reads the reason.", "success")
    return _back(version_id)


@blueprint.post("/<uuid:version_id>/suspend")
@takes(reason=WHY)
def suspend(version_id: UUID) -> ResponseReturnValue:
    """Stop a version at once; says how many processes died."""
    principal().require(Permission.PLUGINS_APPROVE)
    who = fresh_session().principal
    with gate().transaction(NOBODY) as session:
        _, stop = deciding.suspend(session, who, version_id, request.form["reason"])
    flash(f"It is suspended for every member. {wait_for_stop(gate(), stop).words}", "success")
    return _back(version_id)


@blueprint.post("/<uuid:version_id>/resume")
@takes(reason=WHY)
def resume(version_id: UUID) -> ResponseReturnValue:
    """Let a suspended version run again."""
    principal().require(Permission.PLUGINS_APPROVE)
    who = fresh_session().principal
    with gate().transaction(NOBODY) as session:
        deciding.resume(session, who, version_id, request.form["reason"])
    flash("It runs again, as it was approved.", "success")
    return _back(version_id)


@blueprint.post("/<uuid:version_id>/withdraw")
@takes(reason=WHY)
def withdraw(version_id: UUID) -> ResponseReturnValue:
    """Take a version back."""
    with gate().transaction(NOBODY) as session:
        _, stop = versions.withdraw(session, principal(), version_id, request.form["reason"])
    words = wait_for_stop(gate(), stop).words if stop is not None else ""
    flash(f"It is withdrawn. {words}".strip(), "success")
    return _back(version_id)


@blueprint.post("/<uuid:version_id>/compare")
@takes()
def compare(version_id: UUID) -> ResponseReturnValue:
    """Have this version and the one that runs look at the same records."""
    who = principal()
    who.require(Permission.PLUGINS_PUBLISH)
    with gate().transaction(NOBODY) as session:
        found = versions.find_version(session, who, version_id)
        changing.prepare_comparison(session, who, found)
        name = found.version.name
    trials.ask_for_trial(unit(), who, name, TrialKind.SHADOW, version_id)
    flash("Both versions look at the same records now. Reload this page in a moment.", "success")
    return _back(version_id)


@blueprint.post("/<uuid:version_id>/promote")
@takes()
def promote(version_id: UUID) -> ResponseReturnValue:
    """Let a version that asks for no more run in place of the one that does."""
    who = principal()
    who.require(Permission.PLUGINS_PUBLISH)
    with gate().transaction(NOBODY) as session:
        found = versions.find_version(session, who, version_id)
        compared = trials.compared(unit(), who, found.version)
        configured = trials.configured(unit(), who, found.version.name)
        changing.promote(session, who, version_id, compared, configured)
    flash("It runs now. What the version before found is looked at again and replaced.", "success")
    return _back(version_id)


@blueprint.post("/<uuid:version_id>/roll-back")
@takes(reason=WHY)
def roll_back(version_id: UUID) -> ResponseReturnValue:
    """Let the version before run again."""
    with gate().transaction(NOBODY) as session:
        before = changing.roll_back(session, principal(), version_id, request.form["reason"])
    flash(f"{before.version} runs again. What this version found is looked at again and replaced.", "success")
    return _back(version_id)


def _back(version_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("versions.version", version_id=version_id), 303)


def _allowed(manifest: Any) -> Allowed:
    sent = request.form
    ceiling = sent.get("ceiling") or manifest.ceiling
    if ceiling not in {one.value for one in OPEN_ORDER}:
        raise Invalid("some fields cannot be used", {"ceiling": ["choose one of the markings"]})
    return Allowed(
        tuple(name for name in manifest.reads if sent.get(grant_field("reads", name))),
        tuple(host for number, host in enumerate(manifest.calls) if sent.get(f"calls_{number}")),
        Marking(ceiling),
    )


def _until() -> datetime | None:
    given = request.form.get("until", "").strip()
    if not given:
        return None
    try:
        day = datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise Invalid("some fields cannot be used", {"until": ["a day, as 2026-12-31"]}) from error
    return datetime.combine(day, time(23, 59, 59), UTC)
