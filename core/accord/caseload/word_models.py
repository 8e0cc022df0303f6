"""The words of leads' titles and places: what the queue's search looks up instead of reading every lead.

Row security lets no index be used with an operator that might tell of rows by failing, and those of the
indices made for searching texts might. So words are rows, and equality finds them. They say where to look and
nothing more: a word that its lead no longer has stays, and whoever finds it looks at the lead.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class VocabularyWord(Base):
    """A word that stands, in small letters, in the title or a place of some lead of an organisation."""

    __tablename__ = "lead_vocabulary"

    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(primary_key=True)


class LeadWord(Base):
    """Such a word, and a lead that has or had it. Without foreign keys, like the edges of the graph."""

    __tablename__ = "lead_words"

    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
