"""Second factors through pages and the API: nothing before them, limits on every door, rules and resets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import text
from tests.conftest import PASSWORD, Member, principal_maker
from tests.mail_server import mail_server
from tests.soft_passkey import SoftPasskey

from accord_auth.factors.service import HOUR
from accord_auth.people.service import assign_role
from accord_auth.permissions import Role as PersonRole
from accord_auth.sessions.limits import NETWORK
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from tests.integration.people_at_work import Caller
    from tests.integration.task_force import TaskForce
    from werkzeug.test import TestResponse

pytest_plugins = ["tests.integration.task_force"]
NOW = 1_900_000_007
_numbers = count(1)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still for authenticator apps, however long a test takes."""
    monkeypatch.setattr("accord_auth.factors.apps.time", lambda: float(NOW))


class Somebody:
    """A person of the test's own, at a browser and a network address of the person's own."""

    def __init__(self, task_force: TaskForce, member: Member, *roles: PersonRole) -> None:
        self.task_force, self.number = task_force, next(_numbers)
        self.email = f"factor{self.number}@example.org"
        made = principal_maker(task_force.database)(member, *roles, email=self.email)
        assert made.person_id is not None
        self.person_id: UUID = made.person_id
        self.browser = self.new_browser()
        assert self.enter(self.browser).status_code == 303

    def new_browser(self) -> Caller:
        browser = self.task_force.browser()
        browser.client.environ_base["REMOTE_ADDR"] = f"198.51.{self.number // 250}.{self.number % 250 + 1}"
        return browser

    def enter(self, browser: Caller, password: str = PASSWORD, **more: str) -> TestResponse:
        return browser.post("/sign-in", data={"email": self.email, "password": password, **more})

    def program(self, **more: str) -> TestResponse:
        body = {"email": self.email, "password": PASSWORD, **more}
        return self.task_force.program().post("/api/v1/sessions", json=body)

    def app(self) -> pyotp.TOTP:
        """Set an authenticator app up in the browser."""
        begun = self.browser.post("/account/factors/apps", data={"name": "phone"})
        assert begun.status_code == 303, begun.text
        page = self.browser.get(begun.location)
        secret = re.search(r"factor-secret\">([A-Z2-7 ]+)<", page.text)
        assert secret is not None
        assert "<svg" in page.text
        totp = pyotp.TOTP(secret[1].replace(" ", ""))
        done = self.browser.post(begun.location, data={"code": totp.at(NOW)})
        assert done.status_code == 201
        self.change("UPDATE authenticator_apps SET last_step = 0 WHERE person_id = :person")
        return totp

    def passkey(self) -> SoftPasskey:
        """Add a passkey in the browser."""
        means = self.task_force.app.means
        key = SoftPasskey(means.origin, means.domain)
        options = self.browser.post("/account/factors/passkeys/options").json
        form = {"credential": key.make(options), "name": "laptop"}
        done = self.browser.post("/account/factors/passkeys", data=form)
        assert done.status_code in (201, 303), done.text
        return key

    def change(self, statement: str, **values: Any) -> None:
        with self.task_force.database(Role.GATE).transaction(NOBODY) as session:
            session.execute(text(statement), {"person": self.person_id} | values)


@pytest.fixture
def somebody(task_force: TaskForce) -> Somebody:
    """An investigator of the police."""
    return Somebody(task_force, task_force.police, PersonRole.INVESTIGATOR)


@pytest.fixture
def admin(task_force: TaskForce) -> Somebody:
    """An admin of the NGO."""
    return Somebody(task_force, task_force.ngo, PersonRole.ORGANISATION_ADMIN)


@pytest.fixture
def asking(task_force: TaskForce) -> Iterator[None]:
    """The police ask everybody for a second factor."""
    statement = "INSERT INTO factor_rules (organisation_id, second_factor) VALUES (:organisation, true)"
    with task_force.database(Role.GATE).transaction(NOBODY) as session:
        session.execute(text(statement), {"organisation": task_force.police.id})
    yield
    with task_force.database(Role.GATE).transaction(NOBODY) as session:
        session.execute(text("DELETE FROM factor_rules"))


