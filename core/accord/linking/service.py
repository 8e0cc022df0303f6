"""Linking a batch: its records join strands, strands join leads, hubs are taken out.

One linker at a time for an organisation (the job's lock). A batch is resolved in one transaction
(`accord.linking.resolving`) and linked in another; the next one is resolved meanwhile. Every statement
looks rows up by keys that it is given as arrays; none reads a table.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from accord.ingestion.models import Batch, Stage
from accord.linking import hubs, strands
from accord.linking.bonding import bond_strands
from accord.linking.evidence import STRONG
from accord.linking.grouping import Days, Group, Holder, Node, group
from accord.linking.holdings import Holdings, common_numbers, held, held_elsewhere
from accord.linking.leaders import Leaders
from accord.linking.neighbours import BONDING
from accord.linking.nodes import NodeState
from accord.linking.rejoining import identities, split_leads, take_strands_apart
from accord.linking.resolving import (
    Resolved,
    look_ups_only,
    resolve,
    resolve_batch,
    resolved_batches,
    with_states,
)
from accord.linking.strands import Part
from accord_config.arrays import array
from accord_config.database import Database, Scope
from accord_config.queue import FIRST, enqueue
from accord_sdk import SelectorKind

ASSESS = "caseload:assess"
"""Name of the job that changed leads need next."""
ASSESS_EVERY = 20
"""Changed leads are assessed after so many batches at the latest, half a minute of a long import."""

_MENTION = text(
    """
    INSERT INTO mentions (record_id, selector_id, organisation_id)
    SELECT record_id, selector_id, :organisation
    FROM unnest(CAST(:records AS bigint[]), CAST(:selectors AS bigint[])) AS edge(record_id, selector_id)
    """
)


def link_ready(
    database: Database, organisation_id: UUID, leaders: Leaders | None = None, *, most: int = 20
) -> bool:
    """Link the batches that are ready, in the order in which they were stored; returns whether more wait.

    Without `leaders`, those that a worker remembers, all of the organisation's are read.
    """
    linked = 0
    for batch_id, parts in resolved_batches(database, organisation_id, leaders or Leaders(), most=most):
        with database.transaction(Scope(organisation_id=organisation_id)) as session:
            batch = session.get_one(Batch, batch_id, with_for_update=True)
            if batch.stage != Stage.DETECTED:
                return False
            _link(session, organisation_id, batch, parts)
            # While more batches are ready a lead may change again at once; the linking of each of them
            # ends here too, so that no change is left unassessed.
            due = batch.id % ASSESS_EVERY == 0
            if due or not _another_ready(session, organisation_id):
                request_assessment(session, organisation_id, soon=due)
        linked += 1
    return linked == most


def _another_ready(session: Session, organisation_id: UUID) -> bool:
    ready = select(Batch.id).where(Batch.organisation_id == organisation_id, Batch.stage == Stage.DETECTED)
    return session.scalar(ready.limit(1)) is not None


def request_assessment(session: Session, organisation_id: UUID, *, soon: bool = False) -> None:
    """Have changed leads assessed; one waiting job serves all that change until it starts.

    `soon`: before batches that wait to be looked at, which may change the same leads again.
    """
    name = f"assess:{organisation_id}"
    priority = FIRST if soon else 0
    enqueue(
        session, ASSESS, organisation_id=organisation_id, lock=name, queueing_lock=name, priority=priority
    )


def link_batch(session: Session, organisation_id: UUID, batch: Batch, leaders: Leaders | None = None) -> None:
    """Bring one batch into the graph, its strands and its leads."""
    parts = resolve_batch(session, organisation_id, batch, leaders or Leaders())
    _link(session, organisation_id, batch, parts)


def _link(session: Session, organisation_id: UUID, batch: Batch, parts: list[Part]) -> None:
    look_ups_only(session)
    _join(session, organisation_id, with_states(session, organisation_id, parts))
    batch.stage, batch.resolved = Stage.LINKED, None


def link_records(session: Session, organisation_id: UUID, ids: Sequence[int], leaders: Leaders) -> None:
    """Bring records that are in no lead into the graph, its strands and its leads, all at once."""
    _join(session, organisation_id, resolve(session, organisation_id, ids, leaders))


def _join(session: Session, organisation_id: UUID, resolved: Resolved) -> None:
    parts, states = resolved
    _mention(session, organisation_id, parts)
    holdings, doubtful = _without_hubs(session, organisation_id, parts, states)
    kinds = {node: state.kind for node, state in states.items() if not state.hub}
    growths = _growths(session, organisation_id, parts, kinds, holdings)
    doubtful |= _write(session, organisation_id, growths, kinds)
    split_leads(session, organisation_id, doubtful)


def _mention(session: Session, organisation_id: UUID, parts: Sequence[Part]) -> None:
    edges = [(part.record_id, selector) for part in parts for selector in part.selectors]
    if edges:
        records, selectors = zip(*edges, strict=True)
        session.execute(
            _MENTION,
            {"organisation": organisation_id, "records": array(records), "selectors": array(selectors)},
        )


def _without_hubs(
    session: Session, organisation_id: UUID, parts: Sequence[Part], states: dict[int, NodeState]
) -> tuple[Holdings, set[UUID]]:
    """What strands show of the batch's identities, once new hubs are marked and strands taken apart.

    Also returns the leads of strands that were taken apart.
    """
    touched = Counter(selector for part in parts for selector in part.selectors)
    identities = _identities(touched, states)
    holdings = held(session, organisation_id, identities)
    totals = Counter({selector: touched[selector] for selector in identities})
    for (_, selector), one in holdings.items():
        totals[selector] += one.records
    found = hubs.find_hubs(session, organisation_id, states, hubs.suspects(states, totals))
    if not found:
        return holdings, set()
    for selector in found:
        states[selector] = NodeState(states[selector].kind, hub=True)
    doubtful = take_strands_apart(session, organisation_id, found)
    return held(session, organisation_id, _identities(touched, states)), doubtful


def _identities(selectors: Iterable[int], states: Mapping[int, NodeState]) -> list[int]:
    return [one for one in selectors if states[one].kind in STRONG and not states[one].hub]


def _growths(
    session: Session,
    organisation_id: UUID,
    parts: Sequence[Part],
    kinds: dict[int, str],
    holdings: Holdings,
) -> list[strands.Growth]:
    """How the batch's records go into strands, by selectors of these kinds (hubs left out)."""
    groups = _groups(session, organisation_id, [identities(part, kinds) for part in parts], holdings, kinds)
    stored = strands.read(session, organisation_id, (strand for found in groups for strand in found.strands))
    by_record = {part.record_id: part for part in parts}
    fresh = iter(strands.new_ids(session, sum(not found.strands for found in groups)))
    return [
        strands.grown(
            min(found.strands) if found.strands else next(fresh),
            {strand: stored[strand] for strand in found.strands},
            [by_record[record] for record in found.records],
            new=not found.strands,
        )
        for found in groups
    ]


