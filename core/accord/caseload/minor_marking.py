"""Marking leads that may be about a minor, while they are assessed. What people decided stands."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accord.caseload.minor_models import MinorState, SuspectedMinor
from accord.linking.facts import Facts
from accord.linking.minors import Suspicion, suspicion
from accord.linking.models import Lead

NOTHING_SAYS_SO = "nothing in its records says so any more"


def mark(session: Session, organisation_id: UUID, leads: Mapping[UUID, Facts]) -> None:
    """Bring the marks of these leads up to their facts, and to what people decided."""
    found = {lead: said for lead, facts in leads.items() if (said := suspicion(facts)) is not None}
    known = {
        row.lead_id: row
        for row in session.scalars(select(SuspectedMinor).where(SuspectedMinor.lead_id.in_(list(leads))))
    }
    for lead, said in found.items():
        if lead not in known:
            known[lead] = SuspectedMinor(
                lead_id=lead,
                organisation_id=organisation_id,
                state=MinorState.SUSPECTED,
                why=said.why,
                evidence=said.records,
            )
            session.add(known[lead])
    for lead, row in known.items():
        _decide(row, found.get(lead))
    session.flush()
    restricted = {lead for lead, row in known.items() if row.state != MinorState.LIFTED}
    for wanted, which in ((True, restricted), (False, leads.keys() - restricted)):
        query = update(Lead).where(Lead.id.in_(which), Lead.restricted.is_(not wanted))
        if which:
            session.execute(query.values(restricted=wanted), execution_options={"synchronize_session": False})


def _decide(row: SuspectedMinor, said: Suspicion | None) -> None:
    if said is not None and row.state == MinorState.LIFTED and said.records > row.evidence:
        # More came than whoever lifted it knew: the clock starts anew, and nobody has taken it.
        row.state, row.since = MinorState.SUSPECTED, func.now()
        row.taken_by, row.taken_name, row.taken_at = None, "", None
    if said is not None and row.state != MinorState.LIFTED:
        row.why, row.evidence = said.why, said.records
    if said is None and row.state == MinorState.SUSPECTED:
        row.state, row.reason = MinorState.LIFTED, NOTHING_SAYS_SO
        row.evidence, row.decided_name, row.decided_at = 0, "", func.now()
