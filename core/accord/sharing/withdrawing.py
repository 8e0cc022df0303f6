"""Records that are withdrawn after they were shared: recipients see the share without them, and are told.

The database notes which shared records are gone: the link of a share to a record loses its record when that
is taken out. A job then takes them out of the share's document. What was derived from all records together
(score, reasons, counts) goes with them; the digest of what was shared at first stays, as proof of it. Files
that were made of the share are forgotten, on both sides.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from accord.sharing.models import Delivery, DeliveryStatus, Share, SharedRecordLink
from accord_auth.audit.service import AuditTag, record
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.service import operator_of
from accord_config.queue import enqueue
from accord_sdk import SharedCase, SharedSelector

FORGET = "sharing:forget"
"""Name of the job that forgets the files which an organisation had made of a share."""
GONE = "a record was withdrawn since: have it made again"


def redact_withdrawn(session: Session, organisation_id: UUID) -> int:
    """Take records that are gone out of the organisation's shares; how many shares changed."""
    gone: defaultdict[UUID, list[str]] = defaultdict(list)
    links = select(SharedRecordLink).where(
        SharedRecordLink.organisation_id == organisation_id, SharedRecordLink.record_id.is_(None)
    )
    for link in session.scalars(links):
        gone[link.share_id].append(link.key)
    who = operator_of(session.get_one(Organisation, organisation_id))
    for share_id, keys in gone.items():
        share = session.get_one(Share, share_id, with_for_update=True)
        document = msgspec.convert(share.document, SharedCase)
        share.document = msgspec.to_builtins(without(document, keys))
        share.withdrawn_records += len(keys)
        share.changed_at = func.now()
        session.execute(
            delete(SharedRecordLink).where(
                SharedRecordLink.share_id == share_id, SharedRecordLink.record_id.is_(None)
            )
        )
        record(session, who, AuditTag.SHARE_CHANGE, f"share {share_id}", {"withdrawn": len(keys)})
        for side in (share.organisation_id, share.recipient_id):
            enqueue(session, FORGET, organisation_id=side, share_id=str(share_id))
    # Files of the own cases may hold what is gone, too, and are made again in a moment.
    _forget(session, Delivery.organisation_id == organisation_id, Delivery.case_id.is_not(None))
    return len(gone)


def without(document: SharedCase, keys: Collection[str]) -> SharedCase:
    """A document without these records, and without what may rest on them."""
    records = tuple(one for one in document.records if one.key not in keys)
    counts = Counter((one.kind, one.value) for record in records for one in record.selectors)
    count = len(document.records) - len(records)
    words = (
        f"{count} {'record was' if count == 1 else 'records were'} withdrawn since and can be seen no more"
    )
    return msgspec.structs.replace(
        document,
        summary=f"{len(records)} {'record' if len(records) == 1 else 'records'}; {words}",
        score=None,
        reasons=(),
        records=records,
        selectors=tuple(
            SharedSelector(one.kind, one.value, counts[one.kind, one.value])
            for one in document.selectors
            if counts[one.kind, one.value]
        ),
    )


def forget_files(session: Session, organisation_id: UUID, share_id: UUID) -> None:
    """Forget the files that an organisation had made of a share before it changed."""
    _forget(session, Delivery.organisation_id == organisation_id, Delivery.share_id == share_id)
    who = operator_of(session.get_one(Organisation, organisation_id))
    record(session, who, AuditTag.DELIVERY_FORGET, f"share {share_id}")


def _forget(session: Session, *which: ColumnElement[bool]) -> None:
    held = or_(Delivery.content.is_not(None), Delivery.status == DeliveryStatus.PENDING)
    nothing: dict[str, Any] = {"content": None, "payload": {}, "status": DeliveryStatus.FAILED, "error": GONE}
    session.execute(update(Delivery).where(*which, held).values(nothing))
