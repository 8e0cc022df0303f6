"""Each minute: emergency readings that are over are closed; mails say what waits and what was approved."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from procrastinate import Blueprint, JobContext
from sqlalchemy.orm import Session

from accord.notices import mail_all, one_line
from accord_auth.emergencies.due import Notice, to_decide, to_tell, told, told_to_decide
from accord_auth.emergencies.service import end_due
from accord_config.database import NOBODY, Database, Role
from accord_config.home import Home
from accord_config.mail import Mailer, mailer_of
from accord_config.queue import QUEUE

LOCK = "emergencies:look-after"
EVERY_MINUTE = "* * * * *"

logger = logging.getLogger(__name__)


def looking_after(home: Home) -> Blueprint:
    """The tasks of a worker of this home."""
    blueprint = Blueprint()

    @blueprint.periodic(cron=EVERY_MINUTE)
    @blueprint.task(name="look-after", pass_context=True, queue=QUEUE, queueing_lock=LOCK, lock=LOCK)
    def look_after(context: JobContext, timestamp: int) -> None:
        """Do what is due."""
        gate = home.database(Role.GATE, pool_size=1)
        try:
            look_after_readings(gate, mailer_of(home.settings), home.settings.issuer)
        finally:
            gate.close()

    return blueprint


def look_after_readings(gate: Database, mailer: Mailer, base: str) -> None:
    """Close what is over; tell who can approve what waits, and whose data is read. `base` begins links."""
    with gate.transaction(NOBODY) as session:
        for one in end_due(session):
            logger.info("emergency reading %s of %s is over", one.reading.id, one.organisation.slug)
    for letter in LETTERS:
        while mailer.sends and _mail_next(gate, mailer, letter, base):
            pass


def _mail_next(gate: Database, mailer: Mailer, letter: Letter, base: str) -> bool:
    """Mail one notice; whether there may be more. One that is not taken is tried again a minute later."""
    with gate.transaction(NOBODY) as session:
        notice = letter.next(session)
        if notice is None:
            return False
        if not mail_all(mailer, notice.addresses, letter.subject, letter.body(notice, base)):
            return False
        letter.done(session, notice)
        return True


def _request(notice: Notice, base: str) -> str:
    reading, organisation = notice.emergency.reading, notice.emergency.organisation
    asker = one_line(reading.asked_name)
    return f"""\
{asker} asks to read the case data of {one_line(organisation.name)} in an emergency, until
{reading.ends_at:%d %B %Y, %H:%M} UTC. Nothing can be read until another platform admin approves it.

Why it is asked for, and the buttons to approve or to refuse it, are here:

{base}/emergencies/{reading.id}
"""


def _body(notice: Notice, base: str) -> str:
    reading, organisation = notice.emergency.reading, notice.emergency.organisation
    reader, approver = one_line(reading.asked_name), one_line(reading.approved_name)
    return f"""\
{reader} asked to read the case data of {one_line(organisation.name)} in an emergency, and {approver}
approved it. The reading can last until {reading.ends_at:%d %B %Y, %H:%M} UTC. Nothing can be changed in it,
and everything that is opened stands in your audit log.

Why, and what was read, is here:

{base}/emergencies/{reading.id}
"""


@dataclass(frozen=True)
class Letter:
    """A mail about emergency readings: whose turn it is, what it says, and how it is noted as sent."""

    next: Callable[[Session], Notice | None]
    subject: str
    body: Callable[[Notice, str], str]
    done: Callable[[Session, Notice], None]


LETTERS = (
    Letter(to_decide, "An emergency reading waits for your approval on Accord", _request, told_to_decide),
    Letter(to_tell, "A platform admin can read your case data on Accord", _body, told),
)
