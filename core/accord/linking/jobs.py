"""The linking job."""

from __future__ import annotations

from uuid import UUID
from weakref import WeakKeyDictionary

from procrastinate import Blueprint, JobContext, RetryStrategy

from accord.ingestion.changes import request_linking
from accord.linking.applying import apply_judgements
from accord.linking.leaders import Leaders
from accord.linking.relinking import relink_ready
from accord.linking.service import link_ready
from accord.services import services_of
from accord_config.database import Database, Scope

blueprint = Blueprint()
_leaders: WeakKeyDictionary[Database, Leaders] = WeakKeyDictionary()
"""What a worker remembers from one job to the next, by its database."""
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)


@blueprint.task(name="link", pass_context=True, retry=RETRY)
def link(context: JobContext, *, organisation_id: str) -> None:
    """Link what is ready for one organisation."""
    database = services_of(context).database
    organisation = UUID(organisation_id)
    leaders = _leaders.setdefault(database, Leaders())
    more = link_ready(database, organisation, leaders)
    if relink_ready(database, organisation, leaders) or more:
        with database.transaction(Scope(organisation_id=organisation)) as session:
            request_linking(session, organisation)


@blueprint.task(name="apply", pass_context=True, retry=RETRY)
def apply(context: JobContext, *, organisation_id: str) -> None:
    """Do what people of one organisation said of links."""
    organisation = UUID(organisation_id)
    with services_of(context).database.transaction(Scope(organisation_id=organisation)) as session:
        apply_judgements(session, organisation)
