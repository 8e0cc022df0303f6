"""How activations are doing, as it is stored: their circuits. The caller commits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.detection.circuit import Circuit, Trouble
from accord.detection.models import CircuitState, PluginCircuit
from accord.host.pool import ActivePlugin


def circuits_of(session: Session, organisation_id: UUID) -> defaultdict[UUID, Circuit]:
    """The circuits of an organisation's activations; whoever never failed has a closed one."""
    found: defaultdict[UUID, Circuit] = defaultdict(Circuit)
    query = select(PluginCircuit).where(PluginCircuit.organisation_id == organisation_id)
    for row in session.scalars(query):
        found[row.activation_id] = read_circuit(row)
    return found


def read_circuit(row: PluginCircuit) -> Circuit:
    """A stored circuit."""
    return Circuit(
        state=CircuitState(row.state),
        failures=row.failures,
        restarts=tuple(row.restarts),
        openings=row.openings,
        until=row.until,
        slow=row.slow,
        trouble=Trouble(row.code, row.about, row.message),
    )


def change_circuit(
    session: Session, plugin: ActivePlugin, organisation_id: UUID, change: Callable[[Circuit], Circuit]
) -> Circuit:
    """Change a circuit; several workers may do so at once, one after the other. Returns what it is now."""
    known = select(PluginCircuit).where(PluginCircuit.activation_id == plugin.activation_id)
    row = session.scalar(known.with_for_update().execution_options(populate_existing=True))
    before = read_circuit(row) if row is not None else Circuit()
    after = change(before)
    if after == before:
        return after
    if row is None:
        new = {
            "activation_id": plugin.activation_id,
            "organisation_id": organisation_id,
            "plugin": plugin.name,
        }
        session.execute(insert(PluginCircuit).values(new).on_conflict_do_nothing())
        return change_circuit(session, plugin, organisation_id, change)
    row.state, row.failures, row.restarts = after.state, after.failures, list(after.restarts)
    row.openings, row.until, row.slow = after.openings, after.until, after.slow
    row.code, row.about, row.message = after.trouble.code, after.trouble.about, after.trouble.message
    row.changed_at = func.now()
    session.flush()
    return after
