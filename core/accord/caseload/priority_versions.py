"""Versions of priorities: the published one, and those fitted to an organisation's verdicts. One is in use.

Nothing comes into use by itself: a person says so, it stands in the audit log, and a job ranks every lead
anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from accord.caseload.decided_leads import (
    Figures,
    Step,
    chance_at,
    check_enough,
    evidence_of,
    examples,
    total_of,
)
from accord.caseload.priorities import Weights, load_weights
from accord.caseload.priority_models import PriorityVersion
from accord.linking.models import Lead
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, NotFound
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.queue import enqueue

PUBLISHED = "published"
"""The name of the version that Accord ships; fitted ones are `fit-1`, `fit-2` and so on."""
FIT = "caseload:fit"
RANK_ANEW = "caseload:rank_anew"
"""Names of the jobs that fit, and that rank every lead of an organisation anew."""
COMPARED = 2_000
"""Leads that two versions are compared on: those that rank highest now."""

_RANK_ANEW = text(
    # The revision, so that an assessment with other weights that runs now is not kept.
    """
    UPDATE leads SET stale = true, revision = revision + 1
    WHERE organisation_id = :organisation AND merged_into IS NULL AND records > 0
    """
)


@dataclass(frozen=True)
class Version:
    """A version of the priorities. What is None of the published one is known of fitted ones alone."""

    name: str
    weights: Weights
    in_use: bool
    anchor: int
    """The published version that it is, or that it was held near to."""
    fitted_at: datetime | None = None
    fitted_by: str = ""
    figures: Figures | None = None
    published_figures: Figures | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Moved:
    """A lead, and its ranks (from 1) by two versions among the leads that were compared."""

    lead_id: UUID
    title: str
    before: int
    after: int


def versions(session: Session, principal: Principal) -> list[Version]:
    """The organisation's versions, the published one first, then the newest."""
    principal.require(Permission.LEADS_READ)
    return _versions(session, principal.organisation)


def _versions(session: Session, organisation_id: UUID) -> list[Version]:
    query = (
        select(PriorityVersion)
        .where(PriorityVersion.organisation_id == organisation_id)
        .order_by(PriorityVersion.number.desc())
    )
    fitted = [_version(row) for row in session.scalars(query)]
    shipped = load_weights()
    used = any(one.in_use for one in fitted)
    return [Version(PUBLISHED, shipped, not used, shipped.version), *fitted]


def find_version(session: Session, principal: Principal, name: str) -> Version:
    """The version with this name.

    :raises NotFound: naming those there are.
    """
    known = versions(session, principal)
    for one in known:
        if one.name == name:
            return one
    raise NotFound(f"there is no version {name!r}; there are: {', '.join(one.name for one in known)}")


def in_use(session: Session, organisation_id: UUID) -> Version:
    """The version that ranks an organisation's leads."""
    return next(one for one in _versions(session, organisation_id) if one.in_use)


def chance_of(session: Session, lead: Lead) -> Step | None:
    """The decided leads that scored like this one; None where verdicts say nothing of such a score."""
    return chance_at(lead.score, in_use(session, lead.organisation_id).steps)


def use(session: Session, principal: Principal, name: str) -> Version:
    """Rank the organisation's leads by this version from now on; a job ranks those there are anew.

    :raises NotFound: when there is no such version.
    :raises Conflict: when it is in use already.
    """
    principal.require(Permission.PRIORITIES_MANAGE)
    wanted = find_version(session, principal, name)
    if wanted.in_use:
        raise Conflict(f"{name} is in use already")
    mine = PriorityVersion.organisation_id == principal.organisation
    before = in_use(session, principal.organisation).name
    session.execute(update(PriorityVersion).where(mine, PriorityVersion.in_use).values(in_use=False))
    if name != PUBLISHED:
        number = int(name.removeprefix("fit-"))
        chosen = update(PriorityVersion).where(mine, PriorityVersion.number == number)
        session.execute(chosen.values(in_use=True))
    record(session, principal, AuditTag.PRIORITIES_USE, f"priorities {name}", {"before": before})
    chosen_one = find_version(session, principal, name)
    # In turn with assessments, whose lock it has.
    lock = f"assess:{principal.organisation}"
    enqueue(session, RANK_ANEW, organisation_id=principal.organisation, lock=lock)
    return chosen_one


