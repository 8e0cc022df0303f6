"""Starting a review, seeing it, deciding about its items. On the gate's role, in the caller's unit of work.

An organisation's admins review what has access to it, the platform's admins what has access to the
platform. Nobody decides about the own access. What nobody in an organisation can decide about (the access
of its only admin; everything, where it has none) is escalated: the platform's admins see that and
nothing else of the review.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.organisations.models import Organisation
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_auth.reviews.collecting import access_of
from accord_auth.reviews.ending import admins_of, end_item, is_last_admin
from accord_auth.reviews.models import AccessReview, Decision, ReviewItem
from accord_auth.standing import PLATFORM_NAME

TO_DECIDE = timedelta(days=14)
"""How long the admins have from the start of a review."""
GRACE = timedelta(days=7)
"""How long after that what nobody decided about still goes on."""
LONGEST_REASON = 500
BY_PEOPLE = (Decision.CONFIRMED, Decision.ENDED)


@dataclass(frozen=True)
class Progress:
    """A review at a glance: of the items that one sees, how many there are and how many are decided."""

    review: AccessReview
    organisation: str
    items: int
    decided: int


@dataclass(frozen=True)
class SeenItem:
    """An item, and whether whoever looks may decide about it now."""

    item: ReviewItem
    mine_to_decide: bool


@dataclass(frozen=True)
class SeenReview:
    """A review with the items that one sees: open ones first, then by kind and name."""

    progress: Progress
    items: tuple[SeenItem, ...]


def start_review(session: Session, who: Principal, reason: str) -> AccessReview:
    """Start a review of where the principal acts, before the quarter is over.

    :raises PermissionDenied: without `reviews:decide`.
    :raises Invalid: without a reason.
    :raises Conflict: while another one is open there.
    """
    who.require(Permission.REVIEWS_DECIDE)
    return begin(session, who, who.organisation_id, _words(reason, needed=True))


def begin(session: Session, who: Principal, organisation_id: UUID | None, reason: str) -> AccessReview:
    """Write down everything that has access now, to be decided about; whoever calls has asked who may.

    :raises Conflict: while another review is open there.
    """
    now = datetime.now(UTC)
    review = AccessReview(
        organisation_id=organisation_id,
        reason=reason,
        started_at=now,
        started_by=who.person_id,
        due_at=now + TO_DECIDE,
        lapses_at=now + TO_DECIDE + GRACE,
    )
    try:
        with session.begin_nested():
            session.add(review)
    except IntegrityError as error:
        raise Conflict("a review is open: finish that one first") from error
    found = access_of(session, organisation_id)
    owner = {"review_id": review.id, "organisation_id": organisation_id}
    session.add_all(ReviewItem(**asdict(one), **owner) for one in found)
    session.flush()
    detail = {"items": len(found), "due": review.due_at.date().isoformat()}
    record(session, _in_log_of(who, review), AuditTag.REVIEW_START, _about(review), detail, why=reason)
    escalate(session, who, review)
    close_if_done(session, who, review)
    return review


def escalate(session: Session, who: Principal, review: AccessReview) -> int:
    """Hand the items that nobody in the organisation can decide about to the platform's admins."""
    admins = admins_of(session, review.organisation_id)
    waiting = session.scalars(
        select(ReviewItem)
        .where(ReviewItem.review_id == review.id, _undecided(), ReviewItem.escalated_at.is_(None))
        .order_by(ReviewItem.id)
    )
    handed = [item for item in waiting if not admins - {item.person_id}]
    for item in handed:
        hand_over(session, who, review, item)
    return len(handed)


def hand_over(session: Session, who: Principal, review: AccessReview, item: ReviewItem) -> None:
    """Let the platform's admins decide about an item; both logs say so."""
    item.escalated_at = datetime.now(UTC)
    session.flush()
    detail = {"review": str(review.id), "item": item.label}
    for owner in {review.organisation_id, None}:
        witness = replace(who, organisation_id=owner)
        record(session, witness, AuditTag.REVIEW_ESCALATE, f"review item {item.id}", detail)


def reviews_seen(session: Session, who: Principal) -> list[Progress]:
    """The reviews that a principal sees, open ones first, then the newest.

    :raises PermissionDenied: without `reviews:read`.
    """
    who.require(Permission.REVIEWS_READ)
    return _progress(session, who)


def waiting_for(session: Session, who: Principal) -> int:
    """How many items wait for a decision that the principal may make."""
    if Permission.REVIEWS_DECIDE not in who.permissions:
        return 0
    query = select(func.count()).select_from(ReviewItem).where(_undecided(), _visible(who))
    if who.person_id is not None:
        query = query.where(ReviewItem.person_id.is_distinct_from(who.person_id))
    return session.scalar(query) or 0


def find_review(session: Session, who: Principal, review_id: UUID) -> SeenReview:
    """One review with its items.

    :raises PermissionDenied: without `reviews:read`.
    :raises NotFound: when there is none, or nothing in it is the principal's to see.
    """
    who.require(Permission.REVIEWS_READ)
    found = _progress(session, who, review_id)
    if not found:
        raise NotFound
    items = session.scalars(
        select(ReviewItem)
        .where(ReviewItem.review_id == review_id, _visible(who))
        .order_by(ReviewItem.decision.is_not(None), ReviewItem.kind.desc(), ReviewItem.label, ReviewItem.id)
    )
    return SeenReview(found[0], tuple(SeenItem(item, _may_decide(who, item)) for item in items))


