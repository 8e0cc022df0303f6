"""Selectors' nodes in the graph: found or made for the values that a batch carries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.linking.arrays import array, texts
from accord.linking.carried import Carried
from accord.linking.evidence import RADIUS

MOST_LEADERS = 8
"""Leaders that are compared for one key, the newest first. Keys that more leaders share are stock
phrases; a text that belongs to one of them shares its other keys as well."""

_KNOWN = text(
    """
    SELECT node.kind, node.value, node.id, node.hub <> '', node.examined
    FROM ROWS FROM (
        jsonb_array_elements_text(CAST(:kinds AS jsonb)), jsonb_array_elements_text(CAST(:values AS jsonb))
    ) AS wanted(kind, value)
    CROSS JOIN LATERAL (
        SELECT * FROM selectors
        WHERE organisation_id = :organisation AND kind = wanted.kind AND value = wanted.value
        OFFSET 0
    ) AS node
    """
)
_MAKE = text(
    """
    INSERT INTO selectors (organisation_id, kind, value)
    SELECT :organisation, kind, value
    FROM ROWS FROM (
        jsonb_array_elements_text(CAST(:kinds AS jsonb)), jsonb_array_elements_text(CAST(:values AS jsonb))
    ) AS wanted(kind, value)
    RETURNING kind, value, id
    """
)
_NEAREST = text(
    """
    SELECT wanted.number, near.selector_id, near.distance, node.hub <> '', node.examined
    FROM unnest(CAST(:numbers AS int[]), CAST(:bits AS bit(256)[]), CAST(:keys AS text[]))
        AS wanted(number, bits, keys)
    CROSS JOIN LATERAL (
        SELECT leader.selector_id, bit_count(leader.bits # wanted.bits) AS distance
        FROM unnest(CAST(wanted.keys AS bigint[])) AS wanted_key(key)
        CROSS JOIN LATERAL (
            SELECT selector_id, bits FROM sketch_keys
            WHERE organisation_id = :organisation AND kind = :kind AND key = wanted_key.key
            ORDER BY selector_id DESC LIMIT :most
        ) AS leader
        ORDER BY distance, leader.selector_id LIMIT 1
    ) AS near
    CROSS JOIN LATERAL (
        SELECT hub, examined FROM selectors
        WHERE id = near.selector_id AND organisation_id = :organisation
        OFFSET 0
    ) AS node
    WHERE near.distance <= :radius
    """
)
_SAVE_KEYS = text(
    """
    INSERT INTO sketch_keys (organisation_id, kind, key, selector_id, bits)
    SELECT :organisation, :kind, made_key.key, made.id, made.bits
    FROM unnest(CAST(:ids AS bigint[]), CAST(:bits AS bit(256)[]), CAST(:keys AS text[]))
        AS made(id, bits, keys)
    CROSS JOIN LATERAL unnest(CAST(made.keys AS bigint[])) AS made_key(key)
    """
)


@dataclass(frozen=True)
class NodeState:
    """A node as far as linking needs it; `examined` as in `SelectorNode`."""

    kind: str
    hub: bool = False
    examined: int = 0


@dataclass
class Nodes:
    """The nodes of a batch's values."""

    ids: dict[Carried, int] = field(default_factory=dict)
    states: dict[int, NodeState] = field(default_factory=dict)


def nodes_for(session: Session, organisation_id: UUID, values: Iterable[Carried]) -> Nodes:
    """The node of each value, made where there is none.

    Values compared by distance share the node of their leader: the nearest within the kind's radius.
    """
    wanted = sorted(set(values), key=lambda value: (value.kind, value.value))
    nodes = Nodes()
    _find(session, organisation_id, wanted, nodes)
    _make(session, organisation_id, [v for v in wanted if not v.fuzzy and v not in nodes.ids], nodes)
    for kind in RADIUS:
        unknown = [value for value in wanted if value.kind == kind and value not in nodes.ids]
        _resolve(session, organisation_id, unknown, nodes)
    return nodes


def _find(session: Session, organisation_id: UUID, values: Sequence[Carried], nodes: Nodes) -> None:
    """The nodes of values that stand in the graph just so."""
    by_pair = {(value.kind, value.value): value for value in values}
    if not by_pair:
        return
    kinds, names = zip(*by_pair, strict=True)
    rows = session.execute(
        _KNOWN, {"organisation": organisation_id, "kinds": texts(kinds), "values": texts(names)}
    )
    for kind, name, node, hub, examined in rows:
        nodes.ids[by_pair[kind, name]] = node
        nodes.states[node] = NodeState(kind, hub, examined)


def _make(session: Session, organisation_id: UUID, values: Sequence[Carried], nodes: Nodes) -> None:
    if not values:
        return
    by_pair = {(value.kind, value.value): value for value in values}
    kinds, names = zip(*by_pair, strict=True)
    rows = session.execute(
        _MAKE, {"organisation": organisation_id, "kinds": texts(kinds), "values": texts(names)}
    )
    for kind, name, node in rows:
        nodes.ids[by_pair[kind, name]] = node
        nodes.states[node] = NodeState(kind)


class _NewLeaders:
    """Leaders made by this batch, found by a shared key."""

    def __init__(self) -> None:
        self._by_key: dict[int, list[tuple[Carried, int]]] = {}
        self.made: list[Carried] = []

    def add(self, value: Carried) -> None:
        self.made.append(value)
        bits = int(value.value, 16)
        for key in value.keys:
            self._by_key.setdefault(key, []).append((value, bits))

    def nearest(self, value: Carried) -> tuple[int, Carried] | None:
        """The nearest, with its distance; of equally near ones the first in the order of values."""
        bits = int(value.value, 16)
        near = {
            leader: (bits ^ other).bit_count()
            for key in value.keys
            for leader, other in self._by_key.get(key, ())
        }
        if not near:
            return None
        leader = min(near, key=lambda one: (near[one], one.value))
        return near[leader], leader


def _resolve(session: Session, organisation_id: UUID, values: Sequence[Carried], nodes: Nodes) -> None:
    """Give values of one kind the node of their leader, or make leaders of them."""
    if not values:
        return
    kind, radius = values[0].kind, RADIUS[values[0].kind]
    stored = _nearest_stored(session, organisation_id, values, radius, nodes)
    leaders = _NewLeaders()
    following: list[tuple[Carried, Carried]] = []
    for value in values:
        found = leaders.nearest(value)
        known = stored.get(value)
        if known is not None and (found is None or known[0] <= found[0]):
            nodes.ids[value] = known[1]
        elif found is not None and found[0] <= radius:
            following.append((value, found[1]))
        else:
            leaders.add(value)
    _make(session, organisation_id, leaders.made, nodes)
    for value, leader in following:
        nodes.ids[value] = nodes.ids[leader]
    _save(session, organisation_id, kind, [(nodes.ids[value], value) for value in leaders.made])


def _nearest_stored(
    session: Session, organisation_id: UUID, values: Sequence[Carried], radius: int, nodes: Nodes
) -> dict[Carried, tuple[int, int]]:
    """(distance, node) of the nearest stored leader of each value that has one; learns its state."""
    parameters = {
        "organisation": organisation_id,
        "kind": values[0].kind,
        "numbers": array(range(len(values))),
        "bits": [_bits(value) for value in values],
        "keys": [array(value.keys) for value in values],
        "most": MOST_LEADERS,
        "radius": radius,
    }
    nearest = {}
    for number, node, distance, hub, examined in session.execute(_NEAREST, parameters).all():
        nearest[values[number]] = (distance, node)
        nodes.states[node] = NodeState(values[number].kind, hub, examined)
    return nearest


def _save(session: Session, organisation_id: UUID, kind: str, made: Sequence[tuple[int, Carried]]) -> None:
    if not made:
        return
    session.execute(
        _SAVE_KEYS,
        {
            "organisation": organisation_id,
            "kind": kind,
            "ids": array(node for node, _ in made),
            "bits": [_bits(value) for _, value in made],
            "keys": [array(value.keys) for _, value in made],
        },
    )


def _bits(value: Carried) -> str:
    return f"x{value.value}"
