"""Checkpoints as signed notes: small texts that other tools can check too.

The form is C2SP's `tlog-checkpoint` in a `signed-note` with one Ed25519 signature; the time stands
in an extension line. A public key is written as there, `NAME+KEYID+KEY`:

    accord-audit/5f0c...
    1234
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
    2026-05-01T12:00:00.000000Z

    \N{EM DASH} accord-audit/5f0c... Az3grlgtzPICa5OS8npVmf1Myq/5IZni...
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
_DASH = "\N{EM DASH}"
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_NAME = re.compile(r"[^\s+]+")
HASH_BYTES = 32


class NoteError(ValueError):
    """This is no signed checkpoint, or not a whole one."""


class ForgedNote(NoteError):
    """None of the given keys signed this checkpoint."""


@dataclass(frozen=True)
class PublicKey:
    """Whose checkpoints are believed: a log's name and an Ed25519 key (32 bytes)."""

    name: str
    raw: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that a signature names its key by."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(_ED25519 + self.raw).decode()}"


def read_public_key(text: str) -> PublicKey:
    """A public key from its text.

    :raises NoteError: when it is none.
    """
    name, _, rest = text.strip().partition("+")
    identity, _, key = rest.partition("+")
    decoded = _decoded(key)
    if not _NAME.fullmatch(name) or len(decoded) != 1 + HASH_BYTES or decoded[:1] != _ED25519:
        raise NoteError("this is no public key of an audit log (NAME+ID+KEY)")
    found = PublicKey(name, decoded[1:])
    if found.id.hex() != identity:
        raise NoteError("the public key is damaged: its identity does not fit it")
    return found


@dataclass(frozen=True)
class Head:
    """A tree head: the log's name, how many leaves it had at a time (UTC), and their root."""

    name: str
    size: int
    root: bytes
    at: datetime

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.name}\n{self.size}\n{b64encode(self.root).decode()}\n{self.at.strftime(_TIME)}\n"


def sign(head: Head, key: Ed25519PrivateKey) -> str:
    """The signed note of a head."""
    public = PublicKey(head.name, key.public_key().public_bytes_raw())
    signature = b64encode(public.id + key.sign(head.text.encode())).decode()
    return f"{head.text}\n{_DASH} {head.name} {signature}\n"


def read_head(note: str) -> Head:
    """What a note says, whoever signed it.

    :raises NoteError: when it is none, or written in another way than ours.
    """
    body, separator, _ = note.partition("\n\n")
    lines = body.split("\n")
    if not separator or len(lines) != 4:
        raise NoteError
    name, size, root, at = lines
    try:
        head = Head(name, int(size), _decoded(root), datetime.strptime(at, _TIME).replace(tzinfo=UTC))
    except ValueError as error:
        raise NoteError(f"the checkpoint cannot be read: {error}") from error
    if len(head.root) != HASH_BYTES or head.size < 0 or head.text != body + "\n":
        raise NoteError("the checkpoint is not in its one form")
    return head


def open_note(note: str, keys: Sequence[PublicKey]) -> Head:
    """The head that a note holds, signed by one of the keys.

    :raises NoteError: when it is no checkpoint.
    :raises ForgedNote: when none of the keys signed it.
    """
    head = read_head(note)
    _, _, signatures = note.partition("\n\n")
    for line in signatures.splitlines():
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != _DASH:
            raise NoteError("the checkpoint's signature is damaged")
        signed = _decoded(parts[2])
        for key in keys:
            if parts[1] == key.name == head.name and signed[:4] == key.id and _signed(key, signed[4:], head):
                return head
    raise ForgedNote


def _signed(key: PublicKey, signature: bytes, head: Head) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, head.text.encode())
    except InvalidSignature:
        return False
    return True


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(f"this is no Base64: {error}") from error