def rank_anew(session: Session, organisation_id: UUID) -> None:
    """Have every lead of an organisation assessed again."""
    session.execute(_RANK_ANEW, {"organisation": organisation_id})


def request_fit(session: Session, principal: Principal) -> None:
    """Have a worker fit a version to the organisation's verdicts.

    :raises TooFewVerdicts: when there are too few; nothing is asked for then.
    """
    principal.require(Permission.PRIORITIES_MANAGE)
    found = examples(session, principal.organisation)
    check_enough(found)
    detail = {"confirmed": sum(one.confirmed for one in found), "leads": len(found)}
    record(session, principal, AuditTag.PRIORITIES_FIT, "priorities", detail)
    enqueue(
        session,
        FIT,
        organisation_id=principal.organisation,
        on_behalf_of=principal.person_id,
        fitted_by=principal.person_name,
    )


def keep(session: Session, organisation_id: UUID, made: Version) -> Version:
    """Keep a fitted version under the next number; it is not used by that."""
    last = select(func.max(PriorityVersion.number)).where(PriorityVersion.organisation_id == organisation_id)
    number = (session.scalar(last) or 0) + 1
    row = PriorityVersion(
        organisation_id=organisation_id,
        number=number,
        published=made.anchor,
        weights=msgspec.to_builtins(msgspec.structs.replace(made.weights, version=number)),
        figures=msgspec.to_builtins(made.figures),
        published_figures=msgspec.to_builtins(made.published_figures),
        steps=msgspec.to_builtins(made.steps),
        fitted_by=made.fitted_by,
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return _version(row)


def moved(session: Session, principal: Principal, before: Version, after: Version) -> list[Moved]:
    """Where the highest leads stand by two versions; those that move most first, the others left out."""
    principal.require(Permission.LEADS_READ)
    query = (
        select(Lead.id, Lead.title, Lead.anchor, Lead.reasons)
        .where(
            Lead.organisation_id == principal.organisation,
            Lead.merged_into.is_(None),
            Lead.records > 0,
            Lead.restricted.is_(False),
        )
        .order_by(Lead.score.desc(), Lead.anchor)
        .limit(COMPARED)
    )
    rows = session.execute(query).all()
    evidence = {row.id: evidence_of(row.reasons) for row in rows}
    anchors = {row.id: row.anchor for row in rows}
    ranks = [_ranks(evidence, anchors, one.weights) for one in (before, after)]
    found = [Moved(row.id, row.title, ranks[0][row.id], ranks[1][row.id]) for row in rows]
    found.sort(key=lambda one: (-abs(one.before - one.after), min(one.before, one.after)))
    return [one for one in found if one.before != one.after]


def _ranks(
    evidence: dict[UUID, dict[str, float]], anchors: dict[UUID, str], weights: Weights
) -> dict[UUID, int]:
    order: Sequence[UUID] = sorted(
        evidence, key=lambda lead: (-total_of(evidence[lead], weights), anchors[lead])
    )
    return {lead: rank for rank, lead in enumerate(order, start=1)}


def _version(row: PriorityVersion) -> Version:
    return Version(
        f"fit-{row.number}",
        msgspec.convert(row.weights, Weights),
        row.in_use,
        row.published,
        row.fitted_at,
        row.fitted_by,
        msgspec.convert(row.figures, Figures),
        msgspec.convert(row.published_figures, Figures),
        tuple(msgspec.convert(row.steps, list[Step])),
    )
