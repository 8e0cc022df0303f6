"""What signals need of the application that answers a request; jobs need no web server."""

from __future__ import annotations

from typing import cast

from flask import current_app

from accord.web.request import AccordFlask
from accord_auth.streams.sending import Transmitter


def transmitter() -> Transmitter:
    """Of the application that answers."""
    outside = cast("AccordFlask", current_app).outside
    return Transmitter(outside.issuer, outside.keys, outside.seals, outside.fetcher)
