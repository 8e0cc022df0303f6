"""Made-up records of the demo world, on which plugins are tried before admins decide about them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec

from accord.demo.world import WorldSettings, generate
from accord_sdk import Record
from accord_sdk.checks import RECORDS

SEED = "plugins"
"""The same records for every plugin, so that two can be compared."""


@cache
def world_records() -> Sequence[Record]:
    """So many records of a small world, with every field that sites give."""
    names = Record.__struct_fields__
    lines = (msgspec.json.decode(one.line) for one in generate(WorldSettings(records=RECORDS, seed=SEED)))
    return tuple(
        msgspec.convert({name: line[name] for name in names if line.get(name) is not None}, Record)
        for line in lines
    )
