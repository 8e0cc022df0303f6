"""What can go wrong with a directory, and who learns how much of it."""

from __future__ import annotations

from accord_auth.errors import AccordError


class SsoFailed(AccordError):
    """Signing in with your organisation did not work. Its administrators find the reason in its audit log."""

    def __init__(self, reason: str) -> None:
        # To the outside all failures read alike; `reason` is for the organisation's own log.
        super().__init__()
        self.reason = reason
