"""What users and groups of an organisation's directory have in common: found, bounded in number, named once.

A row of another organisation answers exactly like none.
"""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from accord_auth.directory.models import DirectoryGroup, DirectoryUser
from accord_auth.errors import Conflict, NotFound
from accord_auth.provisioning.placing import Acting

Row = TypeVar("Row", DirectoryGroup, DirectoryUser)


def rows_of(kind: type[Row], organisation_id: UUID) -> Select[Row]:
    """Those of one organisation, in the order in which they came."""
    return select(kind).where(kind.organisation_id == organisation_id).order_by(kind.created_at, kind.id)


def find_row(acting: Acting, kind: type[Row], row_id: UUID, *, lock: bool = False) -> Row:
    """One of them.

    :raises NotFound: when the organisation has none of this id.
    """
    query = rows_of(kind, acting.organisation_id).where(kind.id == row_id)
    found: Row | None = acting.session.scalar(
        (query.with_for_update() if lock else query).execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def require_room(acting: Acting, kind: type[Row], most: int, what: str) -> None:
    """Go on only where there is room for one more.

    :raises Conflict: when there are `most` already.
    """
    count = select(func.count()).select_from(kind).where(kind.organisation_id == acting.organisation_id)
    if (acting.session.scalar(count) or 0) >= most:
        raise Conflict(f"an organisation has {most} {what} at most")


def require_free(
    acting: Acting, kind: type[Row], clash: ColumnElement[bool], besides: UUID | None, words: str
) -> None:
    """Go on only where nobody but `besides` has what has to be unique.

    :raises Conflict: with `words`.
    """
    query = rows_of(kind, acting.organisation_id).where(clash)
    if besides is not None:
        query = query.where(kind.id != besides)
    if acting.session.scalar(query.limit(1)) is not None:
        raise Conflict(words)
