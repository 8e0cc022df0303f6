"""Hubs: selectors that stand on records of many groups which nothing else ties together.

A switchboard, a hotline, a booking site, a stock picture, a popular text: it says nothing about who
is behind a record. Each of its newest records is put into components by everything else that they
share; components that show an identity of their own (a phone, a handle, ...) are counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.linking.arrays import array
from accord.linking.evidence import (
    HUB_EXAMINED_AGAIN,
    HUB_GROUPS,
    HUB_GROUPS_DEFAULT,
    HUB_LOOKED_AT,
    IDENTITIES,
)
from accord.linking.grouping import components
from accord.linking.nodes import NodeState

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


def least_groups(kind: str) -> int:
    """From so many groups on a selector of this kind is a hub."""
    return HUB_GROUPS.get(kind, HUB_GROUPS_DEFAULT)


def suspects(states: Mapping[int, NodeState], counts: Mapping[int, int]) -> dict[int, int]:
    """Selectors to look at, with the number of their records, given that number for those touched.

    Looked at again only when they have grown by `HUB_EXAMINED_AGAIN`, so that the work for one
    selector is a small multiple of its records.
    """
    return {
        selector: count
        for selector, count in sorted(counts.items())
        if not states[selector].hub
        and count >= max(least_groups(states[selector].kind), HUB_EXAMINED_AGAIN * states[selector].examined)
    }


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
            if groups >= least_groups(states[selector].kind):
                hubs[selector] = f"on records of {groups} groups that nothing else ties together"
    if ids:
        counts = array(suspected[selector] for selector in ids)
        session.execute(_EXAMINED, {"organisation": organisation_id, "ids": array(ids), "counts": counts})
    for selector, why in hubs.items():
        session.execute(_MARK, {"organisation": organisation_id, "id": selector, "why": why})
    return hubs


def _neighbours(
    session: Session, organisation_id: UUID, suspected: Sequence[int]
) -> tuple[dict[int, dict[int, list[int]]], dict[int, str]]:
    """The other selectors of each suspect's newest records, by record; and the kind of each."""
    neighbours: dict[int, dict[int, list[int]]] = {selector: defaultdict(list) for selector in suspected}
    kinds: dict[int, str] = {}
    parameters = {"ids": array(suspected), "organisation": organisation_id, "most": HUB_LOOKED_AT}
    for suspect, record, selector, kind in session.execute(_NEIGHBOURS, parameters):
        neighbours[suspect][record].append(selector)
        kinds[selector] = kind
    return neighbours, kinds


def groups_without(records: Iterable[Sequence[int]], kinds: Mapping[int, str]) -> int:
    """How many components these records' other selectors make that show an identity of their own."""
    return sum(
        any(kinds[selector] in IDENTITIES for selector in component)
        for component in components(tuple(selectors) for selectors in records)
    )
