"""How much of what a plugin finds stands in leads that people confirmed: its precision from verdicts.

A finding is right or wrong only by way of its lead, so this measures where a plugin looks, and roughly;
the counts stand beside it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord.caseload.decided import newest_verdicts
from accord.caseload.decided_leads import SAYS
from accord.detection.models import RecordFindings
from accord.linking.models import LeadRecord
from accord_auth.permissions import Permission
from accord_auth.principal import Principal


@dataclass(frozen=True)
class Precision:
    """Findings of a plugin in leads that were confirmed, in leads found lawful or spam, and those leads."""

    confirmed: int = 0
    others: int = 0
    confirmed_leads: int = 0
    other_leads: int = 0

    @property
    def share(self) -> float | None:
        """The part of the findings in decided leads that stands in confirmed ones; None without any."""
        findings = self.confirmed + self.others
        return round(self.confirmed / findings, 4) if findings else None


def precisions(session: Session, principal: Principal) -> dict[str, Precision]:
    """By plugin, of the organisation's own verdicts; empty for who may not read leads."""
    if Permission.LEADS_READ not in principal.permissions or principal.organisation_id is None:
        return {}
    decided = newest_verdicts(principal.organisation_id)
    rows = session.execute(
        select(
            RecordFindings.plugin,
            decided.c.word,
            func.sum(func.json_array_length(RecordFindings.findings)),
            func.count(decided.c.lead_id.distinct()),
        )
        .join(LeadRecord, LeadRecord.record_id == RecordFindings.record_id)
        .join(decided, decided.c.lead_id == LeadRecord.lead_id)
        .where(decided.c.word.in_(SAYS), func.json_array_length(RecordFindings.findings) > 0)
        .group_by(RecordFindings.plugin, decided.c.word)
    )
    sums: defaultdict[tuple[str, bool], list[int]] = defaultdict(lambda: [0, 0])
    for plugin, word, findings, leads in rows:
        held = sums[plugin, SAYS[word]]
        held[0] += findings
        held[1] += leads
    return {
        plugin: Precision(
            confirmed=sums[plugin, True][0],
            others=sums[plugin, False][0],
            confirmed_leads=sums[plugin, True][1],
            other_leads=sums[plugin, False][1],
        )
        for plugin in {plugin for plugin, _ in sums}
    }
