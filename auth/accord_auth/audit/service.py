"""Writing the audit log. Tags are `thing.verb`, alphabetised; every tag is used by some service."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from accord_auth.audit.models import AuditEntry
from accord_auth.principal import Principal


class AuditTag(StrEnum):
    """What can be seen in the audit log."""

    CASE_ASSIGN = "case.assign"
    CASE_NOTE = "case.note"
    CASE_OPEN = "case.open"
    CASE_STATUS = "case.status"
    DELIVERY_DOWNLOAD = "delivery.download"
    DELIVERY_PREPARE = "delivery.prepare"
    RECORDS_UPLOAD = "records.upload"
    SELECTORS_UNMASK = "selectors.unmask"
    SHARE_CREATE = "share.create"
    SHARE_READ = "share.read"
    SHARE_REVOKE = "share.revoke"


def record(
    session: Session, principal: Principal, tag: AuditTag, subject: str, detail: dict[str, Any] | None = None
) -> None:
    """Add an entry in the transaction of what it tells of."""
    entry = {
        "organisation_id": principal.organisation_id,
        "person_id": principal.person_id,
        "tag": tag,
        "subject": subject,
        "detail": detail or {},
    }
    # Inline: the database gives nothing back, so the web role needs no right to read the log.
    session.connection().execute(insert(AuditEntry).inline().values(entry))
