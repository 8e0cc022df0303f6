"""How a route is used, and what samples of several routes share: permissions by short names, bodies, ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from accord_auth.permissions import Permission

SOON = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
TERMS = {"purpose": "Joint work", "basis": "public_task", "marking": "TLP:AMBER", "expires_on": SOON}
APART = {"verdict": "apart", "one": "{part_id}", "other": "{other_part_id}", "reason": "As both say."}
LAWFUL = {"verdict": "lawful", "reason": "As both say."}
LIFT = {"act": "lift", "reason": "As both say."}


@dataclass(frozen=True)
class Sample:
    """How a route is used."""

    needs: Permission
    form: Mapping[str, str] | None = None
    json: Mapping[str, Any] | None = None
    recipients: bool = False
    """Whether the recipient of the share may use it, too."""
    platform: bool = False
    """Whether it is for those who run the platform, about things of any member."""
    absent: bool = False
    """Whether there is nothing yet for those who may use it: they are told so."""
    told: int = 0
    """The status that those who may use it get where it must not be done, or cannot be now."""
    of_member: bool = False
    """Whether it is about something of a member's: who acts for the platform has others."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """Parts of the address that are no ids."""
    given: frozenset[str] = frozenset()
    """Things that have to be there although neither address nor body name them."""


LEADS, CASES, WRITE = Permission.LEADS_READ, Permission.CASES_READ, Permission.CASES_WRITE
SHARE, SHARES, REVOKE = Permission.SHARES_CREATE, Permission.SHARES_READ, Permission.SHARES_REVOKE
AUDIT, ACCESS = Permission.AUDIT_READ, Permission.ACCESS_READ
CLIENTS, REVIEW = Permission.CLIENTS_WRITE, Permission.REVIEWS_DECIDE
ACTIVATE, APPROVE = Permission.PLUGINS_ACTIVATE, Permission.PLUGINS_APPROVE
PUBLISH = Permission.PLUGINS_PUBLISH
PEOPLE, STAFF = Permission.PEOPLE_READ, Permission.PEOPLE_MANAGE
BREAK = Permission.EMERGENCIES_DECIDE
READ_DIRECTORY, DIRECTORY = Permission.PROVISIONING_READ, Permission.PROVISIONING_MANAGE
SIGNALS = Permission.SIGNALS_MANAGE
STREAM = {
    "name": "A provider",
    "direction": "send",
    "subject_format": "email",
    "audience": "https://idp.example.org",
    "endpoint_url": "https://idp.example.org/push",
}
MAPPED = {"group_name": "Group {unique}", "role": "analyst"}
SSO = Permission.SSO_MANAGE
PROVIDER = {
    "issuer": "https://directory.example.org",
    "client_id": "accord",
    "method": "private_key_jwt",
    "role_claim": "groups",
}
WITH_PROVIDER = frozenset({"provider_id"})
NO_DOMAIN = {"domain": "no.example.org"}
INVITED = {"email": "invited-{unique}@example.org", "role": "analyst"}

NOTHING = "00000000-0000-7000-8000-000000000000"
"""The id of no thing: one's own sessions are nobody else's."""

DECIDE, MANAGE = Permission.APPLICATIONS_DECIDE, Permission.ORGANISATIONS_MANAGE
ALLOWANCE = {"name": "selectors", "allowance_id": NOTHING}
NO_SOURCE = {"slug": "nowhere"}
SELECTORS = {"name": "selectors"}
NO_PLUGIN = {"name": "nothing"}
FILES, TEMPLATES = {"name": "files"}, {"name": "templates"}
WHY = {"reason": "As the sample says."}
YEAR = {"signed_on": "2026-01-01", "starts_on": "2026-01-01", "ends_on": "2996-01-01"}
PAPER = {"reference": "folder 7", **YEAR}
