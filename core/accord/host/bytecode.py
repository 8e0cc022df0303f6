"""Compile what plugins import, once: `python -m accord.host.bytecode`, which `make setup` runs.

A sandbox shows packages read-only, and uv installs them uncompiled: without this, each start of a plugin
would compile its packages anew (half a second for the plugin `selectors`).
"""

from __future__ import annotations

import compileall
from importlib import metadata

from accord_sdk.host.environment import PACKAGES, plugin_view
from accord_sdk.manifest import ENTRY_POINT_GROUP


def main() -> None:
    """Compile the packages of every installed plugin."""
    paths = {
        source
        for entry_point in metadata.entry_points(group=ENTRY_POINT_GROUP)
        for source, place in plugin_view(entry_point.name).shown
        if place.is_relative_to(PACKAGES) and not place.name.endswith(".dist-info")
    }
    for path in sorted(paths):
        if path.is_dir():
            compileall.compile_dir(path, quiet=1)
        elif path.suffix == ".py":
            compileall.compile_file(path, quiet=1)


if __name__ == "__main__":
    main()
