"""The one table of rules: for every table of the database, by which rule a row of it is seen, and by which
database role.

PostgreSQL's policies (in `accord.migrations`) decide; this says the same in Python, so that the decision can
be explained. `tests/integration/test_reach_agrees.py` proves on random worlds that both agree, and
`tests/integration/test_reach_structure.py` that no table and no role is left out. A new table gets its
line in `RULES` together with its migration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from accord_config.database import Role


class Rule(StrEnum):
    """Why a row is seen, in alphabetical order."""

    COLLEAGUE = "colleague"
    """A person who has a role in the viewer's organisation."""
    DIRECTORY = "directory"
    """The directory of members, and what is installed: open to every member."""
    EMERGENCY = "emergency"
    """An emergency reading of the owner's case data, approved and not over, for the viewer's person."""
    GATE = "gate"
    """Identity: the web server reads it before it knows who asks, and admin pages that show no case data."""
    NOTHING = "nothing"
    """No rule lets the viewer see it."""
    ONESELF = "oneself"
    """The viewer's own person."""
    OWNER = "owner"
    """The viewer's organisation owns it."""
    PLATFORM = "platform"
    """The platform's own, for somebody who acts for the platform."""
    PUBLISHED = "published"
    """Published to every member because it tells of nobody: hashes of the audit log."""
    QUEUE = "queue"
    """The queue's worker, which takes the jobs of every organisation."""
    SEALING = "sealing"
    """The worker while it seals the audit log."""
    SHARE_RECEIVED = "share_received"
    """Shared with the viewer's organisation, neither taken back nor expired."""


@dataclass(frozen=True)
class Viewer:
    """Somebody as the database knows them: the role that asks, and its transaction's scope."""

    role: Role
    organisation_id: UUID | None = None
    person_id: UUID | None = None
    sealing: bool = False
    emergency: Mapping[str, Any] | None = None
    """The row of the emergency reading that the transaction names."""
    minors: bool = False
    """Whether rows that may be about a minor are seen, too."""


@dataclass(frozen=True)
class Thing:
    """A row: its table, its values by column, and for a person the organisations that it has a role in."""

    table: str
    values: Mapping[str, Any]
    organisations: frozenset[UUID] = frozenset()


Holds = Callable[[Viewer, Thing, datetime], bool]


@dataclass(frozen=True)
class Way:
    """One way in which rows of a table are seen: the rule, the database roles that it is for, and when."""

    rule: Rule
    roles: frozenset[Role]
    holds: Holds


def read_in_emergency(viewer: Viewer, now: datetime) -> UUID | None:
    """The organisation whose case data the viewer's emergency reading opens at a moment."""
    reading = viewer.emergency
    if (
        reading is None
        or reading["asked_by"] != viewer.person_id
        or reading["approved_at"] is None
        or reading["ended_at"] is not None
        or reading["ends_at"] <= now
    ):
        return None
    owner: UUID = reading["organisation_id"]
    return owner


def _in_emergency(viewer: Viewer, thing: Thing, now: datetime) -> bool:
    owner = read_in_emergency(viewer, now)
    return owner is not None and thing.values["organisation_id"] == owner


def _colleague_in_emergency(viewer: Viewer, thing: Thing, now: datetime) -> bool:
    return read_in_emergency(viewer, now) in thing.organisations


def _names_in_emergency(viewer: Viewer, thing: Thing, now: datetime) -> bool:
    return read_in_emergency(viewer, now) is not None


def _own_reading(viewer: Viewer, thing: Thing, now: datetime) -> bool:
    mine = viewer.emergency is not None and thing.values["id"] == viewer.emergency["id"]
    return mine and thing.values["asked_by"] == viewer.person_id


def _always(viewer: Viewer, thing: Thing, now: datetime) -> bool:
    return True


def _owned(viewer: Viewer, thing: Thing, now: datetime) -> bool:
    return viewer.organisation_id is not None and thing.values["organisation_id"] == viewer.organisation_id


def _received(viewer: Viewer, thing: Thing, now: datetime) -> bool:
    ends = thing.values["expires_at"]
    return (
        viewer.organisation_id is not None
        and thing.values["recipient_id"] == viewer.organisation_id
        and thing.values["revoked_at"] is None
        and (ends is None or ends > now)
    )


def _for_members(viewer: Viewer, thing: Thing, now: datetime) -> bool:
    return viewer.organisation_id is not None


