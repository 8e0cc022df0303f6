"""Entries as the page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from flask import url_for

from accord.auditing.presentation import EntryRow, Fact
from accord.auditing.words import tag_words
from accord_auth.audit.reading import SeenEntry


def entry_row(seen: SeenEntry, names: Mapping[UUID, str]) -> EntryRow:
    """An entry; `names` are the organisation's people today."""
    entry = seen.entry
    actor = entry.actor or (names.get(entry.person_id, "") if entry.person_id else "") or "the operator"
    return EntryRow(
        number=entry.id,
        at=entry.at,
        actor=actor,
        actor_url=url_for("auditing.log", person=entry.person_id) if entry.person_id else None,
        tag=tag_words(entry.tag),
        subject=entry.subject,
        subject_url=url_for("auditing.log", subject=entry.subject),
        why=entry.why,
        facts=tuple(Fact(name, _text(value)) for name, value in sorted(entry.detail.items())),
        changes=_changes(entry.before, entry.after),
        address=entry.address,
        user_agent=entry.user_agent,
        sequence=seen.sequence,
    )


def _changes(before: dict[str, Any] | None, after: dict[str, Any] | None) -> tuple[Fact, ...]:
    was, now = before or {}, after or {}
    return tuple(
        Fact(name, _text(now.get(name)), before=_text(was.get(name)))
        for name in sorted(was.keys() | now.keys())
        if was.get(name) != now.get(name)
    )


def _text(value: Any) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
