"""What stands in an organisation's audit log of its directory: who acts there where no person does."""

from __future__ import annotations

from accord_auth.audit.service import AuditTag, record
from accord_auth.organisations.models import Organisation
from accord_auth.principal import Principal
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.outside import Directory, Outside
from accord_config.database import NOBODY


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
