"""Sessions: started for one organisation, resolved to a principal at every request, switched, ended.

These run on the gate's database role: nobody is known yet when they are called.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from accord_auth.audit.service import current_address
from accord_auth.errors import NotFound, SignInFailed
from accord_auth.factors.methods import Method, together, will_do
from accord_auth.organisations.local_sign_in import may_sign_in_locally
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.standing import may_act
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.people.passwords import verify_password
from accord_auth.permissions import IN_AN_EMERGENCY, Role
from accord_auth.principal import Principal
from accord_auth.sessions.emergency_accounts import opens_in_emergencies
from accord_auth.sessions.models import EmergencyReading, SignedInSession, reading_is_open
from accord_auth.standing import (
    NAMED,
    PLATFORM_NAME,
    PLATFORM_SLUG,
    Named,
    asks_second_factor,
    principal_from,
    standing,
)

TOKEN_BYTES = 32
LONGEST_USER_AGENT = 300
USED_WITHIN = timedelta(minutes=5)
"""How exact a session's last use is kept: not every request writes."""


@dataclass(frozen=True)
class Choice:
    """An organisation for which a person can act; no id means the platform itself."""

    organisation_id: UUID | None
    slug: str
    name: str


@dataclass(frozen=True)
class SignIn:
    """A started session: its token is known to the caller only."""

    token: str
    expires_at: datetime


@dataclass(frozen=True)
class SignedIn:
    """Who a token stands for, by which session, and when the person last proved who it is."""

    principal: Principal
    session_id: UUID
    person_id: UUID
    proved_at: datetime
    expires_at: datetime
    authenticated_at: datetime
    amr: tuple[str, ...]
    """How the person proved who it is so far, in the words of RFC 8176; of a directory, what it says."""
    bound: bool
    """Whether the session acts for its organisation alone: that organisation's directory started it."""
    asked: bool
    """Whether the organisation asks for a second factor."""

    @property
    def ways(self) -> tuple[str, ...]:
        """How the person proved who it is, with what Accord itself says of a directory."""
        return (*self.amr, Method.SINGLE_SIGN_ON) if self.bound else self.amr

    def is_asked(self, *, platform: bool) -> bool:
        """Whether a second factor is asked of the person here; `platform`: whether the platform asks for
        one."""
        who = self.principal
        # Who reads in an emergency acts for the platform, whatever organisation is read.
        of_platform = who.organisation_id is None or who.emergency_id is not None
        return platform if of_platform else self.asked

    def lacks_factor(self, *, platform: bool) -> bool:
        """Whether nothing may be done before there is a second factor."""
        return self.is_asked(platform=platform) and not will_do(self.ways)


@dataclass(frozen=True)
class Proof:
    """How and when somebody proved who it is, as a session remembers it.

    `amr` as of RFC 8176. `proved_at` is when it last counted for dangerous acts.
    """

    amr: tuple[str, ...]
    authenticated_at: datetime
    proved_at: datetime


def just_now(*amr: str) -> Proof:
    """Just now, in these ways."""
    now = datetime.now(UTC)
    return Proof(tuple(together(amr)), now, now)


PLATFORM = Choice(organisation_id=None, slug=PLATFORM_SLUG, name=PLATFORM_NAME)


def choices(session: Session, *, email: str, password: str) -> tuple[UUID, list[Choice]]:
    """The person with this address and password, and the organisations the person can act for.

    :raises SignInFailed: whatever is wrong, and after the same time.
    """
    # What the database cannot hold belongs to nobody; it is looked for all the same.
    address = email.strip().lower().replace("\x00", "").encode("utf-8", "replace").decode()
    person = session.scalar(select(Person).where(Person.email == address))
    proved = verify_password(person.password_hash if person else None, password)
    if person is None or not proved or person.status != PersonStatus.ACTIVE:
        raise SignInFailed
    found = choices_of(session, person.id)
    if not found:
        raise SignInFailed
    return person.id, found


