"""The contract's page names everything that the contract has, and the tutorial works as it stands."""

import inspect
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from accord_sdk import hooks, reference, wire
from accord_sdk.findings import Selector, Signal
from accord_sdk.manifest import ConfigField, Limits, Manifest, ModelCard, Provides
from accord_sdk.records import RECORD_FIELDS
from accord_sdk.sources import Page

DOCS = Path(__file__).parents[3] / "docs"


def section(title: str) -> str:
    page = (DOCS / "reference" / "plugin-contract.md").read_text()
    (text,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    return text


def named(title: str) -> set[str]:
    """Words in code style in a section, calls such as `detect(batch, call)` by their name."""
    return {word for code in re.findall(r"`([^`]+)`", section(title)) for word in re.findall(r"[\w.]+", code)}


def hook_names() -> set[str]:
    return {name for name, hook in vars(hooks).items() if hasattr(hook, "accord_spec")}


def protocol_methods() -> set[str]:
    protocols = (hooks.Call, hooks.Detector, hooks.Assessor, hooks.Source, hooks.Reviewer, hooks.Deliverer)
    members = {name for kind in protocols for name in vars(kind) if not name.startswith("_")}
    return members | {kind.__name__ for kind in protocols}


def manifest_keys() -> set[str]:
    keys: set[str] = set()
    for name in Manifest.__struct_fields__:
        tables: dict[str, type[msgspec.Struct]] = {"provides": Provides, "limits": Limits, "card": ModelCard}
        if name in tables:
            keys |= {f"{name}.{key}" for key in tables[name].__struct_fields__}
        elif name == "config":
            keys |= {f"config.NAME.{key}" for key in ConfigField.__struct_fields__}
        else:
            keys.add({"reads": "reads.FIELD", "calls": "calls.HOST"}.get(name, name))
    return keys


def frame_words() -> set[str]:
    words: set[str] = set()
    asked = (*get_args(wire.Want), *get_args(wire.Gift))
    for kind in (*get_args(wire.ToGuest), *get_args(wire.ToHost), *get_args(wire.Task), *asked, wire.Error):
        words |= set(kind.__struct_fields__)
    tasks = (*get_args(wire.Task), *get_args(wire.Item))
    for kind in (*get_args(wire.ToGuest), *get_args(wire.ToHost), *tasks, *asked):
        words.add(kind.__struct_config__.tag)
    return words


def test_there_are_hooks_keys_and_frames_to_document():
    assert {"accord_detectors", "accord_outcome"} <= hook_names()
    assert {"limits.memory_mb", "config.NAME.type", "reads.FIELD", "ceiling"} <= manifest_keys()
    assert {"open", "timeout_s", "cannot_retract"} <= frame_words()
    assert {"detect", "cancelled", "retract"} <= protocol_methods()


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Hooks", hook_names() | protocol_methods() | set(hooks.Context.__struct_fields__)),
        ("Records", set(RECORD_FIELDS)),
        ("Findings", {*Selector.__struct_fields__, *Signal.__struct_fields__}),
        ("Pages", set(Page.__struct_fields__)),
        ("The manifest", manifest_keys()),
        ("Frames", frame_words()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nothing_of_the_contract_is_missing_from_its_page(title, words):
    assert words - named(title) == set()


def test_the_reference_is_what_the_code_says():
    kept = (DOCS / "reference" / "plugin-wire.md").read_text(encoding="utf-8")
    assert kept == reference.page(), "python -m accord_sdk.reference docs/reference/plugin-wire.md"
    every = {*get_args(wire.ToGuest), *get_args(wire.ToHost), *get_args(wire.Task), *get_args(wire.Item)}
    assert not [kind.__name__ for kind in every if f"({kind.__name__})" not in kept]
    assert hook_names() == set(reference.hook_specifications())


def test_the_reference_refuses_what_has_no_docstring(monkeypatch):
    class Silent(msgspec.Struct):
        field: int = 0

    Silent.__doc__ = None
    monkeypatch.setattr(reference, "VALUES", (Silent,))
    with pytest.raises(reference.Undocumented, match="Silent has no docstring"):
        reference.page()


def test_no_hook_is_documented_that_does_not_exist():
    documented = {word for word in named("Hooks") if re.fullmatch(r"accord_\w+", word)}
    assert documented == hook_names()


def test_the_limits_on_the_page_are_those_of_the_code():
    text = section("The manifest")
    for name, default in msgspec.structs.asdict(Limits()).items():
        assert re.search(rf"`limits\.{name}` \| .*\b{default:g} unless said", text), name
    assert f"{wire.FRAME_CAP // 2**20} MiB" in section("Frames")
    assert f"`protocol` | the wire protocol that the plugin was written for: {wire.PROTOCOL}" in text


def test_every_hook_and_method_has_a_docstring():
    for name in hook_names():
        assert inspect.getdoc(getattr(hooks, name))


def tutorial_files() -> dict[str, str]:
    text = (DOCS / "how-to" / "write-a-plugin.md").read_text()
    return dict(re.findall(r"^`([\w./]+)`[^\n]*:?[^`]*?\n```\w+\n(.*?)^```", text, re.DOTALL | re.MULTILINE))


def test_the_tutorial_works_as_it_stands(tmp_path):
    files = tutorial_files()
    assert set(files) == {"pyproject.toml", "accord.toml", "acme_papers/plugin.py", "tests/test_papers.py"}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    project = tomllib.loads(files["pyproject.toml"])["project"]
    manifest = Manifest.parse(files["accord.toml"])
    ((entry, module),) = project["entry-points"]["accord"].items()
    assert manifest.name == entry
    info = tmp_path / "acme_papers-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text(f"[accord]\n{entry} = {module}\n")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "tests"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "4 passed" in ran.stdout, ran.stdout + ran.stderr
