"""Making what somebody may do agree with what the directory says: roles, invitations, and the end of both."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, of_membership
from accord_auth.access.service import end_access
from accord_auth.audit.service import AuditTag, record
from accord_auth.directory.models import DirectoryUser
from accord_auth.directory.placing import roles_held, roles_wanted
from accord_auth.errors import Conflict
from accord_auth.invitations.models import Invitation, is_open
from accord_auth.invitations.service import Invited, invite
from accord_auth.people.granting import admin_role, admins_besides, hold_people
from accord_auth.people.models import RoleAssignment
from accord_auth.people.service import assign_role
from accord_auth.permissions import ROLES, Role, permissions_of
from accord_auth.principal import Principal


@dataclass
class Acting:
    """A directory, or an admin who changes what it gives, at work in one transaction."""

    session: Session
    who: Principal
    cause: Cause = Cause.SCIM
    """Why what is taken ends."""
    invited: list[Invited] = field(default_factory=list)
    """Invitations whose links have to be handed over once the transaction is committed."""

    @property
    def organisation_id(self) -> UUID:
        """Whose directory it is."""
        return self.who.organisation


def begin(acting: Acting, *, changing: bool = True) -> None:
    """Begin to work on a directory: nobody else changes who belongs there until the transaction ends."""
    if changing:
        hold_people(acting.session, acting.organisation_id)
    adopt(acting.session, acting.organisation_id)


_ADOPT = text(
    """
    INSERT INTO directory_users
        (organisation_id, person_id, user_name, address, display_name, active, placed)
    SELECT :organisation, person.id, person.email, person.email, person.name, true, true
    FROM people AS person
    WHERE EXISTS (SELECT FROM role_assignments AS place
                  WHERE place.person_id = person.id AND place.organisation_id = :organisation)
      AND NOT EXISTS (SELECT FROM directory_users AS known
                      WHERE known.organisation_id = :organisation AND known.person_id = person.id)
    ON CONFLICT DO NOTHING
    """
)
_BIND = text(
    """
    UPDATE directory_users AS known
    SET person_id = person.id, placed = true, version = known.version + 1, changed_at = now()
    FROM people AS person
    WHERE known.organisation_id = :organisation AND known.person_id IS NULL AND person.email = known.address
      AND EXISTS (SELECT FROM role_assignments AS place
                  WHERE place.person_id = person.id AND place.organisation_id = :organisation)
    """
)
_REMOVED = text(
    """
    UPDATE directory_users AS known
    SET active = false, says_active = true, placed = false, given_roles = '{}',
        version = known.version + 1, changed_at = now()
    WHERE known.organisation_id = :organisation AND known.placed
      AND NOT EXISTS (SELECT FROM role_assignments AS place
                      WHERE place.person_id = known.person_id AND place.organisation_id = :organisation)
    """
)


def adopt(session: Session, organisation_id: UUID) -> None:
    """Take up what happened in other ways: people who came, and those whom admins removed.

    Whoever was removed by hand is not active any more, until the directory says so anew.
    """
    for statement in (_BIND, _ADOPT, _REMOVED):
        session.execute(statement, {"organisation": organisation_id})


def place(acting: Acting, user: DirectoryUser) -> None:
    """Give and take until a user may do what the directory says. Who may do less is signed out at once.

    :raises Conflict: when nobody would be left who decides about people.
    :raises PermissionDenied: for a role above the mapping.
    """
    wanted = roles_wanted(acting.session, user)
    if user.person_id is None:
        _invite(acting, user, wanted)
    else:
        _give_and_take(acting, user, user.person_id, wanted)


def _give_and_take(acting: Acting, user: DirectoryUser, person_id: UUID, wanted: frozenset[Role]) -> None:
    session, who = acting.session, acting.who
    held = roles_held(session, user.organisation_id, person_id)
    given = frozenset(Role(name) for name in user.given_roles)
    # What admins gave by hand stays, until the person is deactivated.
    after = (held - given) | wanted if user.active else frozenset[Role]()
    user.given_roles, user.placed = sorted((given & wanted) | (wanted - held)), bool(after)
    session.flush()
    if after == held:
        return
    admin = admin_role(user.organisation_id)
    last = admin in held and not admins_besides(session, user.organisation_id, person_id)
    if last and admin not in after:
        raise Conflict("this is the last admin of the organisation: make somebody else an admin first")
    session.execute(
        delete(RoleAssignment).where(
            RoleAssignment.person_id == person_id,
            RoleAssignment.organisation_id == user.organisation_id,
            RoleAssignment.role.in_(held - after),
        )
    )
    for role in sorted(after - held):
        assign_role(session, person_id=person_id, role=role, organisation_id=user.organisation_id)
    session.flush()
    before, now = {"roles": sorted(held)}, {"roles": sorted(after)}
    record(session, who, AuditTag.PERSON_ROLES, f"person {person_id}", before=before, after=now)
    if not after or not permissions_of(held) <= permissions_of(after):
        end_access(session, who, of_membership(person_id, user.organisation_id), acting.cause)


def _invite(acting: Acting, user: DirectoryUser, wanted: frozenset[Role]) -> None:
    """Invite somebody who has not proved the address yet, once there is a role to invite to."""
    session = acting.session
    known = _open_invitation(session, user)
    if known is not None and known.role in wanted:
        return
    if known is not None and wanted:
        # The link that is on its way goes on counting, for what the directory says now.
        known.role = _first(wanted)
        session.flush()
        return
    if known is not None:
        known.withdrawn_at, known.withdrawn_because = datetime.now(UTC), Cause.SCIM
        session.flush()
        subject, detail = f"invitation {known.id}", {"email": known.email, "role": known.role}
        record(session, acting.who, AuditTag.INVITATION_WITHDRAW, subject, detail)
        return
    if not wanted or _invited_by_hand(session, user):
        return
    made = invite(
        session,
        acting.who,
        email=user.address,
        role=_first(wanted),
        organisation_id=user.organisation_id,
    )
    user.invitation_id = made.id
    session.flush()
    acting.invited.append(made)


def _first(roles: frozenset[Role]) -> Role:
    """The role that an invitation names: the one that allows most."""
    return max(sorted(roles), key=lambda role: len(ROLES[role]))


def _open_invitation(session: Session, user: DirectoryUser) -> Invitation | None:
    if user.invitation_id is None:
        return None
    return session.scalar(
        select(Invitation).where(Invitation.id == user.invitation_id, is_open()).with_for_update()
    )


def _invited_by_hand(session: Session, user: DirectoryUser) -> bool:
    """Whether an admin's own invitation waits: accepting it will take up what the directory says, too."""
    found = select(Invitation.id).where(
        Invitation.organisation_id == user.organisation_id, Invitation.email == user.address, is_open()
    )
    return session.scalar(found) is not None


def leave(acting: Acting, user: DirectoryUser) -> None:
    """Take everything that a user has in the organisation.

    :raises Conflict: when nobody would be left who decides about people.
    """
    user.active = False
    acting.session.flush()
    place(acting, user)
