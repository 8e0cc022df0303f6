"""The tokens by which a directory reaches SCIM. On the gate's role.

A token stands for one organisation's directory: what it may do is what the admins' mapping lets it give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, of_credential
from accord_auth.access.channels.directory_tokens import CHANNEL
from accord_auth.access.service import end_access
from accord_auth.audit.service import AuditTag, record
from accord_auth.directory.models import DirectoryMapping, DirectorySettings, DirectoryToken
from accord_auth.errors import Conflict, Invalid, NotFound
from accord_auth.oauth.secret_values import Prefix, hashed, make
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.standing import may_act
from accord_auth.people.models import Person
from accord_auth.permissions import Permission, Role, permissions_of
from accord_auth.principal import Principal

LONGEST_NAME = 100
LONGEST_LIFE = timedelta(days=366)
OVERLAP = timedelta(days=7)
"""How long a token still counts beside the one that takes its place."""
MOST_TOKENS = 20
USED_WITHIN = timedelta(minutes=5)
"""How exact a token's last use is kept: not every request writes."""


@dataclass(frozen=True)
class MadeToken:
    """A new token and its value, which nobody can look up again."""

    token: DirectoryToken
    value: str


@dataclass(frozen=True)
class KnownToken:
    """A token as admins see it. `made_by` is empty for the installation's operator."""

    token: DirectoryToken
    made_by: str

    def live(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.token.revoked_at is None and self.token.expires_at > now


def tokens_of(session: Session, who: Principal) -> list[KnownToken]:
    """The tokens of the principal's organisation, the newest first, those that have ended too.

    :raises PermissionDenied: without `provisioning:read`.
    """
    who.require(Permission.PROVISIONING_READ)
    rows = session.execute(
        select(DirectoryToken, Person.name)
        .outerjoin(Person, Person.id == DirectoryToken.created_by)
        .where(DirectoryToken.organisation_id == who.organisation)
        .order_by(DirectoryToken.created_at.desc(), DirectoryToken.id.desc())
    )
    return [KnownToken(token, name or "") for token, name in rows]


def make_token(session: Session, who: Principal, *, name: str, days: int) -> MadeToken:
    """Make a token that counts for so many days.

    :raises PermissionDenied: without `provisioning:manage`.
    :raises Invalid: when name or days will not do.
    :raises Conflict: when there are too many already.
    """
    who.require(Permission.PROVISIONING_MANAGE)
    problems: dict[str, list[str]] = {}
    kept = name.strip()
    if not kept or len(kept) > LONGEST_NAME or not kept.isprintable():
        problems["name"] = [f"1 to {LONGEST_NAME} printable characters"]
    if not 1 <= days <= LONGEST_LIFE.days:
        problems["days"] = [f"1 to {LONGEST_LIFE.days} days"]
    if problems:
        raise Invalid("some fields cannot be used", problems)
    return _make(session, who, kept, timedelta(days=days))


def _make(session: Session, who: Principal, name: str, life: timedelta) -> MadeToken:
    live = select(func.count()).select_from(DirectoryToken)
    if (session.scalar(live.where(*_live_of(who))) or 0) >= MOST_TOKENS:
        raise Conflict(f"an organisation has {MOST_TOKENS} tokens at most: revoke one first")
    value = make(Prefix.DIRECTORY_TOKEN)
    token = DirectoryToken(
        organisation_id=who.organisation,
        name=name,
        token_hash=hashed(value),
        created_by=who.person_id,
        expires_at=datetime.now(UTC) + life,
    )
    session.add(token)
    session.flush()
    detail = {"did": "made", "name": name, "until": token.expires_at.isoformat()}
    record(session, who, AuditTag.DIRECTORY_TOKEN, f"directory token {token.id}", detail)
    return MadeToken(token, value)


def rotate_token(session: Session, who: Principal, token_id: UUID) -> MadeToken:
    """A token in the place of another: as long-lived, under its name. The old one counts a week more.

    :raises PermissionDenied: without `provisioning:manage`.
    :raises NotFound: when there is no such token that counts.
    """
    who.require(Permission.PROVISIONING_MANAGE)
    old = _one(session, who, token_id)
    made = _make(session, who, old.name, old.expires_at - old.created_at)
    old.expires_at = min(old.expires_at, datetime.now(UTC) + OVERLAP)
    session.flush()
    detail = {"did": "replaced", "by": str(made.token.id), "until": old.expires_at.isoformat()}
    record(session, who, AuditTag.DIRECTORY_TOKEN, f"directory token {old.id}", detail)
    return made


def revoke_token(session: Session, who: Principal, token_id: UUID, reason: str | None = None) -> None:
    """End a token: its next use is refused.

    :raises PermissionDenied: without `provisioning:manage`.
    :raises NotFound: when there is no such token that counts.
    """
    who.require(Permission.PROVISIONING_MANAGE)
    token = _one(session, who, token_id)
    end_access(session, who, of_credential(CHANNEL.name, token.id), Cause.REVOKED, reason)


def resolve_token(session: Session, value: str, address: str | None) -> Principal | None:
    """Whose directory shows a token right now; None for anything that is no token which counts."""
    found = session.execute(
        select(DirectoryToken, Organisation)
        .join(Organisation, Organisation.id == DirectoryToken.organisation_id)
        .where(
            DirectoryToken.token_hash == hashed(value),
            DirectoryToken.revoked_at.is_(None),
            DirectoryToken.expires_at > func.now(),
            may_act(),
        )
    ).one_or_none()
    if found is None:
        return None
    token, organisation = found
    if token.last_used_at is None or token.last_used_at < datetime.now(UTC) - USED_WITHIN:
        used = update(DirectoryToken).where(DirectoryToken.id == token.id)
        session.execute(used.values(last_used_at=func.now(), last_used_from=address))
    return principal_of_directory(session, organisation, token.name)


def principal_of_directory(session: Session, organisation: Organisation, name: str) -> Principal:
    """An organisation's directory as somebody who acts: it decides about people, and gives what is mapped."""
    roles = _mapped(session, organisation.id)
    return Principal(
        organisation_id=organisation.id,
        organisation_slug=organisation.slug,
        organisation_name=organisation.name,
        organisation_kind=organisation.kind,
        person_id=None,
        person_name=f"directory ({name})",
        email="",
        roles=frozenset(),
        permissions=permissions_of(roles) | {Permission.PEOPLE_MANAGE, Permission.PEOPLE_READ},
    )


def _mapped(session: Session, organisation_id: UUID) -> frozenset[Role]:
    of_groups = select(DirectoryMapping.role).where(DirectoryMapping.organisation_id == organisation_id)
    of_all = select(DirectorySettings.default_role).where(
        DirectorySettings.organisation_id == organisation_id, DirectorySettings.default_role.is_not(None)
    )
    return frozenset(Role(name) for name in session.scalars(of_groups.union(of_all)) if name)


def _live_of(who: Principal) -> Iterator[ColumnElement[bool]]:
    yield DirectoryToken.organisation_id == who.organisation
    yield DirectoryToken.revoked_at.is_(None)
    yield DirectoryToken.expires_at > func.now()


def _one(session: Session, who: Principal, token_id: UUID) -> DirectoryToken:
    found = session.scalar(
        select(DirectoryToken).where(DirectoryToken.id == token_id, *_live_of(who)).with_for_update()
    )
    if found is None:
        raise NotFound
    return found
