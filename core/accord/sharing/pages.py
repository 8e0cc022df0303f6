"""The pages of shares: what was received, one share, and taking one back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.caseload.presentation import DocumentView
from accord.sharing import deliveries, service, showing
from accord.sharing.models import Delivery, DeliveryStatus, Share
from accord.sharing.presentation import ReceivedPage, ReceivedRow, SharedCaseView, SharePage
from accord.sharing.service import BASIS_WORDS, Basis
from accord.web.fields import LONGEST_CURSOR, asks, takes, text
from accord.web.request import decode_cursor, encode_cursor, principal, unit, wants_fragment
from accord_auth.organisations.models import Organisation

blueprint = Blueprint("sharing", __name__, template_folder="templates")
ROWS = 25
RECORD_ROWS = 25


@blueprint.get("/shares")
@asks(cursor=text(LONGEST_CURSOR))
def received() -> str:
    """The shares that other members made visible to this organisation."""
    after = decode_cursor(request.args.get("cursor"), tuple[datetime, UUID])
    found = service.received_shares(unit(), principal(), limit=ROWS + 1, after=after)
    rows = tuple(
        ReceivedRow(
            url=url_for("sharing.share", share_id=share.id),
            sender=sender.name,
            sender_kind=sender.kind,
            title=share.title,
            marking=share.marking,
            purpose=share.purpose,
            shared_at=share.created_at,
            expires_at=share.expires_at,
            withdrawn=share.withdrawn_records,
        )
        for share, sender in found[:ROWS]
    )
    last = found[ROWS - 1][0] if len(found) > ROWS else None
    more = url_for("sharing.received", cursor=encode_cursor(last.created_at, last.id)) if last else None
    return render_template("sharing/received.html", page=ReceivedPage(rows, next_url=more))


@blueprint.get("/shares/<uuid:share_id>")
@asks(record=text(5))
def share(share_id: UUID) -> str:
    """One share: its document, and nothing else."""
    found = service.find_share(unit(), principal(), share_id)
    sender = unit().get_one(Organisation, found.organisation_id)
    recipient = unit().get_one(Organisation, found.recipient_id)
    own = found.organisation_id == principal().organisation
    page = SharePage(
        sender=sender.name,
        sender_kind=sender.kind,
        recipient=recipient.name,
        marking=found.marking,
        purpose=found.purpose,
        basis=BASIS_WORDS[Basis(found.basis)],
        shared_at=found.created_at,
        document=_shown(found, sender.name),
        list_url=url_for("casework.case", case_id=service.origin_of(unit(), found))
        if own
        else url_for("sharing.received"),
        list_label="The case" if own else "Shared with us",
        expires_at=found.expires_at,
        digest=found.digest,
        withdrawn=found.withdrawn_records,
        changed_at=found.changed_at,
        stix=_document(found),
    )
    return render_template("sharing/share.html", page=page)


def _shown(found: Share, sender: str) -> SharedCaseView:
    """The page of the document's records that the address asks for by the number of its first record."""
    number = request.args.get("record", "1")
    asked = int(number) if number.isdecimal() and len(number) < 6 else 1
    first = max(asked - 1, 0) // RECORD_ROWS * RECORD_ROWS + 1
    view = showing.shared_case(service.document_of(found), sender, first=first, most=RECORD_ROWS)

    def url(record: int) -> str:
        return url_for("sharing.share", share_id=found.id, record=record, _anchor="records")

    more = first + RECORD_ROWS <= view.records_total
    return replace(
        view,
        next_url=url(first + RECORD_ROWS) if more else None,
        prev_url=url(first - RECORD_ROWS) if first > 1 else None,
    )


def document_view(delivery: Delivery | None, *, prepare_url: str, status_url: str) -> DocumentView:
    """How far a STIX file is."""
    if delivery is None:
        return DocumentView("none", prepare_url=prepare_url)
    ready = delivery.status == DeliveryStatus.DELIVERED
    failed = delivery.status == DeliveryStatus.FAILED
    return DocumentView(
        state="ready" if ready else "failed" if failed else "pending",
        prepare_url=prepare_url,
        status_url=status_url,
        download_url=url_for("sharing.download", delivery_id=delivery.id) if ready else None,
        filename=delivery.filename or "",
        made_at=delivery.created_at,
        error=delivery.error,
    )


def _document(found: Share) -> DocumentView:
    return document_view(
        deliveries.latest_of_share(unit(), found),
        prepare_url=url_for("sharing.prepare_document", share_id=found.id),
        status_url=url_for("sharing.document", share_id=found.id),
    )


@blueprint.post("/shares/<uuid:share_id>/document")
@takes()
def prepare_document(share_id: UUID) -> ResponseReturnValue:
    """Have the share's STIX file made by a worker."""
    found = service.find_share(unit(), principal(), share_id)
    deliveries.prepare_share(unit(), principal(), found)
    if wants_fragment():
        return render_template("caseload/_document.html", document=_document(found))
    return redirect(url_for("sharing.share", share_id=found.id), 303)


@blueprint.get("/shares/<uuid:share_id>/document")
@asks()
def document(share_id: UUID) -> str:
    """How far the share's STIX file is."""
    found = service.find_share(unit(), principal(), share_id)
    return render_template("caseload/_document.html", document=_document(found))


@blueprint.get("/deliveries/<uuid:delivery_id>")
@asks()
def download(delivery_id: UUID) -> Response:
    """The file that a delivery made."""
    found = deliveries.download(unit(), principal(), delivery_id)
    response = Response(found.content, mimetype=found.media_type or "application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=found.filename or "document")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/shares/<uuid:share_id>/revoke")
@takes()
def revoke(share_id: UUID) -> ResponseReturnValue:
    """Take a share back."""
    found: Share = service.revoke_share(unit(), principal(), share_id)
    flash("The share was taken back: the recipient sees it no more.", "success")
    return redirect(url_for("casework.case", case_id=service.origin_of(unit(), found)), 303)
