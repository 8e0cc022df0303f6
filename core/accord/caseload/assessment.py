"""Assessing the leads that changed: assessors judge their facts, the priority follows."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.caseload.minor_marking import mark
from accord.caseload.priorities import Priority, prioritise
from accord.caseload.priority_versions import in_use
from accord.caseload.titles import title_of
from accord.caseload.words import keep, words_of
from accord.host.pool import ActivePlugin, ProcessPool
from accord.linking.facts import Facts, decode_facts
from accord.registry.service import active_plugins
from accord_config.arrays import documents, texts
from accord_config.database import Database, Scope
from accord_sdk import Assessed, Indicator, SignalCount, Visit, wire
from accord_sdk import Lead as ContractLead
from accord_sdk.host.errors import PluginFailed, PluginMisbehaved
from accord_sdk.host.limits import check_indicator

AT_ONCE = 500
MOST_VISITS = 50
MOST_AGES = 50
MOST_INDICATORS = 100
"""An assessor that says more of one lead than this does not know what matters."""

_STALE = text(
    """
    SELECT id, revision, CAST(facts AS text) AS facts FROM leads
    WHERE organisation_id = :organisation AND stale LIMIT :most
    """
)
_SELECTORS = text(
    """
    SELECT wanted.id, held.kind, held.hub, held.count
    FROM unnest(CAST(:leads AS uuid[])) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT node.kind, node.hub, count(*) AS count
        FROM (
            SELECT DISTINCT edge.selector_id FROM strands AS strand
            CROSS JOIN LATERAL (
                SELECT selector_id FROM strand_selectors
                WHERE strand_id = strand.id AND organisation_id = :organisation
                OFFSET 0
            ) AS edge
            WHERE strand.lead_id = wanted.id AND strand.organisation_id = :organisation
        ) AS shown
        CROSS JOIN LATERAL (
            SELECT kind, hub <> '' AS hub FROM selectors
            WHERE id = shown.selector_id AND organisation_id = :organisation
            OFFSET 0
        ) AS node
        GROUP BY node.kind, node.hub
    ) AS held
    """
)
_SAVE = text(
    """
    UPDATE leads SET stale = false, score = judged.score, reasons = judged.reasons, title = judged.title,
        places = ARRAY(SELECT jsonb_array_elements_text(judged.places))
    FROM ROWS FROM (
        unnest(CAST(:leads AS uuid[]), CAST(:revisions AS int[]), CAST(:scores AS float8[])),
        jsonb_array_elements(CAST(:reasons AS jsonb)), jsonb_array_elements_text(CAST(:titles AS jsonb)),
        jsonb_array_elements(CAST(:places AS jsonb))
    ) AS judged(id, revision, score, reasons, title, places)
    WHERE leads.id = judged.id AND leads.revision = judged.revision AND organisation_id = :organisation
    """
)


def _encode(value: object) -> str:
    return msgspec.json.encode(value).decode()


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Stale:
    lead_id: UUID
    revision: int
    facts: Facts
    selectors: dict[str, int]
    hubs: dict[str, int]


def assess_stale(database: Database, pool: ProcessPool, organisation_id: UUID) -> int:
    """Assess every lead that changed since it was assessed; returns how many.

    Assessors run outside a transaction. A lead that changed meanwhile stays stale for the next turn.
    """
    scope = Scope(organisation_id=organisation_id)
    assessed = 0
    while True:
        with database.transaction(scope) as session:
            stale = _stale(session, organisation_id)
            weights = in_use(session, organisation_id).weights
            assessing = [p for p in active_plugins(session, organisation_id) if p.manifest.provides.assessors]
        if not stale:
            return assessed
        indicators = _indicators(pool, assessing, stale)
        with database.transaction(scope) as session:
            mark(session, organisation_id, {lead.lead_id: lead.facts for lead in stale})
            _save(session, organisation_id, stale, [prioritise(found, weights) for found in indicators])
        assessed += len(stale)


def _stale(session: Session, organisation_id: UUID) -> list[_Stale]:
    leads = session.execute(_STALE, {"organisation": organisation_id, "most": AT_ONCE}).all()
    selectors: dict[UUID, dict[str, int]] = defaultdict(dict)
    hubs: dict[UUID, dict[str, int]] = defaultdict(dict)
    parameters = {"organisation": organisation_id, "leads": [lead.id for lead in leads]}
    for lead_id, kind, hub, count in session.execute(_SELECTORS, parameters):
        (hubs if hub else selectors)[lead_id][kind] = count
    return [
        _Stale(lead.id, lead.revision, decode_facts(lead.facts), selectors[lead.id], hubs[lead.id])
        for lead in leads
    ]


def contract_lead(facts: Facts, selectors: dict[str, int], hubs: dict[str, int]) -> ContractLead:
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
        hubs=dict(sorted(hubs.items())),
    )


def _indicators(
    pool: ProcessPool, plugins: Sequence[ActivePlugin], stale: Sequence[_Stale]
) -> list[list[Indicator]]:
    leads = tuple(contract_lead(lead.facts, lead.selectors, lead.hubs) for lead in stale)
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
                for indicator in item.indicators:
                    check_indicator(plugin.name, indicator)
                said[item.ref].extend(item.indicators)
    if any(len(indicators) > MOST_INDICATORS for indicators in said):
        raise PluginMisbehaved(f"{plugin.name} says more than {MOST_INDICATORS} things of one lead")
    return said


def _save(
    session: Session, organisation_id: UUID, stale: Sequence[_Stale], priorities: Sequence[Priority]
) -> None:
    titles = [title_of(lead.facts) for lead in stale]
    places = [places_of(lead.facts) for lead in stale]
    parameters = {
        "organisation": organisation_id,
        "leads": [lead.lead_id for lead in stale],
        "revisions": [lead.revision for lead in stale],
        "scores": [priority.score for priority in priorities],
        "reasons": documents(_encode(priority.reasons) for priority in priorities),
        "titles": texts(titles),
        "places": documents(map(texts, places)),
    }
    session.execute(_SAVE, parameters)
    words = {
        lead.lead_id: words_of(title, named) for lead, title, named in zip(stale, titles, places, strict=True)
    }
    keep(session, organisation_id, words)


def places_of(facts: Facts) -> list[str]:
    """A lead's places, the most frequent first."""
    return [name for name, _ in sorted(facts.visits.items(), key=lambda item: (-item[1].records, item[0]))]
