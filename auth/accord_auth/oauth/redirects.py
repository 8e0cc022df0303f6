"""Redirect addresses: which may be registered, and when two are the same."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "::1"})
LONGEST = 500
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
"""RFC 8252, 7.1: a domain's name turned round, so that it is somebody's; `myapp:` is anybody's."""


def same_redirect(given: str, known: str) -> bool:
    """Whether a request's address is the registered one: the same text.

    One exception, RFC 8252, 7.3: a program on somebody's own machine that registered a loopback
    address without a port gets any free port there.
    """
    if given == known:
        return True
    try:
        one, other = urlsplit(given), urlsplit(known)
        if other.scheme != "http" or other.hostname not in LOOPBACK or other.port is not None:
            return False
        if one.hostname != other.hostname or one.port is None:
            return False
    except ValueError:
        return False
    exactly = f"{other.netloc}:{one.port}" == one.netloc
    return exactly and one._replace(netloc="") == other._replace(netloc="")


def problem_of(address: str, *, public: bool) -> str | None:
    """Why an address may not be registered; None when it may."""
    if len(address) > LONGEST or not address.isascii() or not address.isprintable() or " " in address:
        return "use printable ASCII without blanks, up to 500 characters"
    try:
        parts = urlsplit(address)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "this is no address"
    if "#" in address or "*" in address or "@" in parts.netloc or "\\" in address:
        return "leave fragments, wildcards, user names and backslashes out"
    if parts.scheme == "https":
        return None if host else "name the host"
    if parts.scheme == "http" and host in LOOPBACK:
        return None if public else "http to this machine is for programs on somebody's own machine only"
    if public and _PRIVATE_SCHEME.fullmatch(parts.scheme):
        return None
    return "use https, http://127.0.0.1 for a program on somebody's own machine, or its own scheme"
