"""Secrets that Accord has to know again lie sealed in the database: a copy of the database alone opens none.

AES-256-GCM (NIST SP 800-38D) under a key that is derived (HKDF, RFC 5869) from a secret of the home, or from
the setting `seal_key` where several hosts share it. What is sealed is bound to its purpose: moved to another
row, it does not open.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
SHORTEST = 32
"""Characters that a key in a setting has at least."""


class SealBroken(Exception):
    """This was sealed under another key, or for another purpose: enter the secret again."""

    def __init__(self) -> None:
        super().__init__((type(self).__doc__ or "").strip())


class Seals:
    """Seals with the first key, and opens what any of them sealed."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._ciphers = [AESGCM(_derived(key)) for key in keys]

    def seal(self, text: str, purpose: str) -> bytes:
        """A text that only this installation can read again, for this purpose."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[0].encrypt(nonce, text.encode("utf-8", "surrogatepass"), purpose.encode())
        return nonce + sealed

    def open(self, sealed: bytes, purpose: str) -> str:
        """What was sealed for this purpose.

        :raises SealBroken: when none of the keys opens it.
        """
        for cipher in self._ciphers:
            try:
                found = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode())
            except (InvalidTag, ValueError):
                continue
            return found.decode("utf-8", "surrogatepass")
        raise SealBroken


def _derived(key: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"accord seal").derive(key.encode())
