"""Many values as one parameter of a statement.

psycopg writes a list value by value and escapes every quote of a text in Python; on documents that
was more than half of a worker's time. Numbers are written as an array here, to be cast to its type;
texts and documents as one JSON array, for `jsonb_array_elements`.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec

_encoder = msgspec.json.Encoder()


def array(values: Iterable[int | UUID]) -> str:
    """An array literal."""
    return "{" + ",".join(map(str, values)) + "}"


def documents(values: Iterable[str]) -> str:
    """A JSON array of values that are JSON."""
    return "[" + ",".join(values) + "]"


def texts(values: Iterable[str]) -> str:
    """A JSON array of texts."""
    return _encoder.encode(list(values)).decode()
