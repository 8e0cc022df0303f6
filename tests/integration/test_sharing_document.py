"""The document of a share: exactly what was chosen, without contact values unless they were, and for good."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import select, update

from accord.caseload.cases import add_note, find_case
from accord.detection.models import RecordFindings
from accord.ingestion.models import StoredRecord
from accord.linking.models import Lead, LeadRecord, Mention, SelectorNode
from accord.sharing.document import digest, make_document
from accord.sharing.service import document_of, find_share
from accord_config.database import Role
from accord_sdk import SharedCase

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

FORMS = [
    "Call 419-555-0163 today.",
    "Text 4 1 9 5 5 5 0 1 6 3 or (419)555.0163, write to tessa@example.org",
    "four one nine 555 0163, see https://board.example.com/tessa?p=4195550163",
    "snap: tessa.example.01, whatsapp +1 419 555 0163",
]
TOLD = ["5550163", "tessa@example.org", "four one nine", "board.example.com", "tessa.example.01"]
NOTE = "The neighbour knows her by 4195550163 and as tessa@EXAMPLE.org."


def letters(text: str) -> str:
    """A text without what people put between digits."""
    return "".join(char for char in text if char not in " -().•")


def told_in(document: Any) -> list[str]:
    """Which of the contact values a document tells, in any form that a person can read."""
    text = json.dumps(document, ensure_ascii=False)
    return [value for value in TOLD if value in text or value in letters(text)]


def image_of(number: int) -> str:
    """An image hash that no other test's record has."""
    return f"{number:x}c5" * 21 + "0"


@pytest.fixture(scope="module")
def case(task_force: TaskForce) -> UUID:
    """A case whose four records show the same number in many forms and fields, and its note quotes it."""
    lines = [
        task_force.record_line(
            8_000 + number,
            phone="",
            body=body,
            title=f"Tessa {number} 419.555.0163",
            place={"name": "by 419 555 0163, Toledo", "country": "US"},
            contacts=[{"kind": "phone", "value": "419-555-0163"}],
            prices=[{"amount": 200, "currency": "USD", "minutes": 60}],
            images=[{"pdq": image_of(number)}],
            extra={"line": "419-555-0163"},
            url=f"https://board.example.com/4195550163/{number}",
        )
        for number, body in enumerate(FORMS)
    ]
    task_force.ingest(task_force.police, lines)
    items = task_force.program("investigator").get("/api/v1/leads?q=419-555-0163").json["items"]
    assert [item["records"] for item in items] == [4]
    return task_force.case(lead_id=UUID(items[0]["id"]), note=NOTE)


def document(task_force: TaskForce, case: UUID, **changes: Any) -> dict[str, Any]:
    """What the recipient gets of a share on these terms."""
    share = task_force.share(case, **changes)
    reply = task_force.program("recipient").get(f"/api/v1/shares/{share}")
    found: dict[str, Any] = reply.json["document"]
    return found


@pytest.mark.parametrize("include_notes", [False, True])
def test_without_contacts_no_form_of_a_contact_value_is_told(
    task_force: TaskForce, case: UUID, include_notes: bool
) -> None:
    share = task_force.share(case, include_notes=include_notes)
    program, browser = task_force.program("recipient"), task_force.browser("recipient")
    reply = program.get(f"/api/v1/shares/{share}").json
    assert told_in(reply) == []
    assert told_in(browser.get(f"/shares/{share}").text) == []
    assert told_in(program.get("/api/v1/shares").json) == []
    file = browser.get(f"/deliveries/{task_force.file('recipient', share_id=share)}")
    assert file.status_code == 200
    assert told_in(file.text) == []
    assert len(reply["document"]["records"]) == 4
    assert all(record["body"] and record["title"] for record in reply["document"]["records"])


def test_with_contacts_the_values_are_told(task_force: TaskForce, case: UUID) -> None:
    shared = document(task_force, case, include_contacts=True, include_notes=True)
    assert told_in(shared) == TOLD
    assert shared["notes"][0]["body"] == NOTE
    assert shared["records"][0]["url"].startswith("https://board.example.com/4195550163/")
    phones = [one for one in shared["selectors"] if one["kind"] == "phone"]
    assert {"kind": "phone", "value": "+14195550163", "records": 4} in phones


def test_extra_fields_of_a_source_are_never_shared(task_force: TaskForce, case: UUID) -> None:
    shared = document(task_force, case, include_contacts=True)
    fields = {name for record in shared["records"] for name in record}
    assert fields == {
        "key", "source", "observed_at", "title", "body", "url", "place", "prices", "images", "selectors"
    }  # fmt: skip


