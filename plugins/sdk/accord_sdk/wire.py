"""The wire between host and runner: length-prefixed MessagePack frames over two pipes.

A frame is four bytes of length (big-endian) and one MessagePack map. The length is checked against
a cap before the body is read. The wire only grows: new fields have defaults, and a host speaks
protocol N and N-1.
"""

from __future__ import annotations

from typing import Any, BinaryIO

import msgspec

from accord_sdk.findings import Failed, Found, Skipped
from accord_sdk.leads import Assessed, Lead
from accord_sdk.records import Record
from accord_sdk.sharing import (
    Allow,
    Ask,
    CannotRetract,
    Deferred,
    Delivered,
    Draft,
    Receipt,
    Redact,
    Refuse,
    Rejected,
    Retracted,
    Share,
)
from accord_sdk.sources import Page

PROTOCOL = 2
"""Protocol 2 added `need` and `given`: what a plugin asks of the host while it works."""
FRAME_CAP = 64 * 1024 * 1024
"""Largest frame in bytes that either side reads."""


class WireError(Exception):
    """The other side sent something that is no frame of this protocol."""


class FrameTooLarge(WireError):
    """The other side announced a frame beyond the cap."""


class Detect(msgspec.Struct, frozen=True, tag="detect"):
    """Ask detector `name` to look at records."""

    name: str
    records: tuple[Record, ...]


class Assess(msgspec.Struct, frozen=True, tag="assess"):
    """Ask assessor `name` to judge leads."""

    name: str
    leads: tuple[Lead, ...]


class Pull(msgspec.Struct, frozen=True, tag="pull"):
    """Ask source `name` for pages from `cursor` on."""

    name: str
    cursor: bytes | None
    limit: int


class Review(msgspec.Struct, frozen=True, tag="review"):
    """Ask reviewer `name` for a verdict."""

    name: str
    draft: Draft


class Deliver(msgspec.Struct, frozen=True, tag="deliver"):
    """Ask deliverer `name` to carry a share."""

    name: str
    share: Share


class Retract(msgspec.Struct, frozen=True, tag="retract"):
    """Ask deliverer `name` to take a delivery back."""

    name: str
    receipt: Receipt


Task = Detect | Assess | Pull | Review | Deliver | Retract
"""What a call asks for. There is none for `accord_outcome` in protocols 1 and 2."""

Item = (
    Found
    | Failed
    | Skipped
    | Assessed
    | Page
    | Allow
    | Redact
    | Ask
    | Refuse
    | Delivered
    | Deferred
    | Rejected
    | Retracted
    | CannotRetract
)


class Http(msgspec.Struct, frozen=True, omit_defaults=True, tag="http"):
    """Send an HTTP request to a host that the manifest's `calls` names."""

    method: str
    url: str
    headers: dict[str, str] = {}
    body: bytes = b""


class StoreGet(msgspec.Struct, frozen=True, tag="store_get"):
    """Read what is kept under a key."""

    key: str


class StorePut(msgspec.Struct, frozen=True, tag="store_put"):
    """Keep a value under a key; none: forget it."""

    key: str
    value: bytes | None


class StoreKeys(msgspec.Struct, frozen=True, tag="store_keys"):
    """List the keys that begin so."""

    prefix: str = ""


Want = Http | StoreGet | StorePut | StoreKeys
"""What a plugin may ask of the host."""


class HttpAnswer(msgspec.Struct, frozen=True, tag="http_answer"):
    """What the server answered; header names in lower case. Redirects are answers, nobody follows them."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Stored(msgspec.Struct, frozen=True, tag="stored"):
    """What is kept under the key; none where nothing is."""

    value: bytes | None = None


class Keys(msgspec.Struct, frozen=True, tag="keys"):
    """The keys, in order."""

    keys: tuple[str, ...]


Gift = HttpAnswer | Stored | Keys
"""What the host gives for a want."""


class Open(msgspec.Struct, frozen=True, tag="open"):
    """First frame to the runner: which entry point to load, and the configuration."""

    protocol: int
    plugin: str
    config: dict[str, Any] = {}


class Batch(msgspec.Struct, frozen=True, tag="batch"):
    """A call: do `task` within `timeout_s` seconds."""

    call: str
    task: Task
    timeout_s: float
    dry_run: bool = False


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """The host no longer wants the answer to a call."""

    call: str


class Close(msgspec.Struct, frozen=True, tag="close"):
    """End in good order."""


class Given(msgspec.Struct, frozen=True, omit_defaults=True, tag="given"):
    """Answer to `need` with the same id: the gift, or why there is none."""

    id: str
    gift: Gift | None = None
    error: Error | None = None


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """Answer to `open`: what was loaded and what it registers, compared with the manifest."""

    protocol: int
    sdk: str
    plugin: str
    version: str
    detectors: tuple[str, ...] = ()
    assessors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    sharing: tuple[str, ...] = ()


class Results(msgspec.Struct, frozen=True, tag="result"):
    """Some answers to a call; there may be several such frames."""

    call: str
    items: tuple[Item, ...]


class Error(msgspec.Struct, frozen=True):
    """Why a call or a start failed: a short stable code and a message for people."""

    code: str
    message: str


class Done(msgspec.Struct, frozen=True, omit_defaults=True, tag="done"):
    """The call is over. `error` is set where it failed; `seconds` is the guest's own time."""

    call: str
    seconds: float = 0.0
    error: Error | None = None


