"""What the pages of an organisation's directory show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from accord.web.presentation import Option
from accord_auth.sso.trail import Failure


@dataclass(frozen=True)
class TestedPage:
    """What a test of the connection found, or why it does not work."""

    back_url: str
    found: tuple[tuple[str, str], ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class DirectoryForm:
    """The form that sets a directory up. `errors` by field; `has_secret`: one is kept, and never shown."""

    action_url: str
    methods: tuple[Option, ...]
    has_secret: bool
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DomainRow:
    """A domain of the organisation; without addresses it is the one that it joined with."""

    domain: str
    proved: bool
    record: str = ""
    challenge: str = ""
    problem: str = ""
    check_url: str | None = None
    remove_url: str | None = None


@dataclass(frozen=True)
class DirectoryPage:
    """Everything about the organisation's directory. Addresses are None for what cannot be done now."""

    organisation: str
    form: DirectoryForm
    facts: tuple[tuple[str, str], ...]
    """What to enter at the directory: name and value."""
    exists: bool
    only: bool
    """Whether the directory is the only way to sign in."""
    tried: bool
    """Whether an admin signed in with it within the last minutes."""
    named: tuple[str, ...]
    """The emergency accounts."""
    candidates: tuple[Option, ...]
    without_passkey: tuple[str, ...]
    """Admins who could be named, had they a passkey."""
    lost: tuple[str, ...]
    """Who is named for emergencies and could not be named now."""
    domains: tuple[DomainRow, ...]
    failures: tuple[Failure, ...]
    test_url: str
    remove_url: str
    enforce_url: str
    relax_url: str
    emergency_url: str
    domain_url: str
    error: str = ""