def _groups(
    session: Session, organisation_id: UUID, nodes: Sequence[Node], holdings: Holdings, kinds: dict[int, str]
) -> list[Group]:
    """Which records and strands are one strand now.

    Two strands that become one may close the time in which neither showed a number that both know, and
    so take in a third that showed it meanwhile; such numbers are looked up until there are no more.
    """
    known = set(kinds)
    while True:
        groups = [
            found
            for found in group(nodes, _holders(holdings), kinds)
            if found.records or len(found.strands) > 1
        ]
        merging = [strand for found in groups if len(found.strands) > 1 for strand in found.strands]
        numbers = common_numbers(session, organisation_id, merging) - known if merging else set()
        if not numbers:
            return groups
        known |= numbers
        kinds |= dict.fromkeys(numbers, SelectorKind.PHONE)
        holdings = holdings | held(session, organisation_id, numbers)


def _holders(holdings: Holdings) -> list[Holder]:
    shown: defaultdict[UUID, dict[int, Days]] = defaultdict(dict)
    for (strand, selector), found in sorted(holdings.items()):
        shown[strand][selector] = found.days
    return [Holder(strand, days) for strand, days in shown.items()]


def rejoin(session: Session, organisation_id: UUID, selector: int, kind: str) -> set[UUID]:
    """Join the strands that show an identity which joins again; returns leads to be looked at again."""
    holdings = held(session, organisation_id, [selector])
    kinds = {selector: kind}
    growths = _growths(session, organisation_id, [], kinds, holdings)
    return _write(session, organisation_id, growths, kinds)


def _write(
    session: Session, organisation_id: UUID, growths: Sequence[strands.Growth], kinds: Mapping[int, str]
) -> set[UUID]:
    """Write strands, find the leads that they make, write those; returns leads to be looked at again.

    A bond may come or go where a strand is new, was joined with another or states more, and where it shows
    something new that another shows too. Most records bring a picture that nobody else has.
    """
    fresh = strands.grow(session, organisation_id, growths)
    changed = {growth.strand_id for growth in growths if growth.new or growth.absorbed or growth.restated}
    bonding = [(one, shown) for one, shown in fresh if kinds.get(shown) in BONDING and one not in changed]
    changed |= held_elsewhere(session, organisation_id, bonding)
    return bond_strands(session, organisation_id, growths, changed)
