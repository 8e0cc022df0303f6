"""The reference of hooks, manifest and wire, written from the code: `python -m accord_sdk.reference PAGE`.

A test compares the page with what this writes, and fails where something of the contract has no docstring.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any, get_args

import msgspec

from accord_sdk import hooks, wire
from accord_sdk.findings import Selector, Signal
from accord_sdk.leads import Indicator, Lead, Visit
from accord_sdk.manifest import ConfigField, Limits, Manifest, ModelCard, Provides
from accord_sdk.records import Contact, ImageHash, Place, Price, Record
from accord_sdk.sharing import (
    Party,
    Reason,
    SharedCase,
    SharedNote,
    SharedRecord,
    SharedSelector,
)
from accord_sdk.sources import RejectedRecord

HEAD = """\
# Hooks, manifest and wire

Written from the code by `python -m accord_sdk.reference docs/reference/plugin-wire.md`; a test fails when
this page is not what that writes. [The plugin contract](plugin-contract.md) says in words what each is for.
"""
INTERFACES = (hooks.Call, hooks.Detector, hooks.Assessor, hooks.Source, hooks.Reviewer, hooks.Deliverer)
MANIFEST = (Manifest, Provides, Limits, ConfigField, ModelCard)
VALUES = (
    Record,
    Price,
    Place,
    Contact,
    ImageHash,
    Selector,
    Signal,
    RejectedRecord,
    Lead,
    Visit,
    Indicator,
    SharedCase,
    SharedRecord,
    SharedSelector,
    SharedNote,
    Reason,
    Party,
    hooks.OutcomeEvent,
)
FRAMES = {
    "Frames to the plugin": (*get_args(wire.ToGuest), wire.Error),
    "Frames to the host": get_args(wire.ToHost),
    "Tasks of a `batch`": get_args(wire.Task),
    "Items of a `result`": get_args(wire.Item),
    "What a `need` may ask for": get_args(wire.Want),
    "What `given` gives": get_args(wire.Gift),
}


class Undocumented(ValueError):
    """Something of the contract has no docstring; the message names it."""


def hook_specifications() -> dict[str, FunctionType]:
    """The hooks by name, in the order of the code."""
    return {name: found for name, found in vars(hooks).items() if hasattr(found, "accord_spec")}


def page() -> str:
    """The whole reference, as Markdown.

    :raises Undocumented: naming what has no docstring.
    """
    parts = [
        HEAD,
        f"The wire's protocol is {wire.PROTOCOL}; a frame has at most {wire.FRAME_CAP >> 20} MiB.\n",
    ]
    parts.append("## Hooks\n")
    for name, hook in hook_specifications().items():
        parts.append(f"### `{name}{_signature(hook)}`\n\n{_words(hook, name)}\n")
    parts.append("## What hooks hand over\n")
    for interface in INTERFACES:
        parts.append(f"### `{interface.__name__}`\n\n{_words(interface, interface.__name__)}\n")
        parts.extend(_members(interface))
    parts.append(_structs("The manifest", MANIFEST))
    parts.extend(_structs(title, kinds) for title, kinds in FRAMES.items())
    parts.append(_structs("Values", VALUES))
    return "\n".join(parts)


def _members(interface: type) -> Iterator[str]:
    for name, kind in inspect.get_annotations(interface).items():
        yield f"- `{name}: {kind}`\n"
    for name, member in vars(interface).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property) and member.fget is not None:
            yield f"- `{name}: {inspect.get_annotations(member.fget)['return']}`\n"
        elif isinstance(member, FunctionType):
            what = f"{interface.__name__}.{name}"
            yield f"- `{name}{_signature(member)}`: {_words(member, what)}\n"


def _structs(title: str, kinds: tuple[Any, ...]) -> str:
    parts = [f"## {title}\n"]
    for kind in kinds:
        tag = kind.__struct_config__.tag
        called = f"`{tag}` ({kind.__name__})" if tag else f"`{kind.__name__}`"
        parts.append(f"### {called}\n\n{_words(kind, kind.__name__)}\n")
        rows = [
            f"| `{one.name}` | `{_type(kind, one.name)}` | {_default(one)} |"
            for one in msgspec.structs.fields(kind)
        ]
        if rows:
            parts.append("\n".join(["| field | type | unless said |", "| --- | --- | --- |", *rows]) + "\n")
    return "\n".join(parts)


def _type(kind: type, name: str) -> str:
    for base in kind.__mro__:
        if name in (known := inspect.get_annotations(base)):
            return str(known[name]).replace("|", "or")
    raise Undocumented(f"{kind.__name__}.{name} has no type")


def _default(field: Any) -> str:
    if field.required:
        return "required"
    if field.default_factory is not msgspec.NODEFAULT:
        return (
            f"`{field.default_factory()!r}`" if field.default_factory in (dict, list, tuple) else "made anew"
        )
    return f"`{field.default!r}`"


def _signature(function: FunctionType) -> str:
    signature = inspect.signature(function)
    kept = [one for one in signature.parameters.values() if one.name != "self"]
    return str(signature.replace(parameters=kept)).replace("'", "")


def _words(thing: Any, name: str) -> str:
    """A docstring, its paragraphs on one line each."""
    text = inspect.cleandoc(getattr(thing, "__doc__", None) or "")
    if not text:
        raise Undocumented(f"{name} has no docstring")
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