def test_the_cookie_of_a_sign_in_under_way_opens_nothing(somebody: Somebody) -> None:
    totp = somebody.app()
    browser = somebody.new_browser()
    led = somebody.enter(browser, next="/cases")
    assert (led.status_code, led.location) == (303, "/sign-in/factor?next=/cases")
    (cookie,) = led.headers.getlist("Set-Cookie")
    for words in ("accord_sign_in=", "HttpOnly", "SameSite=Strict", "Path=/sign-in"):
        assert words in cookie
    token = cookie.partition("=")[2].partition(";")[0]
    assert browser.get("/queue").location.startswith("/sign-in")
    browser.client.set_cookie("accord_session", token)
    assert browser.get("/queue").location.startswith("/sign-in")
    headers = {"Authorization": f"Bearer {token}"}
    assert somebody.task_force.app.test_client().get("/api/v1/sessions", headers=headers).status_code == 401
    browser.client.delete_cookie("accord_session")
    done = browser.post("/sign-in/factor", data={"code": totp.at(NOW), "next": "/cases"})
    assert (done.status_code, done.location) == (303, "/cases")
    assert browser.get("/cases").status_code == 200
    # It is used up.
    somebody.change("UPDATE authenticator_apps SET last_step = 0 WHERE person_id = :person")
    browser.client.set_cookie("accord_sign_in", token, path="/sign-in")
    again = browser.post("/sign-in/factor", data={"code": totp.at(NOW)})
    assert again.location == "/sign-in"


def test_the_second_step_belongs_to_the_browser_that_began(somebody: Somebody) -> None:
    totp = somebody.app()
    somebody.enter(somebody.new_browser())
    other = somebody.new_browser()
    refused = other.post("/sign-in/factor", data={"code": totp.at(NOW)})
    assert refused.location == "/sign-in"
    assert other.get("/queue").status_code == 303


def test_another_site_takes_no_step_of_a_sign_in(somebody: Somebody) -> None:
    totp = somebody.app()
    browser = somebody.new_browser()
    somebody.enter(browser)
    browser.client.environ_base["HTTP_SEC_FETCH_SITE"] = "cross-site"
    for path, form in (
        ("/sign-in/factor", {"code": totp.at(NOW)}),
        ("/sign-in/passkey", {"credential": "{}"}),
        ("/sign-in/passkey/options", {}),
        ("/sign-in/act-for", {"organisation": "northgate"}),
    ):
        assert browser.post(path, data=form).status_code == 403


def test_who_belongs_to_several_chooses_after_the_second_factor(
    somebody: Somebody, task_force: TaskForce
) -> None:
    with task_force.database(Role.GATE).transaction(NOBODY) as session:
        assign_role(
            session,
            person_id=somebody.person_id,
            role=PersonRole.ANALYST,
            organisation_id=task_force.company.id,
        )
    totp = somebody.app()
    browser = somebody.new_browser()
    somebody.enter(browser)
    early = browser.post("/sign-in/act-for", data={"organisation": "marlin"})
    assert early.status_code == 401
    browser.post("/sign-in/factor", data={"code": totp.at(NOW)})
    page = browser.get("/sign-in/factor").text
    assert "For whom do you act?" in page
    assert {"northgate", "marlin"} <= set(re.findall(r'<option value="(\w+)"', page))
    assert browser.post("/sign-in/act-for", data={"organisation": "harbor"}).status_code == 401
    assert browser.post("/sign-in/act-for", data={"organisation": "marlin"}).status_code == 303
    assert "Marlin Social" in browser.get("/account").text


