"""Passwords: argon2id with the library's current parameters, which follow RFC 9106."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
# Compared with when there is no such person, so that the answer takes as long as for one there is.
_NOBODY = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """The argon2id hash of a password."""
    return _hasher.hash(_bytes(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password belongs to the stored hash; takes as long when there is none."""
    try:
        _hasher.verify(stored or _NOBODY, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


def _bytes(password: str) -> bytes:
    # Any text that a client can send is a password, halves of surrogate pairs too.
    return password.encode("utf-8", "surrogatepass")
