"""What may be done, and which role may do it. A permission is `thing:verb`; a role is a set of them."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """Everything that a principal may be allowed, in alphabetical order."""

    ACCESS_READ = "access:read"
    APPLICATIONS_DECIDE = "applications:decide"
    APPLICATIONS_READ = "applications:read"
    AUDIT_READ = "audit:read"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    CLIENTS_EXEMPT = "clients:exempt"
    CLIENTS_READ = "clients:read"
    CLIENTS_WRITE = "clients:write"
    EMERGENCIES_DECIDE = "emergencies:decide"
    EMERGENCIES_READ = "emergencies:read"
    LEADS_DECIDE = "leads:decide"
    LEADS_JUDGE = "leads:judge"
    LEADS_MINORS = "leads:minors"
    LEADS_READ = "leads:read"
    MEMBERSHIP_END = "membership:end"
    MEMBERSHIP_READ = "membership:read"
    ORGANISATIONS_MANAGE = "organisations:manage"
    ORGANISATIONS_READ = "organisations:read"
    PEOPLE_MANAGE = "people:manage"
    PEOPLE_READ = "people:read"
    PLUGINS_ACTIVATE = "plugins:activate"
    PLUGINS_APPROVE = "plugins:approve"
    PLUGINS_OPERATE = "plugins:operate"
    PLUGINS_PUBLISH = "plugins:publish"
    PLUGINS_READ = "plugins:read"
    PRIORITIES_MANAGE = "priorities:manage"
    PROVISIONING_MANAGE = "provisioning:manage"
    PROVISIONING_READ = "provisioning:read"
    RECORDS_READ = "records:read"
    RECORDS_WITHDRAW = "records:withdraw"
    RECORDS_WRITE = "records:write"
    REVIEWS_DECIDE = "reviews:decide"
    REVIEWS_READ = "reviews:read"
    SELECTORS_UNMASK = "selectors:unmask"
    SHARES_CREATE = "shares:create"
    SHARES_READ = "shares:read"
    SHARES_REVOKE = "shares:revoke"
    SIGNALS_MANAGE = "signals:manage"
    SIGNALS_READ = "signals:read"
    SSO_MANAGE = "sso:manage"


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
    Permission.LEADS_JUDGE,
    Permission.LEADS_READ,
    Permission.PLUGINS_READ,
    Permission.RECORDS_READ,
    Permission.RECORDS_WRITE,
    Permission.SHARES_READ,
}
_INVESTIGATOR = _ANALYST | {
    Permission.CASES_WRITE,
    Permission.LEADS_DECIDE,
    Permission.LEADS_MINORS,
    Permission.SELECTORS_UNMASK,
    Permission.SHARES_CREATE,
    Permission.SHARES_REVOKE,
}
_AUDITOR = {
    Permission.ACCESS_READ,
    Permission.AUDIT_READ,
    Permission.CLIENTS_READ,
    Permission.EMERGENCIES_READ,
    Permission.MEMBERSHIP_READ,
    Permission.PEOPLE_READ,
    Permission.PLUGINS_READ,
    Permission.PROVISIONING_READ,
    Permission.REVIEWS_READ,
    Permission.SHARES_READ,
    Permission.SIGNALS_READ,
}
_PLATFORM_AUDITOR = {
    Permission.APPLICATIONS_READ,
    Permission.AUDIT_READ,
    Permission.EMERGENCIES_READ,
    Permission.ORGANISATIONS_READ,
    Permission.PEOPLE_READ,
    Permission.PLUGINS_READ,
    Permission.REVIEWS_READ,
}

ROLES: dict[Role, frozenset[Permission]] = {
    Role.ANALYST: frozenset(_ANALYST),
    Role.AUDITOR: frozenset(_AUDITOR),
    Role.INVESTIGATOR: frozenset(_INVESTIGATOR),
    Role.ORGANISATION_ADMIN: frozenset(
        _INVESTIGATOR
        | _AUDITOR
        | {
            Permission.CLIENTS_WRITE,
            Permission.MEMBERSHIP_END,
            Permission.PEOPLE_MANAGE,
            Permission.PLUGINS_ACTIVATE,
            Permission.PLUGINS_OPERATE,
            Permission.PLUGINS_PUBLISH,
            Permission.PRIORITIES_MANAGE,
            Permission.PROVISIONING_MANAGE,
            Permission.RECORDS_WITHDRAW,
            Permission.REVIEWS_DECIDE,
            Permission.SIGNALS_MANAGE,
            Permission.SSO_MANAGE,
        }
    ),
    Role.PLATFORM_ADMIN: frozenset(
        _PLATFORM_AUDITOR
        | {
            Permission.APPLICATIONS_DECIDE,
            Permission.CLIENTS_EXEMPT,
            Permission.EMERGENCIES_DECIDE,
            Permission.ORGANISATIONS_MANAGE,
            Permission.PEOPLE_MANAGE,
            Permission.PLUGINS_APPROVE,
            Permission.REVIEWS_DECIDE,
        }
    ),
    Role.PLATFORM_AUDITOR: frozenset(_PLATFORM_AUDITOR),
    Role.PLUGIN_DEVELOPER: frozenset(
        {Permission.PLUGINS_OPERATE, Permission.PLUGINS_PUBLISH, Permission.PLUGINS_READ}
    ),
}

IN_AN_EMERGENCY: frozenset[Permission] = frozenset(
    {Permission.CASES_READ, Permission.LEADS_READ, Permission.SELECTORS_UNMASK}
)
"""What an approved emergency reading allows a platform admin in one organisation, and all that it allows.

Contact values stay masked there, too, until a purpose is given.
"""

ROLE_NAMES: dict[Role, str] = {
    Role.ANALYST: "analyst",
    Role.AUDITOR: "auditor",
    Role.INVESTIGATOR: "investigator",
    Role.ORGANISATION_ADMIN: "organisation admin",
    Role.PLATFORM_ADMIN: "platform admin",
    Role.PLATFORM_AUDITOR: "platform auditor",
    Role.PLUGIN_DEVELOPER: "plugin developer",
}
"""Each role as people say it."""

ROLE_WORDS: dict[Role, str] = {
    Role.ANALYST: "brings records in, reads leads, cases and what others share",
    Role.AUDITOR: "reads the audit log, who belongs here and what others share",
    Role.INVESTIGATOR: "works on cases, unmasks contact values with a purpose, shares",
    Role.ORGANISATION_ADMIN: "does all of that, and decides who belongs here and in which role",
    Role.PLATFORM_ADMIN: "decides who takes part and which plugins run; sees no case data",
    Role.PLATFORM_AUDITOR: "reads the platform's audit log; sees no case data",
    Role.PLUGIN_DEVELOPER: "publishes the organisation's plugins; sees no case data",
}
"""What each role does, in a few words."""


def platform_role(role: Role) -> bool:
    """Whether a role is one of the platform, and not of an organisation."""
    return role.value.startswith("platform")


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Everything that any of the roles allows."""
    return frozenset[Permission]().union(*(ROLES[role] for role in roles))
