"""Assessing the leads that changed: assessors judge their facts, the priority follows."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from accord.caseload.priorities import Priority, load_weights, prioritise
from accord.host.errors import PluginFailed, PluginMisbehaved
from accord.host.pool import ActivePlugin, ProcessPool
from accord.linking.facts import Facts
from accord.linking.leads import read_facts
from accord.linking.models import Lead, LeadSelector, SelectorNode
from accord.registry.service import active_plugins
from accord_config.database import Database, Scope
from accord_sdk import Assessed, Indicator, SignalCount, Visit, wire
from accord_sdk import Lead as ContractLead

AT_ONCE = 500
MOST_VISITS = 50
MOST_AGES = 50
MOST_INDICATORS = 100
"""An assessor that says more of one lead than this does not know what matters."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Stale:
    lead_id: UUID
    revision: int
    facts: Facts
    selectors: dict[str, int]


def assess_stale(database: Database, pool: ProcessPool, organisation_id: UUID) -> int:
    """Assess every lead that changed since it was assessed; returns how many.

    Assessors run outside a transaction. A lead that changed meanwhile stays stale for the next turn.
    """
    scope = Scope(organisation_id=organisation_id)
    weights = load_weights()
    assessed = 0
    while True:
        with database.transaction(scope) as session:
            stale = _stale(session, organisation_id)
            assessing = [p for p in active_plugins(session, organisation_id) if p.manifest.provides.assessors]
        if not stale:
            return assessed
        indicators = _indicators(pool, assessing, stale)
        with database.transaction(scope) as session:
            _save(session, stale, [prioritise(found, weights) for found in indicators])
        assessed += len(stale)


def _stale(session: Session, organisation_id: UUID) -> list[_Stale]:
    leads = session.execute(
        select(Lead.id, Lead.revision, Lead.facts)
        .where(Lead.organisation_id == organisation_id, Lead.stale)
        .limit(AT_ONCE)
    ).all()
    counts: dict[UUID, dict[str, int]] = defaultdict(dict)
    rows = session.execute(
        select(LeadSelector.lead_id, SelectorNode.kind, func.count())
        .join(SelectorNode, SelectorNode.id == LeadSelector.selector_id)
        .where(LeadSelector.lead_id.in_([lead.id for lead in leads]), SelectorNode.hub == "")
        .group_by(LeadSelector.lead_id, SelectorNode.kind)
    )
    for lead_id, kind, count in rows:
        counts[lead_id][kind] = count
    return [_Stale(lead.id, lead.revision, read_facts(lead.facts), counts[lead.id]) for lead in leads]


def contract_lead(facts: Facts, selectors: dict[str, int]) -> ContractLead:
    """A lead as assessors see it."""
    visits = sorted(facts.visits.items(), key=lambda item: (-item[1].records, item[0]))[:MOST_VISITS]
    ages = sorted(facts.ages.items(), key=lambda item: (-item[1], item[0]))[:MOST_AGES]
    return ContractLead(
        records=facts.records,
        first=facts.first,
        last=facts.last,
        days=len(facts.days),
        selectors=dict(sorted(selectors.items())),
        visits=tuple(Visit(name, v.records, v.first, v.last, v.lat, v.lon) for name, v in visits),
        signals=tuple(
            SignalCount(kind, fact.sign, fact.records, fact.strength, fact.source, fact.note)
            for kind, fact in sorted(facts.signals.items())
        ),
        ages=tuple(int(age) for age, _ in ages if age.isdecimal()),
    )


def _indicators(
    pool: ProcessPool, plugins: Sequence[ActivePlugin], stale: Sequence[_Stale]
) -> list[list[Indicator]]:
    leads = tuple(contract_lead(lead.facts, lead.selectors) for lead in stale)
    found: list[list[Indicator]] = [[] for _ in leads]
    for plugin in plugins:
        try:
            said = _ask(pool, plugin, leads)
        except PluginFailed as error:
            logger.warning("plugin %s did not assess (%s): %s", plugin.name, error.code, error)
            continue
        for indicators, more in zip(found, said, strict=True):
            indicators.extend(more)
    return found


def _ask(pool: ProcessPool, plugin: ActivePlugin, leads: tuple[ContractLead, ...]) -> list[list[Indicator]]:
    said: list[list[Indicator]] = [[] for _ in leads]
    with pool.lend(plugin) as process:
        for name in plugin.manifest.provides.assessors:
            for item in process.call(wire.Assess(name, leads)):
                if not isinstance(item, Assessed) or not 0 <= item.ref < len(leads):
                    raise PluginMisbehaved(f"{plugin.name} answered an assessment with {item}"[:300])
                said[item.ref].extend(item.indicators)
    if any(len(indicators) > MOST_INDICATORS for indicators in said):
        raise PluginMisbehaved(f"{plugin.name} says more than {MOST_INDICATORS} things of one lead")
    return said


def _save(session: Session, stale: Sequence[_Stale], priorities: Sequence[Priority]) -> None:
    statement = (
        update(Lead)
        .where(Lead.id == bindparam("lead_id"), Lead.revision == bindparam("seen"))
        .values(
            stale=False,
            score=bindparam("score"),
            reasons=bindparam("reasons"),
            title=bindparam("title"),
            places=bindparam("places"),
        )
    )
    rows = [
        {
            "lead_id": lead.lead_id,
            "seen": lead.revision,
            "score": priority.score,
            "reasons": msgspec.to_builtins(priority.reasons),
            "title": title_of(lead.facts),
            "places": places_of(lead.facts),
        }
        for lead, priority in zip(stale, priorities, strict=True)
    ]
    session.connection().execute(statement, rows)


def places_of(facts: Facts) -> list[str]:
    """A lead's places, the most frequent first."""
    return [name for name, _ in sorted(facts.visits.items(), key=lambda item: (-item[1].records, item[0]))]


def title_of(facts: Facts) -> str:
    """What a lead is called until a person names its case."""
    places = places_of(facts)
    where = places[0] if places else "place unknown"
    if len(places) > 1:
        where += f" and {len(places) - 1} more"
    return where
