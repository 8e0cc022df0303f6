"""Which leads may have a word in their title or places: looked up, not read through.

A part of a word is looked for in the vocabulary, which is small because towns and dates come again and
again; the words that have it lead to the leads. The caller looks at those leads, so that what is said here
may be too much and must never be too little.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, func, literal, select, text
from sqlalchemy.orm import Session

from accord.caseload.word_models import LeadWord, VocabularyWord
from accord_config.arrays import array, texts

MOST_FOUND = 1_000
"""Leads of a word that are worth looking at one by one; of more, the queue soon has its next fifty."""
MOST_SPELLINGS = 1_000
"""Words of the vocabulary that a part of a word may stand in; more, and it narrows nothing."""

_KEEP = """
    INSERT INTO lead_words (organisation_id, word, lead_id)
    SELECT DISTINCT CAST(:organisation AS uuid), lower(word), lead_id
    FROM ROWS FROM (jsonb_array_elements_text(CAST(:words AS jsonb)), unnest(CAST(:leads AS uuid[])))
        AS given(word, lead_id)
    ORDER BY 2, 3
    ON CONFLICT DO NOTHING
"""
_LEARN = """
    INSERT INTO lead_vocabulary (organisation_id, word)
    SELECT DISTINCT CAST(:organisation AS uuid), lower(word)
    FROM jsonb_array_elements_text(CAST(:words AS jsonb)) AS word
    ORDER BY 2
    ON CONFLICT DO NOTHING
"""


def words_of(title: str, places: Iterable[str]) -> set[str]:
    """The words that a search can find a lead by."""
    return set(" ".join((title, *places)).split())


def keep(session: Session, organisation_id: UUID, words: Mapping[UUID, Iterable[str]]) -> None:
    """Keep the words of leads, in order: two that write at once wait for each other, not in a ring."""
    edges = [(word, lead_id) for lead_id, found in words.items() for word in found]
    if not edges:
        return
    distinct = {word for word, _ in edges}
    session.execute(text(_LEARN), {"organisation": organisation_id, "words": texts(distinct)})
    session.execute(
        text(_KEEP),
        {
            "organisation": organisation_id,
            "words": texts(word for word, _ in edges),
            "leads": array(lead_id for _, lead_id in edges),
        },
    )


def candidates(session: Session, organisation_id: UUID, words: Sequence[str]) -> list[UUID] | None:
    """Leads that may have all of these words, of which each may be a part of one; None for too many."""
    for word in sorted(words, key=len, reverse=True):
        found = _with(session, organisation_id, word)
        if found is not None:
            return found
    return None


def _escaped(word: str) -> str:
    return "".join(f"\\{one}" if one in "\\%_" else one for one in word)


def _with(session: Session, organisation_id: UUID, word: str) -> list[UUID] | None:
    spelt = session.scalars(
        select(VocabularyWord.word)
        .where(
            VocabularyWord.organisation_id == organisation_id,
            # Kept as PostgreSQL lowers it, which is what ILIKE compares, in a tenth of its time.
            VocabularyWord.word.like(func.lower(f"%{_escaped(word)}%")),
        )
        .limit(MOST_SPELLINGS + 1)
    ).all()
    if not spelt or len(spelt) > MOST_SPELLINGS:
        return None if spelt else []
    leads = session.scalars(
        select(LeadWord.lead_id)
        .where(
            LeadWord.organisation_id == organisation_id,
            LeadWord.word == any_(literal(spelt, ARRAY(Text))),
        )
        .limit(MOST_FOUND + 1)
    ).all()
    return None if len(leads) > MOST_FOUND else list(leads)
