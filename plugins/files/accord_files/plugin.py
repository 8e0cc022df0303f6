"""The plugin `files`: one data source, configured with a path and a pattern."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from accord_files.source import FilesSource
from accord_sdk import Context, Source, hookimpl


@hookimpl
def accord_sources(context: Context) -> Sequence[Source]:
    """The source `files` for the path that the organisation configured.

    :raises ValueError: when the configuration names no whole path, or a pattern that leaves the folder.
    """
    path = str(context.config.get("path") or "").strip()
    if not path:
        raise ValueError("path is empty; write the file or folder to read")
    if not Path(path).is_absolute():
        raise ValueError(f"path {path!r} does not begin with /; write the whole path")
    return [FilesSource(Path(path), str(context.config.get("pattern") or "*"))]
