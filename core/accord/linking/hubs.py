"""Hubs: selectors that stand on records of many groups which nothing else ties together.

A switchboard, a hotline, a booking site, a stock picture, a popular text: it says nothing about who
is behind a record. The newest records of an identity are put into components by everything else that
they share; components that show an identity of their own (a phone, a handle, ...) are counted. The
strands of a text or picture are put into components by the other texts and pictures that they share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.linking.evidence import (
    HUB_EXAMINED_AGAIN,
    HUB_GROUPS,
    HUB_LOOKED_AT,
    IDENTITIES,
    POPULAR_GROUPS,
    POPULAR_SHARE,
    STRONG,
    WEAK,
)
from accord.linking.grouping import components
from accord.linking.neighbours import Shown, shown_by
from accord.linking.nodes import NodeState
from accord.linking.numbers import Integers, components_of, numbers, paired, places
from accord_config.arrays import array
from accord_sdk import SelectorKind

AT_ONCE = 200
"""Selectors whose records are in memory at once."""

_NEWEST = text(
    """
    SELECT string_agg(int8send(suspect.id), ''), string_agg(int8send(newest.record_id), '')
    FROM unnest(CAST(:ids AS bigint[])) AS suspect(id)
    CROSS JOIN LATERAL (
        SELECT record_id FROM mentions
        WHERE selector_id = suspect.id AND organisation_id = :organisation
        ORDER BY record_id DESC LIMIT :most
    ) AS newest
    """
)
_CARRIED = text(
    """
    SELECT string_agg(int8send(record_id), ''), string_agg(int8send(selector_id), '') FROM mentions
    WHERE record_id = ANY(CAST(:records AS bigint[])) AND organisation_id = :organisation
    """
)
_JOINING = text(
    """
    SELECT string_agg(int8send(id), ''), string_agg(int4send(CAST(kind = ANY(:identities) AS int)), '')
    FROM selectors
    WHERE id = ANY(CAST(:ids AS bigint[])) AND organisation_id = :organisation AND hub = ''
    """
)
_EXAMINED = text(
    """
    UPDATE selectors
    SET examined = (CAST(:counts AS int[]))[array_position(CAST(:ids AS bigint[]), id)]
    WHERE id = ANY(CAST(:ids AS bigint[])) AND organisation_id = :organisation
    """
)
_MARK = text("UPDATE selectors SET hub = :why WHERE id = :id AND organisation_id = :organisation")


class Beside(NamedTuple):
    """What records of suspects show besides, one row each: four columns."""

    suspects: Integers
    records: Integers
    selectors: Integers
    identities: NDArray[np.bool_]


def suspects(states: Mapping[int, NodeState], counts: Mapping[int, int]) -> dict[int, int]:
    """Identities to look at, with the number of their records, given that number for those touched.

    Looked at again only when they have grown by `HUB_EXAMINED_AGAIN`, so that the work for one
    selector is a small multiple of its records.
    """
    return {
        selector: count
        for selector, count in sorted(counts.items())
        if states[selector].kind in STRONG
        and not states[selector].hub
        and _grown(count, states[selector].examined)
    }


def _grown(count: int, examined: int) -> bool:
    return count >= max(HUB_GROUPS, HUB_EXAMINED_AGAIN * examined)


def find_hubs(
    session: Session,
    organisation_id: UUID,
    states: Mapping[int, NodeState],
    suspected: Mapping[int, int],
) -> dict[int, str]:
    """Which of the suspects are hubs, with the reason in words. Remembers that they were looked at."""
    hubs: dict[int, str] = {}
    ids = list(suspected)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        counts = groups_without(_shown_beside(session, organisation_id, some))
        for selector in some:
            if counts.get(selector, 0) >= HUB_GROUPS:
                hubs[selector] = f"on records of {counts[selector]} groups that nothing else ties together"
    _remember(session, organisation_id, suspected, hubs)
    return hubs


def find_popular(session: Session, organisation_id: UUID, shown: Shown) -> list[int]:
    """Which texts and pictures that changed strands show are hubs. Remembers that they were looked at."""
    suspected = {
        selector: len(holders)
        for selector, holders in sorted(shown.holders.items())
        if shown.kinds[selector] in WEAK and _grown(len(holders), shown.examined[selector])
    }
    popular: dict[int, str] = {}
    ids = list(suspected)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        strands = sorted({strand for selector in some for strand in shown.holders[selector]})
        theirs: defaultdict[UUID, list[int]] = defaultdict(list)
        for selector, holders in shown_by(session, organisation_id, strands, WEAK).holders.items():
            for strand in holders:
                theirs[strand].append(selector)
        for selector in some:
            beside = [[s for s in theirs[strand] if s != selector] for strand in shown.holders[selector]]
            groups = strand_groups(beside)
            if is_popular(shown.kinds[selector], groups, len(beside)):
                popular[selector] = f"shared by {groups} groups that nothing else ties together"
    _remember(session, organisation_id, suspected, popular)
    return list(popular)


def strand_groups(strands: Sequence[Sequence[int]]) -> int:
    """How many components strands make by what they show; one that shows nothing is one of its own."""
    return sum(not shown for shown in strands) + len(components(shown for shown in strands if shown))


def is_popular(kind: str, groups: int, strands: int) -> bool:
    """Whether a text or picture on so many strands, of so many groups, is a hub.

    A controller's text that a few outsiders copied still ties the controller's own strands together.
    """
    if kind != SelectorKind.TEMPLATE:
        return groups >= HUB_GROUPS
    return groups >= POPULAR_GROUPS or (groups >= HUB_GROUPS and groups * POPULAR_SHARE >= strands)


def _remember(
    session: Session, organisation_id: UUID, suspected: Mapping[int, int], hubs: Mapping[int, str]
) -> None:
    if suspected:
        parameters = {"ids": array(suspected), "counts": array(suspected.values())}
        session.execute(_EXAMINED, parameters | {"organisation": organisation_id})
    for selector, why in hubs.items():
        session.execute(_MARK, {"organisation": organisation_id, "id": selector, "why": why})


def _shown_beside(session: Session, organisation_id: UUID, suspected: Sequence[int]) -> Beside:
    """What the newest records of suspects show besides, hubs left out."""
    whose = {"organisation": organisation_id}
    newest = session.execute(_NEWEST, whose | {"ids": array(suspected), "most": HUB_LOOKED_AT}).one()
    suspects_of, records = map(numbers, newest)
    carried = session.execute(_CARRIED, whose | {"records": array(np.unique(records).tolist())}).one()
    carriers, selectors = map(numbers, carried)
    wanted = {"ids": array(np.unique(selectors).tolist()), "identities": sorted(IDENTITIES)}
    joining, identity = session.execute(_JOINING, whose | wanted).one()
    known, identities = numbers(joining), numbers(identity, ">i4").astype(np.bool_)
    order = np.argsort(known)
    known, identities = known[order], identities[order]
    at, there = places(known, selectors)
    order = np.argsort(carriers[there], kind="stable")
    carriers, selectors, at = carriers[there][order], selectors[there][order], at[there][order]
    # Each record of each suspect with all that it carries.
    begin = np.searchsorted(carriers, records, "left")
    each = np.searchsorted(carriers, records, "right") - begin
    pair = np.repeat(np.arange(records.size), each)
    row = np.repeat(begin - (each.cumsum() - each), each) + np.arange(pair.size)
    other = selectors[row] != suspects_of[pair]
    pair, row = pair[other], row[other]
    return Beside(suspects_of[pair], records[pair], selectors[row], identities[at[row]])


def groups_without(beside: Beside) -> dict[int, int]:
    """How many components the records of each suspect make, by what they show besides.

    Only those that show an identity of their own are counted.
    """
    if not beside.suspects.size:
        return {}
    _, record = paired(beside.suspects, beside.records)
    first, selector = paired(beside.suspects, beside.selectors)
    component = components_of(record, selector)
    shown = np.unique(component[selector[beside.identities]])
    # A component bears the number of one of its selectors, which stands beside one suspect.
    found, counts = np.unique(beside.suspects[first[shown]], return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))
