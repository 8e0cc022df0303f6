"""Access reviews: the list, one review with its items, and its evidence. All of it on the gate's role."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.reviews.evidence import FORMS
from accord.reviews.presentation import ItemRow, ReviewPage, ReviewRow, ReviewsPage
from accord.web.fields import asks, takes, text
from accord.web.presentation import FormState
from accord.web.request import gate, principal
from accord.web.signing import fresh_session
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Invalid
from accord_auth.permissions import Permission
from accord_auth.reviews import service
from accord_auth.reviews.models import Decision, ItemKind
from accord_auth.reviews.service import Progress, SeenItem
from accord_config.database import NOBODY

blueprint = Blueprint("reviews", __name__, template_folder="templates", url_prefix="/reviews")

WHY = text(service.LONGEST_REASON)
KINDS = {
    ItemKind.ACTIVATION: "Plugin",
    ItemKind.CLIENT: "Program",
    ItemKind.DIRECTORY_TOKEN: "Directory token",
    ItemKind.GRANT: "Token",
    ItemKind.PERSON: "Person",
    ItemKind.SHARE: "Share",
}
USE_UNKNOWN = (ItemKind.ACTIVATION, ItemKind.SHARE)
"""Kinds of which nobody writes down when they were used last."""


@blueprint.get("")
@asks()
def reviews() -> str:
    """The reviews of one's organisation."""
    return _list(FormState())


def _list(form: FormState) -> str:
    who = principal()
    with gate().transaction(NOBODY) as session:
        rows = tuple(_row(one) for one in service.reviews_seen(session, who))
        own_open = any(
            one.review.closed_at is None and one.review.organisation_id == who.organisation_id
            for one in service.reviews_seen(session, who)
        )
    may_start = Permission.REVIEWS_DECIDE in who.permissions and not own_open
    page = ReviewsPage(
        who.organisation_name, rows, url_for("reviews.start") if may_start else None, form=form
    )
    return render_template("reviews/reviews.html", page=page)


@blueprint.post("")
@takes(reason=text(service.LONGEST_REASON, required=True))
def start() -> ResponseReturnValue:
    """Start a review before the quarter is over."""
    with gate().transaction(NOBODY) as session:
        review = service.start_review(session, principal(), request.form["reason"])
        review_id = review.id
    flash("The review has begun: decide about each access below.", "success")
    return redirect(url_for("reviews.review", review_id=review_id), 303)


@blueprint.get("/<uuid:review_id>")
@asks()
def review(review_id: UUID) -> str:
    """One review with its items."""
    return _page(review_id)


def _page(review_id: UUID, wrong: dict[UUID, str] | None = None) -> str:
    with gate().transaction(NOBODY) as session:
        found = service.find_review(session, principal(), review_id)
        rows = [_item(one, (wrong or {}).get(one.item.id, "")) for one in found.items]
        page = ReviewPage(
            _row(found.progress),
            url_for("reviews.reviews"),
            open_items=tuple(row for row in rows if not row.decision),
            decided_items=tuple(row for row in rows if row.decision),
            csv_url=url_for("reviews.evidence", review_id=review_id, form="csv"),
            jsonl_url=url_for("reviews.evidence", review_id=review_id, form="jsonl"),
        )
    return render_template("reviews/review.html", page=page)


@blueprint.post("/<uuid:review_id>/items/<uuid:item_id>")
@takes(decision=text(20, required=True), reason=WHY)
def decide(review_id: UUID, item_id: UUID) -> ResponseReturnValue:
    """Confirm an access, or end it; ending asks for a fresh sign-in."""
    try:
        decision = Decision(request.form["decision"])
    except ValueError as error:
        raise Invalid("confirm it or end it", {"decision": ["confirmed or ended"]}) from error
    principal().require(Permission.REVIEWS_DECIDE)
    if decision is Decision.ENDED:
        fresh_session()
    try:
        with gate().transaction(NOBODY) as session:
            item = service.decide(
                session, principal(), review_id, item_id, decision, request.form.get("reason", "")
            )
            told = _told(item.label, item.decision or "", item.ended)
    except Invalid as error:
        return _page(review_id, {item_id: str(error)}), 422
    flash(told, "success")
    return redirect(url_for("reviews.review", review_id=review_id), 303)


def _told(label: str, decision: str, ended: str) -> str:
    if decision == Decision.GONE:
        return f"{label}: this had ended already."
    return f"{label} goes on." if decision == Decision.CONFIRMED else f"{label} has ended: {ended}."


@blueprint.get("/<uuid:review_id>/evidence.<any(csv, jsonl):form>")
@asks()
def evidence(review_id: UUID, form: str) -> Response:
    """Who decided what, when and why, as a file."""
    media_type, write = FORMS[form]
    with gate().transaction(NOBODY) as session:
        content = write(service.find_review(session, principal(), review_id))
        record(session, principal(), AuditTag.REVIEW_EXPORT, f"review {review_id}", {"format": form})
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="access-review-{review_id}.{form}"'
    return response


def _row(one: Progress) -> ReviewRow:
    found = one.review
    return ReviewRow(
        url=url_for("reviews.review", review_id=found.id),
        organisation=one.organisation,
        reason=found.reason,
        started_at=found.started_at,
        due_at=found.due_at,
        lapses_at=found.lapses_at,
        items=one.items,
        decided=one.decided,
        closed_at=found.closed_at,
        overdue=found.closed_at is None and found.due_at < datetime.now(UTC),
    )


def _item(one: SeenItem, error: str) -> ItemRow:
    item = one.item
    address = url_for("reviews.decide", review_id=item.review_id, item_id=item.id)
    return ItemRow(
        id=str(item.id),
        kind=KINDS[ItemKind(item.kind)],
        label=item.label,
        detail=item.detail,
        given_by=item.given_by,
        given_at=item.given_at,
        last_used_at=item.last_used_at,
        use_is_known=item.kind not in USE_UNKNOWN,
        escalated=item.escalated_at is not None,
        url=_address(one),
        decide_url=address if one.mine_to_decide else None,
        error=error,
        decision=item.decision or "",
        decided_name=item.decided_name,
        decided_at=item.decided_at,
        reason=item.reason,
        ended=item.ended,
    )


def _address(one: SeenItem) -> str | None:
    """Where one may look closer: at a person's reach, at a share."""
    item, who = one.item, principal()
    if item.organisation_id is None or item.organisation_id != who.organisation_id:
        return None
    if item.kind == ItemKind.PERSON and Permission.ACCESS_READ in who.permissions:
        return url_for("reach.person", person_id=item.subject_id)
    if item.kind == ItemKind.SHARE and Permission.SHARES_READ in who.permissions:
        return url_for("sharing.share", share_id=item.subject_id)
    return None
