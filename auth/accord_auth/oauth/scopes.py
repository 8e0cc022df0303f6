"""Scopes: what a token may be used for. A scope is a permission's name, or the name of a group of them.

A token allows what its scope and, for a person's token, the person's role both allow at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from accord_auth.permissions import ROLES, Permission, Role

GROUPS: Mapping[str, frozenset[Permission]] = {
    "work:read": frozenset(
        {Permission.CASES_READ, Permission.LEADS_READ, Permission.RECORDS_READ, Permission.SHARES_READ}
    ),
    "work:write": frozenset(
        {
            Permission.CASES_READ,
            Permission.CASES_WRITE,
            Permission.LEADS_READ,
            Permission.RECORDS_READ,
            Permission.RECORDS_WRITE,
            Permission.SHARES_CREATE,
            Permission.SHARES_READ,
            Permission.SHARES_REVOKE,
        }
    ),
}
"""Named groups. Unmasking contact values is in none: it has to be asked for by its own name."""

IDENTITY: Mapping[str, str] = {
    "openid": "know that it is you",
    "profile": "see your name and your organisation",
    "email": "see your e-mail address",
}
"""Scopes of OpenID Connect, in words for the consent page; they allow nothing in the API."""

WORDS: Mapping[Permission, str] = {
    Permission.CASES_READ: "read the cases of your organisation",
    Permission.CASES_WRITE: "open and change cases, and write notes",
    Permission.LEADS_READ: "read the queue of leads",
    Permission.PLUGINS_PUBLISH: "publish plugins of your organisation, which admins then approve",
    Permission.PLUGINS_READ: "see how far the plugins of your organisation are",
    Permission.RECORDS_READ: "read records",
    Permission.RECORDS_WRITE: "send records in",
    Permission.SELECTORS_UNMASK: "show contact values in full (each time is logged)",
    Permission.SHARES_CREATE: "share cases with other members",
    Permission.SHARES_READ: "read what other members shared with you",
    Permission.SHARES_REVOKE: "take shares back",
}
"""What a program may be allowed, in words for the consent page. What is not here cannot be delegated:
managing people, organisations and clients, approving and activating plugins, and reading the audit log, stay
with people."""

DELEGABLE = frozenset(WORDS)
SCOPES: tuple[str, ...] = (*IDENTITY, *GROUPS, *sorted(permission.value for permission in DELEGABLE))
"""Every scope there is."""

CLIENTS_OWN = ROLES[Role.INVESTIGATOR] & DELEGABLE
"""The most that a client may do by its own right, without a person."""


def permissions_in(scope: Iterable[str]) -> frozenset[Permission]:
    """Everything that a scope allows; OpenID's scopes allow nothing."""
    found: set[Permission] = set()
    for word in scope:
        if word in GROUPS:
            found |= GROUPS[word]
        elif word in DELEGABLE:
            found.add(Permission(word))
    return frozenset(found)


def unknown(scope: Iterable[str]) -> list[str]:
    """The words of a scope that are none."""
    return [word for word in scope if word not in SCOPES]


def in_words(scope: Iterable[str]) -> list[str]:
    """What a scope allows, a sentence part each, in a fixed order and nothing twice."""
    words = set(scope)
    allowed = permissions_in(words)
    return [
        *(text for name, text in IDENTITY.items() if name in words),
        *(text for permission, text in WORDS.items() if permission in allowed),
    ]
