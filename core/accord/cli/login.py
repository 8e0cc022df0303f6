"""`accord login`, `whoami`, `logout`: a person's own tokens by the device flow, in a file of mode 0600."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import httpx2

from accord_auth.errors import AccordError, NotSignedIn
from accord_auth.oauth.clients import COMMAND_LINE
from accord_auth.oauth.scopes import SCOPES
from accord_config.settings import load_settings

DEFAULT_SCOPES = ("openid", "profile", "email", "work:write")
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
TIMEOUT_S = 10.0
EARLY_S = 30
"""Seconds before its end from which an access token is renewed."""

a_server = click.option("--server", metavar="URL", help="Address of Accord; this installation's if left out.")


class LoginFailed(AccordError):
    """Signing in did not work."""


@click.command()
@a_server
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="What to be able to do.",
)
def login(server: str | None, scopes: tuple[str, ...]) -> None:
    """Sign in: type the code that is shown in a browser, on whatever machine."""
    address = address_of(server)
    metadata = _metadata(address)
    begun = _post(
        metadata["device_authorization_endpoint"],
        {"client_id": COMMAND_LINE, "scope": " ".join(scopes or DEFAULT_SCOPES)},
    )
    click.echo(f"Open {begun['verification_uri']} and type {begun['user_code']}")
    click.echo(f"(or open {begun['verification_uri_complete']})", err=True)
    tokens = _wait(metadata, begun)
    with _file() as known:
        known[address] = _kept(metadata, tokens)
    click.echo(f"signed in at {address} as {_current(address)['email']}")


@click.command()
@a_server
def whoami(server: str | None) -> None:
    """Say who is signed in, for which organisation, and what the token allows."""
    found = _current(address_of(server))
    click.echo(f"{found['person']} <{found['email']}> for {found['organisation']}")
    click.echo(", ".join(found["permissions"]) or "may do nothing")


@click.command()
@a_server
def logout(server: str | None) -> None:
    """End the tokens, and forget them."""
    address = address_of(server)
    with _file() as known:
        mine = known.pop(address, None)
    if mine is None:
        raise NotSignedIn(f"nobody is signed in at {address}")
    sent = {"client_id": COMMAND_LINE, "token": mine["refresh_token"]}
    _post(mine["revocation_endpoint"], sent)
    click.echo(f"signed out at {address}")


def address_of(server: str | None) -> str:
    """A server's address without a slash at its end; this installation's where none is named."""
    return (server or load_settings().issuer).rstrip("/")


def _metadata(address: str) -> dict[str, Any]:
    found = _answer("GET", f"{address}/.well-known/oauth-authorization-server")
    # RFC 8414, 3.3: whoever else it says to be could have our tokens sent there.
    if found.get("issuer") != address:
        raise LoginFailed(f"the server at {address} says that it is {found.get('issuer')}: use that address")
    return found


def _wait(metadata: dict[str, Any], begun: dict[str, Any]) -> dict[str, Any]:
    ends, every = time.monotonic() + begun["expires_in"], begun["interval"]
    sent = {"grant_type": DEVICE, "client_id": COMMAND_LINE, "device_code": begun["device_code"]}
    while time.monotonic() < ends:
        time.sleep(every)
        found = _answer("POST", metadata["token_endpoint"], sent)
        match found.get("error"):
            case None:
                return found
            case "authorization_pending":
                continue
            case "slow_down":
                every += 5
            case "access_denied":
                raise LoginFailed("it was not allowed in the browser")
            case other:
                raise LoginFailed(f"the server says {other}")
    raise LoginFailed("nobody typed the code in time: run `accord login` again")


def _kept(metadata: dict[str, Any], tokens: dict[str, Any]) -> dict[str, Any]:
    return {
        "access_token": tokens["access_token"],
        "refresh_token": tokens["refresh_token"],
        "expires_at": time.time() + tokens["expires_in"],
        "token_endpoint": metadata["token_endpoint"],
        "revocation_endpoint": metadata["revocation_endpoint"],
    }


def _current(address: str) -> dict[str, Any]:
    token = fresh_token(address)
    found = _answer("GET", f"{address}/api/v1/sessions/current", token=token)
    if "person" not in found:
        raise NotSignedIn("the token counts no longer: run `accord login` again")
    return found


def fresh_token(address: str) -> str:
    """An access token that will do for a while. The file is locked meanwhile: a refresh token works once."""
    with _file() as known:
        mine = known.get(address)
        if mine is None:
            raise NotSignedIn(f"nobody is signed in at {address}: run `accord login`")
        if mine["expires_at"] < time.time() + EARLY_S:
            sent = {
                "grant_type": "refresh_token",
                "client_id": COMMAND_LINE,
                "refresh_token": mine["refresh_token"],
            }
            found = _answer("POST", mine["token_endpoint"], sent)
            if "access_token" not in found:
                del known[address]
                raise NotSignedIn("the sign-in has ended: run `accord login` again")
            known[address] = mine = _kept(mine, found)
        return str(mine["access_token"])


def _post(address: str, sent: dict[str, str]) -> dict[str, Any]:
    found = _answer("POST", address, sent)
    if "error" in found:
        raise LoginFailed(f"the server says {found['error']}: {found.get('error_description', '')}")
    return found


def _answer(
    method: str, address: str, sent: dict[str, str] | None = None, token: str | None = None
) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False) as client:
            reply = client.request(method, address, data=sent, headers=headers)
            found = reply.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise LoginFailed(f"{address} gives no answer of Accord's ({type(error).__name__})") from error
    if not isinstance(found, dict):
        raise LoginFailed(f"{address} gives no answer of Accord's")
    return found


def tokens_path() -> Path:
    """Where a person's tokens are kept: in the person's own configuration, not in ACCORD_HOME."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "accord" / "tokens.json"


@contextmanager
def _file() -> Iterator[dict[str, Any]]:
    """The kept tokens by server, under a lock; what the block changes is written, also when it raises."""
    path = tokens_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        before = json.dumps(known)
        try:
            yield known
        finally:
            if json.dumps(known) != before:
                _write(path, known)


def _write(path: Path, known: dict[str, Any]) -> None:
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(known, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
