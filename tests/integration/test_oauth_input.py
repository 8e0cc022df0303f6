"""What cannot be used: a 4xx in the standards' form at every endpoint, and never a hint."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from tests.integration.oauth_party import Party

pytest_plugins = ["tests.integration.task_force", "tests.integration.oauth_party"]
FORM = "application/x-www-form-urlencoded"
POSTED = ("token", "par", "device_authorization", "revoke", "introspect")
PARAMETERS = (
    "grant_type client_id client_secret code redirect_uri code_verifier refresh_token scope device_code token"
    " token_type_hint client_assertion client_assertion_type response_type state nonce code_challenge"
    " code_challenge_method request_uri dpop_jkt prompt max_age response_mode request"
).split()
BAD = {"NUL": "%00", "no UTF-8": "%ff%fe", "half a pair": "%ed%a0%80", "overlong": "%c0%80"}


def send(party: Party, endpoint: str, body: str, query: str = "", **headers: str) -> Any:
    return party.app.test_client().post(
        f"/oauth/{endpoint}{query}", data=body, content_type=FORM, headers=headers
    )


def refused(answer: Any, *errors: str) -> None:
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    assert answer.mimetype == "application/json"
    assert answer.json["error"] in (errors or ("invalid_request",)), answer.text
    described = answer.json.get("error_description", "")
    assert all(32 <= ord(letter) <= 126 and letter not in '"\\' for letter in described)


@pytest.mark.parametrize("endpoint", POSTED)
def test_no_parameter_of_a_post_may_hold_what_is_no_text(party: Party, endpoint: str) -> None:
    for name in PARAMETERS:
        for bad in BAD.values():
            refused(send(party, endpoint, f"{name}=a{bad}b"))
    refused(send(party, endpoint, "%00=a"))


@pytest.mark.parametrize("endpoint", POSTED)
def test_no_parameter_may_stand_twice_or_in_the_query(party: Party, endpoint: str) -> None:
    for name in PARAMETERS:
        refused(send(party, endpoint, f"{name}=a&{name}=a"))
        refused(send(party, endpoint, "grant_type=refresh_token", query=f"?{name}=a"))


@pytest.mark.parametrize("endpoint", POSTED)
def test_bodies_of_another_kind_or_too_large_are_refused(party: Party, endpoint: str) -> None:
    client = party.app.test_client()
    refused(client.post(f"/oauth/{endpoint}", json={"grant_type": "refresh_token"}))
    refused(client.post(f"/oauth/{endpoint}", data=b"grant_type=refresh_token"))
    refused(client.post(f"/oauth/{endpoint}", data={"image": (__file__, "x.png")}, content_type="text/plain"))
    refused(send(party, endpoint, "a=" + "b" * 70_000))
    refused(send(party, endpoint, "&".join(f"a{number}=b" for number in range(100))))
    refused(client.get(f"/oauth/{endpoint}"))
    refused(send(party, endpoint, ""), "invalid_request", "invalid_client")


def test_no_parameter_of_an_authorization_request_may_hold_what_is_no_text(party: Party) -> None:
    client = party.register()
    good = "&".join(f"{name}={quote(value)}" for name, value in party.request(client, "v" * 50).items())
    for name in PARAMETERS:
        for bad in BAD.values():
            answer = party.ask("investigator", f"{good}&x{name}=a{bad}b")
            assert (answer.status_code, answer.location) == (400, None)
        answer = party.ask("investigator", f"{name}=a&{name}=b&{good}")
        assert (answer.status_code, answer.location) == (400, None)
    assert party.ask("investigator", f"{good}&unknown=1").status_code == 200
    assert party.ask("investigator", "").status_code == 400
    assert party.ask(None, f"{good}&a={'b' * 5_000}").status_code == 400


def headers() -> Iterator[str]:
    for raw in (b"\xff\xfe:x", b"a\x00b:x", b"nocolon", b":", b"%ff:x", b"a:%00"):
        yield "Basic " + base64.b64encode(raw).decode()
    yield from ("Basic", "Basic ", "Basic !!!!", "Basic \xe9", "Basic " + "A" * 3)


@pytest.mark.parametrize("header", list(headers()))
def test_a_basic_header_that_cannot_be_read_is_an_unknown_client(party: Party, header: str) -> None:
    answer = send(party, "token", "grant_type=client_credentials", Authorization=header)
    refused(answer, "invalid_client")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize("scheme", ["Bearer", "DPoP", "bearer", "Negotiate"])
@pytest.mark.parametrize("token", ["", "\xff", "a b", "acc_at_\xe9", "acc_at_" + "x" * 43, "x" * 5_000])
def test_a_token_that_is_none_is_nobody_s(party: Party, scheme: str, token: str) -> None:
    answer = party.app.test_client().get("/api/v1/leads", headers={"Authorization": f"{scheme} {token}"})
    assert answer.status_code == 401
    answer = party.app.test_client().get("/oauth/userinfo", headers={"Authorization": f"{scheme} {token}"})
    assert answer.status_code == 401


def test_whether_a_client_exists_cannot_be_told(party: Party) -> None:
    public, signs = party.register(), party.service(party.signer())
    rests = party.register(status="removed")
    foreign = party.register(networks=["198.51.100.0/24"])
    told = set()
    for client in ("acc_client_none", "", public, signs, rests, foreign, "x" * 3_000):
        form = {"client_secret": "wrong", "client_id": client, "grant_type": "client_credentials"}
        answer = party.post("/oauth/token", **form)
        told.add((answer.status_code, answer.text))
        basic = "Basic " + base64.b64encode(f"{client}:wrong".encode()).decode()
        answer = send(party, "token", "grant_type=client_credentials", Authorization=basic)
        told.add((answer.status_code, answer.text))
        proved = party.signer().assertion(client or "none", party.issuer)
        answer = party.post("/oauth/token", grant_type="client_credentials", **proved)
        told.add((answer.status_code, answer.text))
    for client in ("acc_client_none", signs, rests, foreign):
        answer = party.post("/oauth/token", grant_type="client_credentials", client_id=client)
        told.add((answer.status_code, answer.text))
    assert len(told) == 1, told


def test_a_client_proves_itself_in_one_way_only(party: Party) -> None:
    basic = "Basic " + base64.b64encode(b"a:b").decode()
    both = send(party, "token", "grant_type=client_credentials&client_secret=b", Authorization=basic)
    refused(both)
    proved = party.signer().assertion("a", party.issuer)
    refused(party.post("/oauth/token", grant_type="client_credentials", client_secret="b", **proved))


def test_plain_http_behind_a_proxy_is_refused_in_the_standard_s_form(party: Party) -> None:
    told = send(party, "token", "grant_type=refresh_token", **{"X-Forwarded-Proto": "http"})
    refused(told)
    assert told.json["error_description"] == "use https"
    browser = party.task_force.browser("investigator")
    answer = browser.get(
        "/oauth/authorize",
        query_string=party.request(party.register(), "v" * 50),
        headers={"X-Forwarded-Proto": "http"},
    )
    assert answer.status_code == 400


def test_an_installation_without_tls_on_a_network_gives_no_tokens(
    party: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(party.app, "issuer", "http://accord.example.org")
    refused(send(party, "token", "grant_type=refresh_token"))


def test_the_issuer_is_never_what_a_request_says(party: Party) -> None:
    told = party.app.test_client().get(
        "/.well-known/openid-configuration",
        headers={"Host": "other.example.org", "X-Forwarded-Host": "other.example.org"},
    )
    assert "other.example.org" not in told.text
    assert told.json["issuer"] == party.issuer
