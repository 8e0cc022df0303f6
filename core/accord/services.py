"""What jobs work with: handed to them by the worker, never global."""

from __future__ import annotations

from dataclasses import dataclass

from procrastinate import JobContext

from accord.host.pool import ProcessPool
from accord.registry.environments import Environments
from accord_config.database import Database


@dataclass(frozen=True)
class Services:
    """A worker's database (as the worker's role), its warm plugin processes, and where their packages lie."""

    database: Database
    pool: ProcessPool
    environments: Environments


def services_of(context: JobContext) -> Services:
    """The services of the worker that runs a job.

    :raises TypeError: when the worker was started without any.
    """
    services = context.additional_context.get("services")
    if not isinstance(services, Services):
        raise TypeError("the worker was started without services")
    return services
