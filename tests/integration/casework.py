"""What the people of three organisations work on: leads, cases, shares and files.

The pipeline is the real one: detectors, the linker and the assessor run as they do in a worker.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import select
from tests.conftest import Member
from tests.integration.people_at_work import PeopleAtWork

from accord.caseload.assessment import assess_stale
from accord.caseload.cases import add_note, find_case, open_case
from accord.detection.service import detect_batch
from accord.ingestion.models import Batch, Source, Stage, StoredRecord
from accord.ingestion.service import ensure_source, store, validate
from accord.linking.models import Lead, LeadRecord
from accord.linking.service import link_ready
from accord.markings import Marking
from accord.sharing.deliveries import deliver, prepare_case, prepare_share
from accord.sharing.document import ShareTerms
from accord.sharing.service import Basis, create_share, find_share
from accord_config.database import Role

BEGIN = datetime(2026, 5, 1, 12, tzinfo=UTC)
# From 100 on: "Notice 18" would be read as an age, and records would differ in their findings.
numbers = count(100)
CASEWORK = ("lead_id", "case_id", "share_id", "delivery_id")
"""Each is made of the one before."""


class Casework(PeopleAtWork):
    """People at work on records."""

    @staticmethod
    def record_line(number: int, *, phone: str, **changes: Any) -> dict[str, Any]:
        """A neutral record that shows a phone number."""
        return {
            "external_id": f"t{number:05}",
            "observed_at": (BEGIN + timedelta(hours=number % 500)).isoformat(),
            "title": f"Notice {number}",
            "body": f"New in town this week, call {phone}. Notice number {number}.",
            "place": {"name": ("Columbus, OH", "Dayton, OH", "Toledo, OH")[number % 3], "country": "US"},
            "language": "en",
            **changes,
        }

    @staticmethod
    def fresh_phone() -> str:
        """A reserved number that no other test's records show."""
        number = next(numbers)
        return f"{201 + number // 100:03}-555-01{number % 100:02}"

    @staticmethod
    def terms(recipient: Member, **changes: Any) -> ShareTerms:
        """Terms of a share that will do."""
        given: dict[str, Any] = {
            "recipient_id": recipient.id,
            "marking": Marking.AMBER,
            "purpose": "Joint work on this case",
            "basis": Basis.PUBLIC_TASK,
            "expires_on": (datetime.now(UTC) + timedelta(days=30)).date(),
        }
        return ShareTerms(**(given | changes))

    def ingest(
        self, member: Member, lines: list[dict[str, Any]], *, marking: Marking = Marking.AMBER
    ) -> None:
        """Records through the whole pipeline."""
        with self.database(Role.WORKER).transaction(member.scope) as session:
            source = ensure_source(session, member.operator, "board")
            checked = [validate(index, line) for index, line in enumerate(lines)]
            stored = store(session, member.operator, source, checked, marking=marking)  # type: ignore[arg-type]  # a Reject would fail below
            assert not stored.rejects
        self.work(member)

    def work(self, member: Member) -> None:
        """Do what waits in a member's pipeline."""
        worker = self.database(Role.WORKER)
        with worker.transaction(member.scope) as session:
            waiting = list(session.scalars(select(Batch.id).where(Batch.stage == Stage.STORED)))
        for batch_id in waiting:
            detect_batch(worker, self.pool, member.id, batch_id)
        while link_ready(worker, member.id):
            pass
        assess_stale(worker, self.pool, member.id)

    def lead(
        self,
        member: Member,
        *,
        records: int = 2,
        phone: str | None = None,
        marking: Marking = Marking.AMBER,
        **changes: Any,
    ) -> UUID:
        """A lead of so many records that show one number of their own."""
        number = phone or self.fresh_phone()
        lines = [self.record_line(next(numbers), phone=number, **changes) for _ in range(records)]
        self.ingest(member, lines, marking=marking)
        with self.database(Role.WORKER).transaction(member.scope) as session:
            return session.scalars(
                select(LeadRecord.lead_id)
                .join(StoredRecord, StoredRecord.id == LeadRecord.record_id)
                .join(Source, Source.id == StoredRecord.source_id)
                .join(Lead, Lead.id == LeadRecord.lead_id)
                .where(StoredRecord.external_id == lines[0]["external_id"])
            ).one()

    def case(self, who: str = "investigator", lead_id: UUID | None = None, *, note: str = "") -> UUID:
        """A case of somebody's organisation, with a note where one is given."""
        person = self.people[who]
        lead_id = lead_id or self.lead(self.member_of(who))
        with self.database(Role.WEB).transaction(person.scope) as session:
            case = open_case(session, person, lead_id)
            if note:
                add_note(session, person, case, note)
            return case.id

    def share(
        self, case_id: UUID, recipient: Member | None = None, who: str = "investigator", **changes: Any
    ) -> UUID:
        """A share of a case, with the NGO unless somebody else is named."""
        person = self.people[who]
        with self.database(Role.WEB).transaction(person.scope) as session:
            case = find_case(session, person, case_id)
            return create_share(session, person, case, self.terms(recipient or self.ngo, **changes)).id

    def file(self, who: str, *, case_id: UUID | None = None, share_id: UUID | None = None) -> UUID:
        """A STIX file of a case or of a share, made by the plugin."""
        person = self.people[who]
        with self.database(Role.WEB).transaction(person.scope) as session:
            if case_id is not None:
                delivery = prepare_case(session, person, find_case(session, person, case_id))
            else:
                assert share_id is not None
                delivery = prepare_share(session, person, find_share(session, person, share_id))
        deliver(self.database(Role.WORKER), self.pool, person.organisation, delivery.id)
        return delivery.id

    def casework(
        self, who: str, note: str, only: Collection[str] | None = None, **changes: Any
    ) -> dict[str, UUID]:
        """A lead, its case, a share of that and its file, as far as `only` asks for them."""
        steps = [step for step in CASEWORK if only is None or step in only]
        last = CASEWORK.index(steps[-1])
        made = {"lead_id": self.lead(self.member_of(who), **changes)}
        if last > 0:
            made["case_id"] = self.case(who, lead_id=made["lead_id"], note=note)
        if last > 1:
            recipient = self.company if self.member_of(who) is self.ngo else self.ngo
            made["share_id"] = self.share(made["case_id"], recipient, who=who)
        if last > 2:
            made["delivery_id"] = self.file(who, share_id=made["share_id"])
        return made
