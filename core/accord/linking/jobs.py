"""The linking job."""

from __future__ import annotations

from uuid import UUID

from procrastinate import Blueprint, JobContext, RetryStrategy

from accord.ingestion.changes import request_linking
from accord.linking.applying import apply_judgements
from accord.linking.relinking import relink_ready
from accord.linking.service import link_ready
from accord.services import services_of
from accord_config.database import Scope

blueprint = Blueprint()
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)


@blueprint.task(name="link", pass_context=True, retry=RETRY)
def link(context: JobContext, *, organisation_id: str) -> None:
    """Link what is ready for one organisation."""
    database = services_of(context).database
    organisation = UUID(organisation_id)
    more = link_ready(database, organisation)
    if relink_ready(database, organisation) or more:
        with database.transaction(Scope(organisation_id=organisation)) as session:
            request_linking(session, organisation)


@blueprint.task(name="apply", pass_context=True, retry=RETRY)
def apply(context: JobContext, *, organisation_id: str) -> None:
    """Do what people of one organisation said of links."""
    organisation = UUID(organisation_id)
    with services_of(context).database.transaction(Scope(organisation_id=organisation)) as session:
        apply_judgements(session, organisation)
