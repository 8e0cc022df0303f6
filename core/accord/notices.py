"""Short mails to the admins of a member or of the platform, where a mail server is set."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from accord_config.mail import Mailer, MailNotSent

logger = logging.getLogger(__name__)


def mail_all(mailer: Mailer, addresses: Sequence[str], subject: str, body: str) -> bool:
    """Mail a text to several people, each on their own; whether it may be said that they were told.

    When the server takes it for nobody it is away, and it is worth another try. An address that it refuses
    while it takes others is not: nobody gets the same text twice for it.
    """
    taken = 0
    for address in addresses:
        try:
            mailer.send(address, one_line(subject), body)
        except MailNotSent as error:
            logger.warning("a notice was not mailed: %s", error)
        else:
            taken += 1
    return taken > 0 or not addresses


def one_line(text: str) -> str:
    """A name as it may stand in a mail: what could begin a line of its own is a space."""
    return " ".join(text.split())
