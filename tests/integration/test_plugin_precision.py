"""Which part of a plugin's findings stands in leads that were confirmed, by one's own verdicts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete

from accord.caseload.verdict_models import LeadVerdict
from accord_config.database import Role

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]


def verdicts(task_force: TaskForce, who: str) -> Any:
    return task_force.program(who).get("/api/v1/plugins/selectors").json["verdicts"]


def test_findings_are_counted_by_what_their_leads_were_found_to_be(task_force: TaskForce) -> None:
    with task_force.database(Role.OWNER).engine.begin() as connection:
        connection.execute(delete(LeadVerdict))
    assert verdicts(task_force, "investigator")["precision"] is None
    program = task_force.program("investigator")
    for records, word in ((3, "exploitation"), (1, "lawful"), (2, "duplicate"), (4, "cannot_tell")):
        lead = task_force.lead(task_force.police, records=records, place=None)
        assert program.ask("PUT", f"/api/v1/leads/{lead}/verdict", json={"verdict": word}).status_code == 200
    found = verdicts(task_force, "investigator")
    assert (found["confirmed_leads"], found["other_leads"]) == (1, 1)
    # The same finds in each record: three to one.
    assert found["confirmed"] == 3 * found["others"] > 0
    assert found["precision"] == 0.75
    page = task_force.browser("investigator").get("/plugins/selectors").text
    assert f"75% of {found['confirmed'] + found['others']} in 2 decided" in page
    # Another member's is its own, and who reads no leads is told no counts of them.
    assert verdicts(task_force, "stranger")["precision"] is None
    assert verdicts(task_force, "developer")["precision"] is None


def test_a_changed_verdict_counts_by_its_last_word(task_force: TaskForce) -> None:
    before = verdicts(task_force, "investigator")
    lead = task_force.lead(task_force.police)
    program = task_force.program("investigator")
    for word in ("exploitation", "spam"):
        program.ask("PUT", f"/api/v1/leads/{lead}/verdict", json={"verdict": word})
    after = verdicts(task_force, "investigator")
    assert after["confirmed"] == before["confirmed"]
    assert after["other_leads"] == before["other_leads"] + 1
