"""How many selectors leads have: what a page counts instead of listing it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from accord.linking.models import Lead, LeadSelector, SelectorNode
from accord_sdk import SelectorKind

ORDER: tuple[str, ...] = (
    SelectorKind.PHONE,
    SelectorKind.EMAIL,
    SelectorKind.HANDLE,
    SelectorKind.WALLET,
    SelectorKind.URL,
    SelectorKind.TEMPLATE,
    SelectorKind.IMAGE,
)
"""Kinds in the order in which they help to find a person."""
CONTACTS = frozenset(ORDER[:4])
"""Kinds by which somebody can be reached or paid."""

by_kind = case({kind: place for place, kind in enumerate(ORDER)}, value=SelectorNode.kind, else_=len(ORDER))
"""Sorts selectors by kind in SQL."""


def selector_counts(session: Session, lead: Lead) -> dict[str, int]:
    """How many selectors of each kind a lead has, in the order of `ORDER`."""
    rows = session.execute(
        select(SelectorNode.kind, func.count())
        .join(LeadSelector, LeadSelector.selector_id == SelectorNode.id)
        .where(LeadSelector.lead_id == lead.id)
        .group_by(SelectorNode.kind)
        .order_by(by_kind, SelectorNode.kind)
    )
    return dict(rows.all())


def phone_counts(session: Session, lead_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many telephone numbers join the records of each of these leads; leads without are left out."""
    rows = session.execute(
        select(LeadSelector.lead_id, func.count())
        .join(SelectorNode, SelectorNode.id == LeadSelector.selector_id)
        .where(
            LeadSelector.lead_id.in_(lead_ids),
            SelectorNode.kind == SelectorKind.PHONE,
            SelectorNode.hub == "",
        )
        .group_by(LeadSelector.lead_id)
    )
    return dict(rows.all())
