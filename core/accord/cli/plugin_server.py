"""Publishing at a server, as whoever signed in there with `accord login`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import httpx2

from accord.cli.login import LoginFailed, address_of, fresh_token
from accord.registry.models import VersionState
from accord_auth.errors import Invalid

UPLOAD_S = 120.0
PATIENCE_S = 600.0
"""For so long the command waits for the checks; they go on without it."""
LOOK_EVERY_S = 1.0


def publish_at(server: str, wheel: Path, others: Sequence[Path]) -> bool:
    """Send the wheel, wait for its checks, and say what came of them; False where one failed.

    :raises Invalid: when the server refuses the wheel, saying why.
    :raises NotSignedIn: when nobody is signed in there.
    """
    address = address_of(server)
    calls = f"{address}/api/v1/plugin-versions"
    with ExitStack() as stack:
        sent = [("wheel", (wheel.name, stack.enter_context(wheel.open("rb"))))]
        sent += [("wheelhouse", (path.name, stack.enter_context(path.open("rb")))) for path in others]
        made = _ask(address, "POST", calls, files=sent)
    click.echo(f"received {made['name']} {made['version']} sha256:{made['sha256']}")
    until = time.monotonic() + PATIENCE_S
    while made["state"] == VersionState.RECEIVED and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
        made = _ask(address, "GET", f"{calls}/{made['id']}")
    steps = made["checks"].get("steps", [])
    passed = f"checks {sum(step['holds'] for step in steps)} of {len(steps)} passed · " if steps else ""
    where = f"{address}/plugin-versions/{made['id']}"
    if made["state"] == VersionState.FAILED:
        stop = made["stop"] or {}
        told = [f"{stop.get('code')}: {stop.get('about')}", stop.get("next_step"), where]
        click.echo("\n  ".join([f"{passed}it failed: {made['problem']}", *map(str, told)]))
        return False
    waits = "waiting for approval" if made["state"] == VersionState.WAITING else f"it is {made['state']}"
    click.echo(f"{passed}{waits}: {where}")
    return True


def _ask(address: str, method: str, path: str, **sent: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {fresh_token(address)}"}
    try:
        with httpx2.Client(timeout=UPLOAD_S, follow_redirects=False) as client:
            reply = client.request(method, path, headers=headers, **sent)
            found = reply.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise LoginFailed(f"{address} gives no answer of Accord's ({type(error).__name__})") from error
    if not isinstance(found, dict):
        raise LoginFailed(f"{address} gives no answer of Accord's")
    if reply.is_error:
        errors = found.get("errors") if isinstance(found.get("errors"), dict) else {}
        raise Invalid(str(found.get("detail") or f"the server says {reply.status_code}"), errors)
    return found
