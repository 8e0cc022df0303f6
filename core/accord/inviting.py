"""Handing an invitation's link over: by mail where there is a mail server, else to the inviter, once."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from accord.notices import one_line
from accord_auth.invitations.service import Invited, mark_sent
from accord_auth.permissions import ROLE_NAMES
from accord_config.database import NOBODY, Database
from accord_config.mail import Mailer, MailNotSent

PATH = "/invitation"
"""Where an invitation is looked at and accepted, followed by its token."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class HandedOver:
    """What became of an invitation's link.

    `link` is filled only where Accord sends no mail: the inviter gives it to the person, and nobody
    ever sees it again. With a mail server that did not take it, neither `sent` nor `link` is.
    """

    email: str
    sent: bool
    link: str | None

    def words(self) -> str:
        """What to tell the inviter, but for the link itself."""
        if self.sent:
            return f"The invitation is on its way to {self.email}."
        if self.link is not None:
            return f"Accord sends no mail here: give this link to {self.email}. It is not shown again."
        return f"The mail server did not take the invitation to {self.email}: send it again."


def hand_over(gate: Database, mailer: Mailer, base: str, invited: Invited) -> HandedOver:
    """Mail the link of an invitation that is committed already; `base` is the address of Accord."""
    link = f"{base}{PATH}/{invited.token}"
    if not mailer.sends:
        return HandedOver(invited.email, sent=False, link=link)
    subject = f"Invitation to act for {invited.organisation_name} on Accord"
    try:
        mailer.send(invited.email, one_line(subject), _body(invited, link))
    except MailNotSent as error:
        logger.warning("an invitation was not mailed: %s", error)
        return HandedOver(invited.email, sent=False, link=None)
    with gate.transaction(NOBODY) as session:
        mark_sent(session, invited.id)
    return HandedOver(invited.email, sent=True, link=None)


def _body(invited: Invited, link: str) -> str:
    inviter, organisation = one_line(invited.inviter_name), one_line(invited.organisation_name)
    return f"""\
{inviter} invites you to act for {organisation} on Accord as {ROLE_NAMES[invited.role]}.

Open this link to accept. It works once, until {invited.expires_at:%d %B %Y, %H:%M} UTC:

{link}

If you did not expect this, leave the link alone and tell whoever you know there.
"""
