"""Whatever a new version may ask for beyond the one that runs is noticed: then it waits for admins."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from accord.registry.grants import asks_more
from accord_sdk import Manifest
from accord_sdk.manifest import ConfigField, Limits

OLD: dict[str, Any] = {
    "protocol": 1,
    "name": "acme",
    "title": "Acme",
    "summary": "Finds.",
    "card": {"purpose": "p", "limits": "l", "licence": "none", "contact": "a@example.org"},
    "provides": {"detectors": ["marker"]},
    "reads": {"body": "to look at it"},
    "calls": {"api.example.org": "to ask"},
    "ceiling": "TLP:AMBER",
    "config": {
        "folder": {"type": "string", "help": "where files lie", "path": True, "default": "/srv/adverts"},
        "address": {"type": "string", "help": "whom to ask", "calls": True, "default": "https://a.example"},
        "token": {"type": "string", "help": "the key", "secret": True},
        "words": {"type": "strings", "help": "what to look for"},
    },
}
"""A version that runs."""


def changed(table: str, **more: Any) -> Manifest:
    """The same with these further or other entries of one table."""
    return msgspec.convert(OLD | {table: OLD.get(table, {}) | more}, Manifest)


def whole(**more: Any) -> Manifest:
    """The same with other entries."""
    return msgspec.convert(OLD | more, Manifest)


def setting(name: str, **more: Any) -> Manifest:
    """The same with a setting that is new, or otherwise than it was."""
    return changed("config", **{name: OLD["config"].get(name, {"type": "string", "help": "h"}) | more})


MORE = {
    "a record field": (changed("reads", title="to see it"), "reads title: to see it"),
    "a host": (changed("calls", **{"b.example.org": "to send"}), "calls b.example.org: to send"),
    "a port of a known host": (
        changed("calls", **{"api.example.org:8443": "w"}),
        "calls api.example.org:8443: w",
    ),
    "a closed marking": (
        whole(ceiling="TLP:AMBER+STRICT"),
        "sees records up to TLP:AMBER+STRICT instead of TLP:AMBER",
    ),
    "the closest marking": (
        whole(ceiling="TLP:RED"),
        "sees records up to TLP:RED instead of TLP:AMBER",
    ),
    "a detector": (whole(provides={"detectors": ["marker", "other"]}), "provides detectors: other"),
    "an assessor": (changed("provides", assessors=["judge"]), "provides assessors: judge"),
    "a source": (changed("provides", sources=["feed"]), "provides sources: feed"),
    "sharing": (changed("provides", sharing=["carrier"]), "provides sharing: carrier"),
    "a folder": (setting("other", path=True), "sees what its setting other names on the host: h"),
    "another folder where none is named": (
        setting("folder", default="/etc"),
        "sees what its setting folder names on the host, /etc where it is left out: where files lie",
    ),
    "an address": (setting("url", calls=True), "calls the address in its setting url: h"),
    "another address where none is named": (
        setting("address", default="https://b.example"),
        "calls the address in its setting address: whom to ask",
    ),
    "a secret": (setting("password", secret=True), "is given a secret, its setting password: h"),
    "a secret in the open": (
        setting("token", secret=False),
        "keeps its setting token in the open, which was a secret",
    ),
    "a setting without which it does not run": (
        setting("words", required=True),
        "does not run without its setting words: what to look for",
    ),
    "another type of setting": (
        setting("words", type="string"),
        "takes string instead of strings as its setting words",
    ),
}
"""Each kind of asking more, and how it is said."""


@pytest.mark.parametrize("kind", MORE)
def test_each_kind_of_asking_more_is_noticed_and_said(kind: str) -> None:
    newer, words = MORE[kind]
    assert asks_more(newer, msgspec.convert(OLD, Manifest)) == [words]


@pytest.mark.parametrize("limit", Limits.__struct_fields__)
def test_more_time_memory_store_or_records_at_once_is_more_and_less_is_not(limit: str) -> None:
    older = msgspec.convert(OLD, Manifest)
    known = getattr(older.limits, limit)
    more = f"limits.{limit}: {known + 1:g} instead of {known:g}"
    for value, asked in ((known + 1, [more]), (known - 1, [])):
        limits = msgspec.structs.replace(older.limits, **{limit: value})
        assert asks_more(msgspec.structs.replace(older, limits=limits), older) == asked


def test_what_asks_for_the_same_or_less_does_not_wait() -> None:
    older = msgspec.convert(OLD, Manifest)
    assert asks_more(older, older) == []
    assert asks_more(whole(reads={}, calls={}, ceiling="TLP:GREEN", config={}), older) == []
    assert asks_more(whole(title="Acme 2", summary="Finds.", reads={"body": "another reason"}), older) == []
    assert asks_more(setting("note", help="a remark"), older) == [], "a text that may be left out is no power"


def test_no_part_of_a_manifest_or_a_setting_is_forgotten() -> None:
    # A field that is new has to be thought of here: what may a version ask for with it?
    judged = {"reads", "calls", "ceiling", "limits", "config", "provides"}
    only_said = {"protocol", "name", "title", "summary", "card"}
    assert set(Manifest.__struct_fields__) == judged | only_said
    of_settings = {"type", "required", "secret", "path", "calls", "default"}
    assert set(ConfigField.__struct_fields__) == of_settings | {"help"}
