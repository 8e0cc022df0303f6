"""Selectors' nodes in the graph: found or made for the values that a batch carries."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.linking.carried import Carried
from accord.linking.evidence import RADIUS
from accord.linking.models import SelectorNode, Sketch

NodeIds = dict[Carried, int]


def nodes_for(session: Session, organisation_id: UUID, values: Iterable[Carried]) -> NodeIds:
    """The node of each value; values compared by distance share the node of their leader."""
    distinct = set(values)
    exact = {value for value in distinct if not value.fuzzy}
    ids = _ensure(session, organisation_id, exact)
    for kind, radius in RADIUS.items():
        fuzzy = sorted((value for value in distinct if value.kind == kind), key=lambda value: value.value)
        ids |= _resolve(session, organisation_id, fuzzy, radius)
    return ids


def _ensure(session: Session, organisation_id: UUID, values: set[Carried]) -> NodeIds:
    if not values:
        return {}
    pairs = sorted({(value.kind, value.value) for value in values})
    rows = [{"organisation_id": organisation_id, "kind": kind, "value": value} for kind, value in pairs]
    session.execute(insert(SelectorNode).on_conflict_do_nothing(), rows)
    found = session.execute(
        select(SelectorNode.kind, SelectorNode.value, SelectorNode.id).where(
            SelectorNode.organisation_id == organisation_id,
            tuple_(SelectorNode.kind, SelectorNode.value).in_(pairs),
        )
    )
    by_pair = {(kind, value): node_id for kind, value, node_id in found}
    return {value: by_pair[value.kind, value.value] for value in values}


class _Leaders:
    """Leaders that share a key with some value, those of the database and those made on the way."""

    def __init__(self) -> None:
        self._by_key: dict[int, list[tuple[int, int]]] = {}

    def add(self, node: int, bits: int, keys: Iterable[int]) -> None:
        for key in keys:
            self._by_key.setdefault(key, []).append((node, bits))

    def nearest(self, bits: int, keys: Iterable[int], radius: int) -> int | None:
        near = {
            ((bits ^ other).bit_count(), node)
            for key in keys
            for node, other in self._by_key.get(key, ())
        }
        distance, node = min(near, default=(radius + 1, 0))
        return node if distance <= radius else None


def _resolve(session: Session, organisation_id: UUID, values: list[Carried], radius: int) -> NodeIds:
    if not values:
        return {}
    ids: NodeIds = {}
    leaders = _stored_leaders(session, organisation_id, values)
    made: list[tuple[Carried, int]] = []
    for value in values:
        bits = int(value.value, 16)
        node = leaders.nearest(bits, value.keys, radius)
        if node is None:
            # Numbered below zero until the database gives the ids, all at once.
            node = -1 - len(made)
            made.append((value, bits))
            leaders.add(node, bits, value.keys)
        ids[value] = node
    fresh = _ensure(session, organisation_id, {value for value, _ in made})
    renumbered = {-1 - index: fresh[value] for index, (value, _) in enumerate(made)}
    _save(session, organisation_id, [(renumbered[-1 - i], value) for i, (value, _) in enumerate(made)])
    return {value: renumbered.get(node, node) for value, node in ids.items()}


def _stored_leaders(session: Session, organisation_id: UUID, values: list[Carried]) -> _Leaders:
    keys = sorted({key for value in values for key in value.keys})
    leaders = _Leaders()
    rows = session.execute(
        select(Sketch.selector_id, Sketch.bits, Sketch.keys)
        .join(SelectorNode, SelectorNode.id == Sketch.selector_id)
        .where(
            Sketch.organisation_id == organisation_id,
            Sketch.keys.overlap(keys),
            SelectorNode.kind == values[0].kind,
        )
    )
    for node, bits, leader_keys in rows:
        leaders.add(node, int.from_bytes(bits, "big"), leader_keys)
    return leaders


def _save(session: Session, organisation_id: UUID, made: list[tuple[int, Carried]]) -> None:
    if not made:
        return
    rows = [
        {
            "selector_id": node,
            "organisation_id": organisation_id,
            "bits": bytes.fromhex(value.value),
            "keys": list(value.keys),
        }
        for node, value in made
    ]
    session.execute(insert(Sketch).on_conflict_do_nothing(), rows)


