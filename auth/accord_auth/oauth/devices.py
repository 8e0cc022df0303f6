"""The person's side of the device flow: the code that a program shows, typed on a page (RFC 8628, 3.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import NotFound
from accord_auth.oauth.authentication import find_client
from accord_auth.oauth.authorization import said_of
from accord_auth.oauth.issuing import begin_grant
from accord_auth.oauth.models import DeviceCode
from accord_auth.oauth.secret_values import hashed, plain_user_code
from accord_auth.principal import Principal
from accord_auth.sessions.service import SignedIn
from accord_auth.throttling.service import Limit

TYPED = Limit("oauth device code", 10, timedelta(minutes=10))
"""Codes that a person may type: 34 bits and ten minutes leave nothing to guess with."""


class NoSuchCode(NotFound):
    """No program waits with this code. It may be too old: have the program show a new one."""


def waiting(session: Session, typed: str, who: Principal) -> DeviceCode:
    """What waits for a person's answer under a code, locked until the answer is written.

    :raises NoSuchCode: when nothing does, or it is another member's program.
    """
    found = session.scalar(
        select(DeviceCode)
        .where(
            DeviceCode.user_code_hash == hashed(plain_user_code(typed)),
            DeviceCode.expires_at > datetime.now(UTC),
            DeviceCode.used_at.is_(None),
            DeviceCode.denied_at.is_(None),
            DeviceCode.grant_id.is_(None),
        )
        .with_for_update(of=DeviceCode)
    )
    if found is None or find_client(session, found.client.client_id) is None:
        raise NoSuchCode
    if found.client.organisation_id not in (None, who.organisation_id):
        raise NoSuchCode
    return found


def decide(session: Session, typed: str, signed_in: SignedIn, *, allow: bool) -> DeviceCode:
    """The person's answer: the program gets its tokens when it asks next, or a refusal.

    :raises NoSuchCode: when nothing waits under this code any more.
    """
    who = signed_in.principal
    found = waiting(session, typed, who)
    tag = AuditTag.GRANT_GIVE if allow else AuditTag.GRANT_DENY
    record(session, who, tag, f"client {found.client.id}", said_of(found.client, found.scope))
    if not allow:
        found.denied_at = datetime.now(UTC)
        return found
    grant = begin_grant(
        session,
        client=found.client,
        scope=found.scope,
        principal=who,
        auth_time=signed_in.proved_at,
        amr=signed_in.ways,
    )
    found.grant_id = grant.id
    return found
