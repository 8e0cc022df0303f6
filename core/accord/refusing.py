"""Where every job begins: it is refused when nobody may act on whose behalf it would run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from procrastinate import JobContext
from procrastinate.exceptions import JobAborted
from procrastinate.middleware import AsyncCallNext
from procrastinate.worker import Worker

from accord.services import services_of
from accord.sharing.deliveries import DELIVER, refuse
from accord_auth.access.refusal import reason_to_refuse
from accord_config.database import Database, Scope
from accord_config.refusals import ON_BEHALF_OF, REFUSED


class JobRefused(JobAborted):
    """A job's organisation, or who asked for it, may not act any more. It is not tried again by itself."""


Told = Callable[[Database, Mapping[str, Any], str], None]


def _tell_delivery(database: Database, arguments: Mapping[str, Any], reason: str) -> None:
    refuse(database, UUID(arguments["organisation_id"]), UUID(arguments["delivery_id"]), reason)


TOLD: Mapping[str, Told] = {DELIVER: _tell_delivery}
"""What shows somebody that a job was refused, by the task's name."""


async def only_with_access(call_next: AsyncCallNext, context: JobContext, worker: Worker) -> Any:
    """Run a job only while its organisation, and the person who asked for it, may act."""
    await asyncio.to_thread(_check, context)
    return await call_next()


def _check(context: JobContext) -> None:
    arguments = context.job.task_kwargs
    if "organisation_id" not in arguments:
        return
    database = services_of(context).database
    reason = why_refused(database, arguments)
    if reason is None:
        return
    told = TOLD.get(context.job.task_name)
    if told is not None:
        told(database, arguments, f"it was refused: {reason}")
    raise JobRefused(reason)


def why_refused(database: Database, arguments: Mapping[str, Any]) -> str | None:
    """Why a job with these arguments may not run; None: it may."""
    if REFUSED in arguments:
        return f"access ended: {str(arguments[REFUSED]).replace('_', ' ')}"
    organisation_id = UUID(str(arguments["organisation_id"]))
    asked = arguments.get(ON_BEHALF_OF)
    with database.transaction(Scope(organisation_id=organisation_id)) as session:
        return reason_to_refuse(session, organisation_id, UUID(str(asked)) if asked else None)
