"""Reading a wheel that nobody here wrote, without running or installing anything of it.

Every entry is checked before it is unpacked: its name, kind and declared size; then its content against that
size and against RECORD. What passes holds exactly the files that RECORD lists.
"""

from __future__ import annotations

import base64
import configparser
import csv
import hashlib
import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from pathlib import Path, PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidWheelFilename,
    canonicalize_name,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from accord_sdk.manifest import ENTRY_POINT_GROUP, MANIFEST_PATH, Manifest, ManifestError

LARGEST_WHEEL = 64 * 1024 * 1024
"""Bytes of a wheel as it is sent."""
LARGEST_UNPACKED = 512 * 1024 * 1024
"""Bytes of all its files together, unpacked."""
MOST_FILES = 20_000
LONGEST_PATH = 240
PLATFORM, SDK = "accord", "accord-sdk"
_HASHES = frozenset({"sha256", "sha384", "sha512"})
_UNSIGNED = ("RECORD.jws", "RECORD.p7s")
_NAME = re.compile(r"[^\x00-\x1f\x7f\\:*?\"<>|]+")
_LOCAL_HEADER = 30


class WheelRefused(ValueError):
    """The file is no wheel that may be kept; the message names the entry at fault and what to do."""


@dataclass(frozen=True)
class Wheel:
    """A wheel as it was read: what it is, what it requires, and its files' sha256 by path."""

    filename: str
    name: str
    version: str
    digest: str
    size: int
    requires: tuple[str, ...]
    requires_python: str
    files: dict[str, str]


@dataclass(frozen=True)
class PluginWheel:
    """A wheel that carries one plugin."""

    wheel: Wheel
    manifest: Manifest
    entry_point: str


def read_plugin(filename: str, data: bytes) -> PluginWheel:
    """A plugin's wheel.

    :raises WheelRefused: when it is no sound wheel, or carries no plugin or a wrong manifest.
    """
    wheel, contents = _read(filename, data)
    info = _info_folder(wheel)
    if wheel.name in {PLATFORM, SDK}:
        raise WheelRefused(f"a plugin may not be named {wheel.name}")
    for path in wheel.files:
        _plain_package(path)
    for requirement in map(Requirement, wheel.requires):
        if canonicalize_name(requirement.name) == PLATFORM:
            raise WheelRefused("a plugin may require accord-sdk, never accord itself")
    text = contents.get(f"{info}/{MANIFEST_PATH}")
    if text is None:
        raise WheelRefused(f"it carries no {MANIFEST_PATH}: add accord.toml as hatchling extra-metadata")
    try:
        manifest = Manifest.parse(text.decode("utf-8"))
    except (ManifestError, UnicodeDecodeError) as error:
        raise WheelRefused(str(error)) from error
    module = _entry_point(contents.get(f"{info}/entry_points.txt", b""), manifest.name)
    return PluginWheel(wheel, manifest, module)


def read_wheel(filename: str, data: bytes) -> Wheel:
    """Any wheel, such as a dependency's.

    :raises WheelRefused: when it is no sound one.
    """
    return _read(filename, data)[0]


def source_files(filename: str, data: bytes) -> dict[str, bytes]:
    """The files of a wheel by their paths, RECORD left out.

    :raises WheelRefused: when it is no sound one.
    """
    contents = _read(filename, data)[1]
    return {path: content for path, content in contents.items() if not path.endswith(".dist-info/RECORD")}


def unpack(filename: str, data: bytes, folder: Path) -> Wheel:
    """Put the files of a sound wheel into an empty folder.

    :raises WheelRefused: when it is no sound one.
    """
    wheel, contents = _read(filename, data)
    for path, content in contents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return wheel


