"""The key that signs checkpoints: an Ed25519 key in a file of its own that only its owner may read."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from accord_auth.audit.notes import PublicKey
from accord_auth.errors import AccordError

KEY_FILE = Path("private") / "audit-signing-key.pem"
"""Where a home keeps the key, below its directory."""


class SigningKeyError(AccordError):
    """The key that signs the audit log's checkpoints cannot be used."""


class SigningKeyMissing(SigningKeyError):
    """This host has no key that signs the audit log's checkpoints, and the log has one already."""


class SigningKeyFile:
    """A PEM file (PKCS 8) of mode 0600."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Ed25519PrivateKey:
        """The key.

        :raises SigningKeyMissing: when there is no file.
        :raises SigningKeyError: when others may read it, or when it holds no Ed25519 key.
        """
        try:
            mode = self.path.stat().st_mode
        except FileNotFoundError as error:
            raise SigningKeyMissing(
                f"{self.path} is missing: copy it from the host that sealed so far,"
                " or begin a new key with `accord audit seal --new-key`"
            ) from error
        if mode & 0o077:
            raise SigningKeyError(f"others may read {self.path}: chmod 600 it, and begin a new key")
        try:
            key = load_pem_private_key(self.path.read_bytes(), password=None)
        except ValueError as error:
            raise SigningKeyError(f"{self.path} holds no key: {error}") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise SigningKeyError(f"{self.path} holds no Ed25519 key")
        return key

    def load_or_make(self) -> Ed25519PrivateKey:
        """The key; made when there is none yet. Of two processes at once both get the same."""
        if not self.path.exists():
            self._make()
        return self.load()

    def _make(self) -> None:
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        draft = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        # A link never replaces what somebody else has made in the meantime.
        with suppress(FileExistsError):
            self.path.hardlink_to(draft)
        draft.unlink()


def log_name(key: Ed25519PrivateKey) -> str:
    """The name of a log that begins with this key; it stays when the key is changed."""
    return f"accord-audit/{key.public_key().public_bytes_raw().hex()[:16]}"


def public_key_of(key: Ed25519PrivateKey, name: str) -> PublicKey:
    """The public half, under a log's name."""
    return PublicKey(name, key.public_key().public_bytes_raw())
