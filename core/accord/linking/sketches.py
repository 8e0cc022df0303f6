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

import numpy as np
from sqlalchemy.orm import Session

from accord.linking.carried import Carried
from accord.linking.evidence import RADIUS
from accord.linking.keyed import keyed
from accord.linking.leaders import Known, drop
from accord.linking.runs import Runs
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


@dataclass
class Led:
    """Which values are leaders, and which values follow a leader, stored or new."""

    leaders: list[Carried] = field(default_factory=list)
    following: dict[Carried, Carried] = field(default_factory=dict)
    stored: dict[Carried, Stored] = field(default_factory=dict)


def led(values: Sequence[Carried], stored: Mapping[Carried, Stored]) -> Led:
    """Give each value its leader, or make it one; `values` in the order of kinds and values."""
    found = Led()
    near = _near_ones(values)
    leaders: set[int] = set()
    for index, value in enumerate(values):
        known = stored.get(value)
        new = next((one for one in near.get(index, ()) if one[1] in leaders), None)
        if known is not None and (new is None or known.distance <= new[0]):
            found.stored[value] = known
        elif new is not None:
            found.following[value] = values[new[1]]
        else:
            leaders.add(index)
            found.leaders.append(value)
    return found


def _near_ones(values: Sequence[Carried]) -> dict[int, list[tuple[int, int]]]:
    """Of each value those before it within the radius that share a key: distance and place, nearest first."""
    found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for kind, indices in _by_kind(values).items():
        some = keyed(kind, [values[index] for index in indices])
        runs = Runs(len(indices))
        runs.add(np.arange(len(indices)), some)
        near = runs.near(some, RADIUS[kind])
        before = near.ids < near.values
        which, others, distances = near.values[before], near.ids[before], near.distances[before]
        order = np.lexsort((others, distances, which))
        columns = (column[order].tolist() for column in (which, distances, others))
        for one, distance, other in zip(*columns, strict=True):
            found[indices[one]].append((distance, indices[other]))
    return found


def nearest_stored(known: Known, values: Sequence[Carried]) -> dict[Carried, Stored]:
    """The nearest stored leader of each value that has one within its kind's radius."""
    near: dict[Carried, Stored] = {}
    for kind, indices in _by_kind(values).items():
        some = [values[index] for index in indices]
        near |= {some[at]: Stored(one.distance, one.id) for at, one in known.nearest(kind, some).items()}
    return near


def _by_kind(values: Sequence[Carried]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for index, value in enumerate(values):
        found[value.kind].append(index)
    return found


def remembered(value: Carried) -> str | None:
    """The keys of a leader, as its node remembers them: None where they follow from the value."""
    return None if value.kind == SelectorKind.IMAGE else array(value.keys)


def forget_dropped(session: Session, organisation_id: UUID, dropped: Iterable[Dropped]) -> None:
    """Let those of these nodes that were leaders be found no more."""
    gone: Collection[int] = [one.id for one in dropped if one.kind in RADIUS]
    if gone:
        drop(session, organisation_id, gone)
