"""A row in every table for an organisation, made from the metadata: tables of the future are filled too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    Table,
    Uuid,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import BIT, JSONB

from accord.models import metadata

LEFT_OUT = {("emergency_readings", "approved_by"), ("sessions", "emergency_id")}
"""What may be empty, and is: nobody approves what they asked for, and a session is an ordinary one."""

Made = dict[str, dict[str, Any]]
"""A row's values by column, by the name of its table."""


def value_of(column: Column[Any]) -> Any:
    """A value that a column takes."""
    kind = column.type
    if isinstance(kind, Uuid):
        return uuid4()
    if isinstance(kind, DateTime):
        return datetime.now(UTC)
    if isinstance(kind, Date):
        # What ends, ends later: an agreement that is over would keep its organisation from acting.
        return datetime.now(UTC).date() + timedelta(days=30 * column.name.startswith("ends"))
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer | Double):
        return uuid4().int % 1_000_000_000
    if isinstance(kind, JSONB):
        return {}
    if isinstance(kind, ARRAY):
        return []
    if isinstance(kind, BIT):
        return "01" * ((kind.length or 2) // 2)
    if isinstance(kind, LargeBinary):
        return uuid4().bytes
    return f"text {uuid4().hex[:12]}"


NEEDED: dict[str, dict[str, Any]] = {"source_schedules": {"every_s": 3_600}}
"""Columns that may be empty, and not all of them at once."""


def row_of(table: Table, organisation_id: UUID, made: Made) -> dict[str, Any]:
    """A row of a table for a member, pointing at that member's rows of other tables."""
    values: dict[str, Any] = {}
    for column in table.columns:
        key = next(iter(column.foreign_keys), None)
        if (table.name, column.name) in LEFT_OUT:
            continue
        if column.name == "organisation_id":
            values[column.name] = organisation_id
        elif key is not None and key.column.table is not table:
            values[column.name] = made[key.column.table.name][key.column.name]
        elif column.identity is None and column.server_default is None and not column.nullable:
            values[column.name] = value_of(column)
    if table.name == "emergency_readings":
        values["ends_at"] = datetime.now(UTC) + timedelta(hours=1)
    return values | NEEDED.get(table.name, {})


def add_row(connection: Connection, table: Table, values: dict[str, Any]) -> dict[str, Any]:
    """Insert a row and give all of it back."""
    return dict(connection.execute(insert(table).values(values).returning(table)).mappings().one())


def fill(connection: Connection, organisation_id: UUID) -> Made:
    """A row of every table for a member; what is there already is taken as it is."""
    made: Made = {}
    known = {"organisations": "id", "activations": "organisation_id"}
    for table in metadata.sorted_tables:
        found = None
        if table.name in known:
            query = select(table).where(table.c[known[table.name]] == organisation_id).limit(1)
            found = connection.execute(query).mappings().one_or_none()
        elif table.name == "plugins":
            found = connection.execute(select(table).limit(1)).mappings().one()
        made[table.name] = (
            dict(found) if found else add_row(connection, table, row_of(table, organisation_id, made))
        )
    return made
