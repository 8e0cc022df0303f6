"""What admins do with clients. Everything runs on the gate's role, in the caller's unit of work.

A client belongs to the organisation for which it was registered; to everybody else it is not there.
"""

from __future__ import annotations

import secrets as random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, of_credential
from accord_auth.access.service import end_access
from accord_auth.audit.service import AuditTag, record
from accord_auth.clients.drafts import Draft, columns_of
from accord_auth.errors import Conflict, Invalid, NotFound
from accord_auth.oauth.models import AuthMethod, ClientSecret, ClientStatus, OAuthClient, OAuthGrant
from accord_auth.oauth.secret_values import Prefix, hashed, make
from accord_auth.organisations.models import Organisation
from accord_auth.people.models import Person
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

OVERLAP = timedelta(days=7)
"""How long the secret before the newest one still counts."""
LONGEST_EXCEPTION = timedelta(days=366)
LONGEST_REASON = 500
MOST_CLIENTS = 200
SHOWN = (
    "name",
    "auth_method",
    "scopes",
    "redirect_uris",
    "jwks_uri",
    "networks",
    "require_par",
    "require_dpop",
)
"""Columns that the audit log shows of a change."""


def clients_of(session: Session, who: Principal) -> list[OAuthClient]:
    """The clients of the principal's organisation, by name.

    :raises PermissionDenied: without `clients:read`.
    """
    who.require(Permission.CLIENTS_READ)
    return list(session.scalars(_own(who).order_by(OAuthClient.name, OAuthClient.id)))


def find_client(session: Session, who: Principal, client_id: UUID) -> OAuthClient:
    """One of them, by the id of its row.

    :raises PermissionDenied: without `clients:read`.
    :raises NotFound: when there is none, or it is another member's.
    """
    who.require(Permission.CLIENTS_READ)
    return _one(session, who, client_id)


def register(session: Session, who: Principal, draft: Draft) -> OAuthClient:
    """Register a client of the principal's organisation.

    :raises PermissionDenied: without `clients:write`.
    :raises Invalid: naming each field that will not do.
    """
    who.require(Permission.CLIENTS_WRITE)
    columns = columns_of(who, draft)
    if len(list(session.scalars(_own(who)))) >= MOST_CLIENTS:
        raise Conflict(f"an organisation has {MOST_CLIENTS} clients at most: remove one first")
    client = OAuthClient(
        organisation_id=who.organisation,
        client_id=Prefix.CLIENT_ID + random.token_hex(12),
        created_by=who.person_id,
        **columns,
    )
    session.add(client)
    session.flush()
    record(session, who, AuditTag.CLIENT_REGISTER, f"client {client.id}", after=_shown(client))
    return client


def change(session: Session, who: Principal, client_id: UUID, draft: Draft) -> OAuthClient:
    """Change a client. Tokens that are out keep their scope, which no longer allows more than the new one.

    :raises PermissionDenied: without `clients:write`.
    :raises NotFound: likewise to `find_client`.
    :raises Invalid: naming each field that will not do.
    """
    who.require(Permission.CLIENTS_WRITE)
    client = _one(session, who, client_id)
    before = _shown(client)
    for name, value in columns_of(who, draft).items():
        setattr(client, name, value)
    session.flush()
    record(session, who, AuditTag.CLIENT_CHANGE, f"client {client.id}", before=before, after=_shown(client))
    return client


def remove(session: Session, who: Principal, client_id: UUID, reason: str | None = None) -> None:
    """Remove a client: it and all of its tokens end at once.

    :raises PermissionDenied: without `clients:write`.
    :raises NotFound: likewise to `find_client`.
    """
    who.require(Permission.CLIENTS_WRITE)
    client = _one(session, who, client_id)
    end_access(session, who, of_credential("client", client.id), Cause.REVOKED, reason)


def new_secret(session: Session, who: Principal, client_id: UUID) -> tuple[str, datetime]:
    """A new shared secret, told once, and until when it counts. The one before counts a week longer.

    :raises PermissionDenied: without `clients:write`.
    :raises NotFound: likewise to `find_client`.
    :raises Conflict: when the client signs, or no platform admin allows it a secret now.
    """
    who.require(Permission.CLIENTS_WRITE)
    client = _one(session, who, client_id, lock=True)
    now = datetime.now(UTC)
    if client.auth_method != AuthMethod.SHARED_SECRET:
        raise Conflict("this client proves itself with its keys and has no secret")
    if client.secret_until is None or client.secret_until <= now:
        raise Conflict("a shared secret takes an exception by a platform admin: ask for one first")
    older = update(ClientSecret).where(
        ClientSecret.client_id == client.id, ClientSecret.expires_at > now + OVERLAP
    )
    session.execute(older.values(expires_at=now + OVERLAP))
    secret = make(Prefix.CLIENT_SECRET)
    session.add(ClientSecret(client_id=client.id, secret_hash=hashed(secret), expires_at=client.secret_until))
    detail = {"until": client.secret_until.isoformat()}
    record(session, who, AuditTag.CLIENT_SECRET, f"client {client.id}", detail)
    return secret, client.secret_until


