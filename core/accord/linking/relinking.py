"""Linking records again whose findings changed, and taking out those that were withdrawn.

A record is taken out of the graph with all that it brought: mentions, the selectors that nobody else
carries, its part of strands and leads. What it held together is looked at anew. Then it is brought in again,
as if it had just come. A lead keeps its identity for as long as any of its records is in a lead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from accord.ingestion.models import Batch, ChangedRecord, Stage, StoredRecord
from accord.linking import leads, strands
from accord.linking.facts import total
from accord.linking.grouping import group
from accord.linking.leaders import Leaders
from accord.linking.models import LeadRecord
from accord.linking.rejoining import LARGEST, identities, split_leads, stored_parts
from accord.linking.resolving import look_ups_only
from accord.linking.service import link_records, request_assessment
from accord.linking.sketches import Dropped, forget_dropped
from accord_config.arrays import array
from accord_config.database import Database, Scope
from accord_config.queue import enqueue

WITHDRAWN = "sharing:withdrawn"
"""Name of the job that takes records which are gone out of what was shared."""
AT_ONCE = 200
"""Records that are linked again in one transaction."""

_FORGET = tuple(
    text(statement)
    for statement in (
        """
        WITH gone AS (
            SELECT record.batch_id, said.plugin, count(said.error) AS failed,
                   count(*) FILTER (WHERE said.skipped IS NOT NULL) AS skipped,
                   count(*) FILTER (WHERE said.error IS NULL AND said.skipped IS NULL) AS looked
            FROM records AS record JOIN record_findings AS said ON said.record_id = record.id
            WHERE record.id = ANY(:records) AND record.organisation_id = :organisation
            GROUP BY record.batch_id, said.plugin
        )
        UPDATE detection_tallies AS tally
        SET looked = greatest(0, tally.looked - gone.looked),
            skipped = greatest(0, tally.skipped - gone.skipped),
            failed = greatest(0, tally.failed - gone.failed)
        FROM gone WHERE tally.batch_id = gone.batch_id AND tally.plugin = gone.plugin
        """,
        """
        WITH gone AS (
            SELECT batch_id, count(*) AS records FROM records
            WHERE id = ANY(:records) AND organisation_id = :organisation GROUP BY batch_id
        )
        UPDATE batches SET records = batches.records - gone.records FROM gone WHERE batches.id = gone.batch_id
        """,
        "DELETE FROM record_findings WHERE record_id = ANY(:records) AND organisation_id = :organisation",
        "DELETE FROM parked_records WHERE record_id = ANY(:records) AND organisation_id = :organisation",
        "DELETE FROM records WHERE id = ANY(:records) AND organisation_id = :organisation",
    )
)
_UNMENTION = text(
    """
    DELETE FROM mentions WHERE record_id = ANY(:records) AND organisation_id = :organisation
    RETURNING selector_id
    """
)
_DETACH = text(
    """
    DELETE FROM lead_records WHERE record_id = ANY(:records) AND organisation_id = :organisation
    RETURNING record_id, lead_id, strand_id
    """
)
_DROP_SELECTORS = text(
    """
    DELETE FROM selectors AS node
    WHERE node.id = ANY(:selectors) AND node.organisation_id = :organisation
      AND NOT EXISTS (SELECT FROM mentions WHERE selector_id = node.id)
    RETURNING node.id, node.kind
    """
)
_DROP_HELD = text(
    "DELETE FROM strand_selectors WHERE strand_id = :strand AND organisation_id = :organisation"
)
_RECOUNT = text(
    """
    INSERT INTO strand_selectors (selector_id, strand_id, organisation_id, records, first_day, last_day)
    SELECT mention.selector_id, :strand, :organisation, count(*),
           min((record.observed_at AT TIME ZONE 'UTC')::date),
           max((record.observed_at AT TIME ZONE 'UTC')::date)
    FROM lead_records AS member
    JOIN mentions AS mention ON mention.record_id = member.record_id
    JOIN records AS record ON record.id = member.record_id
    WHERE member.strand_id = :strand AND member.organisation_id = :organisation
    GROUP BY mention.selector_id
    """
)
_DROP_STRAND = text("DELETE FROM strands WHERE id = :strand AND organisation_id = :organisation")
_WENT_TO = text(
    """
    SELECT lead_id FROM lead_records WHERE record_id = ANY(:records) AND organisation_id = :organisation
    GROUP BY lead_id ORDER BY count(*) DESC, lead_id LIMIT 1
    """
)
_IS_NEW = text("SELECT created_at = now() FROM leads WHERE id = :lead AND organisation_id = :organisation")
_TAKE_OVER = tuple(
    text(statement)
    for statement in (
        "UPDATE lead_records SET lead_id = :old WHERE lead_id = :new AND organisation_id = :organisation",
        "UPDATE strands SET lead_id = :old WHERE lead_id = :new AND organisation_id = :organisation",
        """
        UPDATE leads SET anchor = made.anchor, records = made.records, first_seen = made.first_seen,
            last_seen = made.last_seen, facts = made.facts, stale = true, revision = leads.revision + 1,
            restricted = leads.restricted OR made.restricted
        FROM leads AS made
        WHERE made.id = :new AND leads.id = :old AND leads.organisation_id = :organisation
        """,
        "DELETE FROM leads WHERE id = :new AND organisation_id = :organisation",
    )
)
_ABSORB = text(
    """
    UPDATE leads SET merged_into = :new, records = 0, stale = false
    WHERE (id = :old OR merged_into = :old) AND organisation_id = :organisation
    """
)
_EMPTY = text(
    """
    UPDATE leads SET records = 0, stale = false, revision = revision + 1, anchor = '', title = '',
        places = '{}', score = 0, reasons = '[]',
        facts = jsonb_build_object('anchor', '', 'records', 0, 'first', facts->'first', 'last', facts->'last')
    WHERE id = :old AND organisation_id = :organisation
    """
)
"""Nobody may know what a lead was whose records were all withdrawn; that there was one, a case may say."""
_FORGET_WORDS = text(
    "DELETE FROM lead_words WHERE lead_id = ANY(CAST(:leads AS uuid[])) AND organisation_id = :organisation"
)
"""By these the queue's search finds leads; those that still have records are given theirs anew when they are
assessed. No index leads from a lead to its words: it is done now and then."""


def relink_ready(database: Database, organisation_id: UUID, leaders: Leaders | None = None) -> bool:
    """Link some records again that wait for it, take out some that were withdrawn; whether more wait.

    One linker works for an organisation at a time (the job's lock).
    """
    leaders = leaders or Leaders()
    # What it drops is forgotten at once: if it fails, that has to be read again.
    with (
        leaders.forgotten_on_failure(organisation_id),
        database.transaction(Scope(organisation_id=organisation_id)) as session,
    ):
        changed = _waiting(session, organisation_id)
        if not changed:
            return False
        relink(session, organisation_id, changed, leaders)
        session.execute(delete(ChangedRecord).where(ChangedRecord.record_id.in_(changed)))
        request_assessment(session, organisation_id)
    return len(changed) == AT_ONCE


def _waiting(session: Session, organisation_id: UUID) -> dict[int, bool]:
    """Records that changed, and whether they were withdrawn; those whose batch will yet be linked wait."""
    rows = session.execute(
        select(ChangedRecord.record_id, ChangedRecord.withdrawn)
        .outerjoin(StoredRecord, StoredRecord.id == ChangedRecord.record_id)
        .outerjoin(Batch, Batch.id == StoredRecord.batch_id)
        .where(
            ChangedRecord.organisation_id == organisation_id,
            StoredRecord.id.is_(None) | (Batch.stage == Stage.LINKED) | ChangedRecord.withdrawn,
        )
        .order_by(ChangedRecord.record_id)
        .limit(AT_ONCE)
    )
    return dict(rows.all())


def relink(session: Session, organisation_id: UUID, changed: Mapping[int, bool], leaders: Leaders) -> None:
    """Take these records out of the graph, and bring those in again that were not withdrawn (the values)."""
    look_ups_only(session)
    ids = sorted(changed)
    members = _take_out(session, organisation_id, ids)
    withdrawn = [record for record in ids if changed[record]]
    if withdrawn:
        for statement in _FORGET:
            session.execute(statement, {"records": withdrawn, "organisation": organisation_id})
        told = array({members[record][0] for record in withdrawn if record in members})
        session.execute(_FORGET_WORDS, {"leads": told, "organisation": organisation_id})
        name = f"withdrawn:{organisation_id}"
        enqueue(session, WITHDRAWN, organisation_id=organisation_id, lock=name, queueing_lock=name)
    kept = [record for record in ids if not changed[record] and record in members]
    if kept:
        link_records(session, organisation_id, kept, leaders)
    former: defaultdict[UUID, list[int]] = defaultdict(list)
    for record, (lead, _) in members.items():
        former[lead].append(record)
    for lead in sorted(former, key=lambda lead: (-len(former[lead]), lead)):
        if not _holds_records(session, organisation_id, lead):
            _find_heir(session, organisation_id, lead, former[lead])


def _take_out(session: Session, organisation_id: UUID, ids: Sequence[int]) -> dict[int, tuple[UUID, UUID]]:
    """Take records out of graph, strands and leads; returns the lead and strand in which each was."""
    which = {"records": list(ids), "organisation": organisation_id}
    selectors = set(session.scalars(_UNMENTION, which))
    members = {record: (lead, strand) for record, lead, strand in session.execute(_DETACH, which)}
    for lead, strand in sorted(set(members.values())):
        _shrink_strand(session, organisation_id, lead, strand)
    _drop_unused(session, organisation_id, selectors)
    touched = sorted({lead for lead, _ in members.values()})
    kept = [lead for lead in touched if _shrink_lead(session, organisation_id, lead)]
    split_leads(session, organisation_id, kept)
    return members


def _shrink_strand(session: Session, organisation_id: UUID, lead: UUID, strand: UUID) -> None:
    """Make of a strand what its remaining records are: nothing, one strand or several."""
    left = _records_of(session, organisation_id, LeadRecord.strand_id == strand)
    which = {"strand": strand, "organisation": organisation_id}
    if not left or len(left) > LARGEST:
        session.execute(_DROP_HELD, which)
        session.execute(_RECOUNT if left else _DROP_STRAND, which)
        return
    parts, kinds = stored_parts(session, organisation_id, left)
    nodes = [identities(part, kinds) for part in parts.values()]
    groups = [[parts[record] for record in found.records] for found in group(nodes, [], kinds)]
    groups.sort(key=lambda found: (-len(found), min(part.facts.anchor for part in found)))
    strands.take_apart(session, organisation_id, strand, lead, groups)


def _shrink_lead(session: Session, organisation_id: UUID, lead: UUID) -> bool:
    """Make a lead's facts those of its remaining records; whether there are any."""
    left = _records_of(session, organisation_id, LeadRecord.lead_id == lead)
    if not left:
        return False
    parts, _ = stored_parts(session, organisation_id, left)
    leads.restate(session, organisation_id, lead, total(part.facts for part in parts.values()))
    return True


def _records_of(session: Session, organisation_id: UUID, where: object) -> list[int]:
    query = select(LeadRecord.record_id).where(LeadRecord.organisation_id == organisation_id, where)  # type: ignore[arg-type]  # a column's comparison
    return sorted(session.scalars(query))


def _drop_unused(session: Session, organisation_id: UUID, selectors: Collection[int]) -> None:
    """Forget selectors that no record carries any more."""
    which = {"selectors": list(selectors), "organisation": organisation_id}
    gone = session.execute(_DROP_SELECTORS, which) if selectors else ()
    forget_dropped(session, organisation_id, [Dropped(*row) for row in gone])


def _holds_records(session: Session, organisation_id: UUID, lead: UUID) -> bool:
    query = select(LeadRecord.record_id).where(
        LeadRecord.lead_id == lead, LeadRecord.organisation_id == organisation_id
    )
    return session.scalar(query.limit(1)) is not None


def _find_heir(session: Session, organisation_id: UUID, lead: UUID, records: Iterable[int]) -> None:
    """Say where an empty lead's records went: into a new lead, which takes its identity; into another, which
    takes it in; or nowhere."""
    whose = {"organisation": organisation_id, "old": lead}
    heir = session.scalar(_WENT_TO, {"records": list(records), "organisation": organisation_id})
    if heir is None:
        session.execute(_EMPTY, whose)
    elif session.scalar(_IS_NEW, {"lead": heir, "organisation": organisation_id}):
        for statement in _TAKE_OVER:
            session.execute(statement, whose | {"new": heir})
    else:
        leads.carry_restriction(session, organisation_id, {lead: heir})
        session.execute(_ABSORB, whose | {"new": heir})
