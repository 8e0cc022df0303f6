"""The directory as the only way in, and the two accounts that remain for days on which it is away."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, any_, delete, exists, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from accord_auth.access.causes import Cause, of_credential
from accord_auth.access.service import end_access
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound
from accord_auth.factors.methods import PASSKEY, Method
from accord_auth.factors.service import sound_passkey
from accord_auth.oauth.models import OAuthGrant
from accord_auth.organisations.local_sign_in import only_by_directory
from accord_auth.organisations.models import EmergencyAccount, Organisation, SignInRule
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.permissions import Permission, Role
from accord_auth.principal import Principal
from accord_auth.sessions.models import SignedInSession
from accord_auth.sso.models import DirectoryAccount
from accord_auth.sso.service import SESSION, admin_tried_it, directory_of

EMERGENCY_ACCOUNTS = 2
GRANT = "grant"
WHO_CAN_BE = (
    f"choose {EMERGENCY_ACCOUNTS} admins with a password and a passkey who are not linked with the directory:"
    ' a passkey is added under "Your account", "Second factors"'
)


@dataclass(frozen=True)
class Candidate:
    """An admin with an account apart from the directory; `named` for emergencies or not."""

    id: UUID
    name: str
    email: str
    named: bool

    def __str__(self) -> str:
        return f"{self.name} ({self.email})"


def candidates(session: Session, who: Principal) -> list[Candidate]:
    """Whom the organisation can name for emergencies, by name: admins with a password and a sound passkey.

    :raises PermissionDenied: without `sso:manage`.
    """
    return _apart(session, who, sound_passkey(Person.id))


def without_passkey(session: Session, who: Principal) -> list[Candidate]:
    """Who else could be named, had the person a passkey.

    :raises PermissionDenied: without `sso:manage`.
    """
    return _apart(session, who, ~sound_passkey(Person.id))


def no_candidates_any_more(session: Session, who: Principal) -> list[Candidate]:
    """Who is named and could not be named now: the passkey, the role of an admin or the account is gone.

    :raises PermissionDenied: without `sso:manage`.
    """
    able = {one.id for one in candidates(session, who)}
    rows = session.execute(
        select(Person.id, Person.name, Person.email, literal(True))
        .join(EmergencyAccount, EmergencyAccount.person_id == Person.id)
        .where(EmergencyAccount.organisation_id == who.organisation, Person.id.not_in(able))
        .order_by(Person.name, Person.id)
    )
    return [Candidate(*row) for row in rows]


def _apart(session: Session, who: Principal, condition: ColumnElement[bool]) -> list[Candidate]:
    who.require(Permission.SSO_MANAGE)
    named = exists().where(
        EmergencyAccount.organisation_id == who.organisation, EmergencyAccount.person_id == Person.id
    )
    linked = exists().where(
        DirectoryAccount.organisation_id == who.organisation, DirectoryAccount.person_id == Person.id
    )
    rows = session.execute(
        select(Person.id, Person.name, Person.email, named)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            RoleAssignment.organisation_id == who.organisation,
            RoleAssignment.role == Role.ORGANISATION_ADMIN,
            Person.status == PersonStatus.ACTIVE,
            Person.password_hash.is_not(None),
            ~linked,
            condition,
        )
        .order_by(Person.name, Person.id)
    )
    return [Candidate(*row) for row in rows]


def name_emergency_accounts(session: Session, who: Principal, people: Collection[UUID]) -> None:
    """Name the two accounts that may sign in with their passkeys whatever the rule.

    :raises PermissionDenied: without `sso:manage`.
    :raises Invalid: when they are not two admins with passkeys of their own, apart from the directory.
    """
    possible = {one.id for one in candidates(session, who)}
    wanted = set(people)
    if len(wanted) != EMERGENCY_ACCOUNTS or not wanted <= possible:
        raise Invalid(WHO_CAN_BE, {"accounts": [WHO_CAN_BE]})
    own = EmergencyAccount.organisation_id == who.organisation
    before = sorted(str(known) for known in session.scalars(select(EmergencyAccount.person_id).where(own)))
    session.execute(delete(EmergencyAccount).where(own))
    session.add_all(
        EmergencyAccount(organisation_id=who.organisation, person_id=person, named_by=who.person_id)
        for person in sorted(wanted)
    )
    session.flush()
    after = {"accounts": sorted(map(str, wanted))}
    subject = f"organisation {who.organisation}"
    record(session, who, AuditTag.SSO_EMERGENCY, subject, before={"accounts": before}, after=after)
    if only_by_directory(session, who.organisation):
        _end_local(session, who)


def enforce(session: Session, who: Principal) -> int:
    """Let nobody but the emergency accounts sign in otherwise; returns how many sessions and grants ended.

    :raises PermissionDenied: without `sso:manage`.
    :raises NotFound: without a directory.
    :raises Conflict: when no admin has just signed in with it, or the emergency accounts are not there.
    """
    found = directory_of(session, who)
    if found is None:
        raise NotFound
    if only_by_directory(session, who.organisation):
        return 0
    if not admin_tried_it(session, found):
        raise Conflict("first an admin signs in with the directory; that counts for 10 minutes")
    if sum(one.named for one in candidates(session, who)) != EMERGENCY_ACCOUNTS:
        raise Conflict(f"first name {EMERGENCY_ACCOUNTS} emergency accounts, each of which has a passkey")
    # Sessions name the organisation: who begins one now is waited for, and who comes next finds the rule.
    session.execute(select(Organisation.id).where(Organisation.id == who.organisation).with_for_update())
    session.add(SignInRule(organisation_id=who.organisation, set_by=who.person_id))
    session.flush()
    record(session, who, AuditTag.SSO_ENFORCE, f"directory {found.id}", after={"only": True})
    return _end_local(session, who)


def relax(session: Session, who: Principal) -> None:
    """Let people sign in with passwords again.

    :raises PermissionDenied: without `sso:manage`.
    """
    who.require(Permission.SSO_MANAGE)
    gone = session.scalars(
        delete(SignInRule)
        .where(SignInRule.organisation_id == who.organisation)
        .returning(SignInRule.organisation_id)
    ).all()
    if gone:
        subject = f"organisation {who.organisation}"
        record(session, who, AuditTag.SSO_ENFORCE, subject, after={"only": False})


def _end_local(session: Session, who: Principal) -> int:
    """End what people began for the organisation without its directory: sessions, and what programs may do.

    What the emergency accounts began with their passkeys goes on.
    """
    emergency = select(EmergencyAccount.person_id).where(EmergencyAccount.organisation_id == who.organisation)
    sessions = session.scalars(
        select(SignedInSession.id).where(
            SignedInSession.organisation_id == who.organisation,
            SignedInSession.expires_at > func.now(),
            ~SignedInSession.bound,
            ~(SignedInSession.person_id.in_(emergency) & _proved_by(SignedInSession.amr, PASSKEY)),
        )
    ).all()
    grants = session.scalars(
        select(OAuthGrant.id).where(
            OAuthGrant.organisation_id == who.organisation,
            OAuthGrant.person_id.is_not(None),
            OAuthGrant.revoked_at.is_(None),
            OAuthGrant.expires_at > func.now(),
            ~_proved_by(OAuthGrant.amr, {Method.SINGLE_SIGN_ON}),
            ~(OAuthGrant.person_id.in_(emergency) & _proved_by(OAuthGrant.amr, PASSKEY)),
        )
    ).all()
    ended = [of_credential(SESSION, one) for one in sessions] + [of_credential(GRANT, one) for one in grants]
    for subject in ended:
        end_access(session, who, subject, Cause.SINGLE_SIGN_ON)
    return len(ended)


def _proved_by(amr: InstrumentedAttribute[list[str]], methods: Collection[Method]) -> ColumnElement[bool]:
    """Whether one of the methods is among those of a session or grant."""
    return or_(*(literal(method.value) == any_(amr) for method in sorted(methods)))