def test_notes_are_shared_only_when_they_were_chosen(task_force: TaskForce, case: UUID) -> None:
    assert "notes" not in document(task_force, case)
    (note,) = document(task_force, case, include_notes=True)["notes"]
    assert note["author"] == task_force.people["investigator"].person_name
    assert note["body"].startswith("The neighbour knows her by •••••")


@pytest.mark.parametrize("records", [1, 3, 4, 9])
def test_only_the_newest_records_that_were_chosen_are_shared_and_counted(
    task_force: TaskForce, case: UUID, records: int
) -> None:
    shared = document(task_force, case, records=records, include_contacts=True)
    chosen = min(records, 4)
    assert shared["summary"].startswith(f"{chosen} of 4 records")
    times = [record["observed_at"] for record in shared["records"]]
    assert len(times) == chosen
    assert times == sorted(times, reverse=True)
    assert max(one.get("records", 1) for one in shared["selectors"]) == chosen
    told = json.dumps(shared)
    for number, form in enumerate(FORMS):
        assert (form.split(",")[0] in told) is (number >= 4 - chosen)
        assert (image_of(number) in told) is (number >= 4 - chosen)


def test_the_digest_is_that_of_the_document(task_force: TaskForce, case: UUID) -> None:
    share = task_force.share(case)
    person = task_force.people["recipient"]
    with task_force.database(Role.WEB).transaction(person.scope) as session:
        found = find_share(session, person, share)
        assert digest(document_of(found)) == found.digest
        reply = task_force.program("recipient").get(f"/api/v1/shares/{share}").json
        canonical = msgspec.json.encode(msgspec.convert(reply["document"], SharedCase), order="deterministic")
        assert hashlib.sha256(canonical).hexdigest() == reply["digest"] == found.digest


def test_the_preview_is_what_is_shared(task_force: TaskForce, case: UUID) -> None:
    person = task_force.people["investigator"]
    share = task_force.share(case, include_notes=True)
    with task_force.database(Role.WEB).transaction(person.scope) as session:
        terms = task_force.terms(task_force.ngo, include_notes=True)
        drafted = make_document(session, person, find_case(session, person, case), terms)
        assert document_of(find_share(session, person, share)) == drafted


def test_a_share_stays_as_it_was_whatever_becomes_of_the_case(task_force: TaskForce) -> None:
    phone = task_force.fresh_phone()
    lead = task_force.lead(task_force.police, phone=phone)
    case_id = task_force.case(lead_id=lead)
    share = task_force.share(case_id, include_notes=True)
    before = task_force.program("recipient").get(f"/api/v1/shares/{share}").json
    task_force.lead(task_force.police, phone=phone, records=3)
    person = task_force.people["investigator"]
    with task_force.database(Role.WEB).transaction(person.scope) as session:
        case = find_case(session, person, case_id)
        add_note(session, person, case, "Written later.")
        case.title = "Renamed"
    owner = task_force.program("investigator")
    assert owner.get(f"/api/v1/leads/{lead}").json["records"] == 5
    owner.patch(f"/api/v1/cases/{case_id}", json={"status": "closed"})
    assert task_force.program("recipient").get(f"/api/v1/shares/{share}").json == before


def test_near_duplicates_are_shared_under_a_shared_record_s_own_value(task_force: TaskForce) -> None:
    """Images within a small distance are one selector, which has the value of the first record's."""
    first = "0123456789abcdef" * 4
    second = first[:-1] + "e"
    phone = task_force.fresh_phone()
    text = (
        "Quiet rooms above the old bakery, fresh linen every morning, tea is served in the garden and guests "
        "may borrow bicycles for trips along the river to the mill and the castle on the hill, ask at "
        f"{phone}"
    )
    lines = [
        task_force.record_line(
            7_000, phone=phone, body=text, images=[{"pdq": first}], observed_at="2026-05-01T12:00:00Z"
        ),
        task_force.record_line(
            7_001,
            phone=phone,
            body=f"{text} nearby",
            images=[{"pdq": second}],
            observed_at="2026-05-02T12:00:00Z",
        ),
    ]
    task_force.ingest(task_force.police, lines[:1])
    task_force.ingest(task_force.police, lines[1:])
    (lead,) = task_force.program("investigator").get(f"/api/v1/leads?q={phone}").json["items"]
    case_id = task_force.case(lead_id=UUID(lead["id"]))

    def images(**changes: Any) -> list[tuple[str, int]]:
        shared = document(task_force, case_id, **changes)
        kinds = shared["selectors"]
        return [(one["value"], one.get("records", 1)) for one in kinds if one["kind"] == "image"]

    assert images() == [(first, 2)]
    assert images(records=1) == [(second, 1)]
    shared = document(task_force, case_id, records=1)
    templates = {one["value"] for one in shared["selectors"] if one["kind"] == "template"}
    assert templates
    assert templates <= own_templates(task_force, lines[1]["external_id"])


