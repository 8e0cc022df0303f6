"""Writing wheels: from files at hand, or again from what is installed. The same in, the same out."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from email.parser import Parser
from importlib import metadata
from pathlib import Path, PurePosixPath

from packaging.utils import canonicalize_name

WHEN = (1980, 1, 1, 0, 0, 0)
"""The time that every entry has, so that the same files make the same wheel."""
LEFT_OUT = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}
)
"""What an installer adds to the metadata."""


def pack(info: str, files: dict[str, bytes]) -> bytes:
    """A wheel of these files with the RECORD of them; `info` is its .dist-info folder."""
    lines = []
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            lines.append(f"{_quoted(path)},sha256={digest},{len(content)}\n")
            _add(archive, path, content)
        _add(archive, f"{info}/RECORD", "".join([*lines, f"{info}/RECORD,,\n"]).encode())
    return made.getvalue()


def repack(distribution: metadata.Distribution, package: Path | None = None) -> tuple[str, bytes]:
    """The wheel of an installed distribution: its name and content.

    `package` is where its package lies, for one that is installed from its source folder.

    :raises ValueError: when its metadata does not say for what it was built.
    """
    name = canonicalize_name(distribution.metadata["Name"]).replace("-", "_")
    info = f"{name}-{distribution.version}.dist-info"
    about = distribution.read_text("WHEEL")
    if about is None:
        raise ValueError(f"{name} was not installed from a wheel")
    files: dict[str, bytes] = {}
    for file in distribution.files or ():
        place = PurePosixPath(file)
        part = place.parts[0]
        if (
            place.is_absolute()
            or ".." in place.parts
            or place.suffix == ".pth"
            or "__pycache__" in place.parts
        ):
            continue
        if part.endswith(".dist-info"):
            if place.name in LEFT_OUT:
                continue
            place = PurePosixPath(info, *place.parts[1:])
        files[str(place)] = Path(str(distribution.locate_file(file))).read_bytes()
    if package is not None:
        for path in package.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                files[str(PurePosixPath(package.name, path.relative_to(package)))] = path.read_bytes()
    tags = [line.split("-") for line in Parser().parsestr(about).get_all("Tag") or ["py3-none-any"]]
    compressed = "-".join(".".join(sorted({tag[place] for tag in tags})) for place in range(3))
    return f"{name}-{distribution.version}-{compressed}.whl", pack(info, files)


def _add(archive: zipfile.ZipFile, path: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(path, WHEN)
    entry.external_attr = 0o100644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _quoted(path: str) -> str:
    return f'"{path}"' if "," in path else path
