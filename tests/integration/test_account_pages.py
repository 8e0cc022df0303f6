"""One's own account in the pages and the API: switching, sessions, the password, proving who one is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from tests.conftest import PASSWORD, principal_maker

from accord.account.presentation import device
from accord_auth.people.service import assign_role
from accord_auth.permissions import Role as PersonRole
from accord_auth.sessions.signing_in import ACCOUNT
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from tests.integration.people_at_work import Caller
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

NEW = "another long password"
_numbers = iter(range(1000))


class Somebody:
    """A person of the test's own, of the police unit and the NGO."""

    def __init__(self, task_force: TaskForce) -> None:
        self.task_force = task_force
        self.email = f"somebody{next(_numbers)}@example.org"
        made = principal_maker(task_force.database)(
            task_force.police, PersonRole.INVESTIGATOR, email=self.email
        )
        with task_force.database(Role.GATE).transaction(NOBODY) as session:
            assign_role(
                session,
                person_id=made.person_id,  # type: ignore[arg-type]  # it is a person
                role=PersonRole.AUDITOR,
                organisation_id=task_force.ngo.id,
            )

    def browser(self, organisation: str = "northgate", password: str = PASSWORD) -> Caller:
        browser = self.task_force.browser()
        form = {"email": self.email, "password": password, "organisation": organisation}
        assert browser.post("/sign-in", data=form).status_code == 303
        return browser

    def program(self, organisation: str = "northgate", password: str = PASSWORD) -> Any:
        body = {"email": self.email, "password": password, "organisation": organisation}
        program = self.task_force.program()
        answer = program.post("/api/v1/sessions", json=body)
        return answer if answer.status_code != 201 else type(program)(program.client, answer.json["token"])

    def grow_old(self) -> None:
        with self.task_force.database(Role.GATE).transaction(NOBODY) as session:
            session.execute(
                text(
                    "UPDATE sessions SET proved_at = now() - interval '11 minutes'"
                    " WHERE person_id = (SELECT id FROM people WHERE email = :email)"
                ),
                {"email": self.email},
            )


@pytest.fixture
def somebody(task_force: TaskForce) -> Somebody:
    return Somebody(task_force)


def acting_for(page: str) -> str:
    found = re.search(r"Acting for </span>([^<]+)<", page)
    assert found is not None
    return found[1]


