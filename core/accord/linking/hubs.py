"""Hubs: selectors that stand on records of many groups which nothing else ties together.

A switchboard, a hotline, a booking site, a stock picture, a popular text: it says nothing about who
is behind a record. Each of its newest records is put into components by everything else that they
share; components that show an identity of their own (a phone, a handle, ...) are counted.
"""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.orm import Session

from accord.linking.evidence import HUB_GROUPS, HUB_GROUPS_DEFAULT, HUB_LOOKED_AT, IDENTITIES
from accord.linking.grouping import components
from accord.linking.models import Mention, SelectorNode

_NEWEST = text(
    """
    SELECT touched.id, newest.record_id
    FROM unnest(CAST(:ids AS bigint[])) AS touched(id)
    CROSS JOIN LATERAL (
        SELECT record_id FROM mentions WHERE selector_id = touched.id ORDER BY record_id DESC LIMIT :most
    ) AS newest
    """
)


def find_hubs(session: Session, organisation_id: UUID, suspects: list[int]) -> dict[int, str]:
    """Which of the selectors are hubs, with the reason in words."""
    if not suspects:
        return {}
    records_of: dict[int, list[int]] = defaultdict(list)
    for selector, record in session.execute(_NEWEST, {"ids": suspects, "most": HUB_LOOKED_AT}):
        records_of[selector].append(record)
    looked_at = sorted({record for records in records_of.values() for record in records})
    carries: dict[int, list[int]] = defaultdict(list)
    kinds: dict[int, str] = {}
    rows = session.execute(
        select(Mention.record_id, SelectorNode.id, SelectorNode.kind)
        .join(SelectorNode, SelectorNode.id == Mention.selector_id)
        .where(
            Mention.record_id.in_(looked_at),
            SelectorNode.hub == "",
            SelectorNode.organisation_id == organisation_id,
        )
    )
    for record, selector, kind in rows:
        carries[record].append(selector)
        kinds[selector] = kind
    hubs = {}
    for selector, records in records_of.items():
        groups = _groups_without(selector, records, carries, kinds)
        if groups >= HUB_GROUPS.get(kinds.get(selector, ""), HUB_GROUPS_DEFAULT):
            hubs[selector] = f"stands on records of at least {groups} groups that nothing else ties together"
    return hubs


def _groups_without(
    selector: int, records: list[int], carries: dict[int, list[int]], kinds: dict[int, str]
) -> int:
    others = [tuple(other for other in carries[record] if other != selector) for record in records]
    return sum(
        any(kinds[thing] in IDENTITIES for thing in component)
        for component in components(row for row in others if row)
    )


def suspects(session: Session, touched: list[int]) -> list[int]:
    """The touched selectors that stand on enough records, and on new ones, to be looked at again."""
    least = min(HUB_GROUPS_DEFAULT, *HUB_GROUPS.values())
    rows = session.execute(
        select(Mention.selector_id)
        .where(Mention.selector_id.in_(touched))
        .group_by(Mention.selector_id)
        .having(func.count() >= least)
    )
    return sorted(rows.scalars())


def mark(session: Session, hubs: dict[int, str]) -> None:
    """Remember the hubs; they join nothing from now on."""
    if hubs:
        statement = update(SelectorNode).where(SelectorNode.id == bindparam("hub_id")).values(hub=bindparam("why"))
        session.connection().execute(statement, [{"hub_id": node, "why": why} for node, why in hubs.items()])
