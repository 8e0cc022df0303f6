"""What the queue's search field finds: a contact value written in any way, or words of titles and places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, and_, any_, func, literal, or_, select

from accord.linking.models import Lead, SelectorNode, Strand, StrandSelector
from accord_sdk import SelectorKind

SHORTEST_NUMBER = 7
LONGEST_NUMBER = 15
"""Digits of a telephone number: the fewest that say something, and the most by ITU-T E.164."""
MOST_WORDS = 8
_PHONE = re.compile(r"[\d\s()+./\N{NON-BREAKING HYPHEN}\N{EN DASH}-]+")
_HASH = re.compile(r"[0-9a-f]{64}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")


def matches(words: str, organisation_id: UUID) -> ColumnElement[bool]:
    """Leads that hold this contact value, or have all these words in their title or places."""
    words = words.strip()
    numbers = phone_values(words)
    if numbers:
        return _holding(organisation_id, SelectorKind.PHONE, numbers)
    text = Lead.title.concat(" ").concat(func.array_to_string(Lead.places, " "))
    every = and_(*(text.icontains(word, autoescape=True) for word in words.split()[:MOST_WORDS]))
    if any(letter.isspace() for letter in words):
        return every
    return or_(every, *_exactly(organisation_id, words))


def phone_values(words: str) -> list[str]:
    """The numbers in E.164 that a person may mean who writes this; none when it is no number.

    Without a `+` the country is not known: every country code of one to three digits is tried, so that a
    national number is found in whatever country it is.
    """
    # A trunk zero in brackets is not dialled from abroad: +44 (0)20 …
    written = words.replace("(0)", "") if "+" in words else words
    digits = "".join(str(int(letter)) for letter in written if letter.isdecimal())
    if not _PHONE.fullmatch(words) or not SHORTEST_NUMBER <= len(digits) <= LONGEST_NUMBER + 3:
        return []
    if "+" in written:
        return [f"+{digits}"]
    for abroad in ("00", "011"):
        if digits.startswith(abroad):
            return [f"+{digits.removeprefix(abroad)}"]
    national = digits.removeprefix("0")
    return [f"+{national}", *(f"+{code}{national}" for code in range(1, 1000))]


def _exactly(organisation_id: UUID, word: str) -> list[ColumnElement[bool]]:
    """Leads with this e-mail address, handle (with or without its platform), web address, wallet or hash."""
    plain = word.lower()
    handle = plain.removeprefix("@")
    address = _SCHEME.sub("", plain, count=1).partition("#")[0].rstrip("/")
    named = func.split_part(SelectorNode.value, ":", 2)
    found = [
        _holding(organisation_id, SelectorKind.EMAIL, [plain]),
        _holding(organisation_id, SelectorKind.URL, [address, address.removeprefix("www.")]),
        _where(organisation_id, SelectorKind.HANDLE, or_(SelectorNode.value == plain, named == handle)),
        _where(organisation_id, SelectorKind.WALLET, or_(SelectorNode.value == word, named == word)),
    ]
    if _HASH.fullmatch(plain):
        found += [
            _holding(organisation_id, kind, [plain]) for kind in (SelectorKind.IMAGE, SelectorKind.TEMPLATE)
        ]
    return found


def _holding(organisation_id: UUID, kind: str, values: Sequence[str]) -> ColumnElement[bool]:
    """Leads with a selector of one of these values. They go as one array: the database looks each up in
    the index, and the statement stays the same however many there are.
    """
    return _where(organisation_id, kind, SelectorNode.value == any_(literal(values, ARRAY(Text))))


def _where(organisation_id: UUID, kind: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    found = (
        select(Strand.lead_id)
        .join(StrandSelector, StrandSelector.strand_id == Strand.id)
        .join(SelectorNode, SelectorNode.id == StrandSelector.selector_id)
        .where(SelectorNode.organisation_id == organisation_id, SelectorNode.kind == kind, condition)
    )
    return Lead.id.in_(found)
