"""Leaders of values that are compared by distance (images, text templates): which one a value belongs to.

A value follows the nearest leader within its kind's radius that shares a key with it, and is a leader itself
where there is none. Those that are stored are in a worker's memory (`accord.linking.leaders`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from accord.linking.carried import Carried
from accord.linking.evidence import RADIUS
from accord.linking.leaders import Known, drop
from accord_config.arrays import array
from accord_sdk import SelectorKind


class Dropped(NamedTuple):
    """A node that no record stands on any more."""

    id: int
    kind: str


class Stored(NamedTuple):
    """The nearest stored leader of a value."""

    distance: int
    selector_id: int


@dataclass(frozen=True)
class Sketch:
    """A value that is compared by distance."""

    value: Carried
    bits: int


@dataclass
class Led:
    """Which values are leaders, and which values follow a leader, stored or new."""

    leaders: list[Sketch] = field(default_factory=list)
    following: dict[Carried, Carried] = field(default_factory=dict)
    stored: dict[Carried, Stored] = field(default_factory=dict)


def sketches_of(values: Sequence[Carried]) -> list[Sketch]:
    """Values with their bits."""
    return [Sketch(value, int(value.value, 16)) for value in values]


def led(sketches: Sequence[Sketch], stored: Mapping[Carried, Stored]) -> Led:
    """Give each value its leader, or make it one; `sketches` in the order of kinds and values."""
    found = Led()
    by_key: defaultdict[tuple[str, int], list[Sketch]] = defaultdict(list)
    for sketch in sketches:
        value = sketch.value
        near = _nearest_new(sketch, by_key)
        known = stored.get(value)
        if known is not None and (near is None or known.distance <= near[0]):
            found.stored[value] = known
        elif near is not None and near[0] <= RADIUS[value.kind]:
            found.following[value] = near[1].value
        else:
            found.leaders.append(sketch)
            for key in value.keys:
                by_key[value.kind, key].append(sketch)
    return found


def _nearest_new(sketch: Sketch, by_key: Mapping[tuple[str, int], list[Sketch]]) -> tuple[int, Sketch] | None:
    """The nearest leader of this batch, with its distance; of equally near ones the first."""
    best: tuple[int, Sketch] | None = None
    seen: set[int] = set()
    for key in sketch.value.keys:
        for leader in by_key.get((sketch.value.kind, key), ()):
            if id(leader) in seen:
                continue
            seen.add(id(leader))
            distance = (sketch.bits ^ leader.bits).bit_count()
            if best is None or (distance, leader.value.value) < (best[0], best[1].value.value):
                best = distance, leader
    return best


def nearest_stored(known: Known, sketches: Sequence[Sketch]) -> dict[Carried, Stored]:
    """The nearest stored leader of each value that has one within its kind's radius."""
    by_kind: defaultdict[str, list[Carried]] = defaultdict(list)
    for sketch in sketches:
        by_kind[sketch.value.kind].append(sketch.value)
    near: dict[Carried, Stored] = {}
    for kind, values in by_kind.items():
        found = known.nearest(kind, [value.value for value in values], [value.keys for value in values])
        near |= {values[index]: Stored(one.distance, one.id) for index, one in found.items()}
    return near


def remembered(sketch: Sketch) -> str | None:
    """The keys of a leader, as its node remembers them: None where they follow from the value."""
    return None if sketch.value.kind == SelectorKind.IMAGE else array(sketch.value.keys)


def forget_dropped(session: Session, organisation_id: UUID, dropped: Iterable[Dropped]) -> None:
    """Let those of these nodes that were leaders be found no more."""
    gone: Collection[int] = [one.id for one in dropped if one.kind in RADIUS]
    if gone:
        drop(session, organisation_id, gone)
