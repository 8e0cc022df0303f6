"""Mail to the admins of both sides when an emergency account was used."""

from __future__ import annotations

import logging
from uuid import UUID

from procrastinate import Blueprint
from sqlalchemy import or_, select

from accord_auth.organisations.models import Organisation
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.permissions import Role as PersonRole
from accord_auth.sessions.alerts import EMERGENCY_ALERT
from accord_config.database import NOBODY, Database, Role
from accord_config.home import Home
from accord_config.mail import Mailer, MailNotSent, mailer_of
from accord_config.queue import QUEUE

logger = logging.getLogger(__name__)


def alerting(home: Home) -> Blueprint:
    """The tasks of a worker of this home."""
    blueprint = Blueprint()

    @blueprint.task(name=EMERGENCY_ALERT.partition(":")[2], queue=QUEUE, retry=5)
    def alert(*, organisation_id: str, person_id: str, moment: str, address: str) -> None:
        """Tell the admins."""
        gate = home.database(Role.GATE, pool_size=1)
        try:
            tell_admins(
                gate, mailer_of(home.settings), UUID(organisation_id), UUID(person_id), moment, address
            )
        finally:
            gate.close()

    return blueprint


def tell_admins(
    gate: Database, mailer: Mailer, organisation_id: UUID, person_id: UUID, moment: str, address: str
) -> int:
    """Mail every admin of the organisation and of the platform; returns how many were told.

    :raises MailNotSent: when the mail server took none of them; the queue tries again.
    """
    with gate.transaction(NOBODY) as session:
        organisation = session.get_one(Organisation, organisation_id)
        person = session.get_one(Person, person_id)
        to = session.scalars(
            select(Person.email)
            .join(RoleAssignment, RoleAssignment.person_id == Person.id)
            .where(
                Person.status == PersonStatus.ACTIVE,
                or_(
                    (RoleAssignment.organisation_id == organisation_id)
                    & (RoleAssignment.role == PersonRole.ORGANISATION_ADMIN),
                    RoleAssignment.organisation_id.is_(None)
                    & (RoleAssignment.role == PersonRole.PLATFORM_ADMIN),
                ),
            )
            .distinct()
            .order_by(Person.email)
        ).all()
    if not mailer.sends:
        logger.warning("an emergency account of %s was used; no mail server is set", organisation.slug)
        return 0
    subject = " ".join(f"An emergency account of {organisation.name} was used".split())
    told = sum(
        _sent(mailer, address_of, subject, _body(organisation, person, moment, address)) for address_of in to
    )
    if to and not told:
        raise MailNotSent("no admin could be told")
    return told


def _sent(mailer: Mailer, to: str, subject: str, body: str) -> bool:
    try:
        mailer.send(to, subject, body)
    except MailNotSent as error:
        logger.warning("an alert was not mailed: %s", error)
        return False
    return True


def _body(organisation: Organisation, person: Person, moment: str, address: str) -> str:
    where = f" from {address}" if address else ""
    return f"""\
{" ".join(person.name.split())} ({person.email}) signed in to Accord with a passkey for
{" ".join(organisation.name.split())}, at {moment}{where}.

People of this organisation sign in with its directory. This account is one of the two for days on which the
directory is away. If nobody of you knows why it was used, end its sessions, reset its second factors and
tell whoever runs Accord now.
"""