def test_a_passkey_alone_signs_in_and_proves_again(somebody: Somebody) -> None:
    key, browser = somebody.passkey(), somebody.new_browser()
    options = browser.post("/sign-in/passkey/options").json
    assert browser.get("/queue").status_code == 303
    done = browser.post("/sign-in/passkey", data={"credential": key.use(options), "next": "/queue"})
    assert done.location == "/queue"
    somebody.change("UPDATE sessions SET proved_at = now() - interval '11 minutes' WHERE person_id = :person")
    stale = browser.post("/account/factors/codes")
    assert stale.location.startswith("/confirm")
    assert browser.post("/confirm", data={"password": PASSWORD}).status_code == 422
    options = browser.post("/confirm/options").json
    proved = browser.post("/confirm/passkey", data={"credential": key.use(options), "next": "/account"})
    assert proved.location == "/account"
    assert browser.post("/account/factors/codes").status_code == 201
    refused = browser.post("/confirm/passkey", data={"credential": "{}"})
    assert refused.status_code == 422


def test_a_program_sends_the_code_at_once(somebody: Somebody) -> None:
    totp = somebody.app()
    without = somebody.program()
    assert without.status_code == 401
    assert "second factor" in without.json["detail"]
    assert somebody.program(code="000000").status_code == 401
    done = somebody.program(code=totp.at(NOW))
    assert done.status_code == 201
    caller = type(somebody.browser)(somebody.task_force.app.test_client(), done.json["token"])
    (own,) = [one for one in caller.get("/api/v1/sessions").json["items"] if one["current"]]
    assert own["amr"] == ["otp", "pwd", "mfa"]
    factors = caller.get("/api/v1/account/factors").json
    assert [one["kind"] for one in factors["items"]] == ["app"]
    assert factors["recovery_codes_left"] == 10
    somebody.change("UPDATE authenticator_apps SET last_step = 0 WHERE person_id = :person")
    somebody.change("UPDATE sessions SET proved_at = now() - interval '11 minutes' WHERE person_id = :person")
    path = f"/api/v1/account/factors/{factors['items'][0]['id']}"
    assert "insufficient_user_authentication" in caller.delete(path).headers["WWW-Authenticate"]
    for body in ({}, {"password": PASSWORD, "code": "1"}):
        assert caller.post("/api/v1/sessions/current/proof", json=body).status_code == 422
    assert caller.post("/api/v1/sessions/current/proof", json={"password": PASSWORD}).status_code == 401
    assert caller.post("/api/v1/sessions/current/proof", json={"code": totp.at(NOW)}).status_code == 204
    assert caller.delete(path).status_code == 200
    assert caller.get("/api/v1/account/factors").json == {"items": [], "recovery_codes_left": 0}


@pytest.mark.parametrize("door", ["page", "api", "proof", "api proof", "set up"])
def test_guesses_at_codes_are_limited_at_every_door_together(door: str, somebody: Somebody) -> None:
    totp, browser = somebody.app(), somebody.new_browser()
    somebody.enter(browser)
    program = somebody.program(code=totp.at(NOW)).json["token"]
    caller = type(somebody.browser)(somebody.task_force.app.test_client(), program)
    begun = somebody.browser.post("/account/factors/apps", data={"name": "second"})
    doors = {
        "page": lambda: browser.post("/sign-in/factor", data={"code": "000000"}),
        "api": lambda: somebody.program(code="000000"),
        "proof": lambda: somebody.browser.post("/confirm", data={"code": "000000"}),
        "api proof": lambda: caller.post("/api/v1/sessions/current/proof", json={"code": "000000"}),
        "set up": lambda: somebody.browser.post(begun.location, data={"code": "000000"}),
    }
    told = [doors[door]() for _ in range(HOUR.tries + 1)]
    assert {answer.status_code for answer in told[:-1]} <= {401, 422}
    assert told[-1].status_code == 429
    assert 0 < int(told[-1].headers["Retry-After"]) <= HOUR.step.total_seconds()
    for other in doors.values():
        assert other().status_code == 429


def test_guesses_at_passkeys_are_limited_for_a_network(somebody: Somebody) -> None:
    browser = somebody.new_browser()
    browser.client.environ_base["REMOTE_ADDR"] = "203.0.113.7"
    assert browser.post("/sign-in/passkey/options").status_code == 200
    somebody.change("UPDATE throttles SET clear_at = now() + :per", per=NETWORK.per)
    try:
        told = [
            browser.post("/sign-in/passkey/options"),
            browser.post("/sign-in/passkey", data={"credential": "{}"}),
        ]
        assert {answer.status_code for answer in told} == {429}
    finally:
        somebody.change("DELETE FROM throttles")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "GET"])
