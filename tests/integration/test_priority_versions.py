"""Versions of the priorities: fitted from verdicts, compared, and put into use by somebody who may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import column, func, insert, select, table

from accord.caseload.assessment import assess_stale
from accord.caseload.priorities import score_of
from accord.caseload.priority_models import PriorityVersion
from accord.caseload.priority_versions import FIT, RANK_ANEW, rank_anew
from accord.caseload.refitting import fit_version
from accord.caseload.verdict_models import LeadVerdict
from accord.cli import cli
from accord.linking.models import Lead
from accord_auth.audit.models import AuditEntry
from accord_config.database import Role

if TYPE_CHECKING:
    from tests.conftest import Member
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

LISTED = "/api/v1/priorities"
IN_USE = "/api/v1/priorities/in-use"
FITS = "/api/v1/priorities/fits"


def reasons(confirmed: bool) -> list[dict[str, Any]]:
    kind, sign, weight = ("several_phones", 1, 1.0) if confirmed else ("settled", -1, 1.0)
    return [
        {
            "indicator": kind,
            "sign": sign,
            "weight": weight,
            "contribution": sign * weight * 0.9,
            "evidence": "seen",
            "source": "made up",
        }
    ]


@pytest.fixture(scope="module")
def decided(task_force: TaskForce) -> Member:
    """The company, with sixty decided leads: two thirds lawful."""
    member = task_force.company
    lead: Any = next(iter([task_force.lead(member)]))
    with task_force.database(Role.WORKER).transaction(member.scope) as session:
        first = session.get_one(Lead, lead)
        kept = {name: getattr(first, name) for name in ("first_seen", "last_seen", "facts")}
        for number in range(60):
            confirmed, made = number % 3 == 0, uuid4()
            session.execute(
                insert(Lead).values(
                    id=made,
                    organisation_id=member.id,
                    anchor=f"decided/{number:03}",
                    records=1,
                    stale=False,
                    score=50.0 + confirmed,
                    reasons=reasons(confirmed),
                    **kept,
                )
            )
            session.add(
                LeadVerdict(
                    organisation_id=member.id,
                    lead_id=made,
                    word="exploitation" if confirmed else "lawful",
                    reason="",
                    records=1,
                    score=50.0,
                    person_name="Made up",
                )
            )
    # Before a test has the leads ranked anew, by which their made-up reasons go.
    fitted(task_force, member)
    return member


def fitted(task_force: TaskForce, member: Member) -> str:
    """The version that was fitted to what the fixture decided."""
    with task_force.database(Role.WORKER).transaction(member.scope) as session:
        if session.scalar(select(PriorityVersion.number)) is None:
            fit_version(session, member.id, "Somebody")
    return "fit-1"


def test_asking_for_a_fit_has_a_worker_do_it_and_activates_nothing(
    task_force: TaskForce, decided: Member
) -> None:
    manager = task_force.program("foreign manager")
    assert manager.post(FITS).status_code == 202
    with task_force.database(Role.WORKER).transaction(decided.scope) as session:
        asked = session.scalar(select(jobs_named(FIT)))
    assert asked == 1
    name = fitted(task_force, decided)
    shown = {one["name"]: one for one in manager.get(LISTED).json["items"]}
    assert shown["published"]["in_use"]
    assert not shown[name]["in_use"]
    assert shown[name]["figures"]["leads"] == 60
    assert shown[name]["weights"]["several_phones"] != shown["published"]["weights"]["several_phones"]
    assert shown[name]["sources"]["several_phones"].startswith("T-Net")


def jobs_named(task: str) -> Any:
    jobs = table("procrastinate_jobs", column("task_name"))
    return select(func.count()).select_from(jobs).where(jobs.c.task_name == task).scalar_subquery()


def test_too_few_verdicts_are_told_and_nothing_is_asked_of_a_worker(task_force: TaskForce) -> None:
    told = task_force.program("manager").post(FITS)
    assert told.status_code == 409
    assert "at least 20 leads confirmed" in told.json["detail"]
    page = task_force.browser("manager").get("/priorities").text
    assert "Fitting needs 20 of each at least" in page
    assert "Fit a version" not in page


def test_a_version_in_use_ranks_every_lead_anew_and_stands_in_the_log(
    task_force: TaskForce, decided: Member
) -> None:
    name = fitted(task_force, decided)
    lead_id = task_force.lead(decided, records=3)
    manager = task_force.program("foreign manager")
    before = manager.get(f"/api/v1/leads/{lead_id}").json
    assert manager.ask("PUT", IN_USE, json={"version": name}).json["in_use"]
    assert manager.ask("PUT", IN_USE, json={"version": name}).status_code == 409
    worker = task_force.database(Role.WORKER)
    with worker.transaction(decided.scope) as session:
        assert session.scalar(select(jobs_named(RANK_ANEW))) >= 1
        rank_anew(session, decided.id)
    assess_stale(worker, task_force.pool, decided.id)
    after = manager.get(f"/api/v1/leads/{lead_id}").json
    weights = next(one for one in manager.get(LISTED).json["items"] if one["name"] == name)["weights"]
    assert after["score"] != before["score"]
    for reason in after["reasons"]:
        assert reason["weight"] == weights[reason["indicator"]]
    with worker.transaction(decided.scope) as session:
        query = select(AuditEntry.detail).where(AuditEntry.subject == f"priorities {name}")
        assert {"before": "published"} in session.scalars(query).all()
    # And back: the published weights are a version like any other.
    assert manager.ask("PUT", IN_USE, json={"version": "published"}).json["name"] == "published"
    with worker.transaction(decided.scope) as session:
        rank_anew(session, decided.id)
    assess_stale(worker, task_force.pool, decided.id)
    assert manager.get(f"/api/v1/leads/{lead_id}").json["score"] == before["score"]


def test_who_reads_leads_sees_versions_and_only_admins_change_them(
    task_force: TaskForce, decided: Member
) -> None:
    name = fitted(task_force, decided)
    reader = task_force.program("stranger")
    assert reader.get(LISTED).status_code == 200
    assert reader.post(FITS).status_code == 403
    assert reader.ask("PUT", IN_USE, json={"version": name}).status_code == 403
    page = task_force.browser("stranger").get("/priorities").text
    assert f"Fitted {name.removeprefix('fit-')}" in page
    assert "Fit a version" not in page


def test_another_member_has_versions_of_its_own_and_sees_no_others(
    task_force: TaskForce, decided: Member
) -> None:
    name = fitted(task_force, decided)
    police = task_force.program("manager")
    assert [one["name"] for one in police.get(LISTED).json["items"]] == ["published"]
    foreign, absent = (police.ask("PUT", IN_USE, json={"version": one}) for one in (name, "fit-99"))
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.json["detail"].replace(name, "X") == absent.json["detail"].replace("fit-99", "X")
    with task_force.database(Role.WEB).transaction(task_force.police.scope) as session:
        assert session.scalars(select(PriorityVersion)).all() == []


def test_two_versions_are_compared_on_the_same_leads(task_force: TaskForce, decided: Member) -> None:
    name = fitted(task_force, decided)
    query = {"before": "published", "after": name}
    moved = task_force.program("stranger").get("/api/v1/priorities/compare", query_string=query).json["items"]
    assert all(one["before"] != one["after"] for one in moved)
    assert sorted(one["before"] for one in moved) == sorted(one["after"] for one in moved)
    page = task_force.browser("stranger").get(f"/priorities/compare?before=published&after={name}")
    assert page.status_code == 200
    assert task_force.browser("stranger").get("/priorities/compare?after=fit-99").status_code == 404


def test_the_command_line_shows_fits_compares_and_uses(
    task_force: TaskForce, decided: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = task_force.home.settings
    monkeypatch.setenv("ACCORD_HOME", str(settings.home))
    monkeypatch.setenv("ACCORD_DATABASE_URL", settings.database_url or "")

    def accord(*words: str, member: Member = decided) -> str:
        command = ["priorities", *words, "--organisation", member.slug]
        done = CliRunner().invoke(cli, command, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    name = accord("fit").rsplit("kept as ", 1)[1].partition(";")[0]
    assert "several_phones" in accord("show", name)
    assert f'"version":"{name}"' in accord("show", name, "--json").replace(" ", "")
    assert "cross" not in accord("compare", "published", name)
    assert "in use" in accord("use", name)
    assert f"{name} (in use)" in accord("show")
    accord("use", "published")
    few = CliRunner().invoke(cli, ["priorities", "fit", "--organisation", task_force.police.slug])
    assert few.exit_code != 0
    assert "there are" in str(few.exception)


def test_a_lead_says_how_often_leads_like_it_were_confirmed_where_verdicts_say_so(
    task_force: TaskForce, decided: Member
) -> None:
    name = fitted(task_force, decided)
    manager = task_force.program("foreign manager")
    step = next(one for one in manager.get(LISTED).json["items"] if one["name"] == name)["steps"][-1]
    manager.ask("PUT", IN_USE, json={"version": name})
    lead_id = task_force.lead(decided)
    worker, total = task_force.database(Role.WORKER), (step["low"] + step["high"]) / 2
    told = f"{step['confirmed']} of {step['leads']} decided leads with a score like this were confirmed"
    for score, says in ((score_of(total), True), (99.9999, False)):
        with worker.transaction(decided.scope) as session:
            session.get_one(Lead, lead_id).score = score
        page = task_force.browser("stranger").get(f"/leads/{lead_id}").text
        assert (told in page) is says
    manager.ask("PUT", IN_USE, json={"version": "published"})
    assert (
        "decided leads with a score like this"
        not in task_force.browser("stranger").get(f"/leads/{lead_id}").text
    )
