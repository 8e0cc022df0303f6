"""A review as a file: what had access, who decided about it, when and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from accord_auth.audit.exports import cell, line
from accord_auth.reviews.service import SeenReview

COLUMNS = (
    "review_id",
    "id",
    "kind",
    "subject_id",
    "label",
    "detail",
    "given_by",
    "given_at",
    "last_used_at",
    "escalated_at",
    "decision",
    "decided_name",
    "decided_by",
    "decided_at",
    "reason",
    "ended",
)


def rows(found: SeenReview) -> Iterator[dict[str, Any]]:
    """The items that one sees, by column."""
    for one in found.items:
        yield {name: getattr(one.item, name) for name in COLUMNS}


def as_csv(found: SeenReview) -> bytes:
    """Comma-separated values by RFC 4180 that a spreadsheet takes for nothing but text."""
    lines = [line([cell(value) for value in row.values()]) for row in rows(found)]
    return b"".join([line(COLUMNS), *lines])


def as_jsonl(found: SeenReview) -> bytes:
    """One JSON object a line."""
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows(found))


FORMS: dict[str, tuple[str, Callable[[SeenReview], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "jsonl": ("application/jsonl", as_jsonl),
}
"""Media type and writer of each form."""
