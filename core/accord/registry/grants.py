"""What an admin allows a version: no more than its manifest asks for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec

from accord.markings import Marking
from accord_auth.errors import Invalid
from accord_sdk import Manifest
from accord_sdk.manifest import ConfigField

OPEN_ORDER = (Marking.CLEAR, Marking.GREEN, Marking.AMBER, Marking.AMBER_STRICT, Marking.RED)


@dataclass(frozen=True)
class Allowed:
    """Record fields, hosts and the highest marking that a version is allowed."""

    reads: tuple[str, ...]
    calls: tuple[str, ...]
    ceiling: Marking

    @classmethod
    def all_of(cls, manifest: Manifest) -> Allowed:
        """Everything that a manifest asks for."""
        return cls(tuple(manifest.reads), tuple(manifest.calls), Marking(manifest.ceiling))

    @classmethod
    def kept(cls, stored: dict[str, Any]) -> Allowed:
        """What was stored of a decision."""
        return cls(tuple(stored["reads"]), tuple(stored["calls"]), Marking(stored["ceiling"]))

    @property
    def stored(self) -> dict[str, Any]:
        """As it is kept of a decision; equal for equal grants."""
        return {"reads": sorted(self.reads), "calls": sorted(self.calls), "ceiling": self.ceiling.value}

    def within(self, manifest: Manifest) -> Allowed:
        """Itself.

        :raises Invalid: when it is more than the manifest asks for.
        """
        problems: dict[str, list[str]] = {}
        for name, given, asked in (
            ("reads", self.reads, manifest.reads),
            ("calls", self.calls, manifest.calls),
        ):
            more = sorted(set(given) - set(asked))
            if more:
                problems[name] = [f"it does not ask for {', '.join(more)}"]
        if OPEN_ORDER.index(self.ceiling) > OPEN_ORDER.index(Marking(manifest.ceiling)):
            problems["ceiling"] = [f"it asks for records up to {manifest.ceiling} only"]
        if problems:
            raise Invalid("a version is allowed no more than it asks for", problems)
        return self

    def of(self, manifest: Manifest) -> Manifest:
        """The manifest with what is allowed: what the host enforces."""
        return msgspec.structs.replace(
            manifest,
            reads=_only(manifest.reads, self.reads),
            calls=_only(manifest.calls, self.calls),
            ceiling=self.ceiling.value,
        )

    @property
    def approvals_needed(self) -> int:
        """How many admins have to approve: two where it reaches the network, or sees TLP:RED."""
        return 2 if self.calls or self.ceiling is Marking.RED else 1


def asks_more(newer: Manifest, older: Manifest) -> list[str]:
    """What a manifest asks for beyond another one, in words; empty: no more."""
    more = [f"reads {name}: {why}" for name, why in newer.reads.items() if name not in older.reads]
    more += [f"calls {host}: {why}" for host, why in newer.calls.items() if host not in older.calls]
    if OPEN_ORDER.index(Marking(newer.ceiling)) > OPEN_ORDER.index(Marking(older.ceiling)):
        more.append(f"sees records up to {newer.ceiling} instead of {older.ceiling}")
    for name, setting in newer.config.items():
        more += _setting_asks(name, setting, older.config.get(name))
    for kind in newer.provides.__struct_fields__:
        further = sorted(set(getattr(newer.provides, kind)) - set(getattr(older.provides, kind)))
        more += [f"provides {kind}: {name}" for name in further]
    for limit in newer.limits.__struct_fields__:
        if getattr(newer.limits, limit) > getattr(older.limits, limit):
            words = f"{getattr(newer.limits, limit):g} instead of {getattr(older.limits, limit):g}"
            more.append(f"limits.{limit}: {words}")
    return more


def _setting_asks(name: str, setting: ConfigField, before: ConfigField | None) -> list[str]:
    """What a setting asks for beyond what it was. One that is left out has its default, whatever that is."""
    more = []
    same_default = before is not None and setting.default == before.default
    if setting.path and not (before is not None and before.path and same_default):
        left_out = f", {setting.default} where it is left out" if setting.default is not None else ""
        more.append(f"sees what its setting {name} names on the host{left_out}: {setting.help}")
    if setting.calls and not (before is not None and before.calls and same_default):
        more.append(f"calls the address in its setting {name}: {setting.help}")
    if setting.secret and not (before is not None and before.secret):
        more.append(f"is given a secret, its setting {name}: {setting.help}")
    if before is not None and before.secret and not setting.secret:
        more.append(f"keeps its setting {name} in the open, which was a secret")
    if setting.required and not (before is not None and before.required):
        more.append(f"does not run without its setting {name}: {setting.help}")
    if before is not None and setting.type != before.type:
        more.append(f"takes {setting.type} instead of {before.type} as its setting {name}")
    return more


def _only(table: dict[str, str], names: Collection[str]) -> dict[str, str]:
    return {name: why for name, why in table.items() if name in names}
