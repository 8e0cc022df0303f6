"""A wheel that nobody here wrote is read entry by entry; what is not sound is refused, and named."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from importlib import metadata

import pytest

from accord_sdk import wheel as wheels
from accord_sdk.packing import pack, repack
from accord_sdk.wheel import WheelRefused, read_plugin, read_wheel

INFO = "acme_marker-1.0.dist-info"
FILENAME = "acme_marker-1.0-py3-none-any.whl"
ABOUT = b"Metadata-Version: 2.4\nName: acme-marker\nVersion: 1.0\n"
MANIFEST = """
protocol = 2
name = "acme-marker"
title = "Marker"
summary = "Marks."
provides = { detectors = ["marker"] }
reads = { body = "the words stand in it" }
card = { purpose = "Tests.", limits = "None.", licence = "Apache-2.0", contact = "tests@example.org" }
"""


def files(**changes: bytes | None) -> dict[str, bytes]:
    """The files of a sound plugin's wheel, but for changes (`__SLASH__` for a slash; None leaves one out)."""
    found = {
        f"{INFO}/METADATA": ABOUT + b"Requires-Dist: accord-sdk\n",
        f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{INFO}/entry_points.txt": b"[accord]\nacme-marker = acme_marker.plugin\n",
        f"{INFO}/extra_metadata/accord.toml": MANIFEST.encode(),
        "acme_marker/__init__.py": b"",
        "acme_marker/plugin.py": b"MARK = 1\n",
    }
    for path, content in changes.items():
        key = path.replace("INFO", INFO).replace("__SLASH__", "/")
        if content is None:
            del found[key]
        else:
            found[key] = content
    return found


def test_a_sound_wheel_tells_what_it_is_without_being_run() -> None:
    data = pack(INFO, files())
    found = read_plugin(FILENAME, data)
    assert (found.manifest.name, found.wheel.version, found.entry_point) == (
        "acme-marker",
        "1.0",
        "acme_marker.plugin",
    )
    assert found.wheel.requires == ("accord-sdk",)
    assert set(found.wheel.files) == set(files())
    assert pack(INFO, files()) == data


def test_an_installed_distribution_is_written_into_a_sound_wheel_again() -> None:
    name, data = repack(metadata.distribution("pluggy"))
    assert read_wheel(name, data).name == "pluggy"
    assert repack(metadata.distribution("pluggy")) == (name, data)


Change = Callable[[zipfile.ZipFile], None]


def with_entries(change: Change) -> bytes:
    """The sound wheel with something more in the archive."""
    made = io.BytesIO(pack(INFO, files()))
    with zipfile.ZipFile(made, "a") as archive:
        change(archive)
    return made.getvalue()


def link(archive: zipfile.ZipFile) -> None:
    entry = zipfile.ZipInfo("acme_marker/link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(entry, "/etc/passwd")


def named(name: str) -> Change:
    return lambda archive: archive.writestr(zipfile.ZipInfo(name), b"x")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (link, "links and devices"),
        (named("../outside.py"), "no path inside"),
        (named("/etc/x.py"), "no path inside"),
        (named("acme_marker/a/../b.py"), "no path inside"),
        (named("acme_marker\\..\\b.py"), "no path inside"),
        (named("acme_marker/a\x07.py"), "no path inside"),
        (named("acme_marker/PLUGIN.py"), "twice"),
        (named("acme_marker/plugin.py/x"), "a file and a folder"),
        (named("acme_marker/extra.py"), "not in its RECORD"),
        (named("other-1.0.dist-info/METADATA"), "exactly one .dist-info"),
        (named("x" * 300), "no path inside"),
    ],
)
def test_an_entry_that_no_wheel_has_is_refused(change: Change, words: str) -> None:
    with pytest.raises(WheelRefused, match=words):
        read_plugin(FILENAME, with_entries(change))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_in_it_twice_is_refused() -> None:
    with pytest.raises(WheelRefused, match="twice"):
        read_plugin(FILENAME, with_entries(named("acme_marker/plugin.py")))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"INFO__SLASH__extra_metadata__SLASH__accord.toml": None}, "accord.toml"),
        ({"INFO__SLASH__extra_metadata__SLASH__accord.toml": b"protocol = 99"}, "accord.toml"),
        ({"INFO__SLASH__entry_points.txt": b"[accord]\nother = acme_marker.plugin\n"}, "named 'acme-marker'"),
        ({"INFO__SLASH__entry_points.txt": b"nonsense"}, "cannot be read"),
        ({"INFO__SLASH__METADATA": b"Metadata-Version: 2.4\nName: other\nVersion: 1.0\n"}, "something else"),
        (
            {
                "INFO__SLASH__METADATA": b"Metadata-Version: 2.4\nName: acme-marker\nVersion: 1.0\n"
                b"Requires-Dist: x @ https://example.org/x.whl\n"
            },
            "from an address",
        ),
        (
            {"INFO__SLASH__METADATA": ABOUT + b"Requires-Dist: accord\n"},
            "never accord itself",
        ),
        ({"acme.pth": b"import os"}, "where Python looks"),
        ({"accord_sdk__SLASH__runner.py": b""}, "of Accord itself"),
        ({"acme_marker-1.0.data__SLASH__scripts__SLASH__x": b"x"}, "leave .data out"),
    ],
)
def test_a_wheel_that_says_something_wrong_of_itself_is_refused(
    changes: dict[str, bytes | None], words: str
) -> None:
    with pytest.raises(WheelRefused, match=words):
        read_plugin(FILENAME, pack(INFO, files(**changes)))


def test_a_file_that_is_not_what_record_says_is_named() -> None:
    data = pack(INFO, files())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents["acme_marker/plugin.py"] = b"MARK = 2\n"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    with pytest.raises(WheelRefused, match=r"acme_marker/plugin\.py is not what RECORD says"):
        read_plugin(FILENAME, made.getvalue())


def test_an_archive_that_would_fill_the_disk_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bomb = pack(INFO, files(acme_marker__SLASH__zeros=bytes(2_000_000)))
    assert len(bomb) < 10_000
    monkeypatch.setattr(wheels, "LARGEST_UNPACKED", 1_000_000)
    with pytest.raises(WheelRefused, match="unpacked it would have"):
        read_plugin(FILENAME, bomb)


def test_an_archive_that_lies_about_a_size_is_refused() -> None:
    data = bytearray(pack(INFO, files(acme_marker__SLASH__zeros=bytes(5_000))))
    place = data.rfind(b"acme_marker/zeros") - 46 + 24
    assert int.from_bytes(data[place : place + 4], "little") == 5_000
    data[place : place + 4] = (10).to_bytes(4, "little")
    with pytest.raises(WheelRefused):
        read_plugin(FILENAME, bytes(data))


@pytest.mark.parametrize(
    "name", ["acme.whl", "../acme_marker-1.0-py3-none-any.whl", "acme_marker-1.0.tar.gz", ""]
)
def test_a_file_that_is_not_named_like_a_wheel_is_refused(name: str) -> None:
    with pytest.raises(WheelRefused):
        read_plugin(name, pack(INFO, files()))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"#!/bin/sh\n" + pack(INFO, files())])
def test_what_is_no_archive_from_its_first_byte_is_refused(data: bytes) -> None:
    with pytest.raises(WheelRefused):
        read_plugin(FILENAME, data)
