"""What is due in reviews: they begin every quarter, remind, and end what nobody decided about.

On the gate's role; a worker calls it. The last admin never ends, and nothing ends in an organisation that
has no admin who could have answered: that is the platform's admins' to decide. A review rests while its
organisation may not act.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause
from accord_auth.audit.service import AuditTag, record
from accord_auth.joining.acting import THE_CLOCK
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.standing import may_act
from accord_auth.people.models import RoleAssignment
from accord_auth.principal import Principal
from accord_auth.reviews.ending import admins_of, end_item, is_last_admin
from accord_auth.reviews.models import AccessReview, Decision, ReviewItem
from accord_auth.reviews.service import (
    GRACE,
    begin,
    close_if_done,
    escalate,
    hand_over,
    settle,
    standing_access,
)

QUARTER = timedelta(days=91)
REMIND_BEFORE = (timedelta(days=7), timedelta(days=3), timedelta(days=1), timedelta(0))
"""When the admins are reminded, counted back from the day on which a review is due."""
NO_ANSWER = "nobody answered in the access review in time"


def start_due(session: Session) -> list[AccessReview]:
    """Start the review of each active member, and of the platform, whose last one began a quarter ago.

    The first one comes a quarter after the member joined, or after the platform got its first admin.
    """
    last = (
        select(AccessReview.organisation_id, func.max(AccessReview.started_at).label("at"))
        .group_by(AccessReview.organisation_id)
        .subquery()
    )
    open_ones = select(AccessReview.organisation_id).where(
        AccessReview.closed_at.is_(None), AccessReview.organisation_id.is_not(None)
    )
    due: list[UUID | None] = list(
        session.scalars(
            select(Organisation.id)
            .outerjoin(last, last.c.organisation_id == Organisation.id)
            .where(
                may_act(),
                func.coalesce(last.c.at, Organisation.created_at) < func.now() - QUARTER,
                Organisation.id.not_in(open_ones),
            )
            .order_by(Organisation.slug)
        )
    )
    if _platform_is_due(session):
        due.append(None)
    return [begin(session, THE_CLOCK, owner, "a quarter has passed") for owner in due]


def _platform_is_due(session: Session) -> bool:
    of_platform = AccessReview.organisation_id.is_(None)
    is_open = select(func.count()).select_from(AccessReview)
    if session.scalar(is_open.where(of_platform, AccessReview.closed_at.is_(None))):
        return False
    last = session.scalar(select(func.max(AccessReview.started_at)).where(of_platform)) or session.scalar(
        select(func.min(RoleAssignment.created_at)).where(RoleAssignment.organisation_id.is_(None))
    )
    return last is not None and last < datetime.now(UTC) - QUARTER


def remind_due(session: Session) -> list[AccessReview]:
    """Remind of the open reviews whose day comes near, once for each of the days of `REMIND_BEFORE`.

    A reminder is an entry in the organisation's log; pages count what waits for the admin beside "Reviews".
    """
    reminded = []
    for review in _open(session):
        escalate(session, THE_CLOCK, review)
        passed = sum(review.due_at - before <= datetime.now(UTC) for before in REMIND_BEFORE)
        if passed <= review.reminders:
            continue
        review.reminders = passed
        session.flush()
        left = session.scalar(
            select(func.count())
            .select_from(ReviewItem)
            .where(ReviewItem.review_id == review.id, ReviewItem.decision.is_(None))
        )
        detail = {"left": left, "due": review.due_at.date().isoformat()}
        record(session, _clock(review), AuditTag.REVIEW_REMIND, f"review {review.id}", detail)
        reminded.append(review)
    return reminded


def lapse_due(session: Session) -> list[ReviewItem]:
    """End what nobody decided about within the time of grace; returns the items that ended."""
    _rest(session)
    lapsed = []
    for review in _open(session):
        if review.lapses_at > datetime.now(UTC):
            continue
        there = standing_access(session, review.organisation_id)
        # Admins who were here last come last: if one is to stay, it is one who is there.
        waiting = session.scalars(
            select(ReviewItem)
            .where(ReviewItem.review_id == review.id, ReviewItem.decision.is_(None))
            .order_by(ReviewItem.last_used_at.nulls_first(), ReviewItem.id)
            .with_for_update()
        )
        for item in waiting:
            if (item.kind, item.subject_id) not in there:
                settle(session, THE_CLOCK, review, item, Decision.GONE, "")
            elif not admins_of(session, review.organisation_id) or is_last_admin(session, item):
                if item.escalated_at is None:
                    hand_over(session, THE_CLOCK, review, item)
            else:
                item.ended = end_item(session, THE_CLOCK, item, Cause.REVIEW_LAPSED, NO_ANSWER)
                settle(session, THE_CLOCK, review, item, Decision.LAPSED, NO_ANSWER)
                lapsed.append(item)
        close_if_done(session, THE_CLOCK, review)
    return lapsed


STEPS: tuple[Callable[[Session], object], ...] = (start_due, remind_due, lapse_due)
"""In this order: what begins late reminds at once."""


def _rest(session: Session) -> None:
    """While a member may not act its admins cannot answer: once it may again they have the time of grace."""
    until = func.now() + GRACE
    session.execute(
        update(AccessReview)
        .where(
            AccessReview.closed_at.is_(None),
            AccessReview.organisation_id.in_(_away()),
            AccessReview.lapses_at < until,
        )
        .values(lapses_at=until)
    )


def _open(session: Session) -> list[AccessReview]:
    answered = AccessReview.organisation_id.is_(None) | AccessReview.organisation_id.not_in(_away())
    query = select(AccessReview).where(AccessReview.closed_at.is_(None), answered).order_by(AccessReview.id)
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def _away() -> Select[UUID]:
    return select(Organisation.id).where(~may_act())


def _clock(review: AccessReview) -> Principal:
    return replace(THE_CLOCK, organisation_id=review.organisation_id)
