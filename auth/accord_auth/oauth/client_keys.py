"""The public keys of clients that sign: as they were registered, or from an address that the client named.

Keys from an address are kept for an hour. A signature that names a key that is not among them has them read
again, so that a client changes its keys whenever it likes; once a minute at most, since anybody can send a
made-up name. When the address does not answer, the keys that were read last count for a day.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc.jwk import KeySet
from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from accord_auth.oauth.models import OAuthClient
from accord_auth.oauth.proofs import public_key
from accord_config.fetching import Fetcher, FetchFailed

FRESH = timedelta(hours=1)
KEPT = timedelta(days=1)
EVERY = timedelta(minutes=1)
MOST_KEYS = 20
MOST_BYTES = 64 * 1024

logger = logging.getLogger(__name__)


class ClientKeys:
    """Reads keys for one request. `apart` begins a transaction of its own."""

    def __init__(self, apart: Callable[[], AbstractContextManager[Session]], fetcher: Fetcher) -> None:
        self._apart = apart
        self._fetcher = fetcher

    def of(self, client: OAuthClient, kid: Any) -> KeySet:
        """The keys that may have signed; `kid` is the name that the signature gives its key."""
        known: dict[str, Any] = client.jwks or {"keys": []}
        if client.jwks_uri is not None:
            known = self._read(client, known, kid)
        return KeySet.import_key_set(known)  # type: ignore[arg-type]  # each was checked

    def _read(self, client: OAuthClient, known: dict[str, Any], kid: Any) -> dict[str, Any]:
        age = None if client.jwks_read_at is None else datetime.now(UTC) - client.jwks_read_at
        named = kid is None or any(key.get("kid") == kid for key in known["keys"])
        if age is not None and age < FRESH and named:
            return known
        found = self._fetched(client)
        if found is not None:
            return found
        return known if age is not None and age < KEPT else {"keys": []}

    def _fetched(self, client: OAuthClient) -> dict[str, Any] | None:
        """What the address holds now; None when it was asked a moment ago, or gives no keys."""
        now, address = datetime.now(UTC), client.jwks_uri or ""
        mine = (OAuthClient.id == client.id, OAuthClient.jwks_uri == address)
        long_ago = or_(OAuthClient.jwks_tried_at.is_(None), OAuthClient.jwks_tried_at < now - EVERY)
        with self._apart() as session:
            claimed = update(OAuthClient).where(*mine, long_ago).values(jwks_tried_at=now)
            if session.scalar(claimed.returning(OAuthClient.id)) is None:
                return None
        try:
            found = self._fetch(address)
        except (FetchFailed, ValueError) as error:
            reason = error.reason if isinstance(error, FetchFailed) else error
            logger.warning("the keys of client %s could not be read: %s", client.client_id, reason)
            return None
        with self._apart() as session:
            session.execute(update(OAuthClient).where(*mine).values(jwks=found, jwks_read_at=now))
        return found

    def _fetch(self, address: str) -> dict[str, Any]:
        """A JWK set of usable public keys; others in it are left out, as RFC 7517, 5, asks.

        :raises FetchFailed: when nothing came.
        :raises ValueError: when it is no JWK set, too large, or holds no usable key.
        """
        answer = self._fetcher.fetch("GET", address, headers={"Accept": "application/json"})
        if answer.status != 200 or len(answer.body) > MOST_BYTES:
            raise ValueError(f"status {answer.status}, {len(answer.body)} bytes")
        try:
            given = json.loads(answer.body)["keys"]
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError("no JWK set") from error
        if not isinstance(given, list) or len(given) > MOST_KEYS:
            raise ValueError(f"no JWK set of {MOST_KEYS} keys or fewer")
        keys = [key for key in given if _usable(key)]
        if not keys:
            raise ValueError("no usable key: RSA of 2048 bits, EC or Ed25519, public, for signing")
        return {"keys": keys}


def _usable(key: Any) -> bool:
    try:
        public_key(key)
    except ValueError:
        return False
    return bool(key.get("use", "sig") == "sig")
