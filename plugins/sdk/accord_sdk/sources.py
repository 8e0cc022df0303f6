"""What a data source yields: pages of record lines with a cursor to go on from."""

from __future__ import annotations

from typing import Any

import msgspec


class RejectedRecord(msgspec.Struct, frozen=True):
    """Something that the source could not read as a record: where (file and line, page and row), and why.

    `reason` says what is wrong and what to do; people read it. It never quotes a contact value.
    """

    position: str
    reason: str


class Page(msgspec.Struct, frozen=True, omit_defaults=True, tag="page"):
    """Some records in the form of Accord's record lines, checked by the host before it stores them.

    The host saves `cursor` in the transaction that stores the records and hands it back at the
    next pull. `removed` lists external ids that the source withdrew. `rejected` lists what the
    source could not read; the host shows it beside the records that it refuses itself.
    """

    records: tuple[dict[str, Any], ...]
    cursor: bytes
    more: bool
    removed: tuple[str, ...] = ()
    rejected: tuple[RejectedRecord, ...] = ()
