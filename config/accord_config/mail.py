"""Sending mail: one short text to one address, over SMTP, or not at all where no server is set."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Protocol

from accord_config.settings import Settings

TIMEOUT_S = 10.0


class MailNotSent(Exception):
    """The mail server did not take the message; the reason is in the log of whoever runs Accord."""


class Mailer(Protocol):
    """Sends mail, or says that it cannot."""

    @property
    def sends(self) -> bool:
        """Whether there is a mail server."""
        ...

    def send(self, to: str, subject: str, body: str) -> None:
        """Hand a text over to the mail server.

        :raises MailNotSent: when it is not taken.
        """
        ...


class NoMailer:
    """Where no mail server is set: whoever makes a link hands it over."""

    sends = False

    def send(self, to: str, subject: str, body: str) -> None:
        """There is nobody to send it.

        :raises MailNotSent: always.
        """
        raise MailNotSent("no mail server is set: see smtp_host")


@dataclass(frozen=True)
class SmtpMailer:
    """A mail server (RFC 5321). With `starttls` its certificate is checked before anything is said."""

    host: str
    port: int
    starttls: bool
    sender: str
    user: str | None = None
    password: str | None = None

    sends = True

    def send(self, to: str, subject: str, body: str) -> None:
        """Hand a text over to the mail server, within ten seconds for each step.

        :raises MailNotSent: when the server is away, or does not take it.
        """
        try:
            message = self._message(to, subject, body)
            with smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S) as server:
                if self.starttls:
                    server.starttls(context=ssl.create_default_context())
                if self.user is not None:
                    server.login(self.user, self.password or "")
                server.send_message(message)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise MailNotSent(f"{type(error).__name__}: the mail server did not take it") from error

    def _message(self, to: str, subject: str, body: str) -> EmailMessage:
        """The message; a line break in what becomes a header is a ValueError."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, to, subject
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=self._domain())
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(body)
        return message

    def _domain(self) -> str:
        # Not the machine's own name: that is nobody's business.
        return self.sender.rpartition("@")[2].rstrip(">") or "localhost"


def mailer_of(settings: Settings) -> Mailer:
    """The mailer that the settings ask for."""
    if settings.smtp_host is None:
        return NoMailer()
    return SmtpMailer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_starttls,
        settings.mail_from,
        settings.smtp_user,
        settings.smtp_password,
    )
