"""Refusing requests that another site made in a signed-in person's name.

Browsers tell with `Sec-Fetch-Site`, older ones with `Origin`, where a request comes from (OWASP's
Cross-Site Request Forgery cheat sheet, "Fetch Metadata"). A request that changes something and
carries the session cookie must come from our own pages. Programs with a bearer token send neither.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_own(request: Request) -> bool:
    """Whether the request may act with the cookie that it carries."""
    if request.method in SAFE:
        return True
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and _host_of(origin) == request.host


def _host_of(origin: str) -> str | None:
    """Host and port of an origin; None for what is none, such as `null`."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None
