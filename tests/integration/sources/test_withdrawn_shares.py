"""A record that is withdrawn after it was shared: recipients see the share without it, and are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select, text
from tests.integration.sources.test_removals import RECORDS, work
from tests.mail_server import mail_server

from accord.caseload.cases import find_case, open_case
from accord.host.pool import ProcessPool
from accord.linking.models import Lead
from accord.sharing.deliveries import deliver, download, latest_of_share, prepare_case, prepare_share
from accord.sharing.document import ShareTerms, digest
from accord.sharing.models import Delivery, Share, SharedRecordLink
from accord.sharing.service import Basis, create_share, document_of, find_share
from accord.sharing.telling import tell_recipients
from accord.sharing.withdrawing import forget_files, redact_withdrawn, without
from accord_auth.errors import NotFound
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role
from accord_sdk import SharedCase, SharedRecord, SharedSelector
from accord_sdk.host.launch import ProcessLauncher

if TYPE_CHECKING:
    from tests.integration.sources.conftest import Strange


def test_what_may_rest_on_a_withdrawn_record_goes_with_it() -> None:
    phone = SharedSelector("phone", "+16145550101")
    records = [
        SharedRecord(
            key, "feed", datetime(2026, 5, 1, tzinfo=UTC), title=key, selectors=(phone,) * (key != "3")
        )
        for key in ("1", "2", "3")
    ]
    template = SharedSelector("template", "ffff", 3)
    whole = SharedCase(
        "Three",
        "3 of 3 records",
        0.7,
        records=tuple(records),
        selectors=(msgspec.structs.replace(phone, records=2), template),
    )
    less = without(whole, {"2"})
    assert [one.key for one in less.records] == ["1", "3"]
    assert less.selectors == (phone,)
    assert (less.score, less.reasons, less.title) == (None, (), "Three")
    assert less.summary == "2 records; 1 record was withdrawn since and can be seen no more"


def told_of_it(database: Any, share: UUID, reader: str, principal_of: Any, organisations: Any) -> None:
    """Who works with it at the recipient's is mailed once; nobody else is, and no word of it is mailed."""
    analyst = principal_of(organisations.ngo, PersonRole.ANALYST).email
    principal_of(organisations.ngo, PersonRole.PLUGIN_DEVELOPER)
    principal_of(organisations.police, PersonRole.INVESTIGATOR)
    gate = database(Role.GATE)
    with mail_server() as (inbox, mailer):
        inbox.refuses = True
        tell_recipients(gate, mailer, "https://accord.example.org")
        inbox.refuses = False
        for _ in range(2):
            tell_recipients(gate, mailer, "https://accord.example.org")
    assert sorted(one["To"] for one in inbox.messages) == sorted([analyst, reader])
    mail = inbox.messages[0]
    said = mail["Subject"] + mail.get_content()
    assert f"https://accord.example.org/shares/{share}" in said
    for word in ("614", "0102", "Joint work", organisations.company.slug, organisations.ngo.slug):
        assert word not in said, word
    with database(Role.OWNER).transaction(NOBODY) as session:
        row = session.get_one(Share, share)
        assert row.told_at == row.changed_at
        # Restricted to who may see what may be about a minor, and taken back: each as it changes once more.
        row.told_at, row.restricted = None, True
    with mail_server() as (inbox, mailer):
        tell_recipients(gate, mailer, "https://accord.example.org")
        assert [one["To"] for one in inbox.messages] == [reader], "an investigator may see these, alone"
        with database(Role.OWNER).transaction(NOBODY) as session:
            row = session.get_one(Share, share)
            row.told_at, row.restricted, row.revoked_at = None, False, datetime.now(UTC)
        tell_recipients(gate, mailer, "https://accord.example.org")
        assert len(inbox.messages) == 1, "of one that was taken back nobody is told"
        with database(Role.OWNER).transaction(NOBODY) as session:
            session.get_one(Share, share).revoked_at = None


def test_a_share_is_served_without_what_was_withdrawn_and_says_so(
    strange: Strange,
    database: Any,
    organisations: Any,
    principal_of: Any,
) -> None:
    pulling = strange(RECORDS + '\nelse:\n    yield Page((), b"2", False, ("b",))')
    pool = ProcessPool(ProcessLauncher())
    pulling.pull()
    work(pulling, pool)
    investigator = principal_of(organisations.company, PersonRole.INVESTIGATOR)
    recipient = principal_of(organisations.ngo, PersonRole.INVESTIGATOR)
    company, ngo = organisations.company.id, organisations.ngo.id
    web, worker = database(Role.WEB), database(Role.WORKER)
    terms = ShareTerms(
        recipient_id=ngo,
        marking="TLP:AMBER",
        purpose="Joint work",
        basis=Basis.PUBLIC_TASK,
        expires_on=(datetime.now(UTC) + timedelta(days=9)).date(),
        include_contacts=True,
    )
    with web.transaction(investigator.scope) as session:
        lead = session.scalars(select(Lead).where(Lead.records == 3)).one()
        case = open_case(session, investigator, lead.id)
        share = create_share(session, investigator, case, terms)
        own = prepare_case(session, investigator, find_case(session, investigator, case.id))
    with web.transaction(recipient.scope) as session:
        seen = find_share(session, recipient, share.id)
        assert len(document_of(seen).records) == 3
        file = prepare_share(session, recipient, seen)
    with worker.transaction(recipient.scope) as session:
        assert session.scalars(select(SharedRecordLink.key)).all() == []
        kept = session.get_one(Delivery, file.id)
        kept.content, kept.status = b"made of three", "delivered"
    pulling.pull()
    work(pulling, pool)
    with worker.transaction(investigator.scope) as session:
        asked = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'sharing:withdrawn'")
        assert session.scalar(asked) == 1
        assert redact_withdrawn(session, company) == 1
        assert session.get_one(Delivery, own.id).payload == {}
        assert redact_withdrawn(session, company) == 0
    told_of_it(database, share.id, recipient.email, principal_of, organisations)
    with web.transaction(recipient.scope) as session:
        seen = find_share(session, recipient, share.id)
        document = document_of(seen)
        assert [record.body for record in document.records if "0102" in (record.body or "")] == [
            "Call 614-555-0102."
        ]
        assert len(document.records) == 2
        assert (seen.withdrawn_records, seen.digest) == (1, share.digest)
        assert digest(document) != share.digest
        with pytest.raises(NotFound):
            download(session, recipient, file.id)
    with worker.transaction(recipient.scope) as session:
        forget_files(session, ngo, share.id)
        gone = session.get_one(Delivery, file.id)
        assert (gone.content, gone.payload, gone.status) == (None, {}, "failed")
        assert "withdrawn" in gone.error
    deliver(worker, pool, ngo, file.id)
    with web.transaction(recipient.scope) as session:
        again = prepare_share(session, recipient, session.get_one(Share, share.id))
        assert again.id != file.id
        newest = latest_of_share(session, session.get_one(Share, share.id))
        assert newest is not None
        assert len(newest.payload["case"]["records"]) == 2
    pool.close()
