"""Jobs: checking what was received, runs on trial, and looking at everything again with another version."""

from __future__ import annotations

from uuid import UUID

from procrastinate import Blueprint, JobContext, RetryStrategy

from accord.detection.operating import run_over_all
from accord.publishing.checking import check_version
from accord.publishing.grant_checks import run_grant_check
from accord.publishing.trials import Bench
from accord.services import services_of
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.service import operator_of
from accord_config.database import Scope

blueprint = Blueprint()
RETRY = RetryStrategy(max_attempts=3, exponential_wait=4)


@blueprint.task(name="check", pass_context=True, retry=RETRY)
def check(context: JobContext, *, organisation_id: str, version_id: str) -> None:
    """Lock, build and check a version."""
    services = services_of(context)
    check_version(
        services.database,
        services.environments,
        services.pool.launcher,
        UUID(version_id),
        made_up=services.made_up,
    )


@blueprint.task(name="check_grants", pass_context=True, retry=RETRY)
def check_grants(context: JobContext, *, organisation_id: str, check_id: str) -> None:
    """Check a version with fewer grants than it asks for."""
    services = services_of(context)
    run_grant_check(services.database, services.environments, services.pool.launcher, UUID(check_id))


@blueprint.task(name="trial", pass_context=True, retry=RETRY)
def trial(
    context: JobContext, *, organisation_id: str, trial_id: str, on_behalf_of: str | None = None
) -> None:
    """Run a plugin on trial."""
    services = services_of(context)
    bench = Bench(services.database, services.environments, services.pool)
    bench.run(UUID(organisation_id), UUID(trial_id))


@blueprint.task(name="again", pass_context=True, retry=RETRY)
def again(context: JobContext, *, organisation_id: str, plugin: str) -> None:
    """Have the version that runs now look at everything of one organisation again."""
    owner = UUID(organisation_id)
    with services_of(context).database.transaction(Scope(organisation_id=owner)) as session:
        run_over_all(session, operator_of(session.get_one(Organisation, owner)), plugin)
