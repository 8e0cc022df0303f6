"""The keys that sign id_tokens: RSA, in a file of mode 0600, or in a setting where hosts share them.

The first key signs. The others are old ones that stay published until nothing they signed counts any
more, so that a client that kept the key set can still check what it holds.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from accord_auth.errors import AccordError

KEY_FILE = Path("private") / "oauth-signing-keys.json"
"""Where a home keeps the keys, below its directory."""
ALGORITHM = "RS256"
"""The one algorithm that every OpenID relying party knows (OpenID Connect Core, 15.1)."""
BITS = 3072
PUBLISHED_AFTER = timedelta(days=1)
"""How long a key stays published after it signed for the last time; id_tokens live ten minutes."""


class SigningKeysUnusable(AccordError):
    """The keys that sign id_tokens cannot be used."""


@dataclass(frozen=True)
class SigningKey:
    """One key. `retired_at`: when another took over."""

    key: RSAKey
    made_at: datetime
    retired_at: datetime | None = None

    @property
    def kid(self) -> str:
        """Its name: the thumbprint of RFC 7638."""
        return self.key.thumbprint()

    def public(self) -> dict[str, Any]:
        """What the world sees of it."""
        shown = self.key.as_dict(private=False)
        return {**shown, "kid": self.kid, "use": "sig", "alg": ALGORITHM}


class SigningKeys:
    """The keys of one installation; a file that another process changed is read again."""

    def __init__(self, path: Path, given: str | None = None) -> None:
        self._path = path
        self._given = _parse(given, "the setting oauth_keys") if given else None
        self._read: tuple[tuple[int, int], tuple[SigningKey, ...]] | None = None

    def all(self) -> tuple[SigningKey, ...]:
        """Every published key, the one that signs first; made when there is none yet.

        :raises SigningKeysUnusable: when others may read the file, or it holds no keys.
        """
        if self._given is not None:
            return self._given
        if not self._path.exists():
            with self._locked():
                if not self._path.exists():
                    self._write((_fresh(),))
        status = self._path.stat()
        if status.st_mode & 0o077:
            raise SigningKeysUnusable(
                f"others may read {self._path}: chmod 600 it, then `accord keys rotate`"
            )
        version = (status.st_mtime_ns, status.st_ino)
        if self._read is None or self._read[0] != version:
            self._read = version, _parse(self._path.read_text(encoding="utf-8"), str(self._path))
        return self._read[1]

    def signing(self) -> SigningKey:
        """The key that signs."""
        return self.all()[0]

    def key_set(self) -> dict[str, Any]:
        """The published JWK set: public halves only."""
        return {"keys": [key.public() for key in self.all()]}

    def rotate(self) -> SigningKey:
        """Have a new key sign from now on; keys that nobody needs any more are forgotten.

        :raises SigningKeysUnusable: when the keys come from a setting.
        """
        if self._given is not None:
            raise SigningKeysUnusable("the keys come from the setting oauth_keys: put a new key first there")
        self.all()
        with self._locked():
            now = datetime.now(UTC)
            kept = [
                SigningKey(known.key, known.made_at, known.retired_at or now)
                for known in self.all()
                if known.retired_at is None or known.retired_at + PUBLISHED_AFTER > now
            ]
            self._write((_fresh(), *kept))
        return self.signing()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._path.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _write(self, keys: tuple[SigningKey, ...]) -> None:
        document = [
            {
                "key": key.key.as_dict(private=True),
                "made_at": key.made_at.isoformat(),
                "retired_at": key.retired_at.isoformat() if key.retired_at else None,
            }
            for key in keys
        ]
        draft = self._path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"keys": document}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


def _fresh() -> SigningKey:
    return SigningKey(RSAKey.generate_key(BITS, auto_kid=False), datetime.now(UTC))


def _parse(text: str, where: str) -> tuple[SigningKey, ...]:
    """Keys as the file has them, or as a plain JWK set of private keys. Errors never show the text."""
    try:
        found = tuple(_key(entry) for entry in json.loads(text)["keys"])
    except (JoseError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SigningKeysUnusable(f"{where} holds no JWK set of RSA keys ({type(error).__name__})") from None
    if not found:
        raise SigningKeysUnusable(f"{where} holds no key")
    return found


def _key(entry: dict[str, Any]) -> SigningKey:
    if "kty" in entry:
        entry = {"key": entry, "made_at": datetime.fromtimestamp(0, UTC).isoformat()}
    retired = entry.get("retired_at")
    key = RSAKey.import_key(entry["key"])
    if entry["key"]["kty"] != "RSA" or not key.is_private:
        raise ValueError("only private RSA keys sign here")
    return SigningKey(
        key,
        datetime.fromisoformat(entry["made_at"]),
        datetime.fromisoformat(retired) if retired else None,
    )
