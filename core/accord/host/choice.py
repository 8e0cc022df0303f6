"""Which launcher an installation uses, by its settings."""

from __future__ import annotations

import logging
from functools import cache

from accord_config.settings import Settings
from accord_sdk.host.isolation import Isolation, isolation_here
from accord_sdk.host.launch import Launcher

logger = logging.getLogger(__name__)


def launcher_for(settings: Settings) -> Launcher:
    """The launcher for plugins, in a sandbox where this machine can.

    :raises SandboxUnavailableError: when there must be a sandbox and cannot be one; with what to do.
    """
    isolation = isolation_of(settings)
    if isolation.missing:
        without_sandbox(isolation.missing)
    return isolation.launcher


def isolation_of(settings: Settings) -> Isolation:
    """How plugins are kept apart on this machine.

    :raises SandboxUnavailableError: when `plugins_require_sandbox` is on and there is no sandbox.
    """
    return isolation_here(user=settings.plugins_user, required=settings.sandbox_required, home=settings.home)


@cache
def without_sandbox(why: str) -> None:
    """Say it in the log, once."""
    logger.warning("plugins run without a sandbox: %s", why)
