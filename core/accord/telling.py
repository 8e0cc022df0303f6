"""Telling a person by mail what was done to the account, where there is a mail server."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from accord_config.mail import Mailer, MailNotSent

RESET = "An admin reset the second factors of your account: sign in with your password and set up new ones."

logger = logging.getLogger(__name__)


def tell(mailer: Mailer, to: str, what: str, *, by_oneself: bool = True) -> bool:
    """Mail somebody that this was done to the account; False when no mail went out.

    `what` is a whole sentence. It never fails: what was done is done.
    """
    if not mailer.sends or not to:
        return False
    unexpected = "this was not you" if by_oneself else "you did not ask for this"
    body = f"""\
{what}

When: {datetime.now(UTC):%d %B %Y, %H:%M} UTC.

If {unexpected}, sign in, end all other sessions and change your password under "Your account", and tell an
admin of your organisation at once.
"""
    try:
        mailer.send(to, "Your account on Accord", body)
    except MailNotSent as error:
        logger.warning("a person was not told of a change of the account: %s", error)
        return False
    return True
