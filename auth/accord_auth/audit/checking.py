"""Checking a bundle without a database: the standard library, `cryptography`, and four small modules.

`python -m accord_auth.audit.checking BUNDLE [PUBLIC_KEY [EARLIER]]` does what `accord audit check` does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accord_auth.audit.document import BUNDLE_FORMAT, leaf_of
from accord_auth.audit.merkle import verify_consistency, verify_inclusion
from accord_auth.audit.notes import Head, NoteError, PublicKey, open_note, read_head, read_public_key


class BundleError(ValueError):
    """This is no bundle of an audit log."""


@dataclass(frozen=True)
class Checked:
    """What a check found. Without problems, all of the entries are in the log under the head."""

    head: Head
    entries: int
    first: int
    """The number, within the organisation, of the bundle's first entry."""
    problems: tuple[str, ...]
    key_given: bool
    """Whether the signature was checked with a key that came from outside the bundle."""


def check(bundle: Mapping[str, Any], key: PublicKey | None = None, earlier: Head | None = None) -> Checked:
    """Check a bundle: signature, every entry's inclusion, no gap among them, and consistency.

    Without a `key` the bundle's own is used, which proves nothing about who signed.

    :raises BundleError: when it is none, or its checkpoint cannot be read.
    """
    if bundle.get("format") != BUNDLE_FORMAT:
        raise BundleError
    try:
        note, entries = str(bundle["head"]), bundle["entries"]
        head, owner = read_head(note), bundle["organisation"]["id"]
        believed = key or read_public_key(str(bundle["public_key"]))
        first = int(entries[0]["entry"]["number"]) if entries else 0
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BundleError(f"the bundle cannot be read: {error!r}") from error
    problems = [*_signature(note, believed), *_entries(entries, owner, head, first)]
    if earlier is not None:
        problems += _consistency(bundle, head, earlier)
    return Checked(head, len(entries), first, tuple(problems), key is not None)


def _signature(note: str, key: PublicKey) -> Iterator[str]:
    try:
        open_note(note, [key])
    except NoteError as error:
        yield f"the checkpoint: {error or type(error).__doc__}"


def _entries(entries: Sequence[Any], owner: str | None, head: Head, first: int) -> Iterator[str]:
    place = -1
    for number, given in enumerate(entries, start=first):
        try:
            entry, path = given["entry"], [bytes.fromhex(step) for step in given["path"]]
            sequence = int(entry["sequence"])
            leaf = leaf_of(entry)
        except (KeyError, TypeError, ValueError) as error:
            yield f"entry {number} cannot be read: {error!r}"
            continue
        if entry["organisation_id"] != owner:
            yield f"entry {number} is another organisation's"
        if entry["number"] != number:
            yield f"where entry {number} should be there is number {entry['number']}: one was left out"
        if sequence <= place:
            yield f"entry {number} stands before the one that comes before it"
        place = sequence
        if not verify_inclusion(leaf=leaf, index=sequence, size=head.size, path=path, root=head.root):
            yield f"entry {number} (place {sequence}) is not in the log, or was changed"


def _consistency(bundle: Mapping[str, Any], head: Head, earlier: Head) -> Iterator[str]:
    if earlier.name != head.name:
        yield f"the earlier checkpoint is of another log, {earlier.name}"
        return
    if earlier.size == head.size:
        paths: list[Any] = [[]]
    else:
        paths = [proof["path"] for proof in bundle.get("consistency", ()) if proof["size"] == earlier.size]
    if not paths:
        yield f"the bundle says nothing of {earlier.size} entries: have it made with that checkpoint"
        return
    steps = [bytes.fromhex(step) for step in paths[0]]
    if not verify_consistency(
        old=earlier.size, old_root=earlier.root, size=head.size, root=head.root, path=steps
    ):
        yield f"the log of {head.size} entries does not begin with the earlier one of {earlier.size}"


def read_bundle(path: Path) -> Mapping[str, Any]:
    """A bundle from its file.

    :raises BundleError: when it is none.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BundleError(f"{path.name} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise BundleError
    return found


def read_earlier(path: Path, key: PublicKey | None) -> Head:
    """An earlier head from its file: a signed checkpoint, or a whole bundle that holds one.

    :raises NoteError: when it is none, or the key did not sign it.
    """
    written = path.read_text(encoding="utf-8")
    note = str(json.loads(written).get("head", "")) if written.lstrip().startswith("{") else written
    return open_note(note, [key]) if key else read_head(note)


def describe(checked: Checked) -> Iterator[str]:
    """What a check found, a line each."""
    yield from checked.problems
    last = checked.first + checked.entries - 1
    which = f"entries {checked.first} to {last}" if checked.entries else "no entries"
    head = f"the checkpoint over {checked.head.size} entries of {checked.head.at:%Y-%m-%d %H:%M:%S} UTC"
    if checked.problems:
        yield f"NOT what was signed: {len(checked.problems)} problems with {which} under {head}"
        return
    yield f"ok: {which} are in the log under {head}"
    if not checked.key_given:
        yield "note: checked with the bundle's own key; give --public-key to know who signed"


def main(arguments: Sequence[str]) -> int:
    """Check the files that the arguments name; 0: all is well, 1: it is not."""
    bundle, *rest = arguments
    key = read_public_key(Path(rest[0]).read_text(encoding="utf-8")) if rest else None
    earlier = read_earlier(Path(rest[1]), key) if len(rest) > 1 else None
    checked = check(read_bundle(Path(bundle)), key, earlier)
    for line in describe(checked):
        sys.stdout.write(line + "\n")
    return 1 if checked.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
