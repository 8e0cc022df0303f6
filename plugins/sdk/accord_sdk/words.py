"""What a plugin may do, in words that people decide by."""

from __future__ import annotations

from collections.abc import Collection

from accord_sdk.manifest import Manifest
from accord_sdk.records import Record


def listed(names: Collection[str]) -> str:
    """Names as a list in prose."""
    ordered = list(names)
    if len(ordered) < 2:
        return "".join(ordered)
    return f"{', '.join(ordered[:-1])} and {ordered[-1]}"


def allowance(manifest: Manifest, whose: str = "the organisation") -> str:
    """One sentence: what it reads, up to which marking, and where it sends anything.

    `whose` is the possessor of the records, as in "Acme's records" without the ending.
    """
    fields = [name for name in Record.__struct_fields__ if name in manifest.reads]
    reads = f"reads {listed(fields)} of {_possessive(whose)} records up to {manifest.ceiling[4:]}"
    if not manifest.reads:
        reads = "reads no record"
        if manifest.provides.sources:
            reads += ", brings records in"
        if manifest.provides.sharing:
            reads += ", sees cases that are shared through it"
    if manifest.provides.assessors:
        reads += ", sees counts of leads"
    hosts = destinations(manifest)
    if not hosts:
        return f"{reads}; sends nothing out"
    return f"{reads}; may send what it reads to {listed(hosts)}"


def destinations(manifest: Manifest) -> dict[str, str]:
    """The hosts that it may call, with their reasons; also those that an organisation names in a setting."""
    named = {
        f"the host in its setting {name}": setting.help
        for name, setting in manifest.config.items()
        if setting.calls
    }
    return {**manifest.calls, **named}


def short(manifest: Manifest, dependencies: int) -> str:
    """What it asks for on one line, as authors check it before they publish."""
    parts = [
        f"reads {', '.join(manifest.reads) or 'nothing'}",
        f"calls {', '.join(destinations(manifest)) or 'nothing'}",
        f"TLP <= {manifest.ceiling[4:]}",
        f"{manifest.limits.memory_mb} MB",
        f"{dependencies} {'dependency' if dependencies == 1 else 'dependencies'}, wheels only",
    ]
    return " · ".join(parts)


def _possessive(whose: str) -> str:
    return f"{whose}'" if whose.endswith("s") else f"{whose}'s"


def disclosures(manifest: Manifest) -> list[str]:
    """What may leave by HTTP, host by host."""
    fields = listed(manifest.reads) or "no field of a record"
    return [
        f"{host} can learn {fields} of records up to {manifest.ceiling[4:]};"
        " never of records marked RED or AMBER+STRICT"
        for host in destinations(manifest)
    ]
