"""What stands in an organisation's audit log of its directory: who acts there where no person does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord_auth.audit.models import AuditEntry
from accord_auth.audit.service import AuditTag, record
from accord_auth.organisations.models import Organisation
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.outside import Directory, Outside
from accord_config.database import NOBODY

MOST_FAILURES = 5


@dataclass(frozen=True)
class Failure:
    """Somebody could not sign in: when, why, and from which network address."""

    at: datetime
    reason: str
    address: str | None


def last_failures(session: Session, who: Principal) -> list[Failure]:
    """The last ones, from the organisation's own log, the newest first; `session` is in its scope.

    :raises PermissionDenied: without `sso:manage`.
    """
    who.require(Permission.SSO_MANAGE)
    query = (
        select(AuditEntry)
        .where(AuditEntry.organisation_id == who.organisation, AuditEntry.tag == AuditTag.SSO_FAIL)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(MOST_FAILURES)
    )
    return [
        Failure(entry.at, str(entry.detail.get("reason", "")), entry.address)
        for entry in session.scalars(query)
    ]


def by_directory(organisation: Organisation) -> Principal:
    """The directory, as the log names it. It may do nothing by itself."""
    return Principal(
        organisation_id=organisation.id,
        organisation_slug=organisation.slug,
        organisation_name=organisation.name,
        organisation_kind=organisation.kind,
        person_id=None,
        person_name="the organisation's directory",
        email="",
        roles=frozenset(),
        permissions=frozenset(),
    )


def write_failure(outside: Outside, directory: Directory, error: SsoFailed, purpose: str) -> None:
    """Note why it did not work, in a transaction of its own, where the organisation's admins find it."""
    detail = {"reason": error.reason, "issuer": directory.provider.issuer}
    if purpose:
        detail["purpose"] = purpose
    subject = f"directory {directory.provider.id}"
    with outside.gate.transaction(NOBODY) as session:
        record(session, by_directory(directory.organisation), AuditTag.SSO_FAIL, subject, detail)