def choices_of(session: Session, person_id: UUID, amr: Collection[str] | None = None) -> list[Choice]:
    """What a person can act for now after a local sign-in: organisations by name, and the platform last.

    With `amr` (RFC 8176) only that for which this is enough: an emergency account takes a passkey.
    """
    in_emergencies = amr is None or opens_in_emergencies(amr)
    rows = session.execute(
        select(RoleAssignment.organisation_id, Organisation.slug, Organisation.name)
        .outerjoin(Organisation, Organisation.id == RoleAssignment.organisation_id)
        .where(
            RoleAssignment.person_id == person_id,
            may_act() | RoleAssignment.organisation_id.is_(None),
            may_sign_in_locally(
                RoleAssignment.person_id, RoleAssignment.organisation_id, in_emergencies=in_emergencies
            ),
        )
        .distinct()
        .order_by(Organisation.name)
    ).all()
    return [Choice(row[0], row[1], row[2]) if row[0] else PLATFORM for row in rows]


def choices_in(session: Session, signed_in: SignedIn) -> list[Choice]:
    """What the person of a session can act for, in it or by switching."""
    if not signed_in.bound:
        return choices_of(session, signed_in.person_id, signed_in.amr)
    here = signed_in.principal
    return [Choice(here.organisation_id, here.organisation_slug, here.organisation_name)]


def start_session(
    session: Session,
    *,
    person_id: UUID,
    choice: Choice,
    hours: float,
    user_agent: str = "",
    proof: Proof | None = None,
    bound: bool = False,
) -> SignIn:
    """Start a session of a person for one of the person's choices.

    Without a `proof` the person has just given the password.
    """
    now = datetime.now(UTC)
    ends, proof = now + timedelta(hours=hours), proof or just_now(Method.PASSWORD)
    started = _start(session, person_id, choice, ends, user_agent, proof, bound=bound)
    session.get_one(Person, person_id).last_sign_in_at = now
    session.execute(delete(SignedInSession).where(SignedInSession.expires_at < func.now()))
    return started


def _start(
    session: Session,
    person_id: UUID,
    choice: Choice,
    expires_at: datetime,
    user_agent: str,
    proof: Proof,
    *,
    bound: bool = False,
    emergency_id: UUID | None = None,
) -> SignIn:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.execute(
        update(RoleAssignment)
        .where(
            RoleAssignment.person_id == person_id,
            RoleAssignment.organisation_id.is_not_distinct_from(choice.organisation_id),
        )
        .values(last_sign_in_at=func.now())
    )
    session.add(
        SignedInSession(
            token_hash=_hash(token),
            person_id=person_id,
            organisation_id=choice.organisation_id,
            expires_at=expires_at,
            user_agent=user_agent.replace("\x00", "")[:LONGEST_USER_AGENT],
            address=current_address(),
            proved_at=proof.proved_at,
            authenticated_at=proof.authenticated_at,
            amr=list(proof.amr),
            bound=bound,
            emergency_id=emergency_id,
        )
    )
    return SignIn(token, expires_at)


def switch_session(session: Session, signed_in: SignedIn, slug: str) -> SignIn:
    """Act for another organisation: a new session with a new token, and the old one is over.

    It ends when the old one would have, and the last proof of who it is counts on.

    :raises NotFound: when the person can act for no organisation of this name, or a directory started the
        session: it acts for its organisation alone.
    """
    found = [] if signed_in.bound else choices_of(session, signed_in.person_id, signed_in.amr)
    choice = next((one for one in found if one.slug == slug), None)
    if choice is None:
        raise NotFound("you cannot act for an organisation of this name")
    return _in_its_place(session, signed_in, choice)


def reading_session(session: Session, signed_in: SignedIn, emergency_id: UUID) -> SignIn:
    """Read in an emergency: a new session that does nothing else, and the old one is over.

    Whoever calls has asked whether the person may.

    :raises NotFound: when the old session is over already.
    """
    return _in_its_place(session, signed_in, PLATFORM, emergency_id)


