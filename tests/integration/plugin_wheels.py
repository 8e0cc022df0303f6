"""Wheels of made-up plugins and of what they require, written in a moment: no index, no build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accord_sdk.packing import pack

MANIFEST = """
protocol = 2
name = "{name}"
title = "Marker"
summary = "Marks a word."
ceiling = "{ceiling}"
provides = {{ detectors = ["marker"] }}
limits = {{ open_seconds = 20.0, batch_seconds = 20.0, memory_mb = 256 }}
card = {{ purpose = "Tests.", limits = "None.", licence = "Apache-2.0", contact = "tests@example.org" }}
{more}
[reads]
{reads}
[calls]
{calls}
"""

CODE = '''
"""Marks the word."""
from accord_sdk import Found, Signal, hookimpl
{imports}

class Marker:
    name = "marker"

    def open(self):
        pass

    def close(self):
        pass

    def detect(self, batch, call):
        for ref, record in enumerate(batch):
            found = [
                Signal(kind="{kind}", sign=0, field=field, start=text.index("{word}"),
                       end=text.index("{word}") + len("{word}"), note={note})
                for field, text in record.texts() if "{word}" in text
            ]
            yield Found(ref, tuple(found))

@hookimpl
def accord_detectors(context):
    return [Marker()]
'''


def metadata(name: str, version: str, requires: Sequence[str]) -> dict[str, bytes]:
    """The metadata files of a distribution."""
    lines = [f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n"]
    lines += [f"Requires-Dist: {line}\n" for line in requires]
    wheel = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    return {"METADATA": "".join(lines).encode(), "WHEEL": wheel.encode()}


def plain_wheel(
    name: str, version: str, files: Mapping[str, str] | None = None, requires: Sequence[str] = ()
) -> tuple[str, bytes]:
    """The name and content of a wheel with these files."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    contents = {f"{info}/{path}": content for path, content in metadata(name, version, requires).items()}
    contents |= {path: text.encode() for path, text in (files or {}).items()}
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl", pack(info, contents)


def plugin_wheel(
    name: str = "acme-marker",
    version: str = "1.0",
    *,
    word: str = "town",
    kind: str = "marked",
    note: str = '"seen"',
    imports: str = "",
    code: str | None = None,
    reads: Sequence[str] = ("title", "body"),
    calls: Sequence[str] = (),
    ceiling: str = "TLP:AMBER",
    more: str = "",
    manifest: str | None = None,
    requires: Sequence[str] = ("accord-sdk",),
    extra: Mapping[str, bytes] | None = None,
) -> tuple[str, bytes]:
    """The name and content of a plugin's wheel, which marks a word."""
    module, info = name.replace("-", "_"), f"{name.replace('-', '_')}-{version}.dist-info"
    text = manifest or MANIFEST.format(
        name=name,
        ceiling=ceiling,
        more=more,
        reads="\n".join(f'{field} = "the word stands in it"' for field in reads),
        calls="\n".join(f'"{host}" = "it knows more"' for host in calls),
    )
    source = code or CODE.format(word=word, kind=kind, note=note, imports=imports)
    contents = {f"{info}/{path}": content for path, content in metadata(name, version, requires).items()}
    contents |= {
        f"{info}/entry_points.txt": f"[accord]\n{name} = {module}.plugin\n".encode(),
        f"{info}/extra_metadata/accord.toml": text.encode(),
        f"{module}/__init__.py": b"",
        f"{module}/plugin.py": source.encode(),
        **(extra or {}),
    }
    return f"{module}-{version}-py3-none-any.whl", pack(info, contents)
