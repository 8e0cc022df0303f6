"""On the pages of people: asking everybody for a second factor, and resetting somebody's."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from accord.people.presentation import RulePart
from accord.telling import RESET, tell
from accord.web.fields import takes, text
from accord.web.request import AccordFlask, principal
from accord.web.signing import fresh_session
from accord_auth.errors import Conflict
from accord_auth.factors.service import has_factor
from accord_auth.memberships import factors as service
from accord_auth.memberships.service import LONGEST_REASON, PersonHere
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.database import NOBODY


def _app() -> AccordFlask:
    return cast("AccordFlask", current_app)


def _manager() -> Principal:
    """Who asks, when they may decide about people and proved a short time ago who they are."""
    who = principal()
    who.require(Permission.PEOPLE_MANAGE)
    fresh_session()
    return who


def part(session: Session, who: Principal) -> RulePart | None:
    """What the page of people shows; nothing for the platform, of which a setting says it."""
    if who.organisation_id is None:
        return None
    rule = service.rule_of(session, who)
    may = Permission.PEOPLE_MANAGE in who.permissions
    return RulePart(rule.second_factor, rule.without, url_for("people.change") if may else None)


def reset_url(session: Session, who: Principal, found: PersonHere) -> str | None:
    """Where to reset somebody's factors, for who may; None where there are none."""
    if not service.may_reset(session, who, found) or not has_factor(session, found.id):
        return None
    return url_for("people.reset", person_id=found.id)


@takes(asked=text(3, required=True))
def change() -> ResponseReturnValue:
    """Ask everybody for a second factor, or not any more."""
    who, asked = _manager(), request.form.get("asked") == "yes"
    try:
        with _app().gate.transaction(NOBODY) as session:
            service.ask_for_factors(session, who, asked=asked)
    except Conflict as error:
        flash(f"{str(error).capitalize()}.", "warning")
        return redirect(url_for("factors.overview"), 303)
    flash("Everybody needs a second factor now." if asked else "A password alone will do again.", "success")
    return redirect(url_for("people.people"), 303)


@takes(reason=text(LONGEST_REASON))
def reset(person_id: UUID) -> ResponseReturnValue:
    """Take all second factors of somebody who is locked out."""
    who, reason = _manager(), request.form.get("reason", "").strip() or None
    try:
        with _app().gate.transaction(NOBODY) as session:
            done = service.reset_factors(session, who, person_id, reason)
    except Conflict as error:
        flash(f"{str(error).capitalize()}.", "warning")
        return redirect(url_for("people.person", person_id=person_id), 303)
    told = tell(_app().mailer, done.email, RESET, by_oneself=False)
    words = "" if told else " No mail was sent: tell the person."
    flash(f"The second factors are reset. Ended: {done.ended.words()}.{words}", "success")
    return redirect(url_for("people.person", person_id=person_id), 303)
