"""Letting somebody in whom a directory named: who it is here, and in which roles, decided at every sign-in.

Accounts are known by issuer and subject. The e-mail address makes nobody anybody: where there is an account
with it already, its owner links it while signed in to it, or accepts an invitation by the directory.

The order: the organisation may act; the account; the person; the roles, as the directory says them now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, of_membership
from accord_auth.access.service import end_access
from accord_auth.audit.service import AuditTag, record
from accord_auth.directory.models import DirectoryUser
from accord_auth.directory.placing import bind, roles_wanted
from accord_auth.invitations.accepting import InvitationOver, open_invitation, use_by_directory
from accord_auth.organisations.models import EmergencyAccount, Organisation
from accord_auth.organisations.standing import may_act
from accord_auth.people.granting import admins_besides, hold_people
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.people.service import assign_role
from accord_auth.permissions import Role, permissions_of
from accord_auth.principal import Principal
from accord_auth.sessions.service import SignedIn
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.identity import Identity
from accord_auth.sso.models import DirectoryAccount
from accord_auth.sso.outside import Directory
from accord_auth.sso.trail import by_directory

UNKNOWN_TIME = timedelta(days=1)
"""A directory that does not say when the person proved who it is: it may have been yesterday."""


@dataclass(frozen=True)
class Admitted:
    """Who may sign in; with `refused` nobody, for that reason, and what was changed for it has to stand."""

    account: DirectoryAccount
    person: Person
    refused: str = ""


def admit(
    session: Session, directory: Directory, identity: Identity, invitation_hash: bytes | None = None
) -> Admitted:
    """Let a person in for the directory's organisation.

    :raises SsoFailed: when the person is not let in, and nothing is to change.
    """
    organisation = directory.organisation
    hold_people(session, organisation.id)
    if session.scalar(select(Organisation.id).where(Organisation.id == organisation.id, may_act())) is None:
        raise SsoFailed("the organisation may not act now")
    account = _account(session, directory, identity)
    identity = _with_provisioned(session, directory, identity, account)
    if account is None:
        account = _new_account(session, directory, identity, invitation_hash)
    person = session.get_one(Person, account.person_id)
    if person.status != PersonStatus.ACTIVE:
        raise SsoFailed(f"the account of {person.email} is disabled")
    current = _roles(session, organisation, person)
    if account.belongs and not current and invitation_hash is None:
        raise SsoFailed(f"{person.email} was removed from the organisation here: invite the person again")
    refused = _set_roles(session, directory, person, current, identity.roles)
    account.belongs = not refused
    if not refused:
        account.last_sign_in_at = datetime.now(UTC)
    session.flush()
    return Admitted(account, person, refused)


def link(session: Session, directory: Directory, identity: Identity, signed_in: SignedIn) -> None:
    """Have the directory's subject stand for the person who is signed in; roles stay as they are.

    :raises SsoFailed: when the subject is somebody else here, or the person somebody else there.
    """
    who = signed_in.principal
    if who.organisation_id != directory.organisation.id:
        raise SsoFailed("the session that asked acts for another organisation")
    hold_people(session, directory.organisation.id)
    emergency = select(EmergencyAccount.person_id).where(
        EmergencyAccount.organisation_id == directory.organisation.id,
        EmergencyAccount.person_id == signed_in.person_id,
    )
    if session.scalar(emergency) is not None:
        raise SsoFailed("an emergency account stays apart from the directory")
    known = _account(session, directory, identity)
    if known is not None and known.person_id == signed_in.person_id:
        return
    if known is not None or _linked(session, directory, signed_in):
        raise SsoFailed("the person, or the directory's subject, is linked with somebody else already")
    _add(session, directory, identity, session.get_one(Person, signed_in.person_id), who)


def _with_provisioned(
    session: Session, directory: Directory, identity: Identity, account: DirectoryAccount | None
) -> Identity:
    """The identity with the roles that the organisation gives by SCIM, where it announces people there, too.

    :raises SsoFailed: when SCIM says that the person has no access.
    """
    known = DirectoryUser.address == identity.email
    if account is not None:
        known = known | (DirectoryUser.person_id == account.person_id)
    users = session.scalars(
        select(DirectoryUser).where(DirectoryUser.organisation_id == directory.organisation.id, known)
    ).all()
    if any(not user.active for user in users):
        raise SsoFailed(f"{identity.email} is not active, as the organisation says by SCIM or an admin here")
    roles = frozenset[Role]().union(*(roles_wanted(session, user) for user in users))
    return replace(identity, roles=identity.roles | roles)


def _account(session: Session, directory: Directory, identity: Identity) -> DirectoryAccount | None:
    return session.scalar(
        select(DirectoryAccount)
        .where(
            DirectoryAccount.organisation_id == directory.organisation.id,
            DirectoryAccount.issuer == directory.provider.issuer,
            DirectoryAccount.subject == identity.subject,
        )
        .with_for_update()
    )


def _linked(session: Session, directory: Directory, signed_in: SignedIn) -> bool:
    query = select(DirectoryAccount.id).where(
        DirectoryAccount.organisation_id == directory.organisation.id,
        DirectoryAccount.issuer == directory.provider.issuer,
        DirectoryAccount.person_id == signed_in.person_id,
    )
    return session.scalar(query) is not None


def _new_account(
    session: Session, directory: Directory, identity: Identity, invitation_hash: bytes | None
) -> DirectoryAccount:
    """Somebody who comes for the first time."""
    if not identity.roles:
        raise SsoFailed(f"the directory gives {identity.email} no role that the mapping knows")
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(identity.email, 1))))
    person = session.scalar(select(Person).where(Person.email == identity.email))
    if invitation_hash is not None:
        person = _invited(session, directory, identity, person, invitation_hash)
    elif person is not None:
        raise SsoFailed(
            f"there is an account with the address {identity.email}: its owner signs in to it and links it"
            " under “Your account”, or is invited"
        )
    else:
        person = _new_person(session, identity)
    bind(session, directory.organisation.id, person)
    return _add(session, directory, identity, person, by_directory(directory.organisation))


def _invited(
    session: Session,
    directory: Directory,
    identity: Identity,
    person: Person | None,
    invitation_hash: bytes,
) -> Person:
    try:
        found = open_invitation(session, invitation_hash)
        if found.organisation_id != directory.organisation.id or found.email != identity.email:
            raise SsoFailed(f"the invitation is for another address than {identity.email}")
        person = person or _new_person(session, identity)
        use_by_directory(session, found, person)
    except InvitationOver as error:
        raise SsoFailed("the invitation does not hold any more") from error
    return person


def _new_person(session: Session, identity: Identity) -> Person:
    person = Person(email=identity.email, name=identity.name, status=PersonStatus.ACTIVE)
    session.add(person)
    session.flush()
    return person


def _add(
    session: Session, directory: Directory, identity: Identity, person: Person, who: Principal
) -> DirectoryAccount:
    made = DirectoryAccount(
        organisation_id=directory.organisation.id,
        issuer=directory.provider.issuer,
        subject=identity.subject,
        person_id=person.id,
        belongs=False,
    )
    session.add(made)
    session.flush()
    detail = {"issuer": made.issuer, "subject": made.subject, "email": person.email}
    record(session, who, AuditTag.SSO_LINK, f"person {person.id}", detail)
    return made


def _roles(session: Session, organisation: Organisation, person: Person) -> frozenset[Role]:
    query = select(RoleAssignment.role).where(
        RoleAssignment.person_id == person.id, RoleAssignment.organisation_id == organisation.id
    )
    return frozenset(Role(name) for name in session.scalars(query))


def _set_roles(
    session: Session,
    directory: Directory,
    person: Person,
    current: frozenset[Role],
    mapped: frozenset[Role],
) -> str:
    """Give a person exactly the mapped roles; why the person is refused when there is none.

    An organisation's last admin stays one, so that somebody can mend the mapping.
    """
    organisation, wanted, refused = directory.organisation, mapped, ""
    if not mapped:
        refused = f"the directory gives {person.email} no role that the mapping knows any more"
    last_admin = not admins_besides(session, organisation.id, person.id)
    if last_admin and Role.ORGANISATION_ADMIN in current - mapped:
        wanted = mapped | {Role.ORGANISATION_ADMIN}
    if wanted == current:
        return refused
    here = RoleAssignment.organisation_id == organisation.id
    gone = RoleAssignment.role.in_(current - wanted)
    session.execute(delete(RoleAssignment).where(RoleAssignment.person_id == person.id, here, gone))
    for role in sorted(wanted - current):
        assign_role(session, person_id=person.id, role=role, organisation_id=organisation.id)
    who, subject = by_directory(organisation), f"person {person.id}"
    before, after = {"roles": sorted(current)}, {"roles": sorted(wanted)}
    record(session, who, AuditTag.PERSON_ROLES, subject, before=before, after=after)
    if not permissions_of(current) <= permissions_of(wanted):
        cause = Cause.ROLE_LOWERED if wanted else Cause.SINGLE_SIGN_ON
        end_access(session, who, of_membership(person.id, organisation.id), cause, refused or None)
    return refused
