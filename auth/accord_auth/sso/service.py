"""What an organisation's admins do with its directory. On the gate's role, in the caller's unit of work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, of_credential
from accord_auth.access.service import end_access
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, NotFound
from accord_auth.organisations.local_sign_in import only_by_directory
from accord_auth.people.models import RoleAssignment
from accord_auth.permissions import Permission, Role
from accord_auth.principal import Principal
from accord_auth.sessions.models import SignedInSession
from accord_auth.sso.drafts import Draft, check, scopes_of
from accord_auth.sso.exchange import secret_purpose
from accord_auth.sso.models import DirectoryAccount, DirectorySession, PendingSignIn, ProofMethod, Provider
from accord_config.sealing import Seals

TRIED_WITHIN = timedelta(minutes=10)
"""How long ago an admin must have signed in with the directory for it to become the only way."""
SESSION = "session"


def directory_of(session: Session, who: Principal) -> Provider | None:
    """The directory of the principal's organisation, if there is one.

    :raises PermissionDenied: without `sso:manage`.
    """
    who.require(Permission.SSO_MANAGE)
    return session.scalar(select(Provider).where(Provider.organisation_id == who.organisation))


def configure(session: Session, who: Principal, draft: Draft, seals: Seals) -> Provider:
    """Set up the directory, or change it. Another issuer or client ends the sessions that it started.

    :raises PermissionDenied: without `sso:manage`.
    :raises Invalid: naming each field that will not do.
    :raises Conflict: for another issuer or client while the directory alone counts.
    """
    who.require(Permission.SSO_MANAGE)
    found = session.scalar(
        select(Provider).where(Provider.organisation_id == who.organisation).with_for_update()
    )
    check(who, draft, has_secret=found is not None and found.sealed_secret is not None)
    before = _shown(found) if found is not None else None
    other = found is not None and (found.issuer, found.client_id) != (draft.issuer, draft.client_id)
    if other and only_by_directory(session, who.organisation):
        raise Conflict("nobody could sign in with another directory: let people sign in with passwords first")
    if found is None:
        found = Provider(organisation_id=who.organisation)
        session.add(found)
    elif other:
        end_directory_sessions(session, who, found)
    _fill(found, who, draft, seals)
    session.flush()
    record(session, who, AuditTag.SSO_CONFIGURE, f"directory {found.id}", before=before, after=_shown(found))
    return found


def _fill(found: Provider, who: Principal, draft: Draft, seals: Seals) -> None:
    found.issuer, found.client_id, found.method = draft.issuer, draft.client_id, draft.method
    if draft.method is ProofMethod.PRIVATE_KEY_JWT:
        found.sealed_secret = None
    elif draft.secret:
        found.sealed_secret = seals.seal(draft.secret, secret_purpose(found))
    found.scopes = scopes_of(draft)
    found.role_claim, found.role_map = draft.role_claim, dict(draft.role_map or {})
    found.changed_at, found.changed_by = datetime.now(UTC), who.person_id
    found.discovered = found.discovered_until = None
    found.keys = found.keys_until = found.keys_asked_at = None


def remove(session: Session, who: Principal) -> None:
    """Take the directory away; sessions that it started end, and its people come in again by invitation.

    :raises PermissionDenied: without `sso:manage`.
    :raises NotFound: when there is none.
    :raises Conflict: while the directory alone counts.
    """
    found = directory_of(session, who)
    if found is None:
        raise NotFound
    if only_by_directory(session, who.organisation):
        raise Conflict("nobody could sign in: let people sign in with passwords first")
    end_directory_sessions(session, who, found)
    record(session, who, AuditTag.SSO_REMOVE, f"directory {found.id}", before=_shown(found))
    session.delete(found)


def end_directory_sessions(session: Session, who: Principal, found: Provider) -> int:
    """End every session that a directory started, and whatever is under way there."""
    session.query(PendingSignIn).where(PendingSignIn.provider_id == found.id).delete()
    ids = session.scalars(
        select(DirectorySession.session_id).where(DirectorySession.provider_id == found.id)
    ).all()
    for session_id in ids:
        end_access(session, who, of_credential(SESSION, session_id), Cause.SINGLE_SIGN_ON)
    return len(ids)


def admin_tried_it(session: Session, found: Provider) -> bool:
    """Whether an admin of the organisation signed in with the directory within the last ten minutes."""
    query = (
        select(SignedInSession.id)
        .join(DirectorySession, DirectorySession.session_id == SignedInSession.id)
        .join(DirectoryAccount, DirectoryAccount.id == DirectorySession.account_id)
        .join(RoleAssignment, RoleAssignment.person_id == DirectoryAccount.person_id)
        .where(
            DirectorySession.provider_id == found.id,
            DirectorySession.signed_in_at > datetime.now(UTC) - TRIED_WITHIN,
            DirectorySession.signed_in_at > found.changed_at,
            RoleAssignment.organisation_id == found.organisation_id,
            RoleAssignment.role == Role.ORGANISATION_ADMIN,
        )
        .limit(1)
    )
    return session.scalar(query) is not None


def linked_issuer(session: Session, who: Principal) -> str | None:
    """By which issuer the person who acts is known for the organisation; None: by none."""
    query = select(DirectoryAccount.issuer).where(
        DirectoryAccount.organisation_id == who.organisation_id,
        DirectoryAccount.person_id == who.person_id,
    )
    return session.scalar(query.limit(1))


def _shown(found: Provider) -> dict[str, Any]:
    names = ("issuer", "client_id", "method", "scopes", "role_claim", "role_map")
    return {name: getattr(found, name) for name in names}