@dataclass(frozen=True)
class Exemptible:
    """A client that asks for a shared secret, as platform admins see it."""

    client: OAuthClient
    organisation: Organisation


def exemptible(session: Session, who: Principal) -> list[Exemptible]:
    """The clients of all members that use, or would use, a shared secret.

    :raises PermissionDenied: without `clients:exempt`.
    """
    who.require(Permission.CLIENTS_EXEMPT)
    rows = session.execute(
        select(OAuthClient, Organisation)
        .join(Organisation, Organisation.id == OAuthClient.organisation_id)
        .where(OAuthClient.auth_method == AuthMethod.SHARED_SECRET, OAuthClient.status == ClientStatus.ACTIVE)
        .order_by(Organisation.name, OAuthClient.name)
    )
    return [Exemptible(row[0], row[1]) for row in rows]


def exempt(session: Session, who: Principal, client_id: UUID, *, until: datetime, reason: str) -> OAuthClient:
    """Let a client use a shared secret until then; a moment in the past takes that away at once.

    :raises PermissionDenied: without `clients:exempt`.
    :raises NotFound: when no client asks for that.
    :raises Invalid: when the end is too far away, or the reason is missing.
    """
    who.require(Permission.CLIENTS_EXEMPT)
    now = datetime.now(UTC)
    problems: dict[str, list[str]] = {}
    if until > now + LONGEST_EXCEPTION:
        problems["until"] = [f"{LONGEST_EXCEPTION.days} days at most"]
    if not reason.strip() or len(reason) > LONGEST_REASON:
        problems["reason"] = [f"say why, in up to {LONGEST_REASON} characters"]
    if problems:
        raise Invalid("some fields cannot be used", problems)
    found = next((one.client for one in exemptible(session, who) if one.client.id == client_id), None)
    if found is None:
        raise NotFound
    before = {"secret_until": found.secret_until.isoformat() if found.secret_until else None}
    found.secret_until, found.secret_reason = until, reason.strip()
    late = update(ClientSecret).where(ClientSecret.client_id == found.id, ClientSecret.expires_at > until)
    session.execute(late.values(expires_at=until))
    after = {"secret_until": until.isoformat()}
    subject = f"client {found.id}"
    record(session, who, AuditTag.CLIENT_EXEMPT, subject, why=reason.strip(), before=before, after=after)
    return found


@dataclass(frozen=True)
class LiveGrant:
    """What a client holds right now, and from whom; without a person, by its own right."""

    grant: OAuthGrant
    person: Person | None


def grants_of(session: Session, who: Principal, client_id: UUID) -> list[LiveGrant]:
    """Everything by which a client acts now, the newest first.

    :raises PermissionDenied: without `clients:read`.
    :raises NotFound: likewise to `find_client`.
    """
    client = find_client(session, who, client_id)
    rows = session.execute(
        select(OAuthGrant, Person)
        .outerjoin(Person, Person.id == OAuthGrant.person_id)
        .where(
            OAuthGrant.client_id == client.id,
            OAuthGrant.organisation_id == who.organisation,
            OAuthGrant.revoked_at.is_(None),
            OAuthGrant.expires_at > datetime.now(UTC),
        )
        .order_by(OAuthGrant.created_at.desc(), OAuthGrant.id)
        .limit(MOST_CLIENTS)
    )
    return [LiveGrant(row[0], row[1]) for row in rows]


def end_one(session: Session, who: Principal, client_id: UUID, grant_id: UUID) -> None:
    """End one of them, with all of its tokens.

    :raises PermissionDenied: without `clients:write`.
    :raises NotFound: when the client has none with this id.
    """
    who.require(Permission.CLIENTS_WRITE)
    if not any(one.grant.id == grant_id for one in grants_of(session, who, client_id)):
        raise NotFound
    end_access(session, who, of_credential("grant", grant_id), Cause.REVOKED)


def _own(who: Principal) -> Any:
    return select(OAuthClient).where(
        OAuthClient.organisation_id == who.organisation, OAuthClient.status == ClientStatus.ACTIVE
    )


def _one(session: Session, who: Principal, client_id: UUID, *, lock: bool = False) -> OAuthClient:
    query = _own(who).where(OAuthClient.id == client_id)
    found: OAuthClient | None = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound
    return found


def _shown(client: OAuthClient) -> dict[str, Any]:
    return {name: getattr(client, name) for name in SHOWN}