def _in_its_place(
    session: Session, signed_in: SignedIn, choice: Choice, emergency_id: UUID | None = None
) -> SignIn:
    gone = session.scalar(
        delete(SignedInSession).where(SignedInSession.id == signed_in.session_id).returning(SignedInSession)
    )
    if gone is None:
        # Ended in the meantime, by whoever may: nothing can be made of it any more.
        raise NotFound("this session is over")
    proof = Proof(tuple(gone.amr), gone.authenticated_at, signed_in.proved_at)
    ends, agent = signed_in.expires_at, gone.user_agent
    return _start(session, signed_in.person_id, choice, ends, agent, proof, emergency_id=emergency_id)


def resolve(session: Session, token: str) -> Principal | None:
    """The principal that a token stands for right now; None when it stands for nobody."""
    found = resolve_session(session, token)
    return found.principal if found is not None else None


# Made once: making it costs as much as asking it, and it is asked at every request.
_WHO = (
    standing(SignedInSession, SignedInSession.person_id, SignedInSession.organisation_id)
    .with_only_columns(
        *NAMED,
        func.array_agg(RoleAssignment.role),
        SignedInSession.id,
        SignedInSession.proved_at,
        SignedInSession.expires_at,
        SignedInSession.last_used_at,
        SignedInSession.emergency_id,
        SignedInSession.authenticated_at,
        SignedInSession.amr,
        SignedInSession.bound,
        asks_second_factor(SignedInSession.organisation_id),
        maintain_column_froms=True,
    )
    .where(
        SignedInSession.token_hash == bindparam("token_hash", type_=SignedInSession.token_hash.type),
        SignedInSession.expires_at > func.now(),
    )
    .group_by(SignedInSession.id)
)


def resolve_session(session: Session, token: str) -> SignedIn | None:
    """Who a token stands for right now, and by which session; None when it stands for nobody.

    Person, organisation and roles are read each time: taking one away works at the next request.
    """
    known = SignedInSession
    session.flush()
    # On the connection, because an object-relational session doubles what asking costs this process.
    row = session.connection().execute(_WHO, {"token_hash": _hash(token)}).one_or_none()
    if row is None:
        return None
    person, organisation, roles, *more = row[:3], row[3:7], *row[7:]
    session_id, proved_at, expires_at, last_used_at, emergency_id, *more = more
    found: Principal | None = principal_from(person, organisation if organisation[0] else None, roles)
    if emergency_id is not None:
        found = reader_of(session, person, roles, emergency_id)
    if found is None:
        return None
    if last_used_at < datetime.now(UTC) - USED_WITHIN:
        session.execute(update(known).where(known.id == session_id).values(last_used_at=func.now()))
    authenticated_at, amr, bound, asked = more
    return SignedIn(
        found, session_id, person[0], proved_at, expires_at, authenticated_at, tuple(amr), bound, asked
    )


def reader_of(session: Session, person: Named, roles: Sequence[str], emergency_id: UUID) -> Principal | None:
    """Who reads an organisation's case data in an emergency; None when that is over, or not theirs."""
    if Role.PLATFORM_ADMIN not in roles:
        return None
    affected = session.scalar(
        select(Organisation)
        .join(EmergencyReading, EmergencyReading.organisation_id == Organisation.id)
        .where(EmergencyReading.id == emergency_id, EmergencyReading.asked_by == person[0], reading_is_open())
    )
    if affected is None:
        return None
    found = principal_from(person, (affected.id, affected.slug, affected.name, affected.kind), ())
    return replace(found, permissions=IN_AN_EMERGENCY, emergency_id=emergency_id)


def end_session(session: Session, token: str) -> None:
    """Sign out: the token stands for nobody from now on."""
    session.execute(delete(SignedInSession).where(SignedInSession.token_hash == _hash(token)))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
