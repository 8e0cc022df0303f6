"""Leaders of values that are compared by distance (images, text templates): which one a value belongs to.

A value follows the nearest leader within its kind's radius that shares a key with it, and is a leader itself
where there is none. Leaders stand in PostgreSQL under each of their keys (`accord.linking.leaders`).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from accord.linking.carried import Carried, image_keys
from accord.linking.evidence import RADIUS
from accord.linking.leaders import forget
from accord.linking.leaders import save as save_leaders
from accord.linking.nearest import Values, nearest_leaders
from accord_config.arrays import array
from accord_sdk import SelectorKind

FROM_THE_VALUE: dict[str, Callable[[str], tuple[int, ...]]] = {SelectorKind.IMAGE: image_keys}
"""Kinds whose keys follow from the value; of others a plugin gives them, and they stand beside the node."""


class Dropped(NamedTuple):
    """A node that no record stands on any more, with the buckets of its keys where they are remembered."""

    id: int
    kind: str
    value: str
    buckets: list[int] | None


class Stored(NamedTuple):
    """The nearest stored leader of a value."""

    distance: int
    selector_id: int


@dataclass(frozen=True)
class Sketch:
    """A value that is compared by distance."""

    value: Carried
    bits: int
    buckets: tuple[int, ...]


@dataclass
class Led:
    """Which values are leaders, and which values follow a leader, stored or new."""

    leaders: list[Sketch] = field(default_factory=list)
    following: dict[Carried, Carried] = field(default_factory=dict)
    stored: dict[Carried, Stored] = field(default_factory=dict)


def sketches_of(organisation_id: UUID, values: Sequence[Carried]) -> list[Sketch]:
    """Values with the buckets in which their leaders are looked for."""
    bases = {kind: _base(organisation_id, kind) for kind in RADIUS}
    return [
        Sketch(value, int(value.value, 16), tuple([bases[value.kind] ^ key for key in value.keys]))
        for value in values
    ]


def bucket_of(organisation_id: UUID, kind: str, key: int) -> int:
    """A key of one kind in one organisation as one number; keys of 63 bits stay apart within both."""
    return _base(organisation_id, kind) ^ key


def _base(organisation_id: UUID, kind: str) -> int:
    digest = hashlib.sha256(organisation_id.bytes + kind.encode()).digest()
    return int.from_bytes(digest[:8]) >> 1


def led(sketches: Sequence[Sketch], stored: Mapping[Carried, Stored]) -> Led:
    """Give each value its leader, or make it one; `sketches` in the order of kinds and values."""
    found = Led()
    by_bucket: defaultdict[int, list[Sketch]] = defaultdict(list)
    for sketch in sketches:
        value = sketch.value
        near = _nearest_new(sketch, by_bucket)
        known = stored.get(value)
        if known is not None and (near is None or known.distance <= near[0]):
            found.stored[value] = known
        elif near is not None and near[0] <= RADIUS[value.kind]:
            found.following[value] = near[1].value
        else:
            found.leaders.append(sketch)
            for bucket in sketch.buckets:
                by_bucket[bucket].append(sketch)
    return found


def _nearest_new(sketch: Sketch, by_bucket: Mapping[int, list[Sketch]]) -> tuple[int, Sketch] | None:
    """The nearest leader of this batch, with its distance; of equally near ones the first."""
    best: tuple[int, Sketch] | None = None
    seen: set[int] = set()
    for bucket in sketch.buckets:
        if bucket not in by_bucket:
            continue
        for leader in by_bucket[bucket]:
            if id(leader) in seen:
                continue
            seen.add(id(leader))
            distance = (sketch.bits ^ leader.bits).bit_count()
            if best is None or (distance, leader.value.value) < (best[0], best[1].value.value):
                best = distance, leader
    return best


def nearest_stored(
    session: Session, organisation_id: UUID, sketches: Sequence[Sketch]
) -> dict[Carried, Stored]:
    """The nearest stored leader of each value that has one within its kind's radius."""
    by_kind: defaultdict[str, list[Sketch]] = defaultdict(list)
    for sketch in sketches:
        by_kind[sketch.value.kind].append(sketch)
    near: dict[Carried, Stored] = {}
    for kind, some in by_kind.items():
        digits, buckets = zip(*((sketch.value.value, sketch.buckets) for sketch in some), strict=True)
        values = Values(kind, digits, buckets, RADIUS[kind])
        found = nearest_leaders(session, organisation_id, values)
        near |= {some[index].value: Stored(distance, node) for index, (node, distance) in found.items()}
    return near


def save(session: Session, organisation_id: UUID, leaders: Sequence[tuple[int, Sketch]]) -> None:
    """Let new leaders, with their nodes, be found."""
    by_kind: defaultdict[str, list[tuple[int, Sketch]]] = defaultdict(list)
    for node, sketch in leaders:
        by_kind[sketch.value.kind].append((node, sketch))
    for some in by_kind.values():
        digits = [sketch.value.value for _, sketch in some]
        nodes, buckets = [node for node, _ in some], [sketch.buckets for _, sketch in some]
        save_leaders(session, organisation_id, digits, nodes, buckets)


def remembered(sketch: Sketch) -> str | None:
    """The buckets of a leader, as its node remembers them: None where they follow from the value."""
    return None if sketch.value.kind in FROM_THE_VALUE else array(sketch.buckets)


def forget_dropped(session: Session, organisation_id: UUID, dropped: Iterable[Dropped]) -> None:
    """Let those of these nodes that were leaders be found no more."""
    leaders = [one for one in dropped if one.kind in RADIUS]
    buckets: set[int] = set()
    for one in leaders:
        if one.kind in FROM_THE_VALUE:
            value = Carried(one.kind, one.value, FROM_THE_VALUE[one.kind](one.value))
            buckets.update(sketches_of(organisation_id, [value])[0].buckets)
        else:
            buckets.update(one.buckets or ())
    if buckets:
        forget(session, organisation_id, [one.id for one in leaders], buckets)
