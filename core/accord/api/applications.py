"""Applications by the API: anybody applies; the platform's admins vet and decide."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from flask import current_app, request
from sqlalchemy.orm import Session

from accord.api.blueprint import ApiBlueprint
from accord.api.joining_schemas import (
    ApplicationReply,
    ApplicationsReply,
    AppliedReply,
    DecisionReply,
    ProofReply,
)
from accord.api.problem import problems
from accord.api.schemas import Values
from accord.inviting import hand_over
from accord.web.request import AccordFlask, principal
from accord.web.signing import fresh_session
from accord_auth.joining import applying, deciding, register, vetting
from accord_auth.joining.applying import Applied
from accord_auth.joining.domains import Dns, record_name
from accord_auth.joining.progress import approvals_needed
from accord_auth.joining.register import Seen
from accord_auth.joining.schemas import (
    AgreementForm,
    CheckForm,
    Details,
    DetailsForm,
    InviteForm,
    ReasonForm,
    TermsForm,
)
from accord_auth.permissions import Permission
from accord_config.database import NOBODY, Database

blueprint = ApiBlueprint("api_applications", __name__, description="Organisations that want to join.")

_SAID = ("id", "status", "slug", "hash_lists", "reason", *Details.__dataclass_fields__)


def _gate() -> Database:
    return cast("AccordFlask", current_app).gate


@blueprint.post("/applications")
@problems(blueprint, 400, 413, 415, 429)
@blueprint.arguments(DetailsForm)
@blueprint.response(201, AppliedReply)
@blueprint.doc(security=[])
def apply(body: Values) -> Values:
    """Apply to join; the answer reads the same whether the organisation is known or not."""
    return _applied(applying.receive(_gate(), Details(**body), request.remote_addr))


@blueprint.post("/applications/invitations")
@problems(blueprint, 400, 413, 415)
@blueprint.arguments(InviteForm)
@blueprint.response(201, AppliedReply)
def invite(body: Values) -> Values:
    """Invite an organisation to apply; give the status page's address to its contact."""
    with _gate().transaction(NOBODY) as session:
        return _applied(applying.invite_organisation(session, principal(), **body))


def _applied(applied: Applied) -> Values:
    found = applied.application
    return {
        "status_page": f"/join/{applied.token}",
        "record": record_name(found.domain) if found.domain else None,
        "value": found.challenge,
    }


@blueprint.get("/applications")
@problems(blueprint)
@blueprint.response(200, ApplicationsReply)
def applications() -> Values:
    """The applications that wait, those that wait for the platform first."""
    with _gate().transaction(NOBODY) as session:
        found = register.open_applications(session, principal())
        return {"items": [_reply(session, one) for one in found]}


@blueprint.get("/applications/<uuid:application_id>")
@problems(blueprint, 404)
@blueprint.response(200, ApplicationReply)
def application(application_id: UUID) -> Values:
    """One application."""
    with _gate().transaction(NOBODY) as session:
        return _one(session, application_id)


def _one(session: Session, application_id: UUID) -> Values:
    return _reply(session, register.seen(session, register.application(session, principal(), application_id)))


def _reply(session: Session, seen: Seen) -> Values:
    found, progress = seen.application, seen.progress
    return {name: getattr(found, name) for name in _SAID} | {
        "turn": progress.turn,
        "waits_for": list(progress.waits_for),
        "since": progress.since,
        "due_at": progress.due_at,
        "checklist": progress.checklist,
        "approved_by": [one.email for one in deciding.approvals(session, found)],
        "approvals_needed": approvals_needed(found),
    }


@blueprint.post("/applications/<uuid:application_id>/checks")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(CheckForm)
@blueprint.response(200, ApplicationReply)
def check(body: Values, application_id: UUID) -> Values:
    """Say what came of looking at an item."""
    with _gate().transaction(NOBODY) as session:
        vetting.check(session, principal(), application_id, **body)
        return _one(session, application_id)


@blueprint.put("/applications/<uuid:application_id>/terms")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(TermsForm)
@blueprint.response(200, ApplicationReply)
def terms(body: Values, application_id: UUID) -> Values:
    """Set short name, sponsor and what is granted; approvals given before count no more."""
    wanted = vetting.Terms(**body)
    with _gate().transaction(NOBODY) as session:
        vetting.set_terms(session, principal(), application_id, wanted)
        return _one(session, application_id)


@blueprint.put("/applications/<uuid:application_id>/agreement")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(AgreementForm)
@blueprint.response(200, ApplicationReply)
def agreement(body: Values, application_id: UUID) -> Values:
    """Record the signed agreement; approvals given before count no more."""
    with _gate().transaction(NOBODY) as session:
        made = vetting.SignedAgreement(**body)
        vetting.set_agreement(session, principal(), application_id, made)
        return _one(session, application_id)


@blueprint.post("/applications/<uuid:application_id>/domain")
@problems(blueprint, 404, 409)
@blueprint.response(200, ProofReply)
def domain(application_id: UUID) -> Values:
    """Look in DNS for the record."""
    principal().require(Permission.APPLICATIONS_DECIDE)
    with _gate().transaction(NOBODY) as session:
        found = register.application(session, principal(), application_id)
    problem = applying.prove_domain(_gate(), principal(), found, Dns(current_app.config["DNS_SERVER"]))
    return {"proved": not problem, "problem": problem}


@blueprint.post("/applications/<uuid:application_id>/approve")
@problems(blueprint, 404, 409)
@blueprint.response(200, DecisionReply)
def approve(application_id: UUID) -> Values:
    """Approve; the last approval makes the member. Needs a recent proof of the password."""
    principal().require(Permission.APPLICATIONS_DECIDE)
    fresh_session()
    with _gate().transaction(NOBODY) as session:
        decision = deciding.approve(session, principal(), application_id)
    made, link = decision.organisation, None
    if decision.invited is not None:
        app = cast("AccordFlask", current_app)
        link = hand_over(app.gate, app.mailer, app.issuer, decision.invited).link
    return {"organisation": made.slug if made else None, "missing": decision.missing, "invitation": link}


@blueprint.post("/applications/<uuid:application_id>/refuse")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(ReasonForm)
@blueprint.response(200, ApplicationReply)
def refuse(body: Values, application_id: UUID) -> Values:
    """Refuse; the applicant reads the reason."""
    with _gate().transaction(NOBODY) as session:
        deciding.refuse(session, principal(), application_id, body["reason"])
        return _one(session, application_id)
