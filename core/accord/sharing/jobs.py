"""Jobs: carrying deliveries out, and taking out of shares what was withdrawn."""

from __future__ import annotations

from uuid import UUID

from procrastinate import Blueprint, JobContext, RetryStrategy

from accord.services import services_of
from accord.sharing.deliveries import deliver as carry
from accord.sharing.withdrawing import forget_files, redact_withdrawn
from accord_config.database import Scope

blueprint = Blueprint()
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)


@blueprint.task(name="deliver", pass_context=True, retry=RETRY)
def deliver(
    context: JobContext, *, organisation_id: str, delivery_id: str, on_behalf_of: str | None = None
) -> None:
    """Carry one delivery out."""
    services = services_of(context)
    carry(services.database, services.pool, UUID(organisation_id), UUID(delivery_id))


@blueprint.task(name="withdrawn", pass_context=True, retry=RETRY)
def withdrawn(context: JobContext, *, organisation_id: str) -> None:
    """Take records that were withdrawn out of what was shared of them."""
    owner = UUID(organisation_id)
    with services_of(context).database.transaction(Scope(organisation_id=owner)) as session:
        redact_withdrawn(session, owner)


@blueprint.task(name="forget", pass_context=True, retry=RETRY)
def forget(context: JobContext, *, organisation_id: str, share_id: str) -> None:
    """Forget the files that an organisation had made of a share before it changed."""
    owner = UUID(organisation_id)
    with services_of(context).database.transaction(Scope(organisation_id=owner)) as session:
        forget_files(session, owner, UUID(share_id))