def _read(filename: str, data: bytes) -> tuple[Wheel, dict[str, bytes]]:
    try:
        name, version, _, _ = parse_wheel_filename(filename)
    except (InvalidWheelFilename, InvalidVersion) as error:
        raise WheelRefused(f"{filename!r} is no name of a wheel: {error}") from error
    if len(data) > LARGEST_WHEEL:
        raise WheelRefused(f"it has {len(data)} bytes; at most {LARGEST_WHEEL} are taken")
    contents = _entries(data)
    info = _single_info(contents, name, version)
    record = contents.pop(f"{info}/RECORD", None)
    if record is None:
        raise WheelRefused(f"{info}/RECORD is missing: nothing says what belongs to it")
    _compare(info, record, contents)
    about = _about(info, contents, name, version)
    requires = tuple(about.get_all("Requires-Dist") or ())
    for line in requires:
        _requirement(line)
    wheel = Wheel(
        filename=filename,
        name=name,
        version=str(version),
        digest=hashlib.sha256(data).hexdigest(),
        size=len(data),
        requires=requires,
        requires_python=about["Requires-Python"] or "",
        files={path: hashlib.sha256(content).hexdigest() for path, content in sorted(contents.items())},
    )
    return wheel, {**contents, f"{info}/RECORD": record}


# --- the archive -------------------------------------------------------------------------------------