class Log(msgspec.Struct, frozen=True, tag="log"):
    """A line for the plugin's log."""

    level: str
    message: str


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How far a call is."""

    call: str
    done: int
    total: int


class Need(msgspec.Struct, frozen=True, tag="need"):
    """The plugin asks for something and waits; the time counts as its own."""

    id: str
    want: Want


ToGuest = Open | Batch | Cancel | Close | Given
ToHost = Hello | Results | Done | Log | Progress | Need

_encoder = msgspec.msgpack.Encoder()
_to_guest: msgspec.msgpack.Decoder[ToGuest] = msgspec.msgpack.Decoder(ToGuest)
_to_host: msgspec.msgpack.Decoder[ToHost] = msgspec.msgpack.Decoder(ToHost)

_NOT_A_FRAME = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises on bytes that are no frame; the last by values nested beyond all use."""


_READ_SIZE = 1024 * 1024
"""Bytes asked of a stream at once: an unbuffered one sets aside all that it is asked for."""


def encode(frame: ToGuest | ToHost) -> bytes:
    """The frame's bytes, length included.

    :raises FrameTooLarge: when the other side would refuse to read it.
    """
    body = _encoder.encode(frame)
    if len(body) > FRAME_CAP:
        raise FrameTooLarge(f"a frame of {len(body)} bytes is beyond the cap of {FRAME_CAP}")
    return len(body).to_bytes(4, "big") + body


def decode_length(prefix: bytes, cap: int = FRAME_CAP) -> int:
    """The length of the body that follows these four bytes.

    :raises FrameTooLarge: when it is beyond `cap` bytes.
    """
    length = int.from_bytes(prefix, "big")
    if length > cap:
        raise FrameTooLarge(f"a frame of {length} bytes is beyond the cap of {cap}")
    return length


def decode_for_guest(body: bytes) -> ToGuest:
    """A frame that the host sent.

    :raises WireError: when it is none.
    """
    try:
        return _to_guest.decode(body)
    except _NOT_A_FRAME as error:
        raise WireError(f"not a frame for the runner: {error}") from error


def decode_for_host(body: bytes) -> ToHost:
    """A frame that the runner sent.

    :raises WireError: when it is none.
    """
    try:
        return _to_host.decode(body)
    except _NOT_A_FRAME as error:
        raise WireError(f"not a frame for the host: {error}") from error


def read_exactly(stream: BinaryIO, size: int) -> bytes | None:
    """`size` bytes of a blocking stream, or None when it ended before the first.

    :raises WireError: when it ended in between.
    """
    parts: list[bytes] = []
    missing = size
    while missing:
        part = stream.read(min(missing, _READ_SIZE))
        if not part:
            if missing == size:
                return None
            raise WireError(f"the stream ended {missing} bytes before the end of a frame")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def read_body(stream: BinaryIO, cap: int = FRAME_CAP) -> bytes | None:
    """The body of the next frame of a blocking stream, or None when it ended between two frames.

    :raises FrameTooLarge: when the frame is beyond `cap` bytes; its body is not read.
    :raises WireError: when the stream ended within a frame.
    """
    prefix = read_exactly(stream, 4)
    if prefix is None:
        return None
    length = decode_length(prefix, cap)
    body = read_exactly(stream, length)
    if body is None:
        raise WireError(f"the stream ended {length} bytes before the end of a frame")
    return body