def test_every_page_says_for_whom_one_acts_and_switching_changes_it(somebody: Somebody) -> None:
    browser = somebody.browser()
    before = browser.client.get_cookie("accord_session")
    assert acting_for(browser.get("/queue").text) == "Northgate Police"
    answer = browser.post("/switch", data={"organisation": "harbor"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    after = browser.client.get_cookie("accord_session")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    # The auditor of the NGO has the NGO's permissions, and nothing of the police unit's.
    assert browser.get("/queue").status_code == 403
    assert acting_for(browser.get("/shares").text) == "Harbor Light"
    browser.client.set_cookie("accord_session", before.value)
    assert browser.get("/queue").status_code == 303


def test_one_switches_to_no_organisation_but_one_s_own(somebody: Somebody) -> None:
    browser = somebody.browser()
    for slug in ("marlin", "nowhere", "platform"):
        answer = browser.post("/switch", data={"organisation": slug})
        assert answer.status_code == 404
    assert acting_for(browser.get("/queue").text) == "Northgate Police"


def test_another_site_cannot_switch_somebody(somebody: Somebody) -> None:
    answer = somebody.browser().post(
        "/switch", data={"organisation": "harbor"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


def test_sessions_are_shown_and_ended_from_the_page(somebody: Somebody) -> None:
    first, second = somebody.browser(), somebody.browser("harbor")
    page = second.get("/account").text
    assert page.count('/end"') == 1
    assert "this session" in page
    (end,) = re.findall(r'action="(/account/sessions/[0-9a-f-]{36}/end)"', page)
    assert first.get("/queue").status_code == 200
    assert second.post(end).status_code == 303
    assert first.get("/queue").status_code == 303
    assert second.post(end).status_code == 404


def test_sessions_are_shown_and_ended_by_the_api(somebody: Somebody) -> None:
    first, second = somebody.program(), somebody.program()
    items = second.get("/api/v1/sessions").json["items"]
    assert [one["current"] for one in items] == [True, False]
    assert second.delete(f"/api/v1/sessions/{items[1]['id']}").status_code == 204
    assert first.get("/api/v1/sessions").status_code == 401
    assert second.delete(f"/api/v1/sessions/{items[1]['id']}").status_code == 404


def test_the_password_is_changed_from_the_page_and_ends_the_others(somebody: Somebody) -> None:
    other, browser = somebody.browser(), somebody.browser()
    form = {"current_password": "a wrong password", "new_password": NEW}
    refused = browser.post("/account/password", data=form)
    assert refused.status_code == 422
    assert "this is not your password" in refused.text
    assert "1 session" in browser.get("/account").text
    changed = browser.post("/account/password", data=form | {"current_password": PASSWORD})
    assert changed.status_code == 303
    assert "Ended: 1 session." in browser.get("/account").text
    assert other.get("/queue").status_code == 303
    assert browser.get("/queue").status_code == 200
    assert somebody.program(password=PASSWORD).status_code == 401


def test_the_password_is_changed_by_the_api(somebody: Somebody) -> None:
    other, program = somebody.program(), somebody.program()
    body = {"current_password": PASSWORD, "new_password": PASSWORD}
    assert program.ask("PUT", "/api/v1/account/password", json=body).status_code == 422
    changed = program.ask("PUT", "/api/v1/account/password", json=body | {"new_password": NEW})
    assert changed.json["ended"]["session"] == 1
    assert other.get("/api/v1/sessions").status_code == 401


def test_the_second_proof_goes_back_to_where_one_was(somebody: Somebody) -> None:
    browser = somebody.browser()
    assert "Go on" in browser.get("/confirm?next=/cases?status=open").text
    wrong = browser.post("/confirm", data={"password": "a wrong one", "next": "/cases"})
    assert wrong.status_code == 422
    right = browser.post("/confirm", data={"password": PASSWORD, "next": "/cases?status=open"})
    assert right.headers["Location"] == "/cases?status=open"
    elsewhere = browser.post("/confirm", data={"password": PASSWORD, "next": "//example.net/"})
    assert elsewhere.headers["Location"] == "/"


def test_a_program_proves_itself_by_the_api(somebody: Somebody) -> None:
    program = somebody.program()
    assert program.post("/api/v1/sessions/current/proof", json={"password": "wrong"}).status_code == 401
    assert program.post("/api/v1/sessions/current/proof", json={"password": PASSWORD}).status_code == 204


@pytest.mark.parametrize("way", ["page", "api", "proof"])
def test_too_many_tries_are_refused_alike_and_say_when_to_come_back(somebody: Somebody, way: str) -> None:
    caller: Any = somebody.browser() if way == "proof" else somebody.task_force.browser()
    answers = []
    for _ in range(ACCOUNT.tries + 1):
        if way == "page":
            answers.append(caller.post("/sign-in", data={"email": somebody.email, "password": "wrong"}))
        elif way == "api":
            body = {"email": somebody.email, "password": "wrong"}
            answers.append(somebody.task_force.program().post("/api/v1/sessions", json=body))
        else:
            answers.append(caller.post("/confirm", data={"password": "wrong"}))
    assert {answer.status_code for answer in answers[:-1]} == {422 if way == "proof" else 401}
    assert answers[-1].status_code == 429
    step = timedelta(seconds=int(answers[-1].headers["Retry-After"]))
    assert timedelta() < step <= ACCOUNT.step
    assert somebody.program().status_code == 429


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_no_other_verb_signs_in_or_tries_a_password(somebody: Somebody, method: str) -> None:
    sent = {"email": somebody.email, "password": PASSWORD, "organisation": "northgate"}
    answer = somebody.task_force.browser().ask(method, "/sign-in", data=sent)
    assert "Set-Cookie" not in answer.headers
    reply = somebody.task_force.program().ask(method, "/api/v1/sessions", json=sent)
    assert reply.status_code != 201
    assert "token" not in reply.text


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18 Safari/604",
            "Safari on iPhone",
        ),
        ("curl/8.0", "A program (curl)"),
        ("api", "A program"),
        ("", "An unknown device"),
        ("<script>", "An unknown device"),
    ],
)
def test_a_device_is_named_so_that_one_recognises_it(agent: str, words: str) -> None:
    assert device(agent) == words
