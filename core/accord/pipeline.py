"""How far the pipeline is: what waits at which stage."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from accord.ingestion.models import Batch, Stage
from accord.linking.leads import count_stale
from accord.linking.models import Lead

_JOBS = text(
    """
    SELECT count(*) FILTER (WHERE status IN ('todo', 'doing')),
           count(*) FILTER (WHERE status IN ('failed', 'aborted'))
    FROM procrastinate_jobs WHERE args->>'organisation_id' = :organisation
    """
)
_WORKERS = text(
    "SELECT count(*) FROM procrastinate_workers"
    " WHERE last_heartbeat > now() - make_interval(secs => :seconds)"
)


@dataclass(frozen=True)
class Backlog:
    """Records that wait to be looked at and to be linked, leads that wait to be ranked."""

    to_detect: int
    to_link: int
    to_assess: int
    live_jobs: int
    failed_jobs: int

    @property
    def done(self) -> bool:
        """Whether nothing waits."""
        return not (self.to_detect or self.to_link or self.to_assess)


def backlog(session: Session, organisation_id: UUID) -> Backlog:
    """What of an organisation waits for the pipeline."""
    waiting = dict(
        session.execute(
            select(Batch.stage, func.sum(Batch.records))
            .where(Batch.organisation_id == organisation_id, Batch.stage != Stage.LINKED)
            .group_by(Batch.stage)
        ).all()
    )
    live, failed = session.execute(_JOBS, {"organisation": str(organisation_id)}).one()
    return Backlog(
        to_detect=int(waiting.get(Stage.STORED, 0)),
        to_link=int(waiting.get(Stage.DETECTED, 0)),
        to_assess=count_stale(session, organisation_id),
        live_jobs=live,
        failed_jobs=failed,
    )


def lead_count(session: Session, organisation_id: UUID) -> int:
    """How many leads an organisation has. Reads all of them: not for every look at what waits."""
    query = select(func.count()).where(
        Lead.organisation_id == organisation_id, Lead.merged_into.is_(None), Lead.records > 0
    )
    return session.scalar(query) or 0


def workers_alive(session: Session, seconds: float) -> int:
    """How many workers showed a sign of life in the last seconds."""
    return session.scalar(_WORKERS, {"seconds": seconds}) or 0
