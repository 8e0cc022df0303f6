"""Jobs of the caseload: assessing leads, ranking all of them anew, fitting priorities."""

from __future__ import annotations

from importlib import import_module
from uuid import UUID

from procrastinate import Blueprint, JobContext, RetryStrategy

from accord.caseload.assessment import assess_stale
from accord.caseload.priority_versions import rank_anew as mark_all
from accord.services import services_of
from accord_config.database import Scope

blueprint = Blueprint()
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)


@blueprint.task(name="assess", pass_context=True, retry=RETRY)
def assess(context: JobContext, *, organisation_id: str) -> None:
    """Assess and rank the leads of one organisation that changed."""
    services = services_of(context)
    assess_stale(services.database, services.pool, UUID(organisation_id))


@blueprint.task(name="rank_anew", pass_context=True, retry=RETRY)
def rank_anew(context: JobContext, *, organisation_id: str) -> None:
    """Assess every lead of one organisation again: other weights are in use."""
    services, organisation = services_of(context), UUID(organisation_id)
    with services.database.transaction(Scope(organisation_id=organisation)) as session:
        mark_all(session, organisation)
    assess_stale(services.database, services.pool, organisation)


@blueprint.task(name="fit", pass_context=True)
def fit(
    context: JobContext, *, organisation_id: str, fitted_by: str, on_behalf_of: str | None = None
) -> None:
    """Fit priorities to the verdicts of one organisation; nothing comes into use by that."""
    organisation = UUID(organisation_id)
    # Not at the top: it brings 100 MB of numerical libraries that a worker needs for nothing else.
    refitting = import_module("accord.caseload.refitting")
    with services_of(context).database.transaction(Scope(organisation_id=organisation)) as session:
        refitting.fit_version(session, organisation, fitted_by)
