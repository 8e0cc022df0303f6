"""Dangerous acts need a recent proof of who it is (step-up): a session that was left open is not enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from accord_auth.errors import AccordError
from accord_auth.sessions.service import SignedIn

FRESH = timedelta(minutes=10)
"""How long a proof counts for dangerous acts."""


class ProofNeeded(AccordError):
    """Enter your password again: this act needs a proof of who you are from the last minutes."""


def is_fresh(signed_in: SignedIn | None, *, within: timedelta = FRESH) -> bool:
    """Whether the person proved who it is a short time ago."""
    return signed_in is not None and signed_in.proved_at > datetime.now(UTC) - within


def require_fresh(signed_in: SignedIn | None, *, within: timedelta = FRESH) -> SignedIn:
    """Go on only with a recent proof.

    :raises ProofNeeded: without one, and without a session (a token of a client cannot prove a person).
    """
    if signed_in is None or not is_fresh(signed_in, within=within):
        raise ProofNeeded
    return signed_in
