"""Shares that were made before a share knew its records: each record of their documents is looked for.

A document shows no id of a record, so it is told by its source, its time, its images and its texts, in which
contact values may be hidden. What is found nowhere was withdrawn meanwhile, and is taken out of the share
like what is withdrawn from now on. As the owner of the schema, once after an upgrade.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from accord.caseload.masking import DOTS
from accord.ingestion.models import Source, StoredRecord
from accord.linking.relinking import WITHDRAWN
from accord.sharing.models import Share, SharedRecordLink
from accord_config.queue import enqueue
from accord_sdk import SharedCase, SharedRecord


def link_earlier_shares(session: Session) -> int:
    """Have earlier shares know their records, and have a worker take out what is gone; how many shares."""
    known = exists().where(SharedRecordLink.share_id == Share.id)
    shows = func.jsonb_array_length(Share.document["records"]) > 0
    earlier = session.scalars(select(Share).where(~known, shows).order_by(Share.id)).all()
    gone: set[UUID] = set()
    for share in earlier:
        document = msgspec.convert(share.document, SharedCase)
        taken: set[int] = set()
        for shown in document.records:
            record = _find(session, share.organisation_id, shown, taken)
            row: dict[str, Any] = {"share_id": share.id, "organisation_id": share.organisation_id}
            session.add(SharedRecordLink(**row, key=shown.key, record_id=record))
            if record is None:
                gone.add(share.organisation_id)
            else:
                taken.add(record)
    session.flush()
    for owner in sorted(gone):
        enqueue(session, WITHDRAWN, organisation_id=owner, lock=f"withdrawn:{owner}")
    return len(earlier)


def _find(session: Session, organisation_id: UUID, shown: SharedRecord, taken: set[int]) -> int | None:
    """The record that is shown; of several that look the same to the recipient, one that is not taken yet."""
    query = (
        select(StoredRecord)
        .join(Source, Source.id == StoredRecord.source_id)
        .where(
            StoredRecord.organisation_id == organisation_id,
            Source.slug == shown.source,
            StoredRecord.observed_at == shown.observed_at,
        )
        .order_by(StoredRecord.id)
    )
    for record in session.scalars(query):
        texts = ((record.title, shown.title), (record.body, shown.body))
        same = _images(record) == set(shown.images) and all(may_be(own, other) for own, other in texts)
        if same and record.id not in taken:
            return record.id
    return None


def _images(record: StoredRecord) -> set[str]:
    return {image["pdq"].lower() for image in record.content.get("images", ())}


def may_be(own: str | None, shown: str | None) -> bool:
    """Whether a text may be the one that is shown with contact values hidden."""
    first, *parts = (shown or "").split(DOTS)
    text = own or ""
    if not parts:
        return text == first
    last = parts.pop()
    if not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in parts:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return at <= end
