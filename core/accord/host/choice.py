"""Which launcher an installation uses: the sandbox where it works, a plain process only where that may be."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from accord.host.launch import Launcher, ProcessLauncher
from accord.host.probe import starts
from accord.host.sandbox import Identity, SandboxLauncher, SandboxUnavailableError
from accord.host.seccomp import UnknownArchitectureError
from accord_config.settings import Settings

AS_ROOT = "root starts them, which is good enough to develop and refused in production, because {}"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Isolation:
    """How plugins run here: the launcher, in words, and why it is not the sandbox where it is none.

    `weaker` says in which way a sandbox is not the one that production asks for; empty when it is.
    """

    launcher: Launcher
    words: str
    weaker: str = ""
    missing: str = ""


def launcher_for(settings: Settings) -> Launcher:
    """The launcher for plugins, in a sandbox where this machine can.

    :raises SandboxUnavailableError: when there must be a sandbox and cannot be one; with what to do.
    """
    isolation = isolation_of(settings)
    if isolation.missing:
        _say_once(f"plugins run without a sandbox: {isolation.missing}")
    return isolation.launcher


def isolation_of(settings: Settings) -> Isolation:
    """How plugins are kept apart on this machine.

    :raises SandboxUnavailableError: when `plugins_require_sandbox` is on and there is no sandbox.
    """
    reasons = []
    for identity in _identities(settings):
        try:
            launcher = SandboxLauncher(identity)
            starts(launcher)
        except (SandboxUnavailableError, UnknownArchitectureError) as error:
            reasons.append(str(error))
            continue
        as_root = os.geteuid() == 0 and identity.user is None
        who = "root" if as_root else identity.user or "this user"
        weaker = AS_ROOT.format("; ".join(reasons)) if as_root else ""
        return Isolation(launcher, f"bubblewrap + seccomp, started as {who}", weaker=weaker)
    if settings.sandbox_required:
        raise SandboxUnavailableError(
            f"plugins must run in a sandbox and cannot: {'; '.join(dict.fromkeys(reasons))}"
        )
    return Isolation(ProcessLauncher(), "processes of their own, no sandbox", missing=reasons[0])


def _identities(settings: Settings) -> Iterator[Identity]:
    """Whose sandboxes to try, the best first: never root's where there must be a sandbox."""
    if os.geteuid() != 0:
        yield Identity()
        return
    yield Identity(settings.plugins_user)
    if not settings.sandbox_required:
        yield Identity()


@cache
def _say_once(words: str) -> None:
    logger.warning(words)
