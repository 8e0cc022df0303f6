"""Selectors' nodes in the graph: found or made for the values that a batch carries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.linking.arrays import texts
from accord.linking.carried import Carried
from accord.linking.sketches import led, nearest_stored, save, sketches_of

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
    new = [value for value in wanted if value not in nodes.ids]
    sketches = sketches_of(organisation_id, [value for value in new if value.fuzzy])
    found = led(sketches, nearest_stored(session, organisation_id, sketches))
    exact = [value for value in new if not value.fuzzy]
    _make(session, organisation_id, exact + [sketch.value for sketch in found.leaders], nodes)
    for value, known in found.stored.items():
        nodes.ids[value] = known.selector_id
        nodes.states[known.selector_id] = NodeState(value.kind, known.hub, known.examined)
    for value, leader in found.following.items():
        nodes.ids[value] = nodes.ids[leader]
    save(session, organisation_id, [(nodes.ids[sketch.value], sketch) for sketch in found.leaders])
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
