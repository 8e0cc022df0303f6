"""Makes the index of cities when the plugin is built, so that starting it takes no time (`geonames`).

The file goes into the wheel; git ignores it. An editable install has it beside the module.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CitiesHook(BuildHookInterface[Any]):
    """Writes `accord_selectors/cities.msgpack`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects the files of a wheel."""
        sys.path.insert(0, self.root)
        from accord_selectors import gazetteer, geonames  # noqa: PLC0415 - found once the path is right

        place = Path(self.root, "accord_selectors", gazetteer.FILE)
        unfinished = place.with_suffix(".part")
        unfinished.write_bytes(msgspec.msgpack.encode(geonames.index(), order="deterministic"))
        unfinished.replace(place)
        build_data["artifacts"].append(f"/accord_selectors/{gazetteer.FILE}")
