"""How plugins are doing, in numbers: for who uses them, and for who wrote them.

An author sees its own plugin's numbers of all members together: reason codes and limits, never a message
(which may quote a record), never a member's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from accord.detection.models import PluginRun
from accord.detection.operating import told_to
from accord.host.reasons import Stop
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

DAYS = 7
"""Days that numbers are about."""
KEPT_DAYS = 30
"""Days for which each turn of a plugin is kept."""
MOST_TURNS = 20
NO_FAILURE = ("", "busy", "late")
"""Codes of turns that are no failure of the plugin."""

_NUMBERS = text(
    """
    SELECT plugin, count(*), count(*) FILTER (WHERE NOT code = ANY(:fine)),
           coalesce(sum(records), 0), coalesce(sum(findings), 0), coalesce(sum(failed), 0),
           coalesce(sum(skipped), 0), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds),
           percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds), max(memory_kb)
    FROM plugin_runs
    WHERE organisation_id = :organisation AND at > now() - make_interval(days => :days)
    GROUP BY plugin
    """
)
_AUTHOR = text("SELECT * FROM plugin_health_of_author(:plugin, :days)")


@dataclass(frozen=True)
class Health:
    """Numbers of a plugin's turns in the last `DAYS` days; seconds are of wall time for one turn."""

    calls: int = 0
    failures: int = 0
    records: int = 0
    findings: int = 0
    failed: int = 0
    skipped: int = 0
    p50_s: float = 0.0
    p95_s: float = 0.0
    memory_kb: int | None = None

    @property
    def per_thousand(self) -> float:
        """Findings on a thousand records."""
        return 1000 * self.findings / self.records if self.records else 0.0


@dataclass(frozen=True)
class TurnView:
    """A turn that did not go well."""

    at: datetime
    version: str
    stop: Stop


@dataclass(frozen=True)
class AuthorLine:
    """A plugin's turns of all members with one version and one outcome (`code`; empty: it went well)."""

    version: str
    code: str
    about: str
    calls: int
    records: int
    findings: int
    failed: int
    p50_s: float
    p95_s: float
    memory_kb: int | None


def health_of(session: Session, organisation_id: UUID | None) -> dict[str, Health]:
    """How each plugin is doing for an organisation, by name; one that had no turn is left out."""
    values = {"organisation": organisation_id, "days": DAYS, "fine": list(NO_FAILURE)}
    return {plugin: Health(*numbers) for plugin, *numbers in session.execute(_NUMBERS, values)}


def bad_turns(session: Session, principal: Principal, plugin: str) -> list[TurnView]:
    """The last turns of a plugin that did not go well, the newest first."""
    principal.require(Permission.PLUGINS_READ)
    query = (
        select(PluginRun)
        .where(
            PluginRun.organisation_id == principal.organisation_id,
            PluginRun.plugin == plugin,
            PluginRun.code != "",
        )
        .order_by(PluginRun.at.desc(), PluginRun.id.desc())
        .limit(MOST_TURNS)
    )
    return [TurnView(one.at, one.version, _stop(principal, one)) for one in session.scalars(query)]


def _stop(principal: Principal, turn: PluginRun) -> Stop:
    named = f"{turn.plugin} {turn.version}"
    return told_to(principal, turn.code, turn.about or named, turn.message)


def author_lines(session: Session, principal: Principal, plugin: str) -> list[AuthorLine]:
    """A plugin's numbers of all members together, for whoever acts for its publisher; else none."""
    principal.require(Permission.PLUGINS_READ)
    rows = session.execute(_AUTHOR, {"plugin": plugin, "days": DAYS})
    return [AuthorLine(*row) for row in rows]


def forget_old_turns(session: Session) -> int:
    """Forget turns of long ago, of all members; how many."""
    return session.scalar(text("SELECT forget_plugin_runs(:days)"), {"days": KEPT_DAYS}) or 0
