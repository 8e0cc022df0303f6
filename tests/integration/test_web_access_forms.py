"""What another site can make a browser do, where a sign-in leads to, cookies and headers."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from tests.conftest import PASSWORD, Cluster

from accord.app import create_app
from accord.web.security import HEADERS
from accord_config.home import Home
from accord_config.settings import Settings

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

HOST = "http://localhost"
OWN = {"Sec-Fetch-Site": "same-origin"}


# --- what another site asks in somebody's name -------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": HOST},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[bad"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:8400"},
        {"Origin": "", "Referer": f"{HOST}/cases"},
        {"Sec-Fetch-Site": "cross-site", "Authorization": "Basic eDp5"},
        {"Sec-Fetch-Site": "cross-site", "Authorization": "Digest username=x"},
    ],
)
def test_a_form_of_another_site_is_refused(task_force: TaskForce, headers: dict[str, str]) -> None:
    case = task_force.case()
    client = task_force.app.test_client()
    client.set_cookie("accord_session", task_force.token("investigator"))
    page = client.post(f"/cases/{case}/notes", data={"body": "A forged note."}, headers=headers)
    json = client.post(f"/api/v1/cases/{case}/notes", json={"body": "A forged note."}, headers=headers)
    assert (page.status_code, json.status_code) == (403, 403)
    notes = task_force.program("investigator").get(f"/api/v1/cases/{case}/notes").json["items"]
    assert notes == []


@pytest.mark.parametrize("headers", [OWN, {"Sec-Fetch-Site": "none"}, {"Origin": HOST}])
def test_our_own_forms_are_obeyed(task_force: TaskForce, headers: dict[str, str]) -> None:
    case = task_force.case()
    client = task_force.app.test_client()
    client.set_cookie("accord_session", task_force.token("investigator"))
    answer = client.post(f"/cases/{case}/notes", data={"body": "A note."}, headers=headers)
    assert answer.status_code == 303


def test_a_program_with_a_bearer_token_says_nothing_of_where_it_comes_from(task_force: TaskForce) -> None:
    case = task_force.case()
    answer = task_force.program("investigator").post(f"/api/v1/cases/{case}/notes", json={"body": "A note."})
    assert answer.status_code == 201


def test_a_bearer_token_that_is_none_does_not_fall_back_to_the_cookie(task_force: TaskForce) -> None:
    client = task_force.app.test_client()
    client.set_cookie("accord_session", task_force.token("investigator"))
    for value in ("Bearer nonsense", "Bearer ", "Bearer"):
        assert client.get("/api/v1/leads", headers={"Authorization": value}).status_code == 401


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
)
def test_another_site_cannot_sign_somebody_in(task_force: TaskForce, headers: dict[str, str]) -> None:
    form = {"email": task_force.email("stranger"), "password": PASSWORD}
    answer = task_force.app.test_client().post("/sign-in", data=form, headers=headers)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


# --- where a sign-in leads to ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "https://evil.example",
        "https:evil.example",
        "HTTPS:/evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        " //evil.example",
        "%2f%2fevil.example",
        "%5c%5cevil.example",
        "//[bad",
        "evil.example",
        "@evil.example",
        "",
    ],
)
def test_a_sign_in_leads_nowhere_but_to_our_own_pages(task_force: TaskForce, where: str) -> None:
    form = {"email": task_force.email("stranger"), "password": PASSWORD, "next": where}
    answer = task_force.app.test_client().post("/sign-in", data=form, headers=OWN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    signed_in = task_force.browser("stranger").get("/sign-in", query_string={"next": where})
    assert (signed_in.status_code, signed_in.headers["Location"]) == (303, "/")
    theme = task_force.browser().post("/theme", data={"theme": "dark", "next": where})
    assert (theme.status_code, theme.headers["Location"]) == (303, "/")


@pytest.mark.parametrize("where", ["/queue?q=a&place=b", "/cases", "/a/%2f/b", "/leads/x?c=%C3%A9"])
def test_a_sign_in_leads_back_to_the_page_that_asked_for_it(task_force: TaskForce, where: str) -> None:
    form = {"email": task_force.email("stranger"), "password": PASSWORD, "next": where}
    answer = task_force.app.test_client().post("/sign-in", data=form, headers=OWN)
    assert (answer.status_code, answer.headers["Location"]) == (303, where)


# --- cookies and headers -----------------------------------------------------------------------------


def test_the_session_s_cookie_is_for_our_own_pages_only(task_force: TaskForce) -> None:
    form = {"email": task_force.email("stranger"), "password": PASSWORD}
    cookie = task_force.app.test_client().post("/sign-in", data=form, headers=OWN).headers["Set-Cookie"]
    assert cookie.startswith("accord_session=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_in_production_cookies_travel_by_tls_only(
    cluster: Cluster, tmp_path: object, task_force: TaskForce
) -> None:
    settings: Settings = task_force.home.settings
    production = Home(type(settings)(home=settings.home, database_url=settings.database_url, production=True))
    app = create_app(production)
    form = {"email": task_force.email("stranger"), "password": PASSWORD}
    answer = app.test_client().post("/sign-in", data=form, headers=OWN)
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")
    assert app.config["SESSION_COOKIE_SECURE"]
    app.close()
    production.close()


@pytest.mark.parametrize("who", ["stranger", "admin", None])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/queue"),
        ("GET", f"/leads/{UUID(int=7)}"),
        ("GET", "/nowhere"),
        ("POST", "/queue"),
        ("GET", "/sign-in"),
        ("GET", "/static/accord.css"),
        ("GET", "/static/nowhere.css"),
        ("GET", "/static/../app.py"),
        ("GET", "/static/%2e%2e/app.py"),
        ("GET", "/api/docs"),
        ("GET", "/api/openapi.json"),
        ("GET", "/api/v1/leads"),
        ("GET", "/api/v1/nowhere"),
        ("POST", "/api/v1/sessions"),
        ("OPTIONS", "/queue"),
        ("HEAD", "/queue"),
        ("HEAD", "/api/v1/leads"),
        ("TRACE", "/queue"),
        ("PUT", "/api/v1/leads"),
    ],
)
def test_every_answer_carries_the_security_headers(
    task_force: TaskForce, method: str, path: str, who: str | None
) -> None:
    answer = task_force.browser(who).ask(method, path)
    assert answer.status_code < 500
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert ("no-store" in answer.headers["Cache-Control"]) is not (path == "/static/accord.css")
    answer.close()


def test_head_answers_like_get_without_a_body(task_force: TaskForce) -> None:
    share = task_force.share(task_force.case())
    for who, status in (("recipient", 200), ("stranger", 404), ("investigator", 200)):
        answer = task_force.browser(who).ask("HEAD", f"/shares/{share}")
        assert (answer.status_code, answer.data) == (status, b"")


@pytest.mark.parametrize("who", ["stranger", "investigator", None])
def test_options_tells_of_no_thing_whether_it_is_there(task_force: TaskForce, who: str | None) -> None:
    lead = task_force.lead(task_force.police)
    answers = [task_force.browser(who).ask("OPTIONS", f"/leads/{key}") for key in (lead, uuid4())]
    assert answers[0].status_code == answers[1].status_code == 200
    assert answers[0].headers["Allow"] == answers[1].headers["Allow"]


def test_no_proxy_is_believed_unless_it_is_set_up(task_force: TaskForce) -> None:
    client = task_force.app.test_client()
    client.set_cookie("accord_session", task_force.token("investigator"))
    claims = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.1"}
    forged = client.post("/theme", data={"next": "/"}, headers={**claims, "Origin": "https://evil.example"})
    assert forged.status_code == 403
    assert "evil.example" not in client.get("/queue", headers=claims).text
    assert client.get("/", headers=claims).headers["Location"] == "/queue"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:99", "10.0.0.1", "[::1]:8400", "accord_web.internal"]
)
def test_another_host_s_name_shows_up_nowhere(task_force: TaskForce, host: str) -> None:
    client = task_force.app.test_client(use_cookies=False)
    given = {"HTTP_HOST": host}
    page = client.get("/sign-in", environ_overrides=given)
    assert page.status_code in (200, 303)
    assert host not in page.text + page.headers.get("Location", "")
    headers = {"Origin": HOST, "Cookie": f"accord_session={task_force.token('investigator')}"}
    forged = client.post("/theme", data={"next": "/"}, headers=headers, environ_overrides=given)
    assert forged.status_code == 403


@pytest.mark.parametrize(
    "host",
    ["[bad", "a b", "localhost,evil.example", "a/b", "a@b", "é", "x" * 300, "a:b", "a:", "", "a..b", "<b>"],
)
def test_a_host_that_is_none_is_refused(task_force: TaskForce, host: str) -> None:
    answer = task_force.app.test_client().get("/sign-in", environ_overrides={"HTTP_HOST": host})
    assert answer.status_code == 400
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.text == "The Host header names no host.\n"


def test_tokens_and_passwords_are_never_logged(
    task_force: TaskForce, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    form = {"email": task_force.email("stranger"), "password": PASSWORD}
    client = task_force.app.test_client()
    answer = client.post("/sign-in", data=form, headers=OWN)
    (token,) = re.findall(r"accord_session=([^;]+)", answer.headers["Set-Cookie"])
    bearer = {"Authorization": f"Bearer {token}"}
    client.get("/queue")
    client.get("/nowhere")
    client.get("/api/v1/leads?cursor=garbage", headers=bearer)
    client.delete("/api/v1/sessions/current", headers=bearer)
    told = "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    assert token not in told
    assert PASSWORD not in told
