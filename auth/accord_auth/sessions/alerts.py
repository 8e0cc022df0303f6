"""Writing down that a session began; one of an emergency account is told to both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, current_address, record
from accord_auth.organisations.local_sign_in import only_by_directory
from accord_auth.principal import Principal
from accord_auth.sessions.emergency_accounts import require_passkey
from accord_auth.sessions.service import SignIn, resolve_session
from accord_config.queue import enqueue

EMERGENCY_ALERT = "sso:alert"
"""The task that mails the admins of both sides; `accord.sso.jobs` has it."""


def check_and_write_down(
    session: Session, started: SignIn, tag: AuditTag, detail: dict[str, Any] | None = None
) -> None:
    """Write down that a session began locally, in the log of the organisation that it acts for.

    Whether it may is asked after its row is there: had the directory become the only way meanwhile, the row
    waited for that (`accord_auth.sso.enforcing.enforce`), and what it says is seen now.

    :raises PasskeyNeeded: when the organisation has its directory alone, and no passkey proved the person.
    """
    session.flush()
    signed_in = resolve_session(session, started.token)
    if signed_in is None:
        return
    who, subject = signed_in.principal, f"person {signed_in.person_id}"
    require_passkey(session, signed_in.person_id, who.organisation_id, signed_in.amr)
    record(session, who, tag, subject, detail)
    if who.organisation_id is not None and only_by_directory(session, who.organisation_id):
        _alert(session, who, subject)


def _alert(session: Session, who: Principal, subject: str) -> None:
    """An emergency account was used: both sides find it in their logs, and a worker mails their admins."""
    detail = {"organisation": who.organisation_slug, "email": who.email}
    for witness in (who, replace(who, organisation_id=None)):
        record(session, witness, AuditTag.SESSION_EMERGENCY, subject, detail)
    enqueue(
        session,
        EMERGENCY_ALERT,
        organisation_id=who.organisation,
        person_id=str(who.person_id),
        moment=datetime.now(UTC).isoformat(timespec="seconds"),
        address=current_address() or "",
    )
