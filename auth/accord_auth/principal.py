"""The principal: who is acting, for which organisation, with which permissions."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from accord_auth.errors import InsufficientScope, PermissionDenied
from accord_auth.permissions import Permission, Role, permissions_of
from accord_config.database import Scope


@dataclass(frozen=True)
class Principal:
    """A person, an OAuth client or the installation's operator, acting for exactly one organisation.

    The last two are no person.

    Without an organisation it acts for the platform itself and sees no case data.
    """

    organisation_id: UUID | None
    organisation_slug: str
    organisation_name: str
    organisation_kind: str
    person_id: UUID | None
    person_name: str
    email: str
    roles: frozenset[Role]
    permissions: frozenset[Permission]
    client_id: str | None = None
    """The OAuth client that acts: for the person, or without one by its own right."""
    withheld: frozenset[Permission] = frozenset()
    """What the roles allow and the token's scope does not."""
    emergency_id: UUID | None = None
    """The emergency reading in which a platform admin looks at this organisation's case data."""

    @property
    def scope(self) -> Scope:
        """What the database shows to this principal."""
        if self.emergency_id is not None:
            return Scope(person_id=self.person_id, emergency_id=self.emergency_id)
        minors = Permission.LEADS_MINORS in self.permissions
        return Scope(organisation_id=self.organisation_id, person_id=self.person_id, minors=minors)

    @property
    def organisation(self) -> UUID:
        """The organisation acted for.

        :raises PermissionDenied: when the principal acts for the platform.
        """
        if self.organisation_id is None:
            raise PermissionDenied("acting for the platform, not for an organisation")
        return self.organisation_id

    def require(self, permission: Permission) -> None:
        """Go on only with this permission.

        :raises InsufficientScope: when only the token's scope stands in the way.
        :raises PermissionDenied: naming it.
        """
        if permission in self.withheld:
            raise InsufficientScope(permission.value)
        if permission not in self.permissions:
            raise PermissionDenied(f"this needs the permission {permission.value}")


def operator(organisation_id: UUID, slug: str, name: str, kind: str) -> Principal:
    """The installation's operator at the command line, acting for one organisation."""
    roles = frozenset({Role.ORGANISATION_ADMIN})
    return Principal(
        organisation_id=organisation_id,
        organisation_slug=slug,
        organisation_name=name,
        organisation_kind=kind,
        person_id=None,
        person_name="operator",
        email="",
        roles=roles,
        permissions=permissions_of(roles),
    )
