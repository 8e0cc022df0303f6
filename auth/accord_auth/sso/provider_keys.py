"""A directory's public keys: kept for an hour, asked for again when a token names one that is not known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from sqlalchemy import or_, select, update

from accord_auth.oauth.proofs import public_key
from accord_auth.sso.discovery import Discovered
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.models import Provider
from accord_auth.sso.outside import Directory, Outside, ask
from accord_auth.sso.tokens import KeyOf
from accord_config.database import NOBODY

KEPT = timedelta(hours=1)
"""So long a key that the directory took back may still count."""
PAUSE = timedelta(seconds=30)
"""Between two fetches of one directory's keys: made-up key names must not make Accord ask without end."""
MOST_KEYS = 50
LONGEST_NAME = 500
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
EDWARDS = ("Ed25519", "EdDSA")


def key_finder(outside: Outside, directory: Directory, found: Discovered) -> KeyOf:
    """What finds the key that signed a token, by the token's header.

    It raises SsoFailed when the directory publishes none that fits.
    """

    def key_of(header: dict[str, Any]) -> Key:
        kept = _kept(outside, directory)
        known = None if kept is None else _choose(kept, header)
        if known is not None:
            return known
        fresh = _fetch(outside, directory, found.jwks_uri)
        known = None if fresh is None else _choose(fresh, header)
        if known is None:
            raise SsoFailed("no key of the directory fits the token's header")
        return known

    return key_of


def _kept(outside: Outside, directory: Directory) -> list[dict[str, Any]] | None:
    with outside.gate.transaction(NOBODY) as session:
        row = session.execute(
            select(Provider.keys, Provider.keys_until).where(Provider.id == directory.provider.id)
        ).one_or_none()
    if row is None or row.keys is None or row.keys_until is None or row.keys_until <= datetime.now(UTC):
        return None
    kept: list[dict[str, Any]] = row.keys["keys"]
    return kept


def _fetch(outside: Outside, directory: Directory, jwks_uri: str) -> list[dict[str, Any]] | None:
    """The keys as the directory publishes them now; None when it was asked a moment ago."""
    provider, now = directory.provider, datetime.now(UTC)
    with outside.gate.transaction(NOBODY) as session:
        long_ago = or_(Provider.keys_asked_at.is_(None), Provider.keys_asked_at < now - PAUSE)
        turn = session.scalar(
            update(Provider)
            .where(Provider.id == provider.id, long_ago)
            .values(keys_asked_at=now)
            .returning(Provider.id)
        )
    if turn is None:
        return None
    given = ask(outside, "the key set", jwks_uri).get("keys")
    usable = [key for jwk in (given if isinstance(given, list) else [])[:MOST_KEYS] for key in _usable(jwk)]
    with outside.gate.transaction(NOBODY) as session:
        session.execute(
            update(Provider)
            .where(Provider.id == provider.id, Provider.issuer == provider.issuer)
            .values(keys={"keys": usable}, keys_until=now + KEPT)
        )
    return usable


def _usable(jwk: Any) -> list[dict[str, Any]]:
    """A key that signs, as it is kept: public, strong, and nothing beside it; empty for any other."""
    try:
        key = public_key(jwk)
    except ValueError:
        return []
    if jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ["verify"]):
        return []
    names = {name: jwk[name] for name in ("kid", "alg") if name in jwk}
    if not all(_sound(value) for value in names.values()):
        return []
    plain = key.as_dict(private=False)
    return [{name: plain[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in plain} | names]


def _sound(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= LONGEST_NAME


def _choose(keys: list[dict[str, Any]], header: dict[str, Any]) -> Key | None:
    """The one key that a header means: by its name, else the only one of the kind."""
    algorithm, name = header.get("alg"), header.get("kid")
    fitting = [jwk for jwk in keys if (name is None or jwk.get("kid") == name) and _fits(jwk, algorithm)]
    return public_key(fitting[0]) if len(fitting) == 1 else None


def _fits(jwk: dict[str, Any], algorithm: Any) -> bool:
    meant = jwk.get("alg", algorithm)
    if meant != algorithm and not {meant, algorithm} <= set(EDWARDS):
        return False
    key = public_key(jwk)
    if isinstance(key, RSAKey):
        return isinstance(algorithm, str) and algorithm[:2] in ("RS", "PS")
    if isinstance(key, ECKey):
        return CURVES.get(str(algorithm)) == jwk.get("crv")
    return isinstance(key, OKPKey) and algorithm in EDWARDS and jwk.get("crv") == "Ed25519"
