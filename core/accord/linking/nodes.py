"""Selectors' nodes in the graph: found or made for the values that a batch carries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.linking.carried import Carried, Name
from accord.linking.leaders import Known, Leaders
from accord.linking.sketches import Stored, led, nearest_stored, remembered
from accord_config.arrays import array, texts

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
_STATES = text(
    """
    SELECT id, kind, hub <> '', examined FROM selectors
    WHERE id = ANY(CAST(:ids AS bigint[])) AND organisation_id = :organisation
    """
)
_MAKE = text(
    """
    INSERT INTO selectors (organisation_id, kind, value, keys)
    SELECT :organisation, kind, value, CAST(keys AS bigint[])
    FROM ROWS FROM (
        jsonb_array_elements_text(CAST(:kinds AS jsonb)), jsonb_array_elements_text(CAST(:values AS jsonb)),
        jsonb_array_elements_text(CAST(:keys AS jsonb))
    ) AS wanted(kind, value, keys)
    RETURNING kind, value, id
    """
)


class NodeState(msgspec.Struct, frozen=True, gc=False):
    """A node as far as linking needs it; `examined` as in `SelectorNode`."""

    kind: str
    hub: bool = False
    examined: int = 0


@dataclass
class Nodes:
    """The nodes of a batch's values."""

    ids: dict[Name, int] = field(default_factory=dict)
    """By the name of a value."""
    states: dict[int, NodeState] = field(default_factory=dict)


def nodes_for(session: Session, organisation_id: UUID, values: Iterable[Carried], leaders: Leaders) -> Nodes:
    """The node of each value, made where there is none.

    Values compared by distance share the node of their leader: the nearest within the kind's radius.
    """
    by_name = {value[:2]: value for value in values}
    nodes = Nodes()
    _find(session, organisation_id, sorted(by_name), nodes)
    new = [by_name[name] for name in sorted(by_name) if name not in nodes.ids]
    fuzzy = [value for value in new if value.fuzzy]
    near, states = _near(session, organisation_id, fuzzy, leaders.known(session, organisation_id))
    found = led(fuzzy, near)
    made: dict[Name, str | None] = {value.name: None for value in new if not value.fuzzy}
    made |= {value.name: remembered(value) for value in found.leaders}
    _make(session, organisation_id, made, nodes)
    for value, known in found.stored.items():
        nodes.ids[value.name] = known.selector_id
        nodes.states[known.selector_id] = states[known.selector_id]
    for value, leader in found.following.items():
        nodes.ids[value.name] = nodes.ids[leader.name]
    return nodes


def _near(
    session: Session, organisation_id: UUID, values: Sequence[Carried], known: Known
) -> tuple[dict[Carried, Stored], dict[int, NodeState]]:
    """The nearest leaders of values, and the states of their nodes.

    A leader that was read in a transaction which then failed was never there.
    """
    while True:
        near = nearest_stored(known, values)
        wanted = {stored.selector_id for stored in near.values()}
        states = read_states(session, organisation_id, wanted)
        if len(states) == len(wanted):
            return near, states
        known.forget(wanted - states.keys())


def read_states(session: Session, organisation_id: UUID, ids: Collection[int]) -> dict[int, NodeState]:
    """The present states of nodes."""
    if not ids:
        return {}
    rows = session.execute(_STATES, {"organisation": organisation_id, "ids": array(ids)})
    return {node: NodeState(kind, hub, examined) for node, kind, hub, examined in rows}


def _find(session: Session, organisation_id: UUID, names: Sequence[Name], nodes: Nodes) -> None:
    """The nodes of values that stand in the graph just so."""
    if not names:
        return
    for kind, value, node, hub, examined in session.execute(_KNOWN, _columns(organisation_id, names)).all():
        nodes.ids[kind, value] = node
        nodes.states[node] = NodeState(kind, hub, examined)


def _make(session: Session, organisation_id: UUID, made: Mapping[Name, str | None], nodes: Nodes) -> None:
    """Make nodes of these names, each with the keys that it remembers."""
    if not made:
        return
    columns = _columns(organisation_id, list(made)) | {"keys": texts(made.values())}
    for kind, value, node in session.execute(_MAKE, columns).all():
        nodes.ids[kind, value] = node
        nodes.states[node] = NodeState(kind)


def _columns(organisation_id: UUID, names: Sequence[Name]) -> dict[str, object]:
    kinds, values = zip(*names, strict=True)
    return {"organisation": organisation_id, "kinds": texts(kinds), "values": texts(values)}