def decide(
    session: Session, who: Principal, review_id: UUID, item_id: UUID, decision: Decision, reason: str = ""
) -> ReviewItem:
    """Confirm an access, or end it at once. An access that ended in another way is said to be gone.

    :raises PermissionDenied: without `reviews:decide`, and about the own access.
    :raises NotFound: when there is no such item, or it is not the principal's to see.
    :raises Invalid: when an ending lacks its reason, or the decision is none of people's.
    :raises Conflict: when it is decided already, or would take the last admin away.
    """
    who.require(Permission.REVIEWS_DECIDE)
    item = session.scalar(
        select(ReviewItem)
        .where(ReviewItem.id == item_id, ReviewItem.review_id == review_id, _visible(who))
        .with_for_update()
    )
    if item is None:
        raise NotFound
    if decision not in BY_PEOPLE:
        raise Invalid("confirm it or end it", {"decision": [f"one of {', '.join(BY_PEOPLE)}"]})
    words = _words(reason, needed=decision is Decision.ENDED)
    if item.decision is not None:
        raise Conflict(f"this is {item.decision} already")
    if not _may_decide(who, item):
        raise PermissionDenied("nobody reviews the own access: another admin does")
    review = session.get_one(AccessReview, review_id)
    if not is_there(session, item):
        decision = Decision.GONE
    elif decision is Decision.ENDED:
        if is_last_admin(session, item):
            raise Conflict("this is the last admin: make somebody else an admin first")
        item.ended = end_item(session, who, item, None, words)
    settle(session, who, review, item, decision, words)
    close_if_done(session, who, review)
    return item


def settle(
    session: Session, who: Principal, review: AccessReview, item: ReviewItem, decision: Decision, reason: str
) -> None:
    """Keep what became of an item, and write it into the organisation's log, and into the decider's."""
    item.decision, item.decided_at = decision, datetime.now(UTC)
    item.decided_by, item.decided_name, item.reason = who.person_id, who.person_name, reason
    session.flush()
    detail = {"review": str(review.id), "item": item.label, "decision": decision.value}
    about = f"review item {item.id}"
    for owner in {review.organisation_id, who.organisation_id}:
        witness = replace(who, organisation_id=owner)
        record(session, witness, AuditTag.REVIEW_DECIDE, about, detail, why=reason or None)


def close_if_done(session: Session, who: Principal, review: AccessReview) -> None:
    """Close a review in which nothing is left to decide."""
    left = session.scalar(select(exists().where(ReviewItem.review_id == review.id, _undecided())))
    if left or review.closed_at is not None:
        return
    review.closed_at = datetime.now(UTC)
    session.flush()
    rows = session.execute(
        select(ReviewItem.decision, func.count())
        .where(ReviewItem.review_id == review.id)
        .group_by(ReviewItem.decision)
    )
    counts = {str(decision): number for decision, number in rows}
    record(session, _in_log_of(who, review), AuditTag.REVIEW_CLOSE, _about(review), counts)


def is_there(session: Session, item: ReviewItem) -> bool:
    """Whether what an item is about still has access."""
    return (item.kind, item.subject_id) in standing_access(session, item.organisation_id)


def standing_access(session: Session, organisation_id: UUID | None) -> frozenset[tuple[str, UUID]]:
    """Everything that has access now, as kind and id."""
    return frozenset((one.kind.value, one.subject_id) for one in access_of(session, organisation_id))


def _undecided() -> ColumnElement[bool]:
    return ReviewItem.decision.is_(None)


def _visible(who: Principal) -> ColumnElement[bool]:
    own = ReviewItem.organisation_id.is_not_distinct_from(who.organisation_id)
    return own | ReviewItem.escalated_at.is_not(None) if who.organisation_id is None else own


def _may_decide(who: Principal, item: ReviewItem) -> bool:
    if Permission.REVIEWS_DECIDE not in who.permissions or item.decision is not None:
        return False
    return item.person_id is None or item.person_id != who.person_id


def _progress(session: Session, who: Principal, review_id: UUID | None = None) -> list[Progress]:
    own = AccessReview.organisation_id.is_not_distinct_from(who.organisation_id)
    handed = AccessReview.id.in_(select(ReviewItem.review_id).where(ReviewItem.escalated_at.is_not(None)))
    query = (
        select(
            AccessReview,
            Organisation.name,
            func.count(ReviewItem.id),
            func.count(ReviewItem.decision),
        )
        .outerjoin(Organisation, Organisation.id == AccessReview.organisation_id)
        .outerjoin(ReviewItem, (ReviewItem.review_id == AccessReview.id) & _visible(who))
        .where(own | handed if who.organisation_id is None else own)
        .group_by(AccessReview.id, Organisation.name)
        .order_by(AccessReview.closed_at.is_not(None), AccessReview.started_at.desc())
    )
    if review_id is not None:
        query = query.where(AccessReview.id == review_id)
    return [
        Progress(review, name or PLATFORM_NAME, items, decided)
        for review, name, items, decided in session.execute(query)
    ]


def _words(reason: str, *, needed: bool) -> str:
    words = reason.strip()
    if len(words) > LONGEST_REASON or "\x00" in words or (needed and not words):
        why = f"say why, in up to {LONGEST_REASON} characters"
        raise Invalid(why, {"reason": [why]})
    return words


def _in_log_of(who: Principal, review: AccessReview) -> Principal:
    return replace(who, organisation_id=review.organisation_id)


def _about(review: AccessReview) -> str:
    return f"review {review.id}"
