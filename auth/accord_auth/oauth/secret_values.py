"""Random values that stand for something, and the hashes under which the database knows them.

256 random bits cannot be guessed, so one round of SHA-256 is enough; the prefix tells scanners of
leaked secrets, and our own one door, what they look at.
"""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum

BYTES = 32
USER_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""RFC 8628, 6.1: no vowels, so that no word comes of it."""
USER_CODE_LENGTH = 8


class Prefix(StrEnum):
    """What a value is."""

    ACCESS_TOKEN = "acc_at_"  # noqa: S105 - a prefix, not a secret
    AUTHORIZATION_CODE = "acc_ac_"
    CLIENT_ID = "acc_client_"
    CLIENT_SECRET = "acc_cs_"  # noqa: S105 - likewise
    DEVICE_CODE = "acc_dc_"
    DIRECTORY_TOKEN = "acc_scim_"  # noqa: S105 - likewise
    REFRESH_TOKEN = "acc_rt_"  # noqa: S105 - likewise
    SIGNAL_STREAM = "acc_signal_"


def make(prefix: Prefix) -> str:
    """A new value."""
    return prefix + secrets.token_urlsafe(BYTES)


def hashed(value: str) -> bytes:
    """What the database keeps of it; any text has a hash, also one that we never made."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()


def make_user_code() -> str:
    """Eight letters in two groups, such as `WDJB-MJHT`: 34 bits that are asked for few times."""
    letters = "".join(secrets.choice(USER_CODE_LETTERS) for _ in range(USER_CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def plain_user_code(typed: str) -> str:
    """A code as somebody typed it, without what does not count: case, dashes, blanks."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())