def _colleague(viewer: Viewer, thing: Thing, now: datetime) -> bool:
    return viewer.organisation_id in thing.organisations


def _oneself(viewer: Viewer, thing: Thing, now: datetime) -> bool:
    return viewer.person_id is not None and thing.values["id"] == viewer.person_id


def _platforms(viewer: Viewer, thing: Thing, now: datetime) -> bool:
    nobody_else = viewer.organisation_id is None and viewer.emergency is None
    acts_for_it = viewer.person_id is not None and nobody_else
    return acts_for_it and thing.values["organisation_id"] is None


def _sealing(viewer: Viewer, thing: Thing, now: datetime) -> bool:
    return viewer.sealing


def _somebody(viewer: Viewer, thing: Thing, now: datetime) -> bool:
    return viewer.organisation_id is not None or viewer.person_id is not None


def _own_job(viewer: Viewer, thing: Thing, now: datetime) -> bool:
    owner = viewer.organisation_id
    return owner is not None and thing.values["args"].get("organisation_id") == str(owner)


_WEB, _WORKER, _GATE = frozenset({Role.WEB}), frozenset({Role.WORKER}), frozenset({Role.GATE})
_BOTH, _EVERY = _WEB | _WORKER, _WEB | _WORKER | _GATE

OWN = (Way(Rule.OWNER, _BOTH, _owned),)
"""What an organisation has is its own."""
READ_IN_EMERGENCY = Way(Rule.EMERGENCY, _WEB, _in_emergency)
"""Case data alone: what an emergency reading shows."""
CASE_DATA = (*OWN, READ_IN_EMERGENCY)
"""An organisation's own, and what an emergency reading is about."""
OWN_BY_WEB = (Way(Rule.OWNER, _WEB, _owned),)
"""Likewise, and no job reads it."""
OWN_BY_WORKER = (Way(Rule.OWNER, _WORKER, _owned),)
"""Likewise, and no page or API shows it."""
GATE_ALONE = (Way(Rule.GATE, _GATE, _always),)
"""Credentials and what decides who somebody is: never seen in a member's name."""
PUBLISHING = (*GATE_ALONE, Way(Rule.DIRECTORY, _WORKER, _always))
"""What members published: admins decide about it on the gate's role, workers check and run it."""
UNSCOPED = (Way(Rule.QUEUE, _WORKER, _always),)
"""The queue's own bookkeeping, which holds no organisation's data."""
_LOGGED = (
    *OWN,
    Way(Rule.PLATFORM, _BOTH, _platforms),
    Way(Rule.SEALING, _WORKER, _sealing),
)
_PUBLISHED = (Way(Rule.PUBLISHED, _BOTH, _somebody), Way(Rule.SEALING, _WORKER, _sealing))

