"""What may be done, and which role may do it. A permission is `thing:verb`; a role is a set of them."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """Everything that a principal may be allowed, in alphabetical order."""

    APPLICATIONS_DECIDE = "applications:decide"
    APPLICATIONS_READ = "applications:read"
    AUDIT_READ = "audit:read"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    LEADS_READ = "leads:read"
    MEMBERSHIP_END = "membership:end"
    MEMBERSHIP_READ = "membership:read"
    ORGANISATIONS_MANAGE = "organisations:manage"
    ORGANISATIONS_READ = "organisations:read"
    RECORDS_READ = "records:read"
    RECORDS_WRITE = "records:write"
    SELECTORS_UNMASK = "selectors:unmask"
    SHARES_CREATE = "shares:create"
    SHARES_READ = "shares:read"
    SHARES_REVOKE = "shares:revoke"


class Role(StrEnum):
    """Roles of a person in one organisation, and on the platform (names beginning with `platform`)."""

    ANALYST = "analyst"
    AUDITOR = "auditor"
    INVESTIGATOR = "investigator"
    ORGANISATION_ADMIN = "organisation_admin"
    PLATFORM_ADMIN = "platform_admin"
    PLATFORM_AUDITOR = "platform_auditor"
    PLUGIN_DEVELOPER = "plugin_developer"


_ANALYST = {
    Permission.CASES_READ,
    Permission.LEADS_READ,
    Permission.RECORDS_READ,
    Permission.RECORDS_WRITE,
    Permission.SHARES_READ,
}
_INVESTIGATOR = _ANALYST | {
    Permission.CASES_WRITE,
    Permission.SELECTORS_UNMASK,
    Permission.SHARES_CREATE,
    Permission.SHARES_REVOKE,
}

ROLES: dict[Role, frozenset[Permission]] = {
    Role.ANALYST: frozenset(_ANALYST),
    Role.AUDITOR: frozenset({Permission.AUDIT_READ, Permission.MEMBERSHIP_READ, Permission.SHARES_READ}),
    Role.INVESTIGATOR: frozenset(_INVESTIGATOR),
    Role.ORGANISATION_ADMIN: frozenset(
        _INVESTIGATOR | {Permission.AUDIT_READ, Permission.MEMBERSHIP_END, Permission.MEMBERSHIP_READ}
    ),
    Role.PLATFORM_ADMIN: frozenset(
        {
            Permission.APPLICATIONS_DECIDE,
            Permission.APPLICATIONS_READ,
            Permission.ORGANISATIONS_MANAGE,
            Permission.ORGANISATIONS_READ,
        }
    ),
    Role.PLATFORM_AUDITOR: frozenset(
        {Permission.APPLICATIONS_READ, Permission.AUDIT_READ, Permission.ORGANISATIONS_READ}
    ),
    Role.PLUGIN_DEVELOPER: frozenset(),
}


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Everything that any of the roles allows."""
    return frozenset[Permission]().union(*(ROLES[role] for role in roles))