def _entries(data: bytes) -> dict[str, bytes]:
    """The files by path, each entry checked before it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _layout(entries, data)
            return {entry.filename: _content(archive, entry) for entry in entries if not entry.is_dir()}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, UnicodeDecodeError) as error:
        raise WheelRefused(f"it is no sound zip archive: {error}") from error


def _layout(entries: list[zipfile.ZipInfo], data: bytes) -> None:
    if len(entries) > MOST_FILES:
        raise WheelRefused(f"it has {len(entries)} entries; at most {MOST_FILES} are taken")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > LARGEST_UNPACKED:
        raise WheelRefused(f"unpacked it would have {unpacked} bytes; at most {LARGEST_UNPACKED} are taken")
    seen: dict[str, str] = {}
    for entry in entries:
        _check_entry(entry)
        # Some file systems do not tell names apart that differ in case only.
        folded = entry.filename.rstrip("/").casefold()
        if folded in seen:
            raise WheelRefused(f"{entry.filename!r} stands in it twice")
        seen[folded] = entry.filename
    files = {entry.filename for entry in entries if not entry.is_dir()}
    for name in files:
        for folder in PurePosixPath(name).parents:
            if str(folder) in files:
                raise WheelRefused(f"{folder} is a file and a folder at once")
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        # Entries that share their bytes are how small archives become large ones.
        if entry.header_offset < end:
            raise WheelRefused(f"{entry.filename!r} overlaps another entry")
        end = entry.header_offset + _LOCAL_HEADER + len(entry.orig_filename) + entry.compress_size
    if entries and min(entry.header_offset for entry in entries) != 0:
        raise WheelRefused("something stands before the archive")
    if end > len(data):
        raise WheelRefused("an entry goes beyond the end of the file")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise WheelRefused(f"{name!r} is no plain file: links and devices are not taken")
    if entry.flag_bits & 0x1:
        raise WheelRefused(f"{name!r} is encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise WheelRefused(f"{name!r} is packed in an unusual way; use deflate")
    parts = name.rstrip("/").split("/")
    sound = _NAME.fullmatch(name) and entry.orig_filename == name
    if not sound or len(name) > LONGEST_PATH or any(part in ("", ".", "..") for part in parts):
        raise WheelRefused(f"{name[:LONGEST_PATH]!r} is no path inside a package")


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as stream:
        content = stream.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise WheelRefused(f"{entry.filename!r} has another size than the archive says")
    return content


# --- what the wheel says of itself -------------------------------------------------------------------


def _single_info(contents: dict[str, bytes], name: str, version: Version) -> str:
    found = {path.partition("/")[0] for path in contents}
    infos = sorted(folder for folder in found if folder.endswith(".dist-info"))
    if len(infos) != 1:
        raise WheelRefused(f"it needs exactly one .dist-info folder and has {len(infos)}")
    said, _, number = infos[0].removesuffix(".dist-info").partition("-")
    try:
        same = canonicalize_name(said) == name and Version(number) == version
    except InvalidVersion:
        same = False
    if not same:
        raise WheelRefused(f"{infos[0]} is of something else than the file's name says")
    return infos[0]


def _compare(info: str, record: bytes, contents: dict[str, bytes]) -> None:
    """RECORD lists every file with its hash and size, and nothing else."""
    listed: set[str] = set()
    try:
        rows = list(csv.reader(io.StringIO(record.decode("utf-8"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise WheelRefused(f"{info}/RECORD cannot be read: {error}") from error
    own = {f"{info}/RECORD", *(f"{info}/{name}" for name in _UNSIGNED)}
    for row in rows:
        if not row:
            continue
        if len(row) != 3 or row[0] in listed:
            raise WheelRefused(f"{info}/RECORD has a line that is none, or a file twice: {row[:1]}")
        path, said, size = row
        listed.add(path)
        if path in own:
            continue
        if path not in contents:
            raise WheelRefused(f"{path} stands in RECORD and not in the wheel")
        if _hashed(said, contents[path]) is not True or size != str(len(contents[path])):
            raise WheelRefused(f"{path} is not what RECORD says: build the wheel anew")
    extra = sorted(set(contents) - listed - own)
    if extra:
        raise WheelRefused(f"{extra[0]} is in the wheel and not in its RECORD: build the wheel anew")


def _hashed(said: str, content: bytes) -> bool | None:
    kind, _, value = said.partition("=")
    if kind not in _HASHES:
        return None
    digest = hashlib.new(kind, content).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == value.rstrip("=")


def _about(info: str, contents: dict[str, bytes], name: str, version: Version) -> Message:
    if f"{info}/METADATA" not in contents or f"{info}/WHEEL" not in contents:
        raise WheelRefused(f"{info} lacks METADATA or WHEEL")
    about = BytesParser().parsebytes(contents[f"{info}/METADATA"], headersonly=True)
    wheel = BytesParser().parsebytes(contents[f"{info}/WHEEL"], headersonly=True)
    if not str(wheel["Wheel-Version"] or "").startswith("1."):
        raise WheelRefused("its wheel format is not version 1")
    try:
        same = canonicalize_name(str(about["Name"])) == name and Version(str(about["Version"])) == version
    except InvalidVersion:
        same = False
    if not same:
        raise WheelRefused("METADATA names something else than the file's name does")
    return about


def _requirement(line: str) -> None:
    try:
        requirement = Requirement(line)
    except InvalidRequirement as error:
        raise WheelRefused(f"it requires {line!r}, which cannot be read: {error}") from error
    if requirement.url is not None:
        raise WheelRefused(f"it requires {requirement.name} from an address; name a version instead")


def _info_folder(wheel: Wheel) -> str:
    return next(path.partition("/")[0] for path in wheel.files if ".dist-info/" in path)


def _plain_package(path: str) -> None:
    """A plugin's own wheel has packages and metadata; scripts, data and path files have no use."""
    top = path.partition("/")[0]
    if top.endswith(".data"):
        raise WheelRefused(f"{path} would go outside the plugin's packages: leave .data out")
    if path.endswith(".pth"):
        raise WheelRefused(f"{path} changes where Python looks for packages: leave it out")
    if top in {"accord", "accord_sdk", "accord_auth", "accord_config"}:
        raise WheelRefused(f"{path} is of Accord itself: rename the package")


def _entry_point(text: bytes, name: str) -> str:
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # as the library documents it
    try:
        parser.read_string(text.decode("utf-8"))
    except (configparser.Error, UnicodeDecodeError) as error:
        raise WheelRefused(f"entry_points.txt cannot be read: {error}") from error
    found = dict(parser[ENTRY_POINT_GROUP]) if parser.has_section(ENTRY_POINT_GROUP) else {}
    if set(found) != {name}:
        said = ", ".join(sorted(found)) or "none"
        raise WheelRefused(
            f"it needs one entry point in the group {ENTRY_POINT_GROUP!r}, named {name!r} as in accord.toml;"
            f" it has {said}"
        )
    return found[name]
