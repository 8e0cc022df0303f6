"""Pulling by the clock: when a source is due, and how long it waits after it failed. The caller commits.

A schedule is an interval or a line of cron (five fields, UTC). A source that fails keeps its cursor and is
tried again after a minute, then after two, four and so on, up to six hours; a pull that went well brings it
back to its schedule.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from croniter import croniter
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accord.ingestion.models import Source
from accord.sources.clock import next_cron, next_due
from accord.sources.models import SourceSchedule
from accord.sources.service import request_pull, source_by_slug
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Invalid
from accord_auth.organisations.models import Organisation, OrganisationStatus
from accord_auth.organisations.service import operator_of
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Database, Scope

SHORTEST_S = 60
LONGEST_S = 366 * 24 * 3600
LONGEST_CRON = 100
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
AT_ONCE = 500
"""Sources that one look of the clock asks for."""


def set_schedule(
    session: Session,
    principal: Principal,
    slug: str,
    *,
    every_s: int | None = None,
    cron: str | None = None,
) -> SourceSchedule | None:
    """Have a source pulled by the clock: every so many seconds, or as a line of cron says (UTC); or no more.

    :raises NotFound: when there is no such source.
    :raises Invalid: when it has no plugin to pull with, or the schedule is none.
    """
    source = source_by_slug(session, principal, slug, permission=Permission.RECORDS_WRITE)
    if source.plugin is None:
        raise Invalid(f"source {slug!r} has no plugin to pull with; its records come by `accord ingest`")
    words = _checked(every_s, cron)
    session.execute(delete(SourceSchedule).where(SourceSchedule.source_id == source.id))
    record(session, principal, AuditTag.SOURCE_SCHEDULE, f"source {slug}", {"schedule": words})
    if every_s is None and cron is None:
        return None
    now = datetime.now(UTC)
    schedule = SourceSchedule(
        source_id=source.id,
        organisation_id=source.organisation_id,
        every_s=every_s,
        cron=cron,
        next_at=now if every_s else next_cron(cron or "", now),
        failures=0,
    )
    session.add(schedule)
    session.flush()
    return schedule


def _checked(every_s: int | None, cron: str | None) -> str:
    if every_s is not None and cron is not None:
        raise Invalid("give an interval or a line of cron, not both", {"cron": ["leave one of them out"]})
    if every_s is not None and not SHORTEST_S <= every_s <= LONGEST_S:
        raise Invalid(
            "the interval cannot be used", {"every": ["between one minute and a year, such as 15m, 6h or 1d"]}
        )
    if cron is not None and not _is_cron(cron):
        words = "five fields: minute, hour, day of the month, month, day of the week; such as 30 */6 * * *"
        raise Invalid("the line of cron cannot be used", {"cron": [words]})
    return f"every {every_s} s" if every_s else cron or "none"


def _is_cron(line: str) -> bool:
    """Whether it has cron's five fields and is ever due; no seconds, no words such as @daily."""
    if len(line) > LONGEST_CRON or len(line.split()) != 5 or not croniter.is_valid(line):
        return False
    try:
        next_cron(line, datetime.now(UTC))
    except ValueError:
        return False
    return True


def after_pull(session: Session, source_id: UUID, *, failed: bool) -> None:
    """Say when a source is pulled next, now that a pull of it is over."""
    schedule = session.get(SourceSchedule, source_id, with_for_update=True)
    if schedule is None:
        return
    now = datetime.now(UTC)
    if failed:
        schedule.failures += 1
        wait: timedelta = min(FIRST_WAIT * 2 ** min(schedule.failures - 1, 12), LONGEST_WAIT)
        schedule.next_at = now + wait
    else:
        schedule.failures = 0
        schedule.next_at = next_due(schedule, now)


def pull_due(database: Database) -> int:
    """Ask for a pull of every source that is due, of any member that may act; how many these are."""
    with database.transaction(NOBODY) as session:
        due = session.execute(
            select(SourceSchedule.source_id, SourceSchedule.organisation_id)
            .where(SourceSchedule.next_at <= datetime.now(UTC))
            .order_by(SourceSchedule.next_at)
            .limit(AT_ONCE)
        ).all()
    asked = 0
    for source_id, organisation_id in due:
        with database.transaction(Scope(organisation_id=organisation_id)) as session:
            asked += _pull_one(session, source_id, organisation_id)
    return asked


def _pull_one(session: Session, source_id: UUID, organisation_id: UUID) -> bool:
    schedule = session.get(SourceSchedule, source_id, with_for_update=True)
    source = session.get(Source, source_id)
    now = datetime.now(UTC)
    if schedule is None or source is None or schedule.next_at > now:
        return False
    # Until the pull is over, which says when the next one is due.
    schedule.next_at = next_due(schedule, now)
    organisation = session.get_one(Organisation, organisation_id)
    if organisation.status != OrganisationStatus.ACTIVE:
        return False
    session.flush()
    request_pull(session, operator_of(organisation), source.slug)
    return True
