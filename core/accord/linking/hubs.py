"""Hubs: selectors that stand on records of many groups which nothing else ties together.

A switchboard, a hotline, a booking site, a stock picture, a popular text: it says nothing about who
is behind a record. The newest records of an identity are put into components by everything else that
they share; components that show an identity of their own (a phone, a handle, ...) are counted. The
strands of a text or picture are put into components by the other texts and pictures that they share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

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
from accord_config.arrays import array
from accord_sdk import SelectorKind

AT_ONCE = 50
"""Selectors whose records are in memory at once."""

_NEIGHBOURS = text(
    """
    SELECT suspect.id, newest.record_id, node.id, node.kind
    FROM unnest(CAST(:ids AS bigint[])) AS suspect(id)
    CROSS JOIN LATERAL (
        SELECT record_id FROM mentions
        WHERE selector_id = suspect.id AND organisation_id = :organisation
        ORDER BY record_id DESC LIMIT :most
    ) AS newest
    CROSS JOIN LATERAL (
        SELECT selector_id FROM mentions
        WHERE record_id = newest.record_id AND organisation_id = :organisation
        OFFSET 0
    ) AS beside
    CROSS JOIN LATERAL (
        SELECT id, kind FROM selectors
        WHERE id = beside.selector_id AND organisation_id = :organisation AND hub = ''
        OFFSET 0
    ) AS node
    WHERE node.id <> suspect.id
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
        neighbours, kinds = _neighbours(session, organisation_id, some)
        for selector in some:
            groups = groups_without(neighbours[selector].values(), kinds)
            if groups >= HUB_GROUPS:
                hubs[selector] = f"on records of {groups} groups that nothing else ties together"
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


def _neighbours(
    session: Session, organisation_id: UUID, suspected: Sequence[int]
) -> tuple[dict[int, dict[int, list[int]]], dict[int, str]]:
    """The other selectors of each suspect's newest records, by record; and the kind of each."""
    neighbours: dict[int, dict[int, list[int]]] = {selector: defaultdict(list) for selector in suspected}
    kinds: dict[int, str] = {}
    parameters = {"ids": array(suspected), "organisation": organisation_id, "most": HUB_LOOKED_AT}
    for suspect, record, selector, kind in session.execute(_NEIGHBOURS, parameters).all():
        neighbours[suspect][record].append(selector)
        kinds[selector] = kind
    return neighbours, kinds


def groups_without(records: Iterable[Sequence[int]], kinds: Mapping[int, str]) -> int:
    """How many components these records' other selectors make that show an identity of their own."""
    return sum(
        any(kinds[selector] in IDENTITIES for selector in component)
        for component in components(tuple(selectors) for selectors in records)
    )
