"""A record that its source takes back is gone with what was found in it; its leads are looked at anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text

from accord.caseload.assessment import assess_stale
from accord.detection.service import detect_batch
from accord.host.pool import ProcessPool
from accord.ingestion.models import Batch, Stage
from accord.linking.relinking import relink_ready
from accord.linking.service import link_ready
from accord.registry.service import activate_all
from accord.sources.service import withdraw_records
from accord_auth.errors import NotFound, PermissionDenied
from accord_auth.permissions import Role, permissions_of
from accord_sdk.host.launch import ProcessLauncher

if TYPE_CHECKING:
    from tests.integration.sources.conftest import Pulling, Strange


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    made = ProcessPool(ProcessLauncher())
    yield made
    made.close()


def body(*numbers: str) -> str:
    return " ".join(f"Call {number}." for number in numbers)


RECORDS = f"""
records = [
    record("a", body={body("614-555-0101")!r}),
    record("b", body={body("614-555-0101", "614-555-0102")!r}),
    record("c", body={body("614-555-0102")!r}),
]
if start == 0:
    yield Page(tuple(records), b"1", False)
"""


def work(pulling: Pulling, pool: ProcessPool) -> None:
    """Look at what came and link it, and link again what changed."""
    organisation = pulling.principal.organisation
    with pulling.database.transaction(pulling.principal.scope) as session:
        activate_all(session, organisation)
        session.execute(
            text(
                "UPDATE activations SET active = false WHERE plugin_id NOT IN"
                " (SELECT id FROM plugins WHERE name IN ('selectors', 'strange'))"
            )
        )
        waiting = list(session.scalars(select(Batch.id).where(Batch.stage == Stage.STORED)))
    for batch in waiting:
        detect_batch(pulling.database, pool, organisation, batch)
    while link_ready(pulling.database, organisation):
        pass
    while relink_ready(pulling.database, organisation):
        pass


def rows(pulling: Pulling, query: str) -> list[tuple[Any, ...]]:
    with pulling.database.transaction(pulling.principal.scope) as session:
        return [tuple(row) for row in session.execute(text(query))]


def leads(pulling: Pulling) -> set[frozenset[str]]:
    found = rows(
        pulling,
        "SELECT array_agg(external_id) FROM lead_records JOIN records ON records.id = record_id"
        " GROUP BY lead_id",
    )
    return {frozenset(row[0]) for row in found}


def test_what_a_withdrawn_record_held_together_falls_apart(strange: Strange, pool: ProcessPool) -> None:
    pulling = strange(RECORDS + '\nelse:\n    yield Page((), b"2", False, ("b", "unknown"))')
    pulling.pull()
    work(pulling, pool)
    assert leads(pulling) == {frozenset("abc")}
    ((lead,),) = rows(pulling, "SELECT id FROM leads")
    done = pulling.pull()
    assert (done.removed, done.error) == (1, None)
    work(pulling, pool)
    assert pulling.records() == ["a", "c"]
    assert leads(pulling) == {frozenset("a"), frozenset("c")}
    counted = rows(pulling, "SELECT id, records, facts->'records' FROM leads ORDER BY id")
    assert [row[1:] for row in counted] == [(1, 1), (1, 1)]
    assert lead in {row[0] for row in counted}, "a lead keeps its identity while it has records"
    assert rows(pulling, "SELECT count(*) FROM record_findings") == [(2,)]
    assert rows(pulling, "SELECT count(*) FROM changed_records") == [(0,)]
    ((audited,),) = rows_of_audit(pulling)
    assert audited == {"records": 1, "by": "the source"}


def rows_of_audit(pulling: Pulling) -> list[tuple[Any, ...]]:
    return rows(pulling, "SELECT detail FROM audit_entries WHERE tag = 'records.withdraw'")


def test_a_selector_that_only_a_withdrawn_record_showed_is_gone(strange: Strange, pool: ProcessPool) -> None:
    pulling = strange(RECORDS + '\nelse:\n    yield Page((), b"2", False, ("b", "c"))')
    pulling.pull()
    work(pulling, pool)
    assert ("+16145550102",) in rows(pulling, "SELECT value FROM selectors WHERE kind = 'phone'")
    pulling.pull()
    work(pulling, pool)
    assert rows(pulling, "SELECT value FROM selectors WHERE kind = 'phone'") == [("+16145550101",)]
    assert rows(pulling, "SELECT count(*) FROM mentions") == [(1,)]
    assert rows(pulling, "SELECT count(*), sum(records) FROM strand_selectors") == [(1, 1)]


def test_a_lead_without_records_says_nothing_of_them(strange: Strange, pool: ProcessPool) -> None:
    pulling = strange(RECORDS + '\nelse:\n    yield Page((), b"2", False, ("a", "b", "c"))')
    pulling.pull()
    work(pulling, pool)
    ((lead,),) = rows(pulling, "SELECT id FROM leads")
    pulling.pull()
    work(pulling, pool)
    assert leads(pulling) == set()
    ((records, anchor, facts),) = rows(pulling, "SELECT records, anchor, facts FROM leads")
    assert (records, anchor, facts["records"]) == (0, "", 0)
    assert lead == rows(pulling, "SELECT id FROM leads")[0][0]
    assert rows(pulling, "SELECT count(*) FROM selectors") == [(0,)]


def test_the_words_of_a_withdrawn_record_lead_nowhere(strange: Strange, pool: ProcessPool) -> None:
    placed = RECORDS.replace('record("b",', 'record("b", place={"name": "Quillhaven", "country": "US"},')
    pulling = strange(placed + '\nelse:\n    yield Page((), b"2", False, ("b",))')
    organisation = pulling.principal.organisation
    pulling.pull()
    work(pulling, pool)
    assess_stale(pulling.database, pool, organisation)
    found = "SELECT DISTINCT lead_id FROM lead_words WHERE word = 'quillhaven'"
    assert rows(pulling, found) == rows(pulling, "SELECT id FROM leads")
    pulling.pull()
    work(pulling, pool)
    assert rows(pulling, "SELECT count(*) FROM lead_words") == [(0,)]
    assess_stale(pulling.database, pool, organisation)
    assert rows(pulling, found) == []
    assert len(rows(pulling, "SELECT DISTINCT lead_id FROM lead_words")) == len(leads(pulling)) == 2


def test_a_person_takes_records_out(strange: Strange, pool: ProcessPool) -> None:
    pulling = strange(RECORDS)
    pulling.pull()
    work(pulling, pool)
    with pulling.database.transaction(pulling.principal.scope) as session:
        assert withdraw_records(session, pulling.principal, pulling.slug, ["a", "nothing"]) == 1
    work(pulling, pool)
    assert leads(pulling) == {frozenset("bc")}


def test_who_may_not_take_records_out_is_refused(strange: Strange, organisations: Any) -> None:
    pulling = strange(RECORDS)
    analyst = replace(pulling.principal, permissions=permissions_of(frozenset({Role.ANALYST})))
    with pulling.database.transaction(pulling.principal.scope) as session, pytest.raises(PermissionDenied):
        withdraw_records(session, analyst, pulling.slug, ["a"])
    stranger = organisations.police.operator
    with pulling.database.transaction(stranger.scope) as session, pytest.raises(NotFound):
        withdraw_records(session, stranger, pulling.slug, ["a"])
