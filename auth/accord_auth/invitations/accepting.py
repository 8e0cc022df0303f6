"""Accepting an invitation: once, by whoever proves the address, while the inviter still may invite.

Whoever has the link got it at the invited address, or from the inviter's own hand where Accord sends no
mail. A new person sets name and password; somebody with an account enters its password.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, current_address, record
from accord_auth.directory.placing import bind
from accord_auth.errors import AccordError, NotFound, PermissionDenied, SignInFailed
from accord_auth.factors.methods import Method
from accord_auth.factors.service import has_factor
from accord_auth.invitations.models import Invitation, is_open
from accord_auth.invitations.service import hash_of, require_may_invite, still_open
from accord_auth.organisations.local_sign_in import only_by_directory
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.standing import may_act
from accord_auth.people.granting import hold_people
from accord_auth.people.models import Person, PersonStatus
from accord_auth.people.passwords import verify_password
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role
from accord_auth.principal import Principal
from accord_auth.sessions.limits import ACCOUNT
from accord_auth.sessions.pending import Pending, begin
from accord_auth.sessions.service import PLATFORM, Choice, SignIn, start_session
from accord_auth.standing import principal_of, standing
from accord_auth.throttling.service import Held, Limit, give_back, network_of, settle, take
from accord_config.database import NOBODY, Database

NETWORK = Limit("invitation network", 60, timedelta(minutes=15))
"""Looks at what is no invitation, and tries to accept it, from one network address. A token cannot be
guessed; this keeps anybody from trying all day. A link that holds gives its look back."""


class InvitationOver(AccordError):
    """This invitation does not hold any more. Ask whoever invited you to send it again."""


@dataclass(frozen=True)
class Offer:
    """What an invitation offers. `known`: whether there is an account with its address."""

    email: str
    role: Role
    organisation: str
    known: bool
    slug: str
    """The organisation's short name."""
    only_directory: bool
    """Whether the organisation's people sign in with its own directory alone."""


def look_at(gate: Database, token: str) -> Offer:
    """What the link offers.

    :raises InvitationOver: when it was used, withdrawn, has expired, or the inviter may not invite any more;
        and for a token of nothing.
    :raises TooManyTries: when there were too many looks from one network.
    """
    counted = _count(gate)
    with gate.transaction(NOBODY) as session:
        found = open_invitation(session, hash_of(token))
        give_back(session, counted)
        person = session.scalar(select(Person).where(Person.email == found.email))
        choice = _choice(session, found)
        return Offer(
            found.email,
            Role(found.role),
            choice.name,
            known=person is not None and person.password_hash is not None,
            slug=choice.slug,
            only_directory=only_by_directory(session, found.organisation_id),
        )


def accept(
    gate: Database, token: str, *, password: str, name: str = "", hours: float, user_agent: str = ""
) -> SignIn | Pending:
    """Accept an invitation and start a session for its organisation; for an account with a second factor, the
    sign-in that waits for it.

    For an address without an account `name` and `password` are the new account's. For one with an account
    the password is its own, and the name is not looked at.

    :raises InvitationOver: when it does not hold, or somebody else was faster.
    :raises Invalid: when name or password of a new account will not do.
    :raises SignInFailed: when it is not the password of the account.
    :raises TooManyTries: when there were too many.
    """
    counted = _count(gate)
    with gate.transaction(NOBODY) as session:
        address = open_invitation(session, hash_of(token)).email
    account = ACCOUNT.of(address)
    take(gate, account)
    with gate.transaction(NOBODY) as session:
        found = open_invitation(session, hash_of(token))
        if only_by_directory(session, found.organisation_id):
            raise InvitationOver(
                "its people sign in with their organisation's directory: use the button for that"
            )
        hold_people(session, found.organisation_id)
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(address, 1))))
        person = _person(session, address, name, password)
        _use(session, found, person)
        # Before the invitation's own role: what the directory gives it can take again.
        bind(session, found.organisation_id, person)
        assign_role(
            session, person_id=person.id, role=Role(found.role), organisation_id=found.organisation_id
        )
        settle(session, forgotten=(account,), back=(counted,))
        choice = _choice(session, found)
        session.flush()
        _write_down(session, found, person, choice)
        if has_factor(session, person.id):
            return begin(session, person.id, choice.slug, [Method.PASSWORD])
        return start_session(session, person_id=person.id, choice=choice, hours=hours, user_agent=user_agent)


def _count(gate: Database) -> Held:
    held = NETWORK.of(network_of(current_address()))
    take(gate, held)
    return held


def use_by_directory(session: Session, found: Invitation, person: Person) -> None:
    """Use an invitation up for somebody whom the organisation's directory named under the invited address.

    :raises InvitationOver: when somebody else was faster.
    """
    _use(session, found, person)
    _write_down(session, found, person, _choice(session, found))


def open_invitation(session: Session, token_hash: bytes) -> Invitation:
    """The invitation of a token's hash, while it holds and whoever sent it may still invite to its role.

    :raises InvitationOver: otherwise.
    """
    found = still_open(session, token_hash)
    if found is None:
        raise InvitationOver
    if found.organisation_id is not None:
        acting = select(Organisation.id).where(Organisation.id == found.organisation_id, may_act())
        if session.scalar(acting) is None:
            raise InvitationOver
    if found.invited_by is None:
        return found
    row = session.execute(
        standing(Invitation, Invitation.invited_by, Invitation.invited_from).where(Invitation.id == found.id)
    ).one_or_none()
    if row is None:
        raise InvitationOver
    try:
        require_may_invite(session, principal_of(*row), Role(found.role), found.organisation_id)
    except (NotFound, PermissionDenied) as error:
        raise InvitationOver from error
    return found


def _person(session: Session, address: str, name: str, password: str) -> Person:
    person = session.scalar(select(Person).where(Person.email == address))
    active = person is None or person.status == PersonStatus.ACTIVE
    if active and (person is None or person.password_hash is None):
        return create_person(session, email=address, name=name, password=password)
    if person is None or not verify_password(person.password_hash, password) or not active:
        raise SignInFailed(f"this is not the password of {address}")
    return person


def _use(session: Session, found: Invitation, person: Person) -> None:
    """Use it up. Of two who come at once, the second waits here and finds it used."""
    session.flush()
    used = session.scalar(
        update(Invitation)
        .where(Invitation.id == found.id, Invitation.token_hash == found.token_hash, is_open())
        .values(accepted_at=func.now(), accepted_by=person.id)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    )
    if used is None:
        raise InvitationOver


def _choice(session: Session, found: Invitation) -> Choice:
    if found.organisation_id is None:
        return PLATFORM
    organisation = session.get_one(Organisation, found.organisation_id)
    return Choice(organisation.id, organisation.slug, organisation.name)


def _write_down(session: Session, found: Invitation, person: Person, choice: Choice) -> None:
    who = Principal(
        organisation_id=choice.organisation_id,
        organisation_slug=choice.slug,
        organisation_name=choice.name,
        organisation_kind="",
        person_id=person.id,
        person_name=person.name,
        email=person.email,
        roles=frozenset(),
        permissions=frozenset(),
    )
    detail = {"email": found.email, "role": found.role}
    record(
        session,
        who,
        AuditTag.INVITATION_ACCEPT,
        f"invitation {found.id}",
        detail,
    )
