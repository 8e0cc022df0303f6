"""Decided leads as examples to fit priorities to, and what can be said of them without fitting anything."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from accord.caseload.priorities import Weights, total_of_score
from accord.caseload.verdict_models import LeadVerdict, VerdictWord
from accord.linking.models import Lead
from accord_auth.errors import Conflict

LEAST_OF_EACH = 20
"""Leads confirmed, and leads found lawful or spam: with fewer of either nothing is fitted."""
NEAR = 0.02
"""How far from decided leads a sum is still like theirs, in log-odds: a tenth of a point of the score."""
SAYS: Mapping[str, bool] = {
    VerdictWord.EXPLOITATION: True,
    VerdictWord.LAWFUL: False,
    VerdictWord.SPAM: False,
}
"""Verdicts that say which way a lead points; a duplicate, or one of which nobody can tell, says nothing."""


class TooFewVerdicts(Conflict):
    """There are too few verdicts to fit anything to."""


@dataclass(frozen=True)
class Example:
    """A decided lead: by kind the sum of sign * strength of its indicators, and whether it was confirmed."""

    evidence: Mapping[str, float]
    confirmed: bool


class Step(msgspec.Struct, frozen=True):
    """Decided leads whose totals lie between two bounds: how many, and how many were confirmed.

    `least` and `most` bound the chance with 95 % confidence.
    """

    low: float
    high: float
    leads: int
    confirmed: int
    chance: float
    least: float
    most: float


class Figures(msgspec.Struct, frozen=True):
    """How a version orders the decided leads; `log_loss` is of their probabilities, less is better.

    `false_flags` are lawful or spam among the first `first`.
    """

    leads: int
    confirmed: int
    precision_at_20: float
    ndcg_at_50: float
    false_flags: int
    first: int
    log_loss: float


def evidence_of(reasons: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """What the stored reasons of a lead say, by kind: sign times strength, whatever they weighed then.

    What weighed nothing says nothing: a weight of 0 is never fitted.
    """
    found: defaultdict[str, float] = defaultdict(float)
    for reason in reasons:
        if reason["weight"]:
            found[reason["indicator"]] += reason["contribution"] / reason["weight"]
    return dict(found)


def total_of(evidence: Mapping[str, float], weights: Weights) -> float:
    """The sum that ranks a lead."""
    parts = (weights.weights.get(kind, weights.unlisted) * amount for kind, amount in evidence.items())
    return weights.bias + math.fsum(parts)


def examples(session: Session, organisation_id: UUID) -> list[Example]:
    """The organisation's decided leads, as far as their verdicts say which way they point."""
    joined, kept = aliased(Lead), aliased(Lead)
    rows = session.execute(
        select(kept.id, kept.reasons, LeadVerdict.word)
        .join(joined, joined.id == LeadVerdict.lead_id)
        .join(kept, kept.id == func.coalesce(joined.merged_into, joined.id))
        .where(LeadVerdict.organisation_id == organisation_id, LeadVerdict.withdrawn_at.is_(None))
        .order_by(kept.anchor, LeadVerdict.made_at)
    )
    # Of the verdicts of leads that were joined the newest comes last, and counts.
    newest = {lead_id: (reasons, word) for lead_id, reasons, word in rows}
    return [Example(evidence_of(reasons), SAYS[word]) for reasons, word in newest.values() if word in SAYS]


def check_enough(found: Sequence[Example]) -> None:
    """Refuse to fit to too few.

    :raises TooFewVerdicts: saying how many there are, and what is missing.
    """
    confirmed = sum(example.confirmed for example in found)
    others = len(found) - confirmed
    if min(confirmed, others) < LEAST_OF_EACH:
        raise TooFewVerdicts(
            f"fitting needs at least {LEAST_OF_EACH} leads confirmed, and {LEAST_OF_EACH} found lawful"
            f" or spam; there are {confirmed} and {others}: give more verdicts"
        )


def chance_at(score: float, steps: Sequence[Step]) -> Step | None:
    """The decided leads that scored like this one; None where there are too few to say anything."""
    total = total_of_score(score)
    return next((step for step in steps if step.low - NEAR <= total <= step.high + NEAR), None)
