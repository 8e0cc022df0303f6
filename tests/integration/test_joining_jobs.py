"""What a worker does because a day has come, through the real queue."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.conftest import PASSWORD, Databases, Members, PrincipalOf
from tests.integration.conftest import RunJobs
from tests.mail_server import mail_server

from accord.joining import jobs
from accord.worker import make_queue
from accord_auth.joining import applying, membership
from accord_auth.joining.acting import PLATFORM_OPERATOR
from accord_auth.joining.schemas import Details
from accord_auth.joining.vetting import SignedAgreement
from accord_auth.organisations.models import Organisation, OrganisationKind
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_auth.sessions.models import SignedInSession
from accord_config.database import NOBODY, Role
from accord_config.home import Home
from accord_config.mail import NoMailer
from accord_config.queue import QUEUE

TODAY = datetime.now(UTC).date()
DETAILS = Details(
    name="Lantern Aid",
    kind=OrganisationKind.NGO,
    domain="lantern.example.org",
    contact_name="Noor Haddad",
    contact_email="noor@lantern.example.org",
    purpose="Support for people who want to leave",
    legal_basis="Consent of the people supported",
    jurisdiction="US-OH",
)

AGE = text("UPDATE applications SET waiting_since = now() - :days * interval '1 day' WHERE id = ANY(:k)")


@pytest.fixture
def look_after(home: Home, run_jobs: RunJobs) -> Any:
    """Runs the job as a worker does each minute."""

    def run() -> None:
        async def enqueue() -> None:
            queue = make_queue(home)
            async with queue.open_async():
                await queue.configure_task("joining:look-after").defer_async(timestamp=0)

        asyncio.run(enqueue())
        run_jobs()

    return run


def test_the_job_runs_each_minute(home: Home) -> None:
    (task,) = jobs.looking_after(home).periodic_registry.periodic_tasks.values()
    assert (task.task.name, task.cron, task.task.queue) == ("look-after", "* * * * *", QUEUE)
    names = set(make_queue(home).tasks)
    assert {"joining:look-after", "audit:seal"} <= names


def test_an_agreement_that_is_over_ends_everything_and_is_written_down(
    database: Databases, organisations: Members, principal_of: PrincipalOf, look_after: Any
) -> None:
    gate = database(Role.GATE)
    person = principal_of(organisations.ngo, PersonRole.ANALYST)
    with gate.transaction(NOBODY) as session:
        for slug in ("harbor", "marlin"):
            paper = SignedAgreement("folder 7", TODAY, TODAY, TODAY + timedelta(days=9))
            membership.renew(session, PLATFORM_OPERATOR, slug, paper)
        session.add(
            SignedInSession(
                token_hash=b"x",
                person_id=person.person_id,
                organisation_id=organisations.ngo.id,
                expires_at=datetime.now(UTC) + timedelta(hours=1),
            )
        )
    with database(Role.OWNER).transaction(NOBODY) as session:
        session.execute(
            text(
                "UPDATE agreements SET starts_on = starts_on - 40, ends_on = current_date"
                " WHERE organisation_id = :ngo"
            ),
            {"ngo": organisations.ngo.id},
        )
    look_after()
    look_after()
    with database(Role.OWNER).transaction(NOBODY) as session:
        statuses = dict(session.execute(text("SELECT slug, status FROM organisations")).all())
        sessions = session.scalar(text("SELECT count(*) FROM sessions"))
        tags = session.execute(
            text("SELECT tag, actor FROM audit_entries WHERE organisation_id = :ngo ORDER BY id"),
            {"ngo": organisations.ngo.id},
        ).all()
    assert (statuses["harbor"], statuses["marlin"], statuses["northgate"]) == ("expired", "active", "active")
    assert sessions == 0
    assert [tuple(row) for row in tags][1:] == [
        ("organisation.expire", "Accord"),
        ("access.end", "Accord"),
    ]


def test_applications_that_wait_too_long_for_their_applicant_lapse(
    database: Databases, look_after: Any
) -> None:
    with database(Role.GATE).transaction(NOBODY) as session:
        made = {
            "old": applying.apply(session, DETAILS).application.id,
            "young": applying.apply(session, DETAILS).application.id,
            "invited": applying.invite_organisation(
                session, PLATFORM_OPERATOR, name="X", kind=OrganisationKind.NGO, contact_email="x@example.org"
            ).application.id,
        }
        proved = applying.apply(session, DETAILS).application
        applying.keep_proof(session, PLATFORM_OPERATOR, proved, proved, "")
        for days, keys in ((91, (made["old"], proved.id)), (31, (made["young"], made["invited"]))):
            session.execute(AGE, {"days": days, "k": list(keys)})
    look_after()
    with database(Role.GATE).transaction(NOBODY) as session:
        found = dict(session.execute(text("SELECT id, status FROM applications")).all())
    assert {name: found[key] for name, key in made.items()} == {
        "old": "lapsed",
        "young": "received",
        "invited": "lapsed",
    }
    assert found[proved.id] == "received"


def test_a_new_member_gets_the_plugins_that_every_member_starts_with(
    database: Databases, organisations: Members, look_after: Any, installed_plugins: list[str]
) -> None:
    with database(Role.GATE).transaction(NOBODY) as session:
        made = Organisation(slug="lantern", name="Lantern", kind=OrganisationKind.NGO, status="active")
        session.add(made)
        session.flush()
        session.execute(text("INSERT INTO memberships (organisation_id) VALUES (:id)"), {"id": made.id})
    look_after()
    count = text("SELECT organisation_id, count(*) FROM activations WHERE active GROUP BY organisation_id")
    with database(Role.OWNER).transaction(NOBODY) as session:
        counts = dict(session.execute(count).all())
        equipped = session.scalar(text("SELECT equipped_at FROM memberships"))
    assert counts[made.id] == counts[organisations.ngo.id] > 0
    assert equipped is not None


def test_a_month_before_an_agreement_ends_its_admins_and_the_platform_s_get_one_mail(
    database: Databases, organisations: Members, principal_of: PrincipalOf
) -> None:
    gate = database(Role.GATE)
    manager = principal_of(organisations.ngo, PersonRole.ORGANISATION_ADMIN)
    principal_of(organisations.ngo, PersonRole.ANALYST)
    principal_of(organisations.police, PersonRole.ORGANISATION_ADMIN)
    with gate.transaction(NOBODY) as session:
        pia = create_person(session, email="pia@platform.example.org", name="Pia", password=PASSWORD)
        assign_role(session, person_id=pia.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)
        for slug, days in (("harbor", 30), ("northgate", 31)):
            paper = SignedAgreement("folder 7", TODAY, TODAY, TODAY + timedelta(days=days))
            membership.renew(session, PLATFORM_OPERATOR, slug, paper)
    with mail_server() as (inbox, mailer):
        inbox.refuses = True
        jobs.warn_members(gate, mailer, "https://accord.example.org")
        assert warnings_in(database) == []
        inbox.refuses = False
        for _ in range(2):
            jobs.warn_members(gate, mailer, "https://accord.example.org")
    day = f"{TODAY + timedelta(days=30):%d %B %Y}"
    assert sorted(str(mail["To"]) for mail in inbox.messages) == [manager.email, "pia@platform.example.org"]
    for mail in inbox.messages:
        assert day in str(mail["Subject"])
        assert "https://accord.example.org/organisation" in mail.get_content()
    assert warnings_in(database) == sorted([None, organisations.ngo.id], key=str)


def test_a_renewal_is_warned_of_anew_and_no_mail_server_is_no_hindrance(
    database: Databases, organisations: Members
) -> None:
    gate = database(Role.GATE)
    for days in (10, 20):
        with gate.transaction(NOBODY) as session:
            paper = SignedAgreement("folder 7", TODAY, TODAY, TODAY + timedelta(days=days))
            membership.renew(session, PLATFORM_OPERATOR, "harbor", paper)
        jobs.warn_members(gate, NoMailer(), "https://accord.example.org")
        jobs.warn_members(gate, NoMailer(), "https://accord.example.org")
    assert len(warnings_in(database)) == 4


def warnings_in(database: Databases) -> list[Any]:
    """In whose logs a warning stands."""
    query = text("SELECT organisation_id FROM audit_entries WHERE tag = 'agreement.warn'")
    with database(Role.OWNER).engine.connect() as connection:
        return sorted(connection.execute(query).scalars(), key=str)
