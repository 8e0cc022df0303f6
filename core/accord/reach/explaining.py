"""May this principal see this thing, and why? The answer in words, from the table of rules.

Two things have to hold: row security shows the row (`rule`), and a permission lets the person ask for it
(`needs`). What is said here decides nothing; it repeats what the database and the services decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import inspect

from accord.reach.rules import Rule, Thing, Viewer, rule_of
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.database import Base, Role

READ_WITH: Mapping[str, Permission] = {
    "audit_entries": Permission.AUDIT_READ,
    "case_events": Permission.CASES_READ,
    "case_notes": Permission.CASES_READ,
    "cases": Permission.CASES_READ,
    "leads": Permission.LEADS_READ,
    "shares": Permission.SHARES_READ,
}
"""The permission with which a service shows rows of a table to a person."""

WORDS: Mapping[Rule, str] = {
    Rule.COLLEAGUE: "a person of the same organisation",
    Rule.DIRECTORY: "open to every member",
    Rule.EMERGENCY: "in an emergency reading of this organisation's case data",
    Rule.GATE: "read to decide who somebody is",
    Rule.NOTHING: "no rule lets them see it",
    Rule.ONESELF: "their own person",
    Rule.OWNER: "their organisation owns it",
    Rule.PLATFORM: "the platform's own, and they act for the platform",
    Rule.PUBLISHED: "published to every member; it tells of nobody",
    Rule.QUEUE: "the queue's worker takes every organisation's jobs",
    Rule.SEALING: "the worker seals the audit log",
    Rule.SHARE_RECEIVED: "shared with their organisation",
}


@dataclass(frozen=True)
class Reach:
    """Whether somebody reaches a thing, by which rule, and the sentence that says so."""

    rule: Rule
    needs: Permission | None
    """The permission that a person needs besides; None when row security alone decides."""
    permitted: bool
    why: str

    @property
    def row_seen(self) -> bool:
        """Whether the database shows the row."""
        return self.rule is not Rule.NOTHING

    @property
    def may_read(self) -> bool:
        """Whether the person can read it."""
        return self.row_seen and self.permitted


def thing_of(row: Base) -> Thing:
    """A model's row as the rules look at it; a person's organisations are not in its row."""
    state = inspect(row)
    values = {column.key: getattr(row, column.key) for column in state.mapper.column_attrs}
    return Thing(row.__tablename__, values)


def viewer_of(principal: Principal | None, emergency: Mapping[str, Any] | None = None) -> Viewer:
    """Somebody as the web role's row security sees them; nobody has no scope.

    Of who reads in an emergency, `emergency` is the row of that reading.

    :raises ValueError: when it is another one, or missing.
    """
    if principal is None:
        return Viewer(Role.WEB)
    if principal.emergency_id != (emergency["id"] if emergency is not None else None):
        raise ValueError("say in which emergency reading the principal reads")
    scope = principal.scope
    return Viewer(Role.WEB, scope.organisation_id, scope.person_id, emergency=emergency, minors=scope.minors)


def explain(
    principal: Principal | None,
    thing: Thing,
    now: datetime,
    emergency: Mapping[str, Any] | None = None,
) -> Reach:
    """Whether a principal can read a thing at a moment, and why.

    Somebody suspended, disabled or not signed in is no principal (`accord_auth.sessions` resolves none):
    `None` sees nothing of anybody's. `emergency` is the row of the emergency reading in which it reads.

    :raises KeyError: for a table without a rule.
    """
    rule = rule_of(viewer_of(principal, emergency), thing, now)
    needs = READ_WITH.get(thing.table)
    permitted = principal is not None and (needs is None or needs in principal.permissions)
    return Reach(rule, needs, permitted, _sentence(principal, thing, rule, needs, permitted, now))


def _sentence(
    principal: Principal | None,
    thing: Thing,
    rule: Rule,
    needs: Permission | None,
    permitted: bool,
    now: datetime,
) -> str:
    if principal is None:
        return "nobody who is signed in"
    if rule is Rule.NOTHING:
        return _hidden(principal, thing) or _ended(principal, thing, now) or WORDS[rule]
    words = WORDS[rule]
    if rule is Rule.SHARE_RECEIVED:
        ends = thing.values["expires_at"]
        until = f"until {ends:%Y-%m-%d}" if ends else "without an end"
        words = f"{words} as {thing.values['marking']} {until}, for: {thing.values['purpose']}"
    if not permitted and needs is not None:
        words = f"{words}, but their roles lack {needs.value}"
    return words


def _hidden(principal: Principal, thing: Thing) -> str | None:
    """Why what may be about a minor shows nothing."""
    if not thing.values.get("restricted") or Permission.LEADS_MINORS in principal.permissions:
        return None
    return f"it may be about a minor, and their roles lack {Permission.LEADS_MINORS.value}"


def _ended(principal: Principal, thing: Thing, now: datetime) -> str | None:
    """Why a share with the principal's organisation shows nothing any more."""
    if thing.table != "shares" or thing.values["recipient_id"] != principal.organisation_id:
        return None
    if thing.values["revoked_at"] is not None:
        return f"the share was taken back on {thing.values['revoked_at']:%Y-%m-%d}"
    return f"the share ended on {thing.values['expires_at']:%Y-%m-%d}"
