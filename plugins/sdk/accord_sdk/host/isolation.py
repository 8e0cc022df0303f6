"""How plugins are kept apart: the sandbox where it works, a plain process only where that may be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from accord_sdk.host.launch import Launcher, ProcessLauncher
from accord_sdk.host.probe import starts
from accord_sdk.host.sandbox import Identity, SandboxLauncher, SandboxUnavailableError, enters
from accord_sdk.host.seccomp import UnknownArchitectureError

AS_ROOT = "root starts them, which is good enough to develop and refused in production, because {}"
USER = "nobody"
"""Whose processes plugins are where root starts them, unless a setting says otherwise."""


@dataclass(frozen=True)
class Isolation:
    """How plugins run here: the launcher, in words, and why it is not the sandbox where it is none.

    `weaker` says in which way a sandbox is not the one that production asks for; empty when it is.
    """

    launcher: Launcher
    words: str
    weaker: str = ""
    missing: str = ""


def isolation_here(*, user: str = USER, required: bool = False, home: Path | None = None) -> Isolation:
    """How plugins are kept apart on this machine.

    `required`: in a sandbox or not at all, and never in one that root starts as itself. `home`: the folder in
    which plugins' packages lie; whoever starts sandboxes must be able to enter it.

    :raises SandboxUnavailableError: when it is required and there is none.
    """
    reasons: list[SandboxUnavailableError | UnknownArchitectureError] = []
    for identity in _identities(user, required):
        try:
            launcher = SandboxLauncher(identity)
            starts(launcher)
            if home is not None:
                enters(identity, home)
        except (SandboxUnavailableError, UnknownArchitectureError) as error:
            reasons.append(error)
            continue
        as_root = os.geteuid() == 0 and identity.user is None
        who = "root" if as_root else identity.user or "this user"
        weaker = AS_ROOT.format("; ".join(map(str, reasons))) if as_root else ""
        return Isolation(launcher, f"bubblewrap + seccomp, started as {who}", weaker=weaker)
    if required:
        raise SandboxUnavailableError(
            f"plugins must run in a sandbox and cannot: {'; '.join(dict.fromkeys(map(str, reasons)))}",
            reasons[0].about if isinstance(reasons[0], SandboxUnavailableError) else "seccomp",
        )
    return Isolation(ProcessLauncher(), "processes of their own, no sandbox", missing=str(reasons[0]))


def _identities(user: str, required: bool) -> Iterator[Identity]:
    """Whose sandboxes to try, the best first: never root's where there must be a sandbox."""
    if os.geteuid() != 0:
        yield Identity()
        return
    yield Identity(user)
    if not required:
        yield Identity()
