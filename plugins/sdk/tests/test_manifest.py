"""The manifest: what is wrong with it is said by the key at fault."""

from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from accord_sdk.manifest import Limits, Manifest, ManifestError

GOOD = """
protocol = 1
name = "example"
title = "Example"
summary = "Finds nothing."
ceiling = "TLP:GREEN"
[provides]
detectors = ["example"]
[reads]
body = "words stand in the text"
[calls]
"api.example.org" = "asks there"
[limits]
memory_mb = 64
[config.depth]
type = "integer"
help = "How deep to look."
default = 3
[card]
purpose = "Shows."
limits = "Finds nothing."
licence = "Apache-2.0"
contact = "maintainers@example.org"
"""


def refusal(text: str) -> str:
    with pytest.raises(ManifestError) as caught:
        Manifest.parse(text)
    return str(caught.value)


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def test_a_good_manifest_is_read_with_its_defaults():
    manifest = Manifest.parse(GOOD)
    assert manifest.name == "example"
    assert manifest.provides.detectors == ("example",)
    assert manifest.limits == Limits(memory_mb=64)
    assert manifest.config["depth"].default == 3
    assert Manifest.parse(changed('ceiling = "TLP:GREEN"\n', "")).ceiling == "TLP:AMBER"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("protocol = 1", "", "`protocol`"),
        ("protocol = 1", "protocol = 0", "protocol 0"),
        ("protocol = 1", "protocol = 99", "protocol 99"),
        ("protocol = 1", 'protocol = "1"', "$.protocol"),
        ('name = "example"', 'name = "Example Plugin"', "name 'Example Plugin'"),
        ('name = "example"', 'name = "../up"', "name '../up'"),
        ('title = "Example"', "", "`title`"),
        ('title = "Example"', 'title = " "', "title is empty"),
        ('summary = "Finds nothing."', 'summary = ""', "summary is empty"),
        ('ceiling = "TLP:GREEN"', 'ceiling = "TLP:WHITE"', "$.ceiling"),
        ('ceiling = "TLP:GREEN"', 'colour = "green"', "`colour`"),
        ('detectors = ["example"]', 'detector = ["example"]', "`detector`"),
        ('detectors = ["example"]', 'detectors = "example"', "$.provides.detectors"),
        ('detectors = ["example"]', 'detectors = ["a", "a"]', "provides.detectors"),
        ("body =", "text =", "reads.text"),
        ('"words stand in the text"', '" "', "reads.body"),
        ('"asks there"', '""', "calls.api.example.org"),
        ('"api.example.org"', '"https://api.example.org/v1"', "calls.'https://api.example.org/v1'"),
        ('"api.example.org"', '"*.example.org"', "calls.'*.example.org'"),
        ('"api.example.org"', '"127.0.0.1"', "calls.'127.0.0.1'"),
        ("memory_mb = 64", "memory_mb = 0", "limits.memory_mb"),
        ("memory_mb = 64", "memory_mb = -5", "limits.memory_mb"),
        ("memory_mb = 64", "memory_mb = 1.5", "$.limits.memory_mb"),
        ("memory_mb = 64", "open_seconds = nan", "limits.open_seconds"),
        ("memory_mb = 64", "batch_seconds = inf", "limits.batch_seconds"),
        ("memory_mb = 64", "batch_records = 0", "limits.batch_records"),
        ("memory_mb = 64", "memory = 64", "`memory`"),
        ('type = "integer"', 'type = "date"', "$.config[...].type"),
        ('help = "How deep to look."', "", "`help`"),
        ('help = "How deep to look."', 'help = ""', "config.depth.help"),
        ("default = 3", 'default = "3"', "config.depth.default"),
        ("default = 3", "default = true", "config.depth.default"),
        ("default = 3", "default = 3\nrequired = true", "config.depth is required"),
        ('purpose = "Shows."', "", "`purpose`"),
        ('purpose = "Shows."', 'purpose = ""', "card.purpose"),
        ('limits = "Finds nothing."', 'limits = ""', "card.limits"),
        ('licence = "Apache-2.0"', 'licence = ""', "card.licence"),
        ('contact = "maintainers@example.org"', 'contact = ""', "card.contact"),
        ("protocol = 1", "protocol = ", "accord.toml"),
        ("protocol = 1", "protocol = 1\nx = " + "[" * 5000, "accord.toml"),
    ],
)
def test_every_refusal_names_its_key(old, new, key):
    assert key in refusal(changed(old, new))


@pytest.mark.parametrize(
    ("kind", "default"),
    [("string", '"a"'), ("number", "1"), ("number", "1.5"), ("boolean", "false"), ("strings", '["a", "b"]')],
)
def test_defaults_of_every_type_are_accepted(kind, default):
    text = changed('type = "integer"', f'type = "{kind}"').replace("default = 3", f"default = {default}")
    assert Manifest.parse(text).config["depth"].default is not None


class Installed(metadata.Distribution):
    def __init__(self, **files: str) -> None:
        self._files = {"METADATA": "Name: example-plugin\nVersion: 1.0\n"} | files

    def read_text(self, filename: str) -> str | None:
        return self._files.get(filename)

    def locate_file(self, path: Any) -> Path:
        return Path(path)


def test_a_distribution_without_a_manifest_is_named():
    with pytest.raises(ManifestError, match=r"example-plugin carries no extra_metadata/accord\.toml"):
        Manifest.of(Installed())


def test_the_manifest_of_a_distribution_is_read():
    assert Manifest.of(Installed(**{"extra_metadata/accord.toml": GOOD})).title == "Example"
