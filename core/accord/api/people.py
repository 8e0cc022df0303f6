"""The people of an organisation by the API. Changing anything needs a recent proof of who one is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from flask import current_app

from accord.api.blueprint import ApiBlueprint
from accord.api.people_schemas import PeopleReply, PersonReply, ReasonQuery, RolesBody
from accord.api.problem import problems
from accord.api.schemas import EndedReply, Values
from accord.web.request import AccordFlask, principal
from accord.web.signing import fresh_session
from accord_auth.memberships import service
from accord_auth.memberships.service import PersonHere
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Database

blueprint = ApiBlueprint("api_people", __name__, description="Who may act for one's organisation.")


def _gate() -> Database:
    return cast("AccordFlask", current_app).gate


def manager() -> Principal:
    """Who asks, when they may decide about people and proved a short time ago who they are."""
    who = principal()
    who.require(Permission.PEOPLE_MANAGE)
    fresh_session()
    return who


def _values(person: PersonHere) -> Values:
    found = dict(vars(person))
    return found | {"roles": sorted(person.roles), "idle": person.idle(datetime.now(UTC))}


@blueprint.get("/people")
@problems(blueprint)
@blueprint.response(200, PeopleReply)
def people() -> Values:
    """Everybody who belongs where one acts."""
    with _gate().transaction(NOBODY) as session:
        return {"items": [_values(one) for one in service.people_here(session, principal())]}


@blueprint.get("/people/<uuid:person_id>")
@problems(blueprint, 404)
@blueprint.response(200, PersonReply)
def person(person_id: UUID) -> Values:
    """One of them."""
    with _gate().transaction(NOBODY) as session:
        return _values(service.find_person(session, principal(), person_id))


@blueprint.put("/people/<uuid:person_id>/roles")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(RolesBody)
@blueprint.response(200, EndedReply)
def change_roles(body: Values, person_id: UUID) -> Values:
    """Give somebody exactly these roles. Who may do less afterwards is signed out."""
    who = manager()
    with _gate().transaction(NOBODY) as session:
        ended = service.change_roles(session, who, person_id, body["roles"], body["reason"])
    return {"ended": ended.counts if ended is not None else {}}


@blueprint.delete("/people/<uuid:person_id>")
@problems(blueprint, 404, 409)
@blueprint.arguments(ReasonQuery, location="query")
@blueprint.response(200, EndedReply)
def remove(query: Values, person_id: UUID) -> Values:
    """Remove somebody; everything by which the person acts here ends."""
    who = manager()
    with _gate().transaction(NOBODY) as session:
        return {"ended": service.remove_person(session, who, person_id, query["reason"]).counts}