def test_no_other_verb_takes_a_step(method: str, somebody: Somebody) -> None:
    totp, browser = somebody.app(), somebody.new_browser()
    somebody.enter(browser)
    for path in ("/sign-in/factor", "/sign-in/passkey", "/sign-in/act-for", "/sign-in/passkey/options"):
        answer = browser.ask(method, path, data={"code": totp.at(NOW)} if method != "GET" else None)
        assert "accord_session" not in str(answer.headers.getlist("Set-Cookie"))
    assert browser.get("/queue").status_code == 303


# --- an organisation that asks for it ------------------------------------------------------------------


def test_who_has_no_factor_where_it_is_asked_for_reaches_nothing_but_setting_one_up(
    asking: None, somebody: Somebody
) -> None:
    browser = somebody.browser
    for rule in somebody.task_force.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.arguments or rule.endpoint in OPEN:
            continue
        answer = browser.get(rule.rule)
        assert answer.status_code in (303, 401), rule.endpoint
        if answer.status_code == 303:
            assert answer.location == "/account/factors", (rule.endpoint, answer.location)
    token = somebody.program().json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    client = somebody.task_force.app.test_client()
    for path in ("/api/v1/leads", "/api/v1/sessions/current", "/api/v1/account/factors"):
        assert client.get(path, headers=headers).status_code == 401
    page = browser.get("/account/factors")
    assert "Set up a second factor" in page.text
    assert "Northgate Police" in page.text
    somebody.app()
    assert browser.get("/queue").status_code == 200


OPEN = {
    "account.confirm_form", "api-docs.openapi_json", "api_applications.applications", "factors.overview",
    "joining.form", "oauth.authorize", "oauth.keys", "oauth.metadata", "oauth.userinfo", "second_step.form",
    "web.api_docs",
}  # fmt: skip
"""What is open to everybody, and setting a factor up."""


def test_a_session_from_before_the_rule_is_held_to_it(somebody: Somebody, request: Any) -> None:
    assert somebody.browser.get("/queue").status_code == 200
    token = somebody.program().json["token"]
    caller = type(somebody.browser)(somebody.task_force.app.test_client(), token)
    assert caller.get("/api/v1/leads").status_code == 200
    request.getfixturevalue("asking")
    assert somebody.browser.get("/queue").location == "/account/factors"
    refused = caller.get("/api/v1/leads")
    assert refused.status_code == 401
    assert "insufficient_user_authentication" in refused.headers["WWW-Authenticate"]
    assert "second factor" in refused.json["detail"]
    assert somebody.browser.post("/sign-out").status_code == 303


def test_an_admin_asks_everybody_once_the_own_factor_is_set_up(admin: Somebody) -> None:
    browser = admin.browser
    refused = browser.post("/people/second-factor", data={"asked": "yes"})
    assert refused.location == "/account/factors"
    admin.app()
    assert browser.post("/people/second-factor", data={"asked": "yes"}).status_code == 303
    try:
        page = browser.get("/people").text
        assert "Everybody here needs a second factor" in page
        assert "Without one now" in page
        other = Somebody(admin.task_force, admin.task_force.ngo, PersonRole.INVESTIGATOR)
        assert other.browser.get("/queue").location == "/account/factors"
        elsewhere = Somebody(admin.task_force, admin.task_force.police, PersonRole.INVESTIGATOR)
        assert elsewhere.browser.get("/queue").status_code == 200
    finally:
        browser.post("/people/second-factor", data={"asked": "no"})
    assert other.browser.get("/queue").status_code == 200


# --- resetting -----------------------------------------------------------------------------------------