RULES: Mapping[str, tuple[Way, ...]] = {
    "access_reviews": GATE_ALONE,
    "activations": (*OWN, *GATE_ALONE),
    "agreements": (*OWN, *GATE_ALONE),
    "alembic_version": (Way(Rule.DIRECTORY, _EVERY, _always),),
    "application_checks": GATE_ALONE,
    "application_votes": GATE_ALONE,
    "applications": GATE_ALONE,
    "audit_entries": _LOGGED,
    "audit_heads": _PUBLISHED,
    "audit_leaves": _PUBLISHED,
    "audit_nodes": _PUBLISHED,
    "audit_pending": (Way(Rule.SEALING, _WORKER, _always),),
    "audit_seals": _LOGGED,
    "authenticator_apps": GATE_ALONE,
    "batches": OWN,
    "case_events": (*OWN_BY_WEB, READ_IN_EMERGENCY),
    "case_notes": CASE_DATA,
    "cases": CASE_DATA,
    "changed_records": OWN,
    "deliveries": OWN,
    "detection_tallies": OWN,
    "directory_groups": GATE_ALONE,
    "directory_mappings": GATE_ALONE,
    "directory_members": GATE_ALONE,
    "directory_settings": GATE_ALONE,
    "directory_tokens": GATE_ALONE,
    "directory_users": GATE_ALONE,
    "dropped_leaders": OWN_BY_WORKER,
    "emergency_accounts": GATE_ALONE,
    "emergency_readings": (*OWN_BY_WEB, Way(Rule.EMERGENCY, _WEB, _own_reading), *GATE_ALONE),
    "factor_rules": GATE_ALONE,
    "invitations": GATE_ALONE,
    "job_failures": (*UNSCOPED, *GATE_ALONE),
    "judgements": OWN,
    "lead_records": CASE_DATA,
    "lead_vocabulary": CASE_DATA,
    "lead_words": CASE_DATA,
    "leads": CASE_DATA,
    "memberships": (*OWN_BY_WEB, *GATE_ALONE),
    "mentions": CASE_DATA,
    "network_allowances": OWN,
    "oauth_access_tokens": GATE_ALONE,
    "oauth_client_secrets": GATE_ALONE,
    "oauth_clients": GATE_ALONE,
    "oauth_codes": GATE_ALONE,
    "oauth_device_codes": GATE_ALONE,
    "oauth_grants": GATE_ALONE,
    "oauth_proof_nonces": GATE_ALONE,
    "oauth_pushed_requests": GATE_ALONE,
    "oauth_refresh_tokens": GATE_ALONE,
    "oauth_seen_proofs": GATE_ALONE,
    "organisation_domains": GATE_ALONE,
    "organisations": (
        Way(Rule.DIRECTORY, _BOTH, _for_members),
        Way(Rule.EMERGENCY, _WEB, _names_in_emergency),
        *GATE_ALONE,
    ),
    "parked_records": OWN,
    "passkey_challenges": GATE_ALONE,
    "passkeys": GATE_ALONE,
    "pending_detections": OWN,
    "pending_sign_ins": GATE_ALONE,
    "people": (
        Way(Rule.COLLEAGUE, _BOTH, _colleague),
        Way(Rule.ONESELF, _WEB, _oneself),
        Way(Rule.EMERGENCY, _WEB, _colleague_in_emergency),
        *GATE_ALONE,
    ),
    "plugin_advisories": PUBLISHING,
    "plugin_approvals": GATE_ALONE,
    "plugin_circuits": OWN,
    "plugin_environments": PUBLISHING,
    "plugin_grant_checks": PUBLISHING,
    "plugin_hosts": (Way(Rule.DIRECTORY, _EVERY, _always),),
    "plugin_requests": OWN,
    "plugin_runs": OWN,
    "plugin_stops": PUBLISHING,
    "plugin_trials": OWN,
    "plugin_values": OWN_BY_WORKER,
    "plugin_versions": PUBLISHING,
    "plugin_wheels": PUBLISHING,
    "plugins": (Way(Rule.DIRECTORY, _EVERY, _always),),
    "priority_versions": OWN,
    "procrastinate_events": UNSCOPED,
    "procrastinate_jobs": (Way(Rule.OWNER, _WEB, _own_job), *UNSCOPED, *GATE_ALONE),
    "procrastinate_periodic_defers": (*UNSCOPED, *GATE_ALONE),
    "procrastinate_workers": UNSCOPED,
    "record_findings": CASE_DATA,
    "records": CASE_DATA,
    "recovery_codes": GATE_ALONE,
    "review_items": GATE_ALONE,
    "role_assignments": (*CASE_DATA, *GATE_ALONE),
    "selectors": CASE_DATA,
    "sessions": GATE_ALONE,
    "share_origins": (*CASE_DATA, *GATE_ALONE),
    "shared_records": OWN_BY_WORKER,
    "shares": (*CASE_DATA, Way(Rule.SHARE_RECEIVED, _BOTH, _received), *GATE_ALONE),
    "sign_in_rules": GATE_ALONE,
    "signal_deliveries": GATE_ALONE,
    "signal_streams": GATE_ALONE,
    "source_pulls": OWN,
    "source_rejects": OWN,
    "source_schedules": (*OWN, *UNSCOPED),
    "sources": CASE_DATA,
    "sso_accounts": GATE_ALONE,
    "sso_pending": GATE_ALONE,
    "sso_providers": GATE_ALONE,
    "sso_sessions": GATE_ALONE,
    "strand_selectors": CASE_DATA,
    "strands": CASE_DATA,
    "suspected_minors": OWN,
    "throttles": GATE_ALONE,
    "verdicts": CASE_DATA,
}
"""Every table, in alphabetical order; the first way that holds is the rule that is told."""


def rule_of(viewer: Viewer, thing: Thing, now: datetime) -> Rule:
    """By which rule a viewer sees a row at a moment.

    :raises KeyError: for a table without a rule.
    """
    if viewer.role is Role.WEB and thing.values.get("restricted") and not viewer.minors:
        return Rule.NOTHING
    for way in RULES[thing.table]:
        if viewer.role in way.roles and way.holds(viewer, thing, now):
            return way.rule
    return Rule.NOTHING
