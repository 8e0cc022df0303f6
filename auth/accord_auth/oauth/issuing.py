"""What tokens are made of, and how long each lives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accord_auth.factors.methods import together
from accord_auth.oauth.models import AccessToken, OAuthClient, OAuthGrant, RefreshToken
from accord_auth.oauth.secret_values import Prefix, hashed, make
from accord_auth.principal import Principal
from accord_auth.standing import principal_of, standing

ACCESS_LIVES = timedelta(minutes=10)
CODE_LIVES = timedelta(minutes=1)
DEVICE_CODE_LIVES = timedelta(minutes=10)
PUSHED_LIVES = timedelta(seconds=90)
REFRESH_LIVES = timedelta(days=30)
"""A refresh token that nobody uses for so long ends."""
GRANT_LIVES = timedelta(days=90)
"""After so long a person is asked again, however busy the client was."""
DOUBLE_CLICK = timedelta(seconds=10)
"""A refresh token or device code that comes a second time within this time, while its successor was
not used, is refused and nothing else: two tabs may have been quick. Later, or once the successor was
used, somebody else has it, and the whole family ends."""


def begin_grant(
    session: Session,
    *,
    client: OAuthClient,
    scope: list[str],
    principal: Principal | None = None,
    auth_time: datetime | None = None,
    amr: Iterable[str] = (),
) -> OAuthGrant:
    """A family, from which everything issued descends; a client's own without a principal."""
    grant = OAuthGrant(
        client_id=client.id,
        person_id=principal.person_id if principal else None,
        organisation_id=principal.organisation_id if principal else client.organisation_id,
        scope=scope,
        auth_time=auth_time,
        amr=together(amr),
        expires_at=datetime.now(UTC) + GRANT_LIVES,
    )
    session.add(grant)
    session.flush()
    return grant


def issue_access(
    session: Session, grant: OAuthGrant, scope: list[str], key_thumbprint: str | None = None
) -> str:
    """An access token of a family."""
    token = make(Prefix.ACCESS_TOKEN)
    session.add(
        AccessToken(
            token_hash=hashed(token),
            grant_id=grant.id,
            scope=scope,
            key_thumbprint=key_thumbprint,
            expires_at=datetime.now(UTC) + ACCESS_LIVES,
        )
    )
    return token


def issue_refresh(
    session: Session,
    grant: OAuthGrant,
    *,
    parent: RefreshToken | None = None,
    key_thumbprint: str | None = None,
) -> str:
    """A refresh token of a family, after `parent`."""
    token = make(Prefix.REFRESH_TOKEN)
    session.add(
        RefreshToken(
            token_hash=hashed(token),
            grant_id=grant.id,
            parent_id=parent.id if parent else None,
            key_thumbprint=key_thumbprint,
            expires_at=min(datetime.now(UTC) + REFRESH_LIVES, grant.expires_at),
        )
    )
    return token


def end_access_token(session: Session, token: str) -> None:
    """End one access token; its family goes on."""
    known = AccessToken.token_hash == hashed(token)
    session.execute(update(AccessToken).where(known).values(revoked_at=datetime.now(UTC)))


def end_grant(session: Session, grant_id: UUID, why: str) -> bool:
    """End everything that a family has; False when it had ended."""
    ended = session.execute(
        update(OAuthGrant)
        .where(OAuthGrant.id == grant_id, OAuthGrant.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC), revoked_why=why)
        .returning(OAuthGrant.id)
    ).scalar_one_or_none()
    return ended is not None


def stands(grant: OAuthGrant) -> bool:
    """Whether a family still counts."""
    return grant.revoked_at is None and grant.expires_at > datetime.now(UTC)


def grantor(session: Session, grant: OAuthGrant) -> Principal | None:
    """The person who gave a grant, as the person stands now; None when that counts no longer."""
    row = session.execute(
        standing(OAuthGrant, OAuthGrant.person_id, OAuthGrant.organisation_id).where(
            OAuthGrant.id == grant.id
        )
    ).one_or_none()
    return principal_of(row[0], row[1], row[2]) if row is not None else None


def successor_used(session: Session, token: RefreshToken) -> bool:
    """Whether what followed a refresh token was used itself."""
    used = select(RefreshToken.id).where(
        RefreshToken.parent_id == token.id, RefreshToken.used_at.is_not(None)
    )
    return session.scalar(used.limit(1)) is not None
