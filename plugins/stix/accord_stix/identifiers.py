"""Identifiers that are the same for the same thing, and the extension that says what STIX has no place for.

STIX 2.1 asks for random identifiers (UUIDv4) of objects other than observables and allows
deterministic ones; Accord derives them (UUIDv5) so that delivering a share again changes nothing.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import stix2

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:accord:stix")
PUBLISHED = datetime(2026, 1, 1, tzinfo=UTC)
"""Creation time of objects that are the same in every bundle."""


def made_id(kind: str, *parts: str) -> str:
    """The identifier of an object of type `kind` that `parts` determine."""
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    name = "".join(f"{len(part)}:{part}" for part in (kind, *parts))
    return f"{kind}--{uuid.uuid5(NAMESPACE, name)}"


EXTENSION_ID = made_id("extension-definition", "case-sharing", "1")
_AUTHOR_ID = made_id("identity", "accord")
_SCHEMA = """Properties by the object that they extend.
grouping: score (number), purpose, basis (strings), expires_at (timestamp), recipient_ref (identity), \
selectors (list of {kind, value, records, object_ref}).
observed-data: record_key, source (strings), location_ref (location), place_name (string), \
prices (list of {amount, currency, minutes}), selectors (list of {kind, value} that no object stands for).
note: indicator, source (strings), sign (-1, 0 or 1), weight, contribution (numbers).
user-account, file: selector_kind (phone, handle, wallet or image) and selector_value: E.164; platform:name; \
chain:address; a PDQ hash as 64 hexadecimal digits, to be compared by Hamming distance. The name of such \
a file object stands for its hash and is no file name."""


def extension(**properties: Any) -> dict[str, dict[str, Any]]:
    """The `extensions` of an object with these properties; absent ones (None, empty) left out."""
    given = {name: value for name, value in properties.items() if value not in (None, "", [], {})}
    return {EXTENSION_ID: {"extension_type": "property-extension", **given}}


def extension_objects() -> list[Any]:
    """The definition of Accord's extension and the identity that made it: the same in every bundle."""
    author = stix2.v21.Identity(
        id=_AUTHOR_ID,
        created=PUBLISHED,
        modified=PUBLISHED,
        name="Accord",
        description="The software that made this bundle.",
        identity_class="system",
    )
    definition = stix2.v21.ExtensionDefinition(
        id=EXTENSION_ID,
        created_by_ref=_AUTHOR_ID,
        created=PUBLISHED,
        modified=PUBLISHED,
        name="Accord case sharing",
        description="What a shared case says that STIX 2.1 has no place for.",
        schema=_SCHEMA,
        version="1.0.0",
        extension_types=["property-extension"],
    )
    return [author, definition]
