"""The JSON form of the contract's detection: what is sent to a remote detector and what it answers.

The words are those of the wire (see `accord_sdk.wire`): a task `detect` with records, items `found`, `failed`
and `skipped`. Bytes do not occur; times are RFC 3339; unknown fields are passed over on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from accord_sdk import Failed, Found, Record, Skipped
from accord_sdk.wire import PROTOCOL

PATH = "remote-detector.schema.json"


class Request(msgspec.Struct, frozen=True):
    """What is posted: look at `records`, answer for each index. `call` names this request."""

    protocol: int
    call: str
    detector: str
    dry_run: bool
    records: tuple[Record, ...]


class Answer(msgspec.Struct, frozen=True):
    """What comes back: one item for every index of the request's records, in any order."""

    items: tuple[Found | Failed | Skipped, ...]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Answer).decode


def encode(call: str, records: Sequence[Record], *, dry_run: bool) -> bytes:
    """The body of a request."""
    return _encode(Request(PROTOCOL, call, "remote", dry_run, tuple(records)))


def decode(body: bytes) -> Answer:
    """An answer's body.

    :raises msgspec.MsgspecError: when it is none.
    """
    return _decode(body)


def reduced(record: Record, fields: Iterable[str]) -> Record:
    """The record with these fields alone."""
    return Record(**{name: getattr(record, name) for name in fields})


def schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of request and answer."""
    (request, answer), parts = msgspec.json.schema_components(
        (Request, Answer), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Accord remote detector",
        "description": "POST a request to the endpoint; it answers 200 with an answer. Both are signed.",
        "anyOf": [request, answer],
        "$defs": parts,
    }
