"""Jobs on behalf of who may not act any more are refused where they begin, and nothing of them is lost."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from tests.integration.conftest import clusters_of

from accord.caseload.cases import open_case
from accord.linking.models import Lead
from accord.pipeline import backlog
from accord.sharing.deliveries import prepare_case
from accord.sharing.models import Delivery, DeliveryStatus
from accord.worker import run_worker
from accord_auth.access.causes import Cause, of_membership, of_organisation
from accord_auth.access.service import end_access, reopen
from accord_auth.organisations.models import Organisation, OrganisationStatus
from accord_config.database import NOBODY, Role
from accord_config.queue import failed_jobs


@pytest.fixture
def gate(database: Any) -> Any:
    def run(work: Any, *arguments: Any) -> Any:
        with database(Role.GATE).transaction(NOBODY) as session:
            return work(session, *arguments)

    return run


def refusals(database: Any) -> list[str]:
    with database(Role.WORKER).transaction(NOBODY) as session:
        return [job.error for job in failed_jobs(session)]


@pytest.fixture
def case_file(database: Any, ingest: Any, run_jobs: Any, write_lines: Any, line: Any, people: Any) -> Any:
    """Has the company's investigator ask for a case's file; gives the delivery's id."""
    who = people["company"]
    ingest(who, write_lines(line(number) for number in (1, 26)))
    run_jobs()
    with database(Role.WEB).transaction(who.scope) as session:
        lead = session.query(Lead).filter(Lead.merged_into.is_(None)).first()
        return prepare_case(session, who, open_case(session, who, lead.id)).id


def state(database: Any, member: Any, delivery_id: Any) -> tuple[str, str]:
    with database(Role.WORKER).transaction(member.scope) as session:
        delivery = session.get_one(Delivery, delivery_id)
        return delivery.status, delivery.error


def set_status(gate: Any, member: Any, status: OrganisationStatus) -> None:
    gate(lambda session: setattr(session.get_one(Organisation, member.id), "status", status))


def test_what_a_removed_person_asked_for_is_refused_and_says_so(
    home: Any, database: Any, gate: Any, organisations: Any, people: Any, case_file: Any
) -> None:
    company = organisations.company
    gate(lambda session: session.execute(text("DELETE FROM role_assignments")))
    gate(end_access, company.operator, of_membership(people["company"].person_id, company.id), Cause.REMOVED)
    run_worker(home, until_empty=True)
    assert state(database, company, case_file) == (
        DeliveryStatus.FAILED,
        "it was refused: access ended: removed",
    )
    (error,) = refusals(database)
    assert error.startswith("JobRefused: access ended: removed")


def test_a_person_whose_access_is_gone_is_noticed_without_a_mark_as_well(
    home: Any, database: Any, gate: Any, organisations: Any, case_file: Any
) -> None:
    gate(lambda session: session.execute(text("UPDATE people SET status = 'disabled'")))
    run_worker(home, until_empty=True)
    status, error = state(database, organisations.company, case_file)
    assert status == DeliveryStatus.FAILED
    assert "who asked for it may not act" in error


@pytest.mark.parametrize("marked", [True, False])
def test_a_suspended_organisation_s_records_wait_until_it_comes_back(
    marked: bool,
    home: Any,
    database: Any,
    gate: Any,
    organisations: Any,
    people: Any,
    ingest: Any,
    write_lines: Any,
    line: Any,
    run_jobs: Any,
) -> None:
    company, who = organisations.company, people["company"]
    ingest(who, write_lines(line(number) for number in (1, 26)))
    ingest(people["police"], write_lines([line(2)]))
    set_status(gate, company, OrganisationStatus.SUSPENDED)
    if marked:
        gate(end_access, company.operator, of_organisation(company.id), Cause.ORGANISATION_SUSPENDED)
    run_worker(home, until_empty=True)

    def rest(member: Any) -> Any:
        with database(Role.WORKER).transaction(member.scope) as session:
            return backlog(session, member.id)

    assert rest(company).to_detect == 2
    assert rest(company).failed_jobs
    assert rest(organisations.police).done
    reason = "organisation suspended" if marked else "it is suspended"
    assert all(reason in error for error in refusals(database))
    set_status(gate, company, OrganisationStatus.ACTIVE)
    gate(reopen, company.operator, of_organisation(company.id))
    run_jobs()
    assert rest(company).done
    assert len(clusters_of(database, who)) == 1
