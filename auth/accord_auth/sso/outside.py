"""What dealing with a directory takes besides the database, and what is fetched from it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from accord_auth.oauth.signing_keys import SigningKeys
from accord_auth.organisations.models import Organisation
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.models import Provider
from accord_config.database import Database
from accord_config.fetching import Answer, Fetcher, FetchFailed
from accord_config.sealing import Seals

SECONDS = 10.0
"""The longest that one of a directory's answers may take; a person waits for up to four of them."""
MOST_BYTES = 256 * 1024

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outside:
    """The installation, as directories know it, and its means."""

    gate: Database
    fetcher: Fetcher
    seals: Seals
    keys: SigningKeys
    issuer: str
    """The address of this installation."""

    def callback(self, slug: str) -> str:
        """Where an organisation's directory sends people back to: an address of its own (RFC 9700, 4.4)."""
        return f"{self.issuer}/sso/{slug}/callback"

    def back_channel(self, slug: str) -> str:
        """Where an organisation's directory says that somebody signed out."""
        return f"{self.issuer}/sso/{slug}/logout"

    def start(self, slug: str) -> str:
        """Where a sign-in with an organisation's directory begins."""
        return f"{self.issuer}/sso/{slug}"

    @property
    def after_sign_out(self) -> str:
        """Where a directory sends people who signed out there."""
        return f"{self.issuer}/sign-in"


@dataclass(frozen=True)
class Directory:
    """An organisation's directory as a transaction found it."""

    provider: Provider
    organisation: Organisation


def ask(
    outside: Outside,
    what: str,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> dict[str, Any]:
    """The JSON object that a directory answers.

    :raises SsoFailed: when there is none.
    """
    fetcher = outside.fetcher
    bounded = replace(
        fetcher, seconds=min(SECONDS, fetcher.seconds), most_bytes=min(MOST_BYTES, fetcher.most_bytes)
    )
    host = urlsplit(url).netloc
    try:
        given = {"Accept": "application/json", **(headers or {})}
        answer = bounded.fetch(method, url, headers=given, body=body)
    except FetchFailed as error:
        # The reason would draw a map of this network: it is for whoever runs Accord.
        logger.warning("%s was not fetched from %s: %s", what, host, error.reason)
        raise SsoFailed(
            f"{what} could not be fetched from {host}; whoever runs Accord finds the details in its log"
        ) from error
    if answer.status != 200:
        raise SsoFailed(f"{what}: {host} answered with status {answer.status}{_said(answer)}")
    found = _json(answer)
    if not isinstance(found, dict):
        raise SsoFailed(f"{what}: {host} answered something that is no JSON object")
    return found


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _said(answer: Answer) -> str:
    """The error code of OAuth in an answer, as far as it is one."""
    if 300 <= answer.status < 400:
        return ": redirects are not followed"
    found = _json(answer)
    code = found.get("error") if isinstance(found, dict) else None
    return f": {plain(code)}" if isinstance(code, str) else ""


def plain(text: str, longest: int = 100) -> str:
    """Something that a directory said, as it may stand in a log."""
    return "".join(letter for letter in text if letter.isascii() and letter.isprintable())[:longest]
