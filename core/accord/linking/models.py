"""The two-sided graph of records and selectors, and the leads on it. There is no table of pairs.

The graph's edges (mentions, strand_selectors) have no foreign keys: the linker alone writes
them, in the transaction that writes what they point to, and checking each would cost a third of
linking. Whoever deletes a record or a lead deletes its edges.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Computed,
    ForeignKey,
    Identity,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class SelectorNode(Base):
    """A selector's node: one value of one kind in one organisation's graph.

    `hub` says why the selector does not join records, empty when it does. `examined` is on how many
    records it stood when it was last looked at for being a hub. `name` is what follows the platform in a
    handle, the chain in a wallet: people search for it, and with row security only a column can be looked up.
    Values that are compared by distance have nodes where they are leaders (see `accord.linking.leaders`);
    `keys` are a text's, an image's follow from its value.
    """

    __tablename__ = "selectors"
    __table_args__ = (
        UniqueConstraint("organisation_id", "kind", "value"),
        Index(
            "ix_selectors_name",
            "organisation_id",
            "kind",
            "name",
            postgresql_where=text("name IS NOT NULL"),
        ),
        Index(
            "ix_selectors_leaders",
            "organisation_id",
            "id",
            postgresql_where=text("kind IN ('image', 'template')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    organisation_id: Mapped[UUID]
    kind: Mapped[str]
    value: Mapped[str]
    hub: Mapped[str] = mapped_column(server_default=text("''"))
    examined: Mapped[int] = mapped_column(server_default=text("0"))
    keys: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    name: Mapped[str | None] = mapped_column(
        Computed(
            "CASE WHEN (((kind)::text = 'handle'::text) OR ((kind)::text = 'wallet'::text))"
            " THEN split_part((value)::text, ':'::text, 2) ELSE NULL::text END",
            persisted=True,
        )
    )


class DroppedLeader(Base):
    """A node of a leader that was dropped, for a day: workers that remember it forget it."""

    __tablename__ = "dropped_leaders"
    __table_args__ = (Index(None, "organisation_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    organisation_id: Mapped[UUID]
    selector_id: Mapped[int] = mapped_column(BigInteger)
    dropped_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class Mention(Base):
    """An edge of the graph: this record carries this selector."""

    __tablename__ = "mentions"
    __table_args__ = (
        PrimaryKeyConstraint("record_id", "selector_id"),
        Index(None, "selector_id", "record_id"),
    )

    record_id: Mapped[int] = mapped_column(BigInteger)
    selector_id: Mapped[int] = mapped_column(BigInteger)
    organisation_id: Mapped[UUID]


class Lead(Base):
    """Records that the linker joined: a proposed case.

    A lead that was joined into another says which in `merged_into` and holds no records.
    `anchor` is the smallest source/external id of its records: the same data gives the same order.
    """

    __tablename__ = "leads"
    __table_args__ = (
        Index(
            "ix_leads_queue",
            "organisation_id",
            text("score DESC"),
            "anchor",
            postgresql_where=text("merged_into IS NULL"),
            # Row security asks for it: with it, counting leads reads the index alone.
            postgresql_include=["restricted"],
        ),
        Index("ix_leads_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("ix_leads_restricted", "organisation_id", postgresql_where=text("restricted")),
        Index("ix_leads_stale", "organisation_id", postgresql_where=text("stale")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    anchor: Mapped[str]
    records: Mapped[int]
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    facts: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(server_default=text("0"))
    """Counts the changes of records and facts, so that an assessment of older facts is noticed."""
    stale: Mapped[bool] = mapped_column(default=True)
    """Whether it changed since it was assessed."""
    merged_into: Mapped[UUID | None]
    title: Mapped[str] = mapped_column(server_default=text("''"))
    places: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    score: Mapped[float] = mapped_column(server_default=text("0"))
    reasons: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    restricted: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it may be about a minor: it is hidden from all but a few (`accord.caseload.minors`)."""


class LeadRecord(Base):
    """Which lead a record belongs to, and which strand of it."""

    __tablename__ = "lead_records"

    record_id: Mapped[int] = mapped_column(ForeignKey("records.id"), primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id"), index=True)
    strand_id: Mapped[UUID] = mapped_column(index=True)
    organisation_id: Mapped[UUID]


class Strand(Base):
    """Records that one identity ties together; leads are made of strands.

    `supports` are the places, prices and ages that its records state, as `place:...`, `price:...`, `age:...`.
    """

    __tablename__ = "strands"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID]
    lead_id: Mapped[UUID] = mapped_column(index=True)
    supports: Mapped[list[str]] = mapped_column(ARRAY(Text))


class StrandSelector(Base):
    """On how many of a strand's records a selector stands, and from when to when they were observed (UTC).

    This is the graph, gathered by strand.
    """

    __tablename__ = "strand_selectors"
    __table_args__ = (PrimaryKeyConstraint("selector_id", "strand_id"), Index(None, "strand_id"))

    selector_id: Mapped[int] = mapped_column(BigInteger)
    strand_id: Mapped[UUID]
    organisation_id: Mapped[UUID]
    records: Mapped[int]
    first_day: Mapped[date]
    last_day: Mapped[date]


_by_lead = (
    select(
        StrandSelector.selector_id,
        Strand.lead_id,
        StrandSelector.organisation_id,
        func.sum(StrandSelector.records).label("records"),
        func.min(StrandSelector.first_day).label("first_day"),
        func.max(StrandSelector.last_day).label("last_day"),
    )
    .join(Strand, Strand.id == StrandSelector.strand_id)
    .group_by(StrandSelector.selector_id, Strand.lead_id, StrandSelector.organisation_id)
    .subquery("lead_selectors")
)


class LeadSelector(Base):
    """On how many of a lead's records a selector stands, and when: read only, gathered from its strands.

    Ask with the lead's id; whoever looks for a selector asks the strands, or all of them are gathered first.
    """

    __table__ = _by_lead
    # SQLAlchemy's base declares it as an instance's, so that it cannot be a ClassVar here.
    __mapper_args__: Any = {"primary_key": [_by_lead.c.selector_id, _by_lead.c.lead_id]}  # noqa: RUF012

    selector_id: Mapped[int]
    lead_id: Mapped[UUID]
    organisation_id: Mapped[UUID]
    records: Mapped[int]
    first_day: Mapped[date]
    last_day: Mapped[date]


class Verdict(StrEnum):
    """What a person said."""

    APART = "apart"
    """Two parts are not the same people."""
    TOGETHER = "together"
    """Two parts are the same people."""
    STRANGERS = "strangers"
    """A selector is used by people who have nothing to do with one another: it joins nobody."""


class Judgement(Base):
    """A person's word on a link. Of two records, or of a selector."""

    __tablename__ = "judgements"
    __table_args__ = (
        Index(None, "organisation_id", "made_at", "id"),
        Index("ix_judgements_waiting", "organisation_id", postgresql_where=text("NOT applied")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    verdict: Mapped[str]
    one_record: Mapped[int | None] = mapped_column(BigInteger)
    other_record: Mapped[int | None] = mapped_column(BigInteger)
    selector_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    person_name: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str] = mapped_column(server_default=text("''"))
    applied: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the linker did what it says, or undid what it said before it was taken back."""
