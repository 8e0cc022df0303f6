"""What stands in a review: everything by which somebody, or something, has access today. On the gate's role.

Of a share only its terms are looked at, never what is in it: the gate cannot read that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, DateTime, String, Uuid, column, func, select, table
from sqlalchemy.orm import Session, aliased

from accord_auth.directory.models import DirectoryToken
from accord_auth.invitations.models import Invitation
from accord_auth.oauth.models import AccessToken, ClientStatus, OAuthClient, OAuthGrant
from accord_auth.organisations.models import Organisation
from accord_auth.people.models import Person, RoleAssignment
from accord_auth.permissions import ROLE_NAMES, Role
from accord_auth.reviews.models import ItemKind
from accord_auth.sessions.models import SignedInSession

OPERATOR = "the operator"

# Tables of packages that import this one: the gate may read these columns, and no others.
_PLUGINS = table("plugins", column("id", Uuid), column("name", String), column("version", String))
_ACTIVATIONS = table(
    "activations",
    column("id", Uuid),
    column("organisation_id", Uuid),
    column("plugin_id", Uuid),
    column("active", Boolean),
    column("closed_at"),
    column("created_at", DateTime(timezone=True)),
)
_SHARES = table(
    "shares",
    column("id", Uuid),
    column("organisation_id", Uuid),
    column("recipient_id", Uuid),
    column("marking", String),
    column("created_at", DateTime(timezone=True)),
    column("expires_at", DateTime(timezone=True)),
    column("revoked_at"),
)
_ORIGINS = table("share_origins", column("share_id", Uuid), column("person_id", Uuid))


@dataclass(frozen=True)
class Access:
    """One access as it is now; see `accord_auth.reviews.models.ReviewItem` for the names."""

    kind: ItemKind
    subject_id: UUID
    person_id: UUID | None
    label: str
    detail: str
    given_by: str
    given_at: datetime
    last_used_at: datetime | None


def access_of(session: Session, organisation_id: UUID | None) -> list[Access]:
    """Everything that has access to an organisation now; None: to the platform."""
    found = [*_people(session, organisation_id), *_grants(session, organisation_id)]
    if organisation_id is None:
        return found
    return [
        *found,
        *_clients(session, organisation_id),
        *_directory_tokens(session, organisation_id),
        *_activations(session, organisation_id),
        *_shares(session, organisation_id),
    ]


def _people(session: Session, organisation_id: UUID | None) -> Iterator[Access]:
    used = (
        select(func.max(SignedInSession.last_used_at))
        .where(
            SignedInSession.person_id == Person.id,
            SignedInSession.organisation_id.is_not_distinct_from(organisation_id),
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Person,
            func.array_agg(RoleAssignment.role),
            func.min(RoleAssignment.created_at),
            func.greatest(used, func.max(RoleAssignment.last_sign_in_at)),
        )
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(RoleAssignment.organisation_id.is_not_distinct_from(organisation_id))
        .group_by(Person.id)
        .order_by(Person.name, Person.id)
    )
    inviters = _inviters(session, organisation_id)
    for person, roles, since, last_used_at in rows:
        words = ", ".join(sorted(ROLE_NAMES[Role(role)] for role in roles))
        giver = inviters.get(person.id, OPERATOR)
        label = f"{person.name}, {person.email}"
        yield Access(ItemKind.PERSON, person.id, person.id, label, words, giver, since, last_used_at)


def _inviters(session: Session, organisation_id: UUID | None) -> dict[UUID, str]:
    rows = session.execute(
        select(Invitation.accepted_by, Person.name)
        .join(Person, Person.id == Invitation.invited_by)
        .where(
            Invitation.organisation_id.is_not_distinct_from(organisation_id),
            Invitation.accepted_by.is_not(None),
        )
        .order_by(Invitation.accepted_at)
    )
    return {accepted_by: name for accepted_by, name in rows if accepted_by is not None}


def _grants(session: Session, organisation_id: UUID | None) -> Iterator[Access]:
    used = (
        select(func.max(AccessToken.created_at))
        .where(AccessToken.grant_id == OAuthGrant.id)
        .scalar_subquery()
    )
    # What a client holds by its own right goes with the client.
    rows = session.execute(
        select(OAuthGrant, OAuthClient.name, Person, used)
        .join(OAuthClient, OAuthClient.id == OAuthGrant.client_id)
        .join(Person, Person.id == OAuthGrant.person_id)
        .where(
            OAuthGrant.organisation_id.is_not_distinct_from(organisation_id),
            OAuthGrant.revoked_at.is_(None),
            OAuthGrant.expires_at > func.now(),
        )
        .order_by(OAuthClient.name, Person.name, OAuthGrant.id)
    )
    for grant, client, person, last_used_at in rows:
        label = f"{client}, in the name of {person.name}"
        words = f"{' '.join(grant.scope)}, until {grant.expires_at:%Y-%m-%d}"
        yield Access(
            ItemKind.GRANT, grant.id, person.id, label, words, person.name, grant.created_at, last_used_at
        )


def _clients(session: Session, organisation_id: UUID) -> Iterator[Access]:
    rows = session.execute(
        select(OAuthClient, Person.name)
        .outerjoin(Person, Person.id == OAuthClient.created_by)
        .where(OAuthClient.organisation_id == organisation_id, OAuthClient.status == ClientStatus.ACTIVE)
        .order_by(OAuthClient.name, OAuthClient.id)
    )
    for client, creator in rows:
        giver = creator or OPERATOR
        words = " ".join(client.scopes)
        yield Access(
            ItemKind.CLIENT,
            client.id,
            None,
            client.name,
            words,
            giver,
            client.created_at,
            client.last_used_at,
        )


def _directory_tokens(session: Session, organisation_id: UUID) -> Iterator[Access]:
    rows = session.execute(
        select(DirectoryToken, Person.name)
        .outerjoin(Person, Person.id == DirectoryToken.created_by)
        .where(
            DirectoryToken.organisation_id == organisation_id,
            DirectoryToken.revoked_at.is_(None),
            DirectoryToken.expires_at > func.now(),
        )
        .order_by(DirectoryToken.name, DirectoryToken.id)
    )
    for token, creator in rows:
        words = f"says who belongs here, until {token.expires_at:%Y-%m-%d}"
        yield Access(
            ItemKind.DIRECTORY_TOKEN,
            token.id,
            None,
            token.name,
            words,
            creator or OPERATOR,
            token.created_at,
            token.last_used_at,
        )


def _activations(session: Session, organisation_id: UUID) -> Iterator[Access]:
    rows = session.execute(
        select(_ACTIVATIONS.c.id, _PLUGINS.c.name, _PLUGINS.c.version, _ACTIVATIONS.c.created_at)
        .join(_PLUGINS, _PLUGINS.c.id == _ACTIVATIONS.c.plugin_id)
        .where(
            _ACTIVATIONS.c.organisation_id == organisation_id,
            _ACTIVATIONS.c.active,
            _ACTIVATIONS.c.closed_at.is_(None),
        )
        .order_by(_PLUGINS.c.name)
    )
    for activation_id, name, version, since in rows:
        words = f"version {version}; works on our records"
        yield Access(ItemKind.ACTIVATION, activation_id, None, name, words, "", since, None)


def _shares(session: Session, organisation_id: UUID) -> Iterator[Access]:
    recipient, giver = aliased(Organisation), aliased(Person)
    rows = session.execute(
        select(
            _SHARES.c.id,
            recipient.name,
            _SHARES.c.marking,
            _SHARES.c.expires_at,
            giver.name,
            _SHARES.c.created_at,
        )
        .join(recipient, recipient.id == _SHARES.c.recipient_id)
        .outerjoin(_ORIGINS, _ORIGINS.c.share_id == _SHARES.c.id)
        .outerjoin(giver, giver.id == _ORIGINS.c.person_id)
        .where(
            _SHARES.c.organisation_id == organisation_id,
            _SHARES.c.revoked_at.is_(None),
            _SHARES.c.expires_at.is_(None) | (_SHARES.c.expires_at > func.now()),
        )
        .order_by(_SHARES.c.created_at, _SHARES.c.id)
    )
    for share_id, member, marking, expires_at, name, since in rows:
        ends = f"until {expires_at:%Y-%m-%d}" if expires_at else "without an end"
        label, words = f"A case shared with {member}", f"{marking}, {ends}"
        yield Access(ItemKind.SHARE, share_id, None, label, words, name or OPERATOR, since, None)
