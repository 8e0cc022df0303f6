"""What the queue's search field finds: a contact value written in any way, or words of titles and places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from accord.caseload.models import Case
from accord.caseload.words import candidates
from accord.linking.models import Lead, SelectorNode, Strand, StrandSelector
from accord_sdk import SelectorKind

SHORTEST_NUMBER = 7
LONGEST_NUMBER = 15
"""Digits of a telephone number: the fewest that say something, and the most by ITU-T E.164."""
MOST_WORDS = 8
_PHONE = re.compile(r"[\d\s()+./\N{NON-BREAKING HYPHEN}\N{EN DASH}-]+")
_HASH = re.compile(r"[0-9a-f]{64}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")


def matches(session: Session, words: str, organisation_id: UUID) -> ColumnElement[bool]:
    """Leads that hold this contact value, or have all these words in their title or places.

    Which leads those may be is looked up first: as conditions of the one statement that reads the queue,
    contacts and words would be looked for in every lead.
    """
    words = words.strip()
    numbers = phone_values(words)
    if numbers:
        return _among(session.scalars(_holding(organisation_id, SelectorKind.PHONE, numbers)).all())
    parts = words.split()[:MOST_WORDS]
    text = Lead.title.concat(" ").concat(func.array_to_string(Lead.places, " "))
    every = and_(*(text.icontains(word, autoescape=True) for word in parts))
    worded = candidates(session, organisation_id, parts)
    holding = [] if len(parts) > 1 else _exactly(session, organisation_id, words)
    if worded is None:
        return or_(every, _among(holding)) if holding else every
    return and_(_among([*worded, *holding]), or_(every, _among(holding)) if holding else every)


def in_a_place(session: Session, part: str, organisation_id: UUID) -> ColumnElement[bool]:
    """Leads with this part of a place's name, in one name: line by line it never matches across two."""
    named = func.array_to_string(Lead.places, "\n").icontains(part, autoescape=True)
    worded = candidates(session, organisation_id, part.split())
    return named if worded is None else and_(_among(worded), named)


def without_case(organisation_id: UUID) -> ColumnElement[bool]:
    """Leads that nobody opened. It is asked of one lead after the other in the queue's order: as a
    condition on a join, all leads were joined and sorted first.
    """
    opened = exists().where(Case.lead_id == Lead.id, Case.organisation_id == organisation_id)
    return case((opened.correlate(Lead), False), else_=True)


def _among(leads: Sequence[UUID]) -> ColumnElement[bool]:
    return Lead.id == any_(literal(leads, ARRAY(Uuid)))


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


def _exactly(session: Session, organisation_id: UUID, word: str) -> list[UUID]:
    """Leads with this e-mail address, handle (with or without its platform), web address, wallet or hash."""
    plain = word.lower()
    handle = plain.removeprefix("@")
    address = _SCHEME.sub("", plain, count=1).partition("#")[0].rstrip("/")
    found = [
        _holding(organisation_id, SelectorKind.EMAIL, [plain]),
        _holding(organisation_id, SelectorKind.URL, [address, address.removeprefix("www.")]),
        _holding(organisation_id, SelectorKind.HANDLE, [plain]),
        _where(organisation_id, SelectorKind.HANDLE, SelectorNode.name == handle),
        _holding(organisation_id, SelectorKind.WALLET, [word]),
        _where(organisation_id, SelectorKind.WALLET, SelectorNode.name == word),
    ]
    if _HASH.fullmatch(plain):
        found += [
            _holding(organisation_id, kind, [plain]) for kind in (SelectorKind.IMAGE, SelectorKind.TEMPLATE)
        ]
    return [lead_id for query in found for lead_id in session.scalars(query)]


def _holding(organisation_id: UUID, kind: str, values: Sequence[str]) -> Select[UUID]:
    """Leads with a selector of one of these values. They go as one array: the database looks each up in
    the index, and the statement stays the same however many there are.
    """
    return _where(organisation_id, kind, SelectorNode.value == any_(literal(values, ARRAY(Text))))


def _where(organisation_id: UUID, kind: str, condition: ColumnElement[bool]) -> Select[UUID]:
    return (
        select(Strand.lead_id)
        .join(StrandSelector, StrandSelector.strand_id == Strand.id)
        .join(SelectorNode, SelectorNode.id == StrandSelector.selector_id)
        .where(SelectorNode.organisation_id == organisation_id, SelectorNode.kind == kind, condition)
    )
