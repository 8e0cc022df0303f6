"""An emergency reading over the web: two admins, one member, what is seen, and what stays shut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.integration.route_samples import SAMPLES, ask, named_things, seen, with_things

from accord_auth.audit.models import AuditEntry
from accord_auth.permissions import IN_AN_EMERGENCY
from accord_config.database import Role

if TYPE_CHECKING:
    from tests.integration.people_at_work import Caller
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

WHY = "A person may be in danger tonight"


@pytest.fixture(scope="module")
def police_things(task_force: TaskForce) -> dict[str, UUID]:
    return task_force.things()


def entries(task_force: TaskForce, tag: str) -> list[AuditEntry]:
    """What the police's log has of a tag, the newest last."""
    with task_force.database(Role.WEB).transaction(task_force.police.scope) as session:
        query = select(AuditEntry).where(
            AuditEntry.organisation_id == task_force.police.id, AuditEntry.tag == tag
        )
        return list(session.scalars(query.order_by(AuditEntry.id)))


def ask_on_the_page(task_force: TaskForce, asker: Caller, organisation: str = "northgate") -> str:
    answer = asker.post("/emergencies", data={"organisation": organisation, "hours": "2", "reason": WHY})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def test_two_admins_open_it_on_the_pages_one_reads_and_the_member_sees_everything(
    task_force: TaskForce, police_things: dict[str, UUID]
) -> None:
    asker = task_force.browser()
    asker.client.set_cookie("accord_session", task_force.fresh_token("admin"))
    place = ask_on_the_page(task_force, asker)
    assert asker.post(f"{place}/approve").status_code == 403
    assert asker.post(f"{place}/begin").status_code == 409
    assert task_force.browser("second admin").post(f"{place}/approve").status_code == 303
    begun = asker.post(f"{place}/begin")
    assert begun.status_code == 303
    case = asker.get(f"/cases/{police_things['case_id']}")
    assert case.status_code == 200
    assert "Seen by a neighbour." in case.text
    assert "You read the case data of" in case.text
    emergency_id = place.rsplit("/", 1)[1]
    last = entries(task_force, "emergency.read")[-1]
    assert (last.actor, last.subject) == ("admin", f"case {police_things['case_id']}")
    assert last.detail["emergency"] == emergency_id
    manager = task_force.browser("manager")
    assert "can read your organisation" in manager.get("/people").text
    shown = manager.get(place).text
    assert f"case {police_things['case_id']}" in shown
    assert WHY in shown
    assert "can read your organisation" not in task_force.browser("foreign manager").get("/people").text
    assert task_force.browser("second admin").post(f"{place}/end").status_code == 303
    after = asker.get(f"/cases/{police_things['case_id']}")
    assert after.headers["Location"].startswith("/sign-in")


def test_stopping_to_read_leads_back_to_the_platform(task_force: TaskForce) -> None:
    reader = task_force.browser()
    reader.client.set_cookie("accord_session", task_force.fresh_token("reader"))
    assert reader.get("/cases").status_code == 200
    assert reader.post("/switch", data={"organisation": "platform"}).status_code == 303
    assert reader.get("/cases").status_code == 403
    assert reader.get("/admin/organisations").status_code == 200


def test_another_member_s_things_answer_a_reader_like_absent_ones(task_force: TaskForce) -> None:
    foreign = task_force.things("stranger")
    absent = {name: UUID(int=number + 1) for number, name in enumerate(foreign)}
    compared = 0
    for endpoint in with_things(task_force):
        if SAMPLES[endpoint].needs in IN_AN_EMERGENCY and "slug" not in named_things(task_force, endpoint):
            answers = [
                seen(ask(task_force, "reader", endpoint, things), things) for things in (foreign, absent)
            ]
            assert answers[0] == answers[1], endpoint
            compared += 1
    assert compared >= 9


def test_nothing_can_be_sent_in_it_but_a_purpose(
    task_force: TaskForce, police_things: dict[str, UUID]
) -> None:
    reader = task_force.program("reader")
    case = f"/api/v1/cases/{police_things['case_id']}"
    assert reader.get(case).status_code == 200
    assert reader.post(f"{case}/notes", json={"body": "A note."}).status_code == 403
    assert reader.patch(case, json={"status": "closed"}).status_code == 403
    password = {"current_password": "x", "new_password": "a long new password"}
    assert reader.ask("PUT", "/api/v1/account/password", json=password).status_code == 403
    assert task_force.browser("reader").get("/oauth/authorize").status_code == 403


def test_contact_values_stay_masked_until_a_purpose_is_given_which_is_logged(
    task_force: TaskForce,
) -> None:
    phone = task_force.fresh_phone()
    lead = task_force.lead(task_force.police, phone=phone)
    digits = "+1" + phone.replace("-", "")
    reader = task_force.browser("reader")
    assert digits not in reader.get(f"/leads/{lead}").text
    shown = reader.post(f"/leads/{lead}/unmask", data={"purpose": "to warn a hotline"})
    assert digits in shown.text
    last = entries(task_force, "selectors.unmask")[-1]
    assert (last.actor, last.detail["purpose"]) == ("reader", "to warn a hotline")
    assert UUID(last.detail["emergency"])


def test_what_cannot_be_written_down_is_not_read(
    task_force: TaskForce, police_things: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, path = task_force.browser("reader"), f"/cases/{police_things['case_id']}"
    assert reader.get(path).status_code == 200

    def full(*arguments: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("accord.web.reading.record", full)
    refused = reader.get(path)
    assert refused.status_code == 500
    assert "Seen by a neighbour." not in refused.text


def test_a_path_that_nobody_can_store_is_no_error(task_force: TaskForce) -> None:
    reader = task_force.browser("reader")
    assert reader.get("/cases?status=%00").status_code == 422
    assert reader.get("/nowhere/%00").status_code == 404


def test_the_page_of_who_reaches_what_names_the_reader(
    task_force: TaskForce, police_things: dict[str, UUID]
) -> None:
    task_force.token("reader")
    shown = task_force.browser("manager").get(f"/access/cases/{police_things['case_id']}").text
    assert "in an emergency reading of this organisation&#39;s case data, until" in shown
    assert "approved by second admin" in shown


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"organisation": "northgate", "hours": "25", "reason": WHY}, "hours"),
        ({"organisation": "northgate", "hours": "x", "reason": WHY}, "hours"),
        ({"organisation": "northgate", "hours": "4", "reason": "short"}, "reason"),
    ],
)
def test_a_form_that_will_not_do_says_which_field_and_keeps_what_was_written(
    task_force: TaskForce, given: dict[str, Any], field: str
) -> None:
    answer = task_force.browser("second admin").post("/emergencies", data=given)
    assert answer.status_code == 422
    assert f'id="field-{field}-error"' in answer.text
    assert given["reason"] in answer.text
