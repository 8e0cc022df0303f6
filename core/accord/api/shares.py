"""Sharing by the API."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import PageQuery, ShareBody, SharedCaseReply, ShareReply, SharesReply, Values
from accord.caseload import cases
from accord.sharing import service
from accord.sharing.document import ShareTerms
from accord.sharing.models import Share
from accord.web.request import decode_cursor, encode_cursor, principal, unit
from accord_auth.errors import Invalid
from accord_auth.organisations.models import Organisation

blueprint = ApiBlueprint("api_shares", __name__, description="Cases shared between members.")


@blueprint.get("/shares")
@problems(blueprint)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, SharesReply)
def received(query: Values) -> Values:
    """The shares that other members made visible to this organisation."""
    after = decode_cursor(query["cursor"], tuple[datetime, UUID])
    rows = service.received_shares(unit(), principal(), limit=query["limit"] + 1, after=after)
    page = rows[: query["limit"]]
    last = page[-1][0] if len(rows) > len(page) else None
    return {
        "items": [_reply(share) for share, _ in page],
        "next": encode_cursor(last.created_at, last.id) if last else None,
    }


@blueprint.get("/shares/<uuid:share_id>")
@problems(blueprint, 404)
@blueprint.response(200, SharedCaseReply)
def share(share_id: UUID) -> Values:
    """One share with its document."""
    found = service.find_share(unit(), principal(), share_id)
    return _reply(found) | {"document": found.document}


@blueprint.delete("/shares/<uuid:share_id>")
@problems(blueprint, 404)
@blueprint.response(204)
def revoke(share_id: UUID) -> None:
    """Take a share back."""
    service.revoke_share(unit(), principal(), share_id)


@blueprint.get("/cases/<uuid:case_id>/shares")
@problems(blueprint, 404)
@blueprint.response(200, SharesReply)
def made(case_id: UUID) -> Values:
    """The shares made of a case."""
    found = cases.find_case(unit(), principal(), case_id)
    return {"items": [_reply(share) for share, _ in service.shares_of_case(unit(), found)], "next": None}


@blueprint.post("/cases/<uuid:case_id>/shares")
@problems(blueprint, 400, 404, 413, 415)
@blueprint.arguments(ShareBody)
@blueprint.response(201, ShareReply)
def create(body: Values, case_id: UUID) -> Values:
    """Share a case with another member."""
    found = cases.find_case(unit(), principal(), case_id)
    recipient = unit().scalar(select(Organisation).where(Organisation.slug == body["recipient"]))
    if recipient is None:
        raise Invalid(
            "the share cannot be made like this", {"recipient": ["choose another member organisation"]}
        )
    terms = ShareTerms(
        recipient_id=recipient.id,
        marking=body["marking"],
        purpose=body["purpose"],
        basis=body["basis"],
        expires_on=body["expires_on"],
        include_notes=body["include_notes"],
        include_contacts=body["include_contacts"],
        records=body["records"],
    )
    made_share = service.create_share(unit(), principal(), found, terms)
    unit().refresh(made_share)
    return _reply(made_share)


def _reply(share: Share) -> Values:
    sender = unit().get_one(Organisation, share.organisation_id)
    recipient = unit().get_one(Organisation, share.recipient_id)
    names = (
        "id",
        "title",
        "marking",
        "purpose",
        "basis",
        "digest",
        "created_at",
        "expires_at",
        "revoked_at",
        "withdrawn_records",
        "changed_at",
    )
    return {name: getattr(share, name) for name in names} | {
        "sender": sender.slug,
        "recipient": recipient.slug,
    }
