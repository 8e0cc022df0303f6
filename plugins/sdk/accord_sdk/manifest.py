"""The static manifest: what a plugin says it is and needs, read without running anything.

It is the file `accord.toml` in the distribution's `.dist-info/extra_metadata/`. What it does not
ask for, the host does not give.
"""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from typing import Literal

import msgspec

from accord_sdk.records import RECORD_FIELDS
from accord_sdk.wire import PROTOCOL

ENTRY_POINT_GROUP = "accord"
MANIFEST_PATH = "extra_metadata/accord.toml"

Marking = Literal["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]
NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")


class ManifestError(ValueError):
    """The plugin's accord.toml is missing or wrong; the message names the key and what to do."""


class Provides(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The names of what the plugin registers, by hook."""

    detectors: tuple[str, ...] = ()
    assessors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    sharing: tuple[str, ...] = ()


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits that the host enforces by ending the process: seconds of wall time, mebibytes."""

    open_seconds: float = 30.0
    batch_seconds: float = 60.0
    memory_mb: int = 512
    batch_records: int = 500


class ConfigField(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One setting that an organisation fills in when it activates the plugin."""

    type: Literal["string", "integer", "number", "boolean", "strings"]
    help: str
    required: bool = False
    secret: bool = False
    default: str | int | float | bool | tuple[str, ...] | None = None


class ModelCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What members should know before they rely on the plugin."""

    purpose: str
    limits: str
    licence: str
    contact: str
    data: str = ""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plugin's accord.toml. `reads` and `calls` map a record field or a host to the author's reason."""

    protocol: int
    name: str
    title: str
    summary: str
    card: ModelCard
    provides: Provides
    reads: dict[str, str] = {}
    calls: dict[str, str] = {}
    ceiling: Marking = "TLP:AMBER"
    limits: Limits = Limits()
    config: dict[str, ConfigField] = {}

    @classmethod
    def parse(cls, text: str) -> Manifest:
        """Read a manifest from TOML text.

        :raises ManifestError: with the key at fault.
        """
        try:
            manifest = msgspec.convert(tomllib.loads(text), cls)
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise ManifestError(f"accord.toml: {error}") from error
        manifest._check()
        return manifest

    @classmethod
    def of(cls, distribution: metadata.Distribution) -> Manifest:
        """Read the manifest of an installed distribution.

        :raises ManifestError: when it has none, or a wrong one.
        """
        text = distribution.read_text(MANIFEST_PATH)
        if text is None:
            name = distribution.metadata["Name"]
            raise ManifestError(f"{name} carries no {MANIFEST_PATH}: add it as hatchling extra-metadata")
        return cls.parse(text)

    def _check(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ManifestError(f"accord.toml: name {self.name!r} must match {NAME.pattern}")
        if self.protocol not in (PROTOCOL, PROTOCOL - 1):
            raise ManifestError(f"accord.toml: protocol {self.protocol} is not spoken here ({PROTOCOL})")
        unknown = sorted(set(self.reads) - RECORD_FIELDS)
        if unknown:
            known = ", ".join(sorted(RECORD_FIELDS))
            raise ManifestError(f"accord.toml: reads.{unknown[0]} is no record field; there are: {known}")
        for key, reason in [*self.reads.items(), *self.calls.items()]:
            if not reason.strip():
                raise ManifestError(f"accord.toml: {key} needs a reason that an admin can judge")
