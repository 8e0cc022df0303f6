"""The security headers of every answer.

The policy lets a page load scripts, styles and fonts from Accord's own address only: no inline
script or style, no evaluation of text, no other host, no frame. `data:` images are those that
Tabler's and swagger-ui's style sheets draw form controls with.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response

_SELF_ONLY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=(), "
        "display-capture=(), publickey-credentials-create=(self), publickey-credentials-get=(self)"
    ),
    "X-Frame-Options": "DENY",
}
"""`same-origin` keeps leads' addresses from other hosts while Origin checks of our own forms still work."""


def content_security_policy(*, form_targets: Sequence[str] = ()) -> str:
    """The policy; `form_targets` are origins that a form on this page may lead to besides our own.

    Browsers hold `form-action` against redirects that follow a form, so a consent page that sends a
    person back to an OAuth client names that client's origin.
    """
    directives = dict(_SELF_ONLY)
    directives["form-action"] = " ".join(("'self'", *form_targets))
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


CONTENT_SECURITY_POLICY = content_security_policy()


def secure(response: Response) -> Response:
    """Add the headers; a header that the view has set already stays. Pages are never stored."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-store"
    return response
