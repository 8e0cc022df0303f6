"""What jobs work with: handed to them by the worker, never global."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from procrastinate import JobContext

from accord.host.pool import ProcessPool
from accord.registry.environments import Environments
from accord_config.database import Database
from accord_sdk import Record
from accord_sdk.checks import RECORDS
from accord_sdk.samples import samples

MadeUp = Callable[[], Sequence[Record]]


def sdk_samples() -> Sequence[Record]:
    """The made-up records of the contract checks."""
    return samples(RECORDS)


@dataclass(frozen=True)
class Services:
    """A worker's database (as the worker's role), its warm plugin processes, and where their packages lie."""

    database: Database
    pool: ProcessPool
    environments: Environments
    made_up: MadeUp = sdk_samples
    """Records on which plugins are tried before admins decide about them."""


def services_of(context: JobContext) -> Services:
    """The services of the worker that runs a job.

    :raises TypeError: when the worker was started without any.
    """
    services = context.additional_context.get("services")
    if not isinstance(services, Services):
        raise TypeError("the worker was started without services")
    return services
