"""Members by the API: for the platform's people, and each for its own admins."""

from __future__ import annotations

from typing import cast

from flask import current_app

from accord.api.blueprint import ApiBlueprint
from accord.api.joining_schemas import MemberReply, RenewedReply, StandingReply
from accord.api.problem import problems
from accord.api.schemas import Values
from accord.web.request import AccordFlask, principal
from accord.web.signing import fresh_session
from accord_auth.access.causes import Cause
from accord_auth.joining import membership
from accord_auth.joining.overview import glance
from accord_auth.joining.schemas import AgreementForm, ReasonForm
from accord_auth.joining.vetting import SignedAgreement
from accord_auth.permissions import Permission
from accord_config.database import NOBODY, Database

blueprint = ApiBlueprint("api_organisations", __name__, description="Members: their standing and agreements.")


def _gate() -> Database:
    return cast("AccordFlask", current_app).gate


@blueprint.get("/organisations/<slug>")
@problems(blueprint, 404)
@blueprint.response(200, MemberReply)
def organisation(slug: str) -> Values:
    """One member in numbers, for the platform's people."""
    principal().require(Permission.ORGANISATIONS_READ)
    return _member(slug)


@blueprint.get("/organisation")
@problems(blueprint)
@blueprint.response(200, MemberReply)
def own() -> Values:
    """The organisation that one acts for, for its admins and auditors."""
    principal().require(Permission.MEMBERSHIP_READ)
    return _member(principal().organisation_slug)


def _member(slug: str) -> Values:
    with _gate().transaction(NOBODY) as session:
        found = membership.member(session, principal(), slug)
        seen = glance(session, found)
        return {
            "slug": found.slug,
            "name": found.name,
            "kind": found.kind,
            "status": found.status,
            "agreement_ends_on": seen.ends_on,
            "people": seen.people,
            "clients": seen.clients,
            "plugins": seen.plugins,
            "shares_made": seen.shares_made,
            "shares_received": seen.shares_received,
            "last_active_at": seen.last_active_at,
            "would_end": dict(membership.what_would_end(session, found, Cause.ORGANISATION_LEFT).counts),
        }


@blueprint.post("/organisation/leave")
@problems(blueprint, 400, 409, 413, 415)
@blueprint.arguments(ReasonForm)
@blueprint.response(200, StandingReply)
def own_leave(body: Values) -> Values:
    """End the membership of the organisation that one acts for; needs a recent proof of the password."""
    principal().require(Permission.MEMBERSHIP_END)
    fresh_session()
    return _left(principal().organisation_slug, body["reason"])


def _left(slug: str, reason: str) -> Values:
    with _gate().transaction(NOBODY) as session:
        done = membership.leave(session, principal(), slug, reason)
        return {"slug": slug, "status": done.organisation.status, "counts": dict(done.ended.counts)}


@blueprint.post("/organisations/<slug>/suspend")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(ReasonForm)
@blueprint.response(200, StandingReply)
def suspend(body: Values, slug: str) -> Values:
    """Take a member's access away until it is resumed; needs a recent proof of the password."""
    principal().require(Permission.ORGANISATIONS_MANAGE)
    fresh_session()
    with _gate().transaction(NOBODY) as session:
        done = membership.suspend(session, principal(), slug, body["reason"])
        return {"slug": slug, "status": done.organisation.status, "counts": dict(done.ended.counts)}


@blueprint.post("/organisations/<slug>/resume")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(ReasonForm)
@blueprint.response(200, StandingReply)
def resume(body: Values, slug: str) -> Values:
    """Let a suspended member act again; needs a recent proof of the password."""
    principal().require(Permission.ORGANISATIONS_MANAGE)
    fresh_session()
    with _gate().transaction(NOBODY) as session:
        back = membership.resume(session, principal(), slug, body["reason"])
        found = membership.member(session, principal(), slug)
        return {"slug": slug, "status": found.status, "counts": dict(back.counts)}


@blueprint.post("/organisations/<slug>/leave")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(ReasonForm)
@blueprint.response(200, StandingReply)
def leave(body: Values, slug: str) -> Values:
    """End a membership for good, as the platform's admin; needs a recent proof of the password."""
    principal().require(Permission.ORGANISATIONS_MANAGE)
    fresh_session()
    return _left(slug, body["reason"])


@blueprint.post("/organisations/<slug>/agreements")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(AgreementForm)
@blueprint.response(201, RenewedReply)
def renew(body: Values, slug: str) -> Values:
    """Record a further agreement."""
    principal().require(Permission.ORGANISATIONS_MANAGE)
    with _gate().transaction(NOBODY) as session:
        found = membership.renew(session, principal(), slug, SignedAgreement(**body))
        return {"slug": slug, "status": found.status, "agreement_ends_on": body["ends_on"]}
