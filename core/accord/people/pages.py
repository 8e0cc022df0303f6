"""The pages of an organisation's people. Changing anything asks for a recent proof of who one is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from accord.inviting import HandedOver, hand_over
from accord.people import factor_rules, showing
from accord.people.presentation import LinkToGive, PeoplePage, PersonPage
from accord.web.fields import asks, takes, text
from accord.web.request import AccordFlask, principal
from accord.web.signing import fresh_session
from accord_auth.errors import Conflict, Invalid, PermissionDenied
from accord_auth.factors.service import has_factor
from accord_auth.invitations import service as invitations
from accord_auth.memberships import service
from accord_auth.memberships.service import LONGEST_REASON, PersonHere
from accord_auth.people.granting import require_touch
from accord_auth.permissions import Permission, Role
from accord_auth.principal import Principal
from accord_config.database import NOBODY

blueprint = Blueprint("people", __name__, template_folder="templates", url_prefix="/people")
ROLES = {role.value: text(3) for role in Role}
"""A role is a box to tick, under its own name."""


def _app() -> AccordFlask:
    return cast("AccordFlask", current_app)


def _manager() -> Principal:
    """Who asks, when they may decide about people and proved a short time ago who they are."""
    who = principal()
    who.require(Permission.PEOPLE_MANAGE)
    fresh_session()
    return who


@blueprint.get("")
@asks()
def people() -> str:
    """Who belongs here, and who is invited."""
    with _app().gate.transaction(NOBODY) as session:
        return _list(session, principal())


def _list(
    session: Session,
    who: Principal,
    *,
    email: str = "",
    errors: dict[str, str] | None = None,
    link: LinkToGive | None = None,
) -> str:
    now = datetime.now(UTC)
    page = PeoplePage(
        organisation=who.organisation_name,
        rows=tuple(showing.person_row(who, one, now) for one in service.people_here(session, who)),
        invitations=tuple(showing.invitation_row(who, one) for one in invitations.waiting(session, who)),
        invite=showing.invite_form(who, email, errors or {}),
        rule=factor_rules.part(session, who),
        link=link,
    )
    return render_template("people/people.html", page=page)


@blueprint.post("/invitations")
@takes(email=text(320, required=True), role=text(40, required=True))
def invite() -> ResponseReturnValue:
    """Invite somebody to one role."""
    who, email = _manager(), request.form.get("email", "")
    try:
        role = _role(request.form.get("role", ""))
        with _app().gate.transaction(NOBODY) as session:
            made = invitations.invite(
                session, who, email=email, role=role, organisation_id=who.organisation_id
            )
    except (Invalid, Conflict) as error:
        fields = error.fields if isinstance(error, Invalid) else {"email": [str(error)]}
        errors = {name: " ".join(why) for name, why in fields.items()}
        with _app().gate.transaction(NOBODY) as session:
            return _list(session, who, email=email, errors=errors), 422
    return _told(who, hand_over(_app().gate, _app().mailer, _app().issuer, made))


def _told(who: Principal, handed: HandedOver) -> ResponseReturnValue:
    if handed.link is None:
        flash(handed.words(), "success" if handed.sent else "warning")
        return redirect(url_for("people.people"), 303)
    with _app().gate.transaction(NOBODY) as session:
        return _list(session, who, link=LinkToGive(handed.email, handed.link)), 201


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError as error:
        raise Invalid("choose a role", {"role": ["choose one of the list"]}) from error


@blueprint.post("/invitations/<uuid:invitation_id>/resend")
@takes()
def resend(invitation_id: UUID) -> ResponseReturnValue:
    """Send an invitation again, with a new link."""
    who = _manager()
    with _app().gate.transaction(NOBODY) as session:
        made = invitations.resend(session, who, invitation_id)
    return _told(who, hand_over(_app().gate, _app().mailer, _app().issuer, made))


@blueprint.post("/invitations/<uuid:invitation_id>/withdraw")
@takes()
def withdraw(invitation_id: UUID) -> ResponseReturnValue:
    """Take an invitation back."""
    with _app().gate.transaction(NOBODY) as session:
        invitations.withdraw(session, _manager(), invitation_id)
    flash("The invitation is withdrawn; its link leads to nothing.", "success")
    return redirect(url_for("people.people"), 303)


@blueprint.get("/<uuid:person_id>")
@asks()
def person(person_id: UUID) -> str:
    """One of them."""
    with _app().gate.transaction(NOBODY) as session:
        found = service.find_person(session, principal(), person_id)
        return _person(session, principal(), found)


def _person(session: Session, who: Principal, found: PersonHere, error: str = "") -> str:
    why_not = ""
    try:
        require_touch(who, found.id, found.roles)
    except PermissionDenied as denied:
        why_not = str(denied) if Permission.PEOPLE_MANAGE in who.permissions else ""
        may = False
    else:
        may = True
    page = PersonPage(
        row=showing.person_row(who, found, datetime.now(UTC)),
        organisation=who.organisation_name,
        list_url=url_for("people.people"),
        since=found.since,
        roles=showing.role_options(who, found),
        roles_url=url_for("people.roles", person_id=found.id) if may else None,
        remove_url=url_for("people.remove", person_id=found.id) if may else None,
        ends=service.preview_removal(session, who, found).words() if may else "",
        factors=has_factor(session, found.id),
        reset_url=factor_rules.reset_url(session, who, found),
        why_not=why_not,
        error=error,
    )
    return render_template("people/person.html", page=page)


@blueprint.post("/<uuid:person_id>/roles")
@takes(**ROLES, reason=text(LONGEST_REASON))
def roles(person_id: UUID) -> ResponseReturnValue:
    """Give somebody other roles."""
    who = _manager()
    wanted = {role for role in Role if request.form.get(role.value)}
    try:
        with _app().gate.transaction(NOBODY) as session:
            ended = service.change_roles(session, who, person_id, wanted, _reason())
    except (Conflict, Invalid) as error:
        return _again(who, person_id, str(error))
    words = f" Ended: {ended.words()}." if ended is not None and ended.total else ""
    flash(f"The roles are changed.{words}", "success")
    return redirect(url_for("people.person", person_id=person_id), 303)


@blueprint.post("/<uuid:person_id>/remove")
@takes(reason=text(LONGEST_REASON))
def remove(person_id: UUID) -> ResponseReturnValue:
    """Remove somebody from the organisation."""
    who = _manager()
    try:
        with _app().gate.transaction(NOBODY) as session:
            ended = service.remove_person(session, who, person_id, _reason())
    except Conflict as error:
        return _again(who, person_id, str(error))
    flash(f"Removed. Ended: {ended.words()}.", "success")
    return redirect(url_for("people.people"), 303)


def _again(who: Principal, person_id: UUID, error: str) -> ResponseReturnValue:
    with _app().gate.transaction(NOBODY) as session:
        return _person(session, who, service.find_person(session, who, person_id), error), 422


def _reason() -> str | None:
    return request.form.get("reason", "").strip() or None


blueprint.post("/second-factor")(factor_rules.change)
blueprint.post("/<uuid:person_id>/reset-factors")(factor_rules.reset)
