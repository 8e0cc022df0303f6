"""The pages of "Who can reach what, and why?": an organisation's own, and the platform's counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.reach import grants, service
from accord.reach.explaining import READ_WITH
from accord.reach.presentation import (
    GrantsPage,
    OverviewPage,
    PersonPage,
    PersonRow,
    ReachRow,
    ShareLine,
    ThingPage,
)
from accord.reach.service import Colleague, Explained, Kind, Reacher
from accord.sharing.models import Share
from accord.web.fields import asks, text
from accord.web.presentation import Option
from accord.web.request import AccordFlask, principal, unit
from accord_auth.organisations.models import Organisation
from accord_auth.permissions import Permission
from accord_config.database import NOBODY

blueprint = Blueprint("reach", __name__, template_folder="templates")

_KINDS = {Kind.CASE: "Case", Kind.LEAD: "Lead", Kind.SHARE: "Share"}
_THINGS = {Kind.CASE: "casework.case", Kind.LEAD: "caseload.lead", Kind.SHARE: "sharing.share"}
_SHOWN = {"cases": "cases", "leads": "leads", "shares": "shares", "audit_entries": "audit log"}


@blueprint.get("/access")
@asks(kind=text(10), id=text(60))
def overview() -> ResponseReturnValue:
    """An organisation's people and shares; with a kind and an id, the way to one thing."""
    who = principal()
    who.require(Permission.ACCESS_READ)
    kind, entered = request.args.get("kind", ""), request.args.get("id", "").strip()
    errors: dict[str, str] = {}
    if kind or entered:
        found = _wanted(kind, entered, errors)
        if found is not None:
            return redirect(_url(*found), 303)
    view = OverviewPage(
        organisation=who.organisation_name,
        action_url=url_for("reach.overview"),
        kinds=tuple(Option(each, word, selected=each == kind) for each, word in _KINDS.items()),
        people=tuple(_person_row(one) for one in service.colleagues(unit(), who)),
        shares=tuple(_share_line(*each) for each in service.shares_across(unit(), who)),
        values={"kind": kind, "id": entered},
        errors=errors,
    )
    return render_template("reach/overview.html", page=view), 422 if errors else 200


def _wanted(kind: str, entered: str, errors: dict[str, str]) -> tuple[Kind, UUID] | None:
    if kind not in set(Kind):
        errors["kind"] = "Choose a case, a lead or a share."
    try:
        thing_id = UUID(entered)
    except ValueError:
        errors["id"] = "Write the number as it stands in the address of its page, such as 0192f0c1-…"
        return None
    return None if errors else (Kind(kind), thing_id)


def _url(kind: Kind, thing_id: UUID) -> str:
    return _url_of(f"reach.{kind}", f"{kind}_id", thing_id)


def _url_of(endpoint: str, name: str, thing_id: UUID) -> str:
    values: dict[str, Any] = {name: thing_id}
    return url_for(endpoint, **values)


def _person_row(one: Colleague) -> PersonRow:
    may = one.principal.permissions if one.principal else frozenset()
    return PersonRow(
        name=one.name,
        url=url_for("reach.person", person_id=one.id),
        roles=one.roles,
        reaches=tuple(words for table, words in _SHOWN.items() if READ_WITH[table] in may),
        active=one.principal is not None,
    )


def _share_line(share: Share, other: Organisation, made: bool) -> ShareLine:
    ended = ""
    if share.revoked_at is not None:
        ended = "taken back"
    elif share.expires_at is not None and share.expires_at <= datetime.now(UTC):
        ended = "ended"
    return ShareLine(
        other=other.name,
        made=made,
        url=url_for("reach.share", share_id=share.id),
        marking=share.marking,
        purpose=share.purpose if Permission.SHARES_READ in principal().permissions else None,
        created_at=share.created_at,
        expires_at=share.expires_at,
        ended=ended,
    )


@blueprint.get("/admin/grants")
@asks()
def grant_counts() -> str:
    """Grants between members, counted, for the platform's admins."""
    who = principal()
    with cast("AccordFlask", current_app).gate.transaction(NOBODY) as session:
        view = GrantsPage(tuple(grants.shares_between(session, who)), tuple(grants.role_counts(session, who)))
    return render_template("reach/grants.html", page=view)


@blueprint.get("/access/cases/<uuid:case_id>")
@asks()
def case(case_id: UUID) -> str:
    """Who can reach a case."""
    return _thing(service.explain_thing(unit(), principal(), Kind.CASE, case_id))


@blueprint.get("/access/leads/<uuid:lead_id>")
@asks()
def lead(lead_id: UUID) -> str:
    """Who can reach a lead."""
    return _thing(service.explain_thing(unit(), principal(), Kind.LEAD, lead_id))


@blueprint.get("/access/shares/<uuid:share_id>")
@asks()
def share(share_id: UUID) -> str:
    """Who can reach a share."""
    return _thing(service.explain_thing(unit(), principal(), Kind.SHARE, share_id))


def _thing(found: Explained) -> str:
    readable = found.title is not None
    page = ThingPage(
        kind=found.kind,
        title=found.title,
        id=str(found.id),
        owner=found.owner,
        overview_url=url_for("reach.overview"),
        thing_url=_url_of(_THINGS[found.kind], f"{found.kind}_id", found.id) if readable else None,
        people=tuple(replace(_row(one, "reach.person", "person_id"), what="") for one in found.people),
        members=tuple(_row(one, "reach.share", "share_id") for one in found.members),
        platform=tuple(ReachRow(one.who, one.may_read, one.why) for one in found.platform),
    )
    return render_template("reach/thing.html", page=page)


def _row(one: Reacher, endpoint: str, name: str) -> ReachRow:
    url = _url_of(endpoint, name, one.id) if one.id is not None else None
    return ReachRow(one.who, one.may_read, one.why, one.roles, one.what, url)


@blueprint.get("/access/people/<uuid:person_id>")
@asks()
def person(person_id: UUID) -> str:
    """What a person of the organisation can reach."""
    found = service.explain_person(unit(), principal(), person_id)
    page = PersonPage(
        name=found.person.name,
        email=found.person.email,
        roles=found.person.roles,
        active=found.person.principal is not None,
        permissions=found.permissions,
        amounts=found.amounts,
        overview_url=url_for("reach.overview"),
    )
    return render_template("reach/person.html", page=page)
