"""Proving that a domain is the applicant's: a TXT record that only its owner can publish.

The record stands at `_accord-challenge` below the domain, as ACME's does (RFC 8555, section 8.4), so
that it gets in the way of nothing else.
"""

from __future__ import annotations

import re
import secrets
from typing import Protocol

import dns.exception
import dns.name
import dns.resolver
from dns.rdtypes.ANY.TXT import TXT

from accord_auth.errors import Invalid
from accord_config.addresses import address_and_port

LABEL = "_accord-challenge"
PREFIX = "accord-domain-verification="
LONGEST_WAIT_S = 5.0
_HOST_NAME = re.compile(r"(?=.{4,200}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


class ProvesDomains(Protocol):
    """Looks whether a domain shows a challenge."""

    def problem(self, domain: str, challenge: str) -> str:
        """Why the domain does not prove it yet, in a sentence; empty when it does."""


def domain_of(text: str) -> str:
    """A domain as DNS knows it: lower case, ASCII (IDNA), without a final dot.

    :raises Invalid: when it is none, or only a top-level domain.
    """
    given = text.strip().rstrip(".").lower()
    if "\\" in given:
        raise _no_domain()
    try:
        plain = dns.name.from_text(given, idna_codec=dns.name.IDNA_2008).to_text(omit_final_dot=True)
    except (dns.exception.DNSException, UnicodeError, ValueError) as error:
        raise _no_domain() from error
    if not _HOST_NAME.fullmatch(plain):
        raise _no_domain()
    return plain


def _no_domain() -> Invalid:
    why = "write the domain alone, such as example.org"
    return Invalid(why, {"domain": [why]})


def new_challenge() -> str:
    """A value for a TXT record that nobody had to publish before."""
    return PREFIX + secrets.token_hex(16)


def record_name(domain: str) -> str:
    """Where the record stands."""
    return f"{LABEL}.{domain}"


class Dns:
    """Asks DNS: a name server as `address` or `address:port`, or those of the system."""

    def __init__(self, server: str | None = None, *, longest_wait_s: float = LONGEST_WAIT_S) -> None:
        self._resolver = dns.resolver.Resolver(configure=server is None)
        if server is not None:
            address, port = address_and_port(server, port=53)
            self._resolver.nameservers = [address]
            self._resolver.port = port
        self._resolver.lifetime = longest_wait_s

    def problem(self, domain: str, challenge: str) -> str:
        """Why the domain does not prove it yet, in a sentence; empty when it does."""
        where = record_name(domain)
        try:
            answer = self._resolver.resolve(where + ".", "TXT", search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return f"There is no TXT record at {where} yet."
        except dns.exception.DNSException:
            return f"The name servers of {domain} gave no answer. Try again later."
        said = [b"".join(record.strings) for record in answer if isinstance(record, TXT)]
        if challenge.encode() in said:
            return ""
        return f"The TXT record at {where} says something else."
