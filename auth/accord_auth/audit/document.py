"""What a leaf is made of: one entry, written in exactly one way.

An entry is a JSON object of texts, whole numbers and nulls, written by RFC 8785 (JSON
Canonicalization Scheme): names in order, no white space, UTF-8. `detail`, `before` and `after` stand
in it as the texts that PostgreSQL gives for them, so that no reader's idea of numbers can change a hash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from accord_auth.audit.merkle import leaf_hash

Document = Mapping[str, str | int | None]

FIELDS = (
    "actor",
    "address",
    "after",
    "at",
    "before",
    "detail",
    "id",
    "number",
    "organisation_id",
    "person_id",
    "salt",
    "sequence",
    "subject",
    "tag",
    "user_agent",
    "why",
)
"""Names of an entry's document, in order; all of them are there, always."""

BUNDLE_FORMAT = "accord-audit-bundle/1"
"""What a bundle of entries and proofs says it is."""

FIRST_LINK = bytes(32)
"""What the hash chain begins with."""


def canonical(document: Document) -> bytes:
    """The one way to write a document.

    With texts, whole numbers below 2**53 and names of ASCII letters only, JSON with sorted names is
    RFC 8785's form.

    :raises ValueError: when a name is missing or unknown.
    """
    if tuple(sorted(document)) != FIELDS:
        raise ValueError(f"not an entry: {sorted(set(FIELDS) ^ set(document))}")
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def leaf_of(document: Document) -> bytes:
    """The hash of an entry's leaf. The salt in it keeps others from guessing the entry."""
    return leaf_hash(canonical(document))


def link(before: bytes, leaf: bytes) -> bytes:
    """The hash chain after one more leaf."""
    return sha256(b"\x02" + before + leaf).digest()
