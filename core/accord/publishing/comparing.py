"""What changed since the last approved version: grants first, then dependencies, then code."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from accord.registry.environments import own_wheel
from accord.registry.grants import asks_more
from accord.registry.models import PluginVersion
from accord_sdk import Manifest
from accord_sdk.wheel import source_files

MOST_LINES = 4_000
"""Lines of the difference in code that are shown."""
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
_OF_THE_VERSION = re.compile(r"-[^/]+\.dist-info/")


@dataclass(frozen=True)
class Changes:
    """What differs from an earlier version. `code` is a unified diff, cut where `cut` says so."""

    since: str
    asks_more: tuple[str, ...]
    asks_less: tuple[str, ...]
    dependencies: tuple[str, ...]
    code: tuple[str, ...]
    cut: bool


def last_approved(session: Session, version: PluginVersion) -> PluginVersion | None:
    """The version that was approved last before this one, current or not."""
    query = select(PluginVersion).where(
        PluginVersion.name == version.name,
        PluginVersion.id != version.id,
        PluginVersion.approved_at.is_not(None),
    )
    if version.approved_at is not None:
        query = query.where(PluginVersion.approved_at < version.approved_at)
    return session.scalar(query.order_by(PluginVersion.approved_at.desc()).limit(1))


def changes_since(session: Session, version: PluginVersion, before: PluginVersion) -> Changes:
    """What a version changes of an earlier one."""
    new, old = (msgspec.convert(one.manifest, Manifest) for one in (version, before))
    code = list(_code(session, before, version))
    return Changes(
        since=before.version,
        asks_more=tuple(asks_more(new, old)),
        asks_less=tuple(asks_more(old, new)),
        dependencies=tuple(_dependencies(pins(before), pins(version))),
        code=tuple(code[:MOST_LINES]),
        cut=len(code) > MOST_LINES,
    )


def pins(version: PluginVersion) -> dict[str, str]:
    """What a version's lock pins beside itself, by name."""
    found = dict(_PIN.findall(version.lock))
    own = version.name.replace("_", "-")
    return {name: number for name, number in found.items() if name.replace("_", "-") != own}


def uses(version: PluginVersion) -> frozenset[str]:
    """The digests of every wheel that may be in its environment."""
    hashes = re.findall(r"sha256:([0-9a-f]{64})", version.lock)
    return frozenset({version.digest, *version.wheelhouse, *hashes})


def file_of(session: Session, version_id: UUID) -> dict[str, bytes]:
    """The files of a version's own wheel."""
    own = own_wheel(session, session.get_one(PluginVersion, version_id))
    return source_files(own.filename, own.content)


def _dependencies(old: dict[str, str], new: dict[str, str]) -> list[str]:
    told = []
    for name in sorted(old | new):
        if name not in old:
            told.append(f"{name} {new[name]} is new")
        elif name not in new:
            told.append(f"{name} {old[name]} is gone")
        elif old[name] != new[name]:
            told.append(f"{name} {old[name]} → {new[name]}")
    return told


def _code(session: Session, before: PluginVersion, version: PluginVersion) -> list[str]:
    old, new = (_unversioned(file_of(session, one.id)) for one in (before, version))
    lines: list[str] = []
    for path in sorted(old | new):
        if old.get(path) == new.get(path):
            continue
        texts = [_lines(files.get(path)) for files in (old, new)]
        if any(text is None for text in texts):
            lines.append(f"{path}: not text, and changed")
            continue
        lines += difflib.unified_diff(texts[0] or [], texts[1] or [], path, path, lineterm="")
    return lines


def _unversioned(files: dict[str, bytes]) -> dict[str, bytes]:
    return {_OF_THE_VERSION.sub(".dist-info/", path): content for path, content in files.items()}


def _lines(content: bytes | None) -> list[str] | None:
    if content is None:
        return []
    try:
        return content.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return None
