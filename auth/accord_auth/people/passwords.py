"""Passwords: argon2id with the library's current parameters, which follow RFC 9106."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
# Compared with when there is no such person, so that the answer takes as long as for one there is.
# Written down, because making it takes every process a third of a second; a test holds its parameters
# to the library's current ones.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$sFc1EDPYprYjOiPpcD+zqA$85CvelJrdxlzadgc55pxES8ma8Pb3PqgELSF82Ix5eE"


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
