"""A mail server of the test's own, on loopback, that keeps what it gets."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from accord_config.mail import SmtpMailer


class Inbox:
    """A mail server of the test's own, on a port of this machine, that keeps what it gets."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refuses = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuses:
            return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        found = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        self.messages.append(found)
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[tuple[Inbox, SmtpMailer]]:
    """A server that runs, and a mailer that sends to it."""
    inbox = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield inbox, SmtpMailer("127.0.0.1", port, starttls=False, sender="accord@example.org")
    finally:
        controller.stop()
