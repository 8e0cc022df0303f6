"""What happens because a day has come: agreements end, and are warned of before; applications lapse; new
members get their plugins.

Access is refused on the day even where this never runs (`accord_auth.organisations.standing`): here sessions
and the rest end, the status is set, and it is written down.
"""

from __future__ import annotations

import logging

from procrastinate import Blueprint, JobContext

from accord.notices import mail_all, one_line
from accord.registry.service import activate_all
from accord.services import services_of
from accord_auth.joining.due import lapse_due, mark_equipped, to_equip, to_warn, warned
from accord_auth.joining.membership import expire_due
from accord_config.database import NOBODY, Database, Role, Scope
from accord_config.home import Home
from accord_config.mail import Mailer, mailer_of
from accord_config.queue import QUEUE

LOCK = "joining:look-after"
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
            look_after_members(gate, services_of(context).database)
            warn_members(gate, mailer_of(home.settings), home.settings.issuer)
        finally:
            gate.close()

    return blueprint


def look_after_members(gate: Database, worker: Database) -> None:
    """End what is over, and give new members their plugins; nothing where nothing is due."""
    with gate.transaction(NOBODY) as session:
        for ending in expire_due(session):
            logger.info(
                "the agreement of %s is over: %s ended", ending.organisation.slug, ending.ended.words()
            )
        for found in lapse_due(session):
            logger.info("application %s lapsed", found.id)
        waiting = to_equip(session)
    for organisation_id in waiting:
        with worker.transaction(Scope(organisation_id=organisation_id)) as session:
            activate_all(session, organisation_id)
        with gate.transaction(NOBODY) as session:
            mark_equipped(session, organisation_id)


def warn_members(gate: Database, mailer: Mailer, base: str) -> None:
    """Tell the admins of whom an agreement ends within 30 days, and the platform's, once for each agreement.

    `base` is the address of Accord. Without a mail server it stands in their logs and on their pages.
    """
    while _warn_next(gate, mailer, base):
        pass


def _warn_next(gate: Database, mailer: Mailer, base: str) -> bool:
    """One warning and its note in one transaction; a server that is away gets it at the next run."""
    with gate.transaction(NOBODY) as session:
        found = to_warn(session)
        if found is None:
            return False
        name, ends_on = one_line(found.organisation.name), found.agreement.ends_on
        subject = f"The agreement of {name} on Accord ends on {ends_on:%d %B %Y}"
        body = _WARNING.format(name=name, day=ends_on, base=base, slug=found.organisation.slug)
        if mailer.sends and not mail_all(mailer, found.addresses, subject, body):
            return False
        warned(session, found)
        return True


_WARNING = """\
The agreement under which {name} takes part on Accord ends on {day:%d %B %Y}.
On that day access closes: nobody acts for {name} any more, until a new agreement is recorded.

{name} sees its agreements here: {base}/organisation
Platform admins record a new one here: {base}/admin/organisations/{slug}
"""
