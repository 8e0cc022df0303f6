"""Filling the view models of sharing from a share's document, and from nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from accord.caseload.masking import DOTS
from accord.caseload.showing import price_words, reasons, selector_table
from accord.sharing.presentation import SharedCaseView
from accord.web.presentation import NoteView, RecordView, Segment, SelectorRow
from accord_sdk import SharedCase, SharedRecord, SharedSelector


def shared_case(
    document: SharedCase, sender: str, *, first: int = 1, most: int | None = None
) -> SharedCaseView:
    """The document as the recipient sees it, its records from the one numbered `first` on, at most `most`."""
    shown = document.records[first - 1 :][:most]
    return SharedCaseView(
        title=document.title,
        summary=document.summary,
        score=document.score,
        reasons=reasons(msgspec.to_builtins(document.reasons), document.score or 0.0),
        records=tuple(_record(record) for record in shown),
        selectors=selector_table(_selector(selector) for selector in document.selectors),
        notes=tuple(NoteView(note.author, note.written_at, note.body, sender) for note in document.notes),
        records_total=len(document.records),
        first_number=first,
    )


def _record(record: SharedRecord) -> RecordView:
    return RecordView(
        key=f"r{record.key}",
        source_name=record.source,
        observed_at=record.observed_at,
        place=record.place.name if record.place else None,
        title_segments=(Segment(record.title),) if record.title else (),
        body_segments=(Segment(record.body),) if record.body else (),
        prices=tuple(price_words(msgspec.to_builtins(price)) for price in record.prices),
        images_count=len(record.images),
        url_host=urlsplit(record.url).hostname if record.url else None,
    )


def _selector(selector: SharedSelector) -> SelectorRow:
    short = selector.kind in ("image", "template")
    return SelectorRow(
        kind=selector.kind,
        display=f"{selector.value[:8]}…" if short else selector.value,
        records=selector.records,
        masked=DOTS in selector.value,
    )
