"""Mails to the people of a share's recipient: records of it were withdrawn since. They hold nothing of it.

On the gate's role, which sees whose a share is and when it changed, and nothing of what is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from procrastinate import Blueprint, JobContext
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from accord.notices import mail_all
from accord.sharing.models import Share
from accord_auth.people.granting import addresses_with
from accord_auth.permissions import Permission
from accord_config.database import NOBODY, Database, Role
from accord_config.home import Home
from accord_config.mail import Mailer, mailer_of
from accord_config.queue import QUEUE

NEWS = timedelta(days=7)
"""What is older is no news: there was no mail server then."""
LOCK = "sharing:tell"
EVERY_MINUTE = "* * * * *"
SUBJECT = "Something that was shared with you on Accord was withdrawn"


def telling(home: Home) -> Blueprint:
    """The task of a worker of this home."""
    blueprint = Blueprint()

    @blueprint.periodic(cron=EVERY_MINUTE)
    @blueprint.task(name="tell", pass_context=True, queue=QUEUE, queueing_lock=LOCK, lock=LOCK)
    def tell(context: JobContext, timestamp: int) -> None:
        """Tell the recipients of shares that changed."""
        mailer = mailer_of(home.settings)
        if not mailer.sends:
            return
        gate = home.database(Role.GATE, pool_size=1)
        try:
            tell_recipients(gate, mailer, home.settings.issuer)
        finally:
            gate.close()

    return blueprint


def tell_recipients(gate: Database, mailer: Mailer, base: str) -> None:
    """Mail whoever works with a share at its recipient's that records of it were withdrawn, once each time.

    `base` begins links. Without a mail server nothing is mailed: the share's page and the list of shares
    say it.
    """
    while mailer.sends and _tell_next(gate, mailer, base):
        pass


@dataclass(frozen=True)
class _Changed:
    share_id: UUID
    changed_at: datetime
    addresses: Sequence[str]


def _tell_next(gate: Database, mailer: Mailer, base: str) -> bool:
    """One share and its note in one transaction; a mail server that is away gets it at the next run."""
    with gate.transaction(NOBODY) as session:
        found = _next(session)
        if found is None:
            return False
        if not mail_all(mailer, found.addresses, SUBJECT, _BODY.format(base=base, share=found.share_id)):
            return False
        told = update(Share).where(Share.id == found.share_id)
        session.execute(told.values(told_at=found.changed_at))
        return True


def _next(session: Session) -> _Changed | None:
    """The next share that changed since its recipient was told; held until the end."""
    untold = or_(Share.told_at.is_(None), Share.told_at < Share.changed_at)
    open_ = or_(Share.expires_at.is_(None), Share.expires_at > func.now())
    row = session.execute(
        select(Share.id, Share.recipient_id, Share.changed_at, Share.restricted)
        .where(Share.changed_at > func.now() - NEWS, untold, Share.revoked_at.is_(None), open_)
        .order_by(Share.changed_at, Share.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    share_id, recipient, changed_at, restricted = row
    if changed_at is None:
        return None
    needed = {Permission.SHARES_READ, Permission.CASES_READ}
    if restricted:
        needed.add(Permission.LEADS_MINORS)
    return _Changed(share_id, changed_at, addresses_with(session, recipient, needed))


_BODY = """\
A member of the task force shared a case with your organisation. Records of it were withdrawn since: whoever
published them took them back. What you see of the case is without them from now on.

Please delete what you copied of them. What is left, and how many records were withdrawn, is here:

{base}/shares/{share}
"""