def test_an_admin_resets_the_factors_of_somebody_who_is_locked_out(admin: Somebody) -> None:
    other = Somebody(admin.task_force, admin.task_force.ngo, PersonRole.INVESTIGATOR)
    other.app()
    page = admin.browser.get(f"/people/{other.person_id}")
    assert "Reset the second factors" in page.text
    done = admin.browser.post(f"/people/{other.person_id}/reset-factors", data={"reason": "lost the phone"})
    assert done.status_code == 303
    assert "are reset" in admin.browser.get(done.location).text
    assert other.browser.get("/queue").status_code == 303
    assert other.enter(other.new_browser()).location == "/"
    again = admin.browser.post(f"/people/{other.person_id}/reset-factors")
    assert "no second factor" in admin.browser.get(again.location).text


def test_nobody_resets_a_foreign_a_higher_or_the_own_person_or_one_of_two_organisations(
    admin: Somebody, task_force: TaskForce
) -> None:
    foreign = Somebody(task_force, task_force.police, PersonRole.INVESTIGATOR)
    both = Somebody(task_force, task_force.ngo, PersonRole.INVESTIGATOR)
    for one in (foreign, both, admin):
        one.app()
    with task_force.database(Role.GATE).transaction(NOBODY) as session:
        assign_role(
            session, person_id=both.person_id, role=PersonRole.ANALYST, organisation_id=task_force.company.id
        )
    told = {
        name: admin.browser.post(f"/people/{one.person_id}/reset-factors").status_code
        for name, one in (("foreign", foreign), ("both", both), ("own", admin))
    }
    assert told == {"foreign": 404, "both": 403, "own": 403}
    investigator = Somebody(task_force, task_force.ngo, PersonRole.INVESTIGATOR)
    assert investigator.browser.post(f"/people/{admin.person_id}/reset-factors").status_code == 403
    assert foreign.enter(foreign.new_browser()).location == "/sign-in/factor"


def test_one_s_factors_are_nobody_else_s(somebody: Somebody, admin: Somebody) -> None:
    somebody.passkey()
    with somebody.task_force.database(Role.GATE).transaction(NOBODY) as session:
        query = text("SELECT id FROM passkeys WHERE person_id = :person")
        (found,) = session.scalars(query, {"person": somebody.person_id}).all()
    for path, form in ((f"{found}/remove", {}), (f"{found}/rename", {"name": "mine"})):
        assert admin.browser.post(f"/account/factors/{path}", data=form).status_code == 404
    assert somebody.enter(somebody.new_browser()).location == "/sign-in/factor"


# --- the platform, and mail ----------------------------------------------------------------------------


def test_who_acts_for_the_platform_needs_one_where_the_setting_says_so(
    task_force: TaskForce, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = task_force.browser("admin")
    assert admin.get("/admin/organisations").status_code == 200
    monkeypatch.setitem(task_force.app.config, "PLATFORM_SECOND_FACTOR", True)
    assert admin.get("/admin/organisations").location == "/account/factors"
    assert task_force.program("admin").get("/api/v1/organisations/northgate").status_code == 401
    assert task_force.browser("investigator").get("/queue").status_code == 200


def test_each_change_is_mailed_to_its_person(admin: Somebody, task_force: TaskForce) -> None:
    before = task_force.app.mailer
    with mail_server() as (inbox, mailer):
        task_force.app.mailer = mailer
        try:
            admin.app()
            page = admin.browser.post("/account/factors/codes").text
            code = re.search(r"<code>([a-z2-7-]{19})</code>", page)
            assert code is not None
            browser = admin.new_browser()
            admin.enter(browser)
            assert browser.post("/sign-in/factor", data={"code": code[1]}).status_code == 303
            assert "9 of them are left" in browser.get("/account").text
            other = Somebody(task_force, task_force.ngo, PersonRole.INVESTIGATOR)
            other.app()
            inbox.messages.pop()
            browser.post(f"/people/{other.person_id}/reset-factors")
        finally:
            task_force.app.mailer = before
    told = [(message["To"], message.get_content()) for message in inbox.messages]
    assert [to for to, _ in told] == [admin.email, admin.email, admin.email, other.email]
    for words, (_, body) in zip(
        (
            "new second factor",
            "new recovery codes",
            "one of your recovery codes; 9 are left",
            "An admin reset",
        ),
        told,
        strict=True,
    ):
        assert words in body
    assert all(code[1] not in body for _, body in told)
