"""Who can reach what, and why, by the API."""

from __future__ import annotations

from uuid import UUID

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import ExplainedReply, PersonReachReply
from accord.reach import service
from accord.reach.service import Explained, Kind, PersonReach
from accord.web.request import principal, unit

blueprint = ApiBlueprint("api_access", __name__, description="Who can reach what, and why.")


@blueprint.get("/access/cases/<uuid:case_id>")
@problems(blueprint, 404)
@blueprint.response(200, ExplainedReply)
def case(case_id: UUID) -> Explained:
    """Everybody who can reach a case of the organisation."""
    return service.explain_thing(unit(), principal(), Kind.CASE, case_id)


@blueprint.get("/access/leads/<uuid:lead_id>")
@problems(blueprint, 404)
@blueprint.response(200, ExplainedReply)
def lead(lead_id: UUID) -> Explained:
    """Everybody who can reach a lead of the organisation."""
    return service.explain_thing(unit(), principal(), Kind.LEAD, lead_id)


@blueprint.get("/access/shares/<uuid:share_id>")
@problems(blueprint, 404)
@blueprint.response(200, ExplainedReply)
def share(share_id: UUID) -> Explained:
    """Everybody who can reach a share that the organisation made or received."""
    return service.explain_thing(unit(), principal(), Kind.SHARE, share_id)


@blueprint.get("/access/people/<uuid:person_id>")
@problems(blueprint, 404)
@blueprint.response(200, PersonReachReply)
def person(person_id: UUID) -> PersonReach:
    """What a person of the organisation can reach."""
    return service.explain_person(unit(), principal(), person_id)
