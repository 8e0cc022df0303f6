"""The static manifest: what a plugin says it is and needs, read without running anything.

It is the file `accord.toml` in the distribution's `.dist-info/extra_metadata/`. What it does not
ask for, the host does not give.
"""

from __future__ import annotations

import math
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
HOST = re.compile(
    r"(?=.{1,259}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?(:[0-9]{1,5})?"
)
"""A host name in lower case, with a port where it is not 443; no scheme, no path."""
PROTOCOLS = frozenset(number for number in (PROTOCOL, PROTOCOL - 1) if number >= 1)
"""The wire protocols that a plugin may be written for."""

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "strings": tuple,
}


class ManifestError(ValueError):
    """The plugin's accord.toml is missing or wrong; the message names the key and what to do."""


class Provides(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The names of what the plugin registers, by hook."""

    detectors: tuple[str, ...] = ()
    assessors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    sharing: tuple[str, ...] = ()


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits that the host enforces: seconds of wall time, mebibytes of memory, kibibytes of the store."""

    open_seconds: float = 30.0
    batch_seconds: float = 60.0
    memory_mb: int = 512
    batch_records: int = 500
    store_kb: int = 1024


class ConfigField(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One setting that an organisation fills in when it activates the plugin.

    `path` says that the value names a file or folder of the host, which the plugin then sees, read-only;
    it sees no other. For settings of sources, which operators fill in. `calls` says that the value is an
    https address that the plugin may then call; for plugins that are installed beside Accord.
    """

    type: Literal["string", "integer", "number", "boolean", "strings"]
    help: str
    required: bool = False
    secret: bool = False
    path: bool = False
    calls: bool = False
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
        except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
            raise ManifestError(f"accord.toml: {error}") from error
        _check(manifest)
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


def _check(manifest: Manifest) -> None:
    if not NAME.fullmatch(manifest.name):
        raise ManifestError(f"accord.toml: name {manifest.name!r} must match {NAME.pattern}")
    if manifest.protocol not in PROTOCOLS:
        spoken = ", ".join(map(str, sorted(PROTOCOLS)))
        raise ManifestError(f"accord.toml: protocol {manifest.protocol} is not spoken here; write {spoken}")
    for key in ("title", "summary"):
        _need_text(key, getattr(manifest, key))
    for key in ("purpose", "limits", "licence", "contact"):
        _need_text(f"card.{key}", getattr(manifest.card, key))
    _check_grants(manifest)
    for key, names in msgspec.structs.asdict(manifest.provides).items():
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ManifestError(f"accord.toml: provides.{key} names {twice[0]!r} twice")
    for key, value in msgspec.structs.asdict(manifest.limits).items():
        if not 0 < value < math.inf:
            raise ManifestError(f"accord.toml: limits.{key} is {value}; it must be a number above 0")
    for key, field in manifest.config.items():
        _check_config(f"config.{key}", field)


def _check_grants(manifest: Manifest) -> None:
    unknown = sorted(set(manifest.reads) - RECORD_FIELDS)
    if unknown:
        known = ", ".join(sorted(RECORD_FIELDS))
        raise ManifestError(f"accord.toml: reads.{unknown[0]} is no record field; there are: {known}")
    for host in manifest.calls:
        if not HOST.fullmatch(host):
            raise ManifestError(
                f"accord.toml: calls.{host!r} is no host name; write it like api.example.org,"
                " in lower case, without scheme or path"
            )
    for table, reasons in (("reads", manifest.reads), ("calls", manifest.calls)):
        for key, reason in reasons.items():
            if not reason.strip():
                raise ManifestError(f"accord.toml: {table}.{key} needs a reason that an admin can judge")


def _need_text(key: str, text: str) -> None:
    if not text.strip():
        raise ManifestError(f"accord.toml: {key} is empty; members read it before they rely on the plugin")


def _check_config(key: str, field: ConfigField) -> None:
    _need_text(f"{key}.help", field.help)
    for name, what in (("path", "a path"), ("calls", "an address to call")):
        if getattr(field, name) and field.type != "string":
            raise ManifestError(f"accord.toml: {key} is {what} and no string; give it the type string")
    if field.default is None:
        return
    if field.required:
        raise ManifestError(f"accord.toml: {key} is required and has a default; leave one of them out")
    # bool is a kind of int in Python, and none in a form that people fill in.
    as_bool = isinstance(field.default, bool)
    if as_bool != (field.type == "boolean") or not isinstance(field.default, _TYPES[field.type]):
        raise ManifestError(f"accord.toml: {key}.default {field.default!r} is no {field.type}")
