"""Jobs that may not run: marked while they wait, refused when a worker comes to them.

A mark stands in the job's arguments (`refused`, with the cause), so that nothing is lost: an operator
sees the job and why it did not run, and an organisation that comes back has it run after all.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

ON_BEHALF_OF = "on_behalf_of"
"""The argument that holds the id of the person who asked for a job."""

REFUSED = "refused"
"""The argument that says why a job may not run."""

_WHOSE = """
    status = 'todo' AND NOT args ? 'refused'
    AND (CAST(:organisation AS text) IS NULL OR args->>'organisation_id' = :organisation)
    AND (CAST(:person AS text) IS NULL OR args->>'on_behalf_of' = :person)
"""
_COUNT = text(f"SELECT count(*) FROM procrastinate_jobs WHERE {_WHOSE}")  # noqa: S608 - a constant
_MARK = text(
    f"""
    UPDATE procrastinate_jobs SET args = args || jsonb_build_object('refused', CAST(:cause AS text))
    WHERE {_WHOSE}
    """  # noqa: S608 - likewise
)
_UNMARK = text(
    "UPDATE procrastinate_jobs SET args = args - 'refused' WHERE args->>'organisation_id' = :organisation"
    " AND status IN ('todo', 'aborted') AND args->>'refused' IN :causes RETURNING id"
).bindparams(bindparam("causes", expanding=True))
_REFUSED = text(
    "SELECT id FROM procrastinate_jobs WHERE status = 'aborted'"
    " AND args->>'organisation_id' = :organisation AND NOT args ? 'refused' ORDER BY id"
)
_AGAIN = text(
    "UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL WHERE id = :id"
)
_DROP = text("DELETE FROM procrastinate_jobs WHERE id = :id")
_FORGET = text("DELETE FROM job_failures WHERE job_id = :id")


def count_waiting(session: Session, *, organisation_id: UUID | None, person_id: UUID | None) -> int:
    """Jobs of an organisation, or that a person asked for (or both), that wait and may run."""
    return session.scalar(_COUNT, _values(organisation_id, person_id)) or 0


def refuse_waiting(
    session: Session, cause: str, *, organisation_id: UUID | None, person_id: UUID | None
) -> int:
    """Have workers refuse them; returns how many there are."""
    marked = session.execute(_MARK, {**_values(organisation_id, person_id), "cause": cause})
    return int(marked.rowcount)  # type: ignore[attr-defined]  # of a cursor, as an UPDATE has


def run_refused_again(session: Session, organisation_id: UUID, causes: Collection[str]) -> int:
    """Have an organisation's jobs run that were refused for one of the causes, or at their start."""
    own = {"organisation": str(organisation_id)}
    unmarked = set(session.scalars(_UNMARK, {**own, "causes": sorted(causes)}))
    refused = session.scalars(_REFUSED, own).all()
    for job_id in refused:
        session.execute(_FORGET, {"id": job_id})
        try:
            with session.begin_nested():
                session.execute(_AGAIN, {"id": job_id})
        except IntegrityError:
            # One like it waits already and does its work.
            session.execute(_DROP, {"id": job_id})
    return len(unmarked | set(refused))


def _values(organisation_id: UUID | None, person_id: UUID | None) -> dict[str, str | None]:
    if organisation_id is None and person_id is None:
        raise ValueError("say whose jobs")
    return {
        "organisation": str(organisation_id) if organisation_id else None,
        "person": str(person_id) if person_id else None,
    }
