"""Logging set-up: one line an event on standard error."""

from __future__ import annotations

import logging


def configure_logging(level: str) -> None:
    """Log Accord's own events from `level` on, and other libraries' warnings."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("accord", "accord_auth", "accord_config"):
        logging.getLogger(name).setLevel(level.upper())