def own_templates(task_force: TaskForce, external_id: str) -> set[str]:
    query = (
        select(RecordFindings.findings)
        .join(StoredRecord, StoredRecord.id == RecordFindings.record_id)
        .where(StoredRecord.external_id == external_id)
    )
    with task_force.database(Role.WEB).transaction(task_force.police.scope) as session:
        rows = session.scalars(query)
        return {found["value"] for row in rows for found in row if found.get("kind") == "template"}


def test_findings_that_overlap_are_hidden_as_one(task_force: TaskForce) -> None:
    """A detector of another member may cover a part of what ours covers: nothing of either is shown."""
    lead = task_force.lead(task_force.police, records=1, body="Reach me at alpha.beta.gamma.delta tonight")
    case_id = task_force.case(lead_id=lead)
    found = [
        {
            "type": "selector",
            "kind": "handle",
            "value": "x:alpha.beta",
            "field": "body",
            "start": 12,
            "end": 22,
        },
        {
            "type": "selector",
            "kind": "url",
            "value": "beta.gamma.delta",
            "field": "body",
            "start": 18,
            "end": 34,
        },
        {"type": "selector", "kind": "handle", "value": "x:oob", "field": "body", "start": 30, "end": 900},
    ]
    record = select(LeadRecord.record_id).where(LeadRecord.lead_id == lead).scalar_subquery()
    with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
        session.execute(
            update(RecordFindings).where(RecordFindings.record_id == record).values(findings=found)
        )
    (shared,) = document(task_force, case_id)["records"]
    assert shared["body"] == "Reach me at •••••ta tonight"


def test_a_title_that_names_a_number_is_masked(task_force: TaskForce) -> None:
    phone = task_force.fresh_phone()
    case_id = task_force.case(lead_id=task_force.lead(task_force.police, phone=phone))
    person = task_force.people["investigator"]
    with task_force.database(Role.WORKER).transaction(person.scope) as session:
        (lead_id,) = session.scalars(select(Lead.id).where(Lead.id == lead_of(task_force, case_id)))
        session.execute(
            update(Lead)
            .where(Lead.id == lead_id)
            .values(
                reasons=[
                    {
                        "indicator": "several_phones",
                        "sign": 1,
                        "weight": 1.0,
                        "contribution": 1.0,
                        "evidence": f"seen with {phone}",
                    }
                ]
            )
        )
    with task_force.database(Role.WEB).transaction(person.scope) as session:
        find_case(session, person, case_id).title = f"The one with {phone}"
    reply = task_force.program("recipient").get(f"/api/v1/shares/{task_force.share(case_id)}").json
    assert phone not in json.dumps(reply)
    assert reply["title"] == reply["document"]["title"] == f"The one with •••••{phone[-2:]}"
    assert reply["document"]["reasons"][0]["evidence"] == f"seen with •••••{phone[-2:]}"


def lead_of(task_force: TaskForce, case_id: UUID) -> UUID:
    return UUID(task_force.program("investigator").get(f"/api/v1/cases/{case_id}").json["lead_id"])


def test_mentions_are_counted_over_the_shared_records_only(task_force: TaskForce, case: UUID) -> None:
    person = task_force.people["investigator"]
    with task_force.database(Role.WEB).transaction(person.scope) as session:
        records = select(LeadRecord.record_id).where(LeadRecord.lead_id == lead_of(task_force, case))
        pairs = session.execute(
            select(SelectorNode.kind, SelectorNode.value)
            .join(Mention, Mention.selector_id == SelectorNode.id)
            .where(Mention.record_id.in_(records), SelectorNode.kind.not_in(("image", "template")))
        ).all()
    shared = document(task_force, case, include_contacts=True)["selectors"]
    told = {(one["kind"], one["value"]): one.get("records", 1) for one in shared}
    assert pairs
    for kind, value in {(pair.kind, pair.value) for pair in pairs}:
        assert told[kind, value] == sum((pair.kind, pair.value) == (kind, value) for pair in pairs)


def test_an_absent_case_makes_no_document(task_force: TaskForce) -> None:
    reply = task_force.program("investigator").get(f"/api/v1/cases/{uuid4()}/shares")
    assert reply.status_code == 404
