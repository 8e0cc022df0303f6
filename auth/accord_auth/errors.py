"""What can go wrong in deciding who somebody is and what they may do. One file maps these to HTTP."""

from __future__ import annotations


class AccordError(Exception):
    """Something went wrong that the caller can mend."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class NotSignedIn(AccordError):
    """Sign in first."""


class PermissionDenied(AccordError):
    """You may not do this."""


class InsufficientScope(PermissionDenied):
    """The person may do this, the token may not. `scope` names what it lacks."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"this token lacks the scope {scope}")
        self.scope = scope


class NotFound(AccordError):
    """There is no such thing, or you may not see it."""


class Invalid(AccordError):
    """What was sent cannot be used. `fields` says which field, and why."""

    def __init__(self, message: str | None = None, fields: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.fields = fields or {}

    @property
    def by_field(self) -> dict[str, str]:
        """What is wrong with each field, in one line, as a form shows it."""
        return {name: " ".join(why) for name, why in self.fields.items()}


class Conflict(AccordError):
    """Somebody else changed this in the meantime; look again and repeat what is still right."""


class SignInFailed(AccordError):
    """The e-mail address and the password do not belong together."""
