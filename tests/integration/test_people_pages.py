"""People and invitations in the pages, the API, the command line and the mail."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from tests.conftest import PASSWORD
from tests.mail_server import Inbox, mail_server

from accord_config.database import NOBODY, Role
from accord_config.mail import MailNotSent, NoMailer

if TYPE_CHECKING:
    from tests.integration.people_at_work import Caller
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

_numbers = iter(range(10_000))


@pytest.fixture
def inbox(task_force: TaskForce) -> Iterator[Inbox]:
    """The application sends its mail here."""
    before = task_force.app.mailer
    with mail_server() as (inbox, mailer):
        task_force.app.mailer = mailer
        yield inbox
    task_force.app.mailer = before


def fresh_address() -> str:
    return f"page{next(_numbers)}@example.org"


def link_in(page: str) -> str:
    found = re.search(r'value="https?://[^/"]+(/invitation/[^"]+)"', page)
    assert found is not None
    return found[1]


def invite(manager: Caller, address: str, role: str = "analyst") -> str:
    answer = manager.post("/people/invitations", data={"email": address, "role": role})
    assert answer.status_code == 201, answer.text[:500]
    return link_in(answer.text)


def accept(task_force: TaskForce, path: str, **given: str) -> Any:
    browser = task_force.browser()
    return browser, browser.post(path, data={"name": "New Person", "password": PASSWORD} | given)


def make_old(task_force: TaskForce, who: str) -> None:
    with task_force.database(Role.GATE).transaction(NOBODY) as session:
        session.execute(
            text(
                "UPDATE sessions SET proved_at = now() - interval '11 minutes' WHERE person_id IN"
                " (SELECT id FROM people WHERE email = :email)"
            ),
            {"email": task_force.email(who)},
        )
    # The next test signs in anew.
    task_force._tokens.pop(who)


# --- pages -------------------------------------------------------------------------------------------


def test_without_a_mail_server_the_link_is_shown_once_and_signs_the_newcomer_in(
    task_force: TaskForce,
) -> None:
    assert isinstance(task_force.app.mailer, NoMailer)
    manager, address = task_force.browser("manager"), fresh_address()
    path = invite(manager, address)
    listed = manager.get("/people").text
    assert address in listed
    assert path not in listed
    offer = task_force.browser().get(path)
    assert "Northgate Police" in offer.text
    assert address in offer.text
    newcomer, answer = accept(task_force, path)
    assert answer.status_code == 303
    assert newcomer.get("/queue").status_code == 200
    assert "New Person" in manager.get("/people").text
    assert task_force.browser().get(path).status_code == 404
    assert accept(task_force, path)[1].status_code == 404


def test_an_invitation_goes_by_mail_to_its_address_alone(task_force: TaskForce, inbox: Inbox) -> None:
    manager, address = task_force.browser("manager"), fresh_address()
    answer = manager.post("/people/invitations", data={"email": address.upper(), "role": "analyst"})
    assert answer.status_code == 303
    (message,) = inbox.messages
    assert (message["To"], message["From"]) == (address, "accord@example.org")
    assert "Northgate Police" in message["Subject"]
    body = message.get_content()
    assert task_force.app.issuer in body
    (path,) = re.findall(r"/invitation/\S+", body)
    page = manager.get("/people").text
    assert path not in page
    assert "by mail" in page
    assert accept(task_force, path)[1].status_code == 303


def test_a_mail_that_is_not_taken_is_said_and_can_be_sent_again(task_force: TaskForce, inbox: Inbox) -> None:
    manager, address = task_force.browser("manager"), fresh_address()
    inbox.refuses = True
    manager.post("/people/invitations", data={"email": address, "role": "analyst"})
    page = manager.get("/people").text
    assert "did not take the invitation" in page
    assert "/invitation/" not in page
    row = re.search(rf"{address}.*?(/people/invitations/[0-9a-f-]+/resend)", page, re.DOTALL)
    assert row is not None
    inbox.refuses = False
    assert manager.post(row[1]).status_code == 303
    assert [message["To"] for message in inbox.messages] == [address]


def test_names_cannot_add_lines_or_headers_to_a_mail(inbox: Inbox, task_force: TaskForce) -> None:
    mailer = task_force.app.mailer
    with pytest.raises(MailNotSent):
        mailer.send("a@example.org\nBcc: b@example.org", "subject", "body")
    with pytest.raises(MailNotSent):
        mailer.send("a@example.org", "subject\r\nBcc: b@example.org", "body")
    assert inbox.messages == []


def test_sending_again_and_withdrawing_from_the_page(task_force: TaskForce) -> None:
    manager, address = task_force.browser("manager"), fresh_address()
    older = invite(manager, address)
    page = manager.get("/people").text
    found = re.search(rf"{address}.*?(/people/invitations/[0-9a-f-]+)/resend", page, re.DOTALL)
    assert found is not None
    newer = link_in(manager.post(f"{found[1]}/resend").text)
    assert task_force.browser().get(older).status_code == 404
    assert task_force.browser().get(newer).status_code == 200
    assert manager.post(f"{found[1]}/withdraw").status_code == 303
    assert task_force.browser().get(newer).status_code == 404
    assert address not in manager.get("/people").text


def test_what_is_wrong_with_an_invitation_stands_beside_its_field(task_force: TaskForce) -> None:
    manager, address = task_force.browser("manager"), fresh_address()
    invite(manager, address)
    for form, words in (
        ({"email": address, "role": "analyst"}, "invited already"),
        ({"email": "no address", "role": "analyst"}, "not an e-mail address"),
        ({"email": fresh_address(), "role": "king"}, "choose one of the list"),
    ):
        answer = manager.post("/people/invitations", data=form)
        assert answer.status_code == 422
        assert words in answer.text
        assert "is-invalid" in answer.text


def test_another_site_cannot_accept_in_somebody_s_browser(task_force: TaskForce) -> None:
    path = invite(task_force.browser("manager"), fresh_address())
    form = {"name": "New Person", "password": PASSWORD}
    answer = task_force.browser().post(path, data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert accept(task_force, path)[1].status_code == 303


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_no_other_verb_accepts(task_force: TaskForce, method: str) -> None:
    path = invite(task_force.browser("manager"), fresh_address())
    form = {"name": "New Person", "password": PASSWORD}
    answer = task_force.browser().ask(method, path, data=form)
    assert "Set-Cookie" not in answer.headers
    assert accept(task_force, path)[1].status_code == 303


def test_roles_are_changed_and_people_removed_from_the_page(task_force: TaskForce) -> None:
    manager = task_force.browser("manager")
    newcomer, _ = accept(task_force, invite(manager, address := fresh_address()))
    page = manager.get("/people").text
    found = re.search(rf'href="(/people/[0-9a-f-]+)"[^<]*>[^<]*</a><br><span[^>]*>{address}', page)
    assert found is not None
    person = manager.get(found[1]).text
    assert "1 session" in person
    assert newcomer.get("/queue").status_code == 200
    raised = manager.post(
        f"{found[1]}/roles", data={"analyst": "1", "investigator": "1", "reason": "more work"}
    )
    assert raised.status_code == 303
    assert newcomer.get("/queue").status_code == 200
    lowered = manager.post(f"{found[1]}/roles", data={"auditor": "1"})
    assert lowered.status_code == 303
    assert "Ended: 1 session." in manager.get(found[1]).text
    assert newcomer.get("/queue").status_code == 303
    assert manager.post(f"{found[1]}/roles", data={}).status_code == 422
    assert manager.post(f"{found[1]}/remove", data={"reason": "left"}).status_code == 303
    assert address not in manager.get("/people").text
    assert manager.get(found[1]).status_code == 404


def test_one_s_own_page_offers_nothing_to_change(task_force: TaskForce) -> None:
    manager = task_force.browser("manager")
    own = f"/people/{task_force.people['manager'].person_id}"
    page = manager.get(own).text
    assert "another admin" in page.lower()
    assert f"{own}/remove" not in page
    assert manager.post(f"{own}/remove", data={}).status_code == 403


def test_an_old_proof_leads_to_the_password_and_back(task_force: TaskForce) -> None:
    manager = task_force.browser("manager")
    make_old(task_force, "manager")
    form = {"email": fresh_address(), "role": "analyst"}
    asked = manager.post("/people/invitations", data=form, headers={"Referer": "http://localhost/people"})
    assert asked.headers["Location"] == "/confirm?next=/people"
    elsewhere = manager.post("/people/invitations", data=form, headers={"Referer": "http://example.net/x"})
    assert elsewhere.headers["Location"] == "/confirm?next=/"
    assert manager.post("/confirm", data={"password": PASSWORD, "next": "/people"}).status_code == 303
    assert manager.post("/people/invitations", data=form).status_code == 201


# --- the API -----------------------------------------------------------------------------------------


def test_people_and_invitations_by_the_api(task_force: TaskForce) -> None:
    manager, address = task_force.program("manager"), fresh_address()
    made = manager.post("/api/v1/invitations", json={"email": address, "role": "analyst"})
    assert made.status_code == 201, made.text
    token = made.json["link"].rpartition("/")[2]
    assert address in {one["email"] for one in manager.get("/api/v1/invitations").json["items"]}
    body = {"token": token, "name": "New Person", "password": PASSWORD}
    started = task_force.program().post("/api/v1/invitations/accept", json=body)
    assert (started.status_code, started.json["organisation"]) == (201, "northgate")
    assert task_force.program().post("/api/v1/invitations/accept", json=body).status_code == 404
    people = {one["email"]: one for one in manager.get("/api/v1/people").json["items"]}
    person = people[address]
    assert (person["roles"], person["idle"]) == (["analyst"], False)
    path = f"/api/v1/people/{person['id']}"
    assert manager.ask("PUT", f"{path}/roles", json={"roles": ["auditor"]}).json["ended"]["session"] == 1
    assert manager.get(path).json["roles"] == ["auditor"]
    assert manager.delete(f"{path}?reason=left").status_code == 200
    assert manager.get(path).status_code == 404


def test_a_program_with_an_old_proof_is_told_to_renew_it(task_force: TaskForce) -> None:
    manager = task_force.program("manager")
    make_old(task_force, "manager")
    body = {"email": fresh_address(), "role": "analyst"}
    answer = manager.post("/api/v1/invitations", json=body)
    assert answer.status_code == 401
    assert "insufficient_user_authentication" in answer.headers["WWW-Authenticate"]
    assert manager.post("/api/v1/sessions/current/proof", json={"password": PASSWORD}).status_code == 204
    assert manager.post("/api/v1/invitations", json=body).status_code == 201


# --- the command line --------------------------------------------------------------------------------


def test_people_by_the_command_line(accord: Any) -> None:
    first = accord("people", "invite", "root@example.org", "--role", "platform_admin")
    assert first.returncode == 0, first.stderr
    assert "/invitation/" in first.stdout
    again = accord("people", "invite", "root@example.org", "--role", "platform_admin")
    assert again.returncode == 2
    assert "invited already" in again.stderr
    newer = accord("people", "resend", "root@example.org")
    assert newer.stdout != first.stdout
    lines = [json.loads(line) for line in accord("people", "list").stdout.splitlines()]
    assert [(line["email"], line["role"]) for line in lines] == [("root@example.org", "platform_admin")]
    assert accord("people", "withdraw", "root@example.org").returncode == 0
    assert accord("people", "list").stdout == ""
    wrong = accord(
        "people", "invite", "root@example.org", "--role", "platform_admin", "--organisation", "local"
    )
    assert wrong.returncode == 2
    assert "may not give" in wrong.stderr
    missing = accord("people", "remove", "nobody@example.org", "--organisation", "local", "--yes")
    assert missing.returncode == 2
