"""Refreshing, a client's own right, the device flow; ending tokens and asking what they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from accord_auth.oauth.issuing import DOUBLE_CLICK
from accord_auth.oauth.models import DeviceCode, RefreshToken
from accord_auth.oauth.secret_values import hashed

if TYPE_CHECKING:
    from tests.integration.oauth_party import Party

pytest_plugins = ["tests.integration.task_force", "tests.integration.oauth_party"]
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def client(party: Party) -> str:
    return party.register()


def age(party: Party, refresh_token: str, by: timedelta) -> None:
    """Have a used refresh token be used so long ago."""
    with party.gate() as session:
        change = update(RefreshToken).where(RefreshToken.token_hash == hashed(refresh_token))
        session.execute(change.values(used_at=datetime.now(UTC) - by))


# --- refreshing --------------------------------------------------------------------------------------


def test_each_refresh_token_works_once_and_brings_the_next(party: Party, client: str) -> None:
    first = party.tokens(client)
    second = party.refresh(client, first["refresh_token"]).json
    assert second["refresh_token"] != first["refresh_token"]
    assert second["expires_in"] == 600
    third = party.refresh(client, second["refresh_token"])
    assert third.status_code == 200
    assert party.api(third.json["access_token"]).status_code == 200


def test_a_double_click_costs_nobody_anything(party: Party, client: str) -> None:
    first = party.tokens(client)["refresh_token"]
    winner = party.refresh(client, first).json
    again = party.refresh(client, first)
    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")
    assert party.api(winner["access_token"]).status_code == 200
    assert party.refresh(client, winner["refresh_token"]).status_code == 200


def test_a_used_refresh_token_that_comes_later_ends_the_family(party: Party, client: str) -> None:
    first = party.tokens(client)["refresh_token"]
    second = party.refresh(client, first).json
    age(party, first, DOUBLE_CLICK + timedelta(seconds=1))
    assert party.refresh(client, first).json["error"] == "invalid_grant"
    assert party.api(second["access_token"]).status_code == 401
    assert party.refresh(client, second["refresh_token"]).json["error"] == "invalid_grant"


def test_a_used_refresh_token_whose_successor_was_used_ends_the_family_at_once(
    party: Party, client: str
) -> None:
    first = party.tokens(client)["refresh_token"]
    second = party.refresh(client, first).json["refresh_token"]
    third = party.refresh(client, second).json
    assert party.refresh(client, first).json["error"] == "invalid_grant"
    assert party.api(third["access_token"]).status_code == 401
    assert party.refresh(client, third["refresh_token"]).json["error"] == "invalid_grant"


def test_a_refresh_token_is_its_client_s_alone(party: Party, client: str) -> None:
    tokens = party.tokens(client)
    assert party.refresh(party.register(), tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert party.refresh(client, tokens["refresh_token"]).status_code == 200


def test_a_refreshed_token_may_have_less_and_never_more(party: Party, client: str) -> None:
    tokens = party.tokens(client, scope="leads:read cases:read")
    less = party.refresh(client, tokens["refresh_token"], scope="leads:read").json
    assert less["scope"] == "leads:read"
    assert party.api(less["access_token"], "/api/v1/cases").status_code == 403
    more = party.refresh(client, less["refresh_token"], scope="leads:read cases:read").json
    assert more["scope"] == "leads:read cases:read"
    wider = party.refresh(client, more["refresh_token"], scope="leads:read cases:write")
    assert wider.json["error"] == "invalid_scope"


# --- a client's own right ----------------------------------------------------------------------------


def test_a_service_acts_for_its_organisation_by_its_own_right(party: Party) -> None:
    signer = party.signer()
    service = party.service(signer, scopes=["records:write", "leads:read", "openid"])

    def asked(**more: str) -> Any:
        proved = signer.assertion(service, party.issuer)
        return party.post("/oauth/token", grant_type="client_credentials", **proved, **more)

    tokens = asked().json
    assert tokens["scope"] == "records:write leads:read"
    assert "refresh_token" not in tokens
    assert party.api(tokens["access_token"]).status_code == 200
    assert party.api(tokens["access_token"], "/api/v1/cases").status_code == 403
    assert party.api(tokens["access_token"], "/oauth/userinfo").status_code == 403
    assert asked(scope="openid").json["error"] == "invalid_scope"
    assert asked(scope="cases:read").json["error"] == "invalid_scope"
    assert asked(scope="leads:read").json["scope"] == "leads:read"


def test_a_public_client_has_no_right_of_its_own(party: Party, client: str) -> None:
    answer = party.post("/oauth/token", grant_type="client_credentials", client_id=client)
    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")


# --- the device flow ---------------------------------------------------------------------------------


def begin(party: Party, client: str) -> dict[str, Any]:
    found: dict[str, Any] = party.post("/oauth/device_authorization", client_id=client).json
    return found


def poll(party: Party, client: str, device_code: str) -> Any:
    return party.post("/oauth/token", grant_type=DEVICE, client_id=client, device_code=device_code)


def test_a_program_without_a_browser_waits_until_a_person_lets_it_in(party: Party, client: str) -> None:
    begun = begin(party, client)
    assert begun["verification_uri"] == f"{party.issuer}/oauth/device"
    assert poll(party, client, begun["device_code"]).json["error"] == "authorization_pending"
    assert poll(party, client, begun["device_code"]).json["error"] == "slow_down"
    browser = party.task_force.browser("investigator")
    typed = begun["user_code"].lower().replace("-", " ")
    page = browser.get("/oauth/device", query_string={"user_code": typed})
    assert "A reader" in page.text
    assert "read the queue of leads" in page.text
    done = browser.post("/oauth/device", data={"user_code": typed, "decision": "allow"})
    assert "The program is in" in done.text
    tokens = poll(party, client, begun["device_code"]).json
    assert party.api(tokens["access_token"]).status_code == 200
    assert "refresh_token" in tokens
    assert poll(party, client, begun["device_code"]).json["error"] == "invalid_grant"
    assert party.api(tokens["access_token"]).status_code == 200, "a second poll at once is no theft"


def test_a_program_that_a_person_does_not_let_in_is_told(party: Party, client: str) -> None:
    begun = begin(party, client)
    sent = {"user_code": begun["user_code"], "decision": "deny"}
    assert "stays out" in party.task_force.browser("analyst").post("/oauth/device", data=sent).text
    assert poll(party, client, begun["device_code"]).json["error"] == "access_denied"


def test_a_code_counts_once_for_ten_minutes_and_for_own_people(party: Party, client: str) -> None:
    begun = begin(party, client)
    asked = {"user_code": begun["user_code"]}
    assert party.task_force.browser("stranger").get("/oauth/device", query_string=asked).status_code == 404
    browser = party.task_force.browser("manager")
    assert browser.post("/oauth/device", data=asked | {"decision": "allow"}).status_code == 200
    assert browser.post("/oauth/device", data=asked | {"decision": "allow"}).status_code == 404
    late = begin(party, client)
    with party.gate() as session:
        change = update(DeviceCode).where(DeviceCode.device_hash == hashed(late["device_code"]))
        session.execute(change.values(expires_at=datetime.now(UTC)))
    assert browser.get("/oauth/device", query_string={"user_code": late["user_code"]}).status_code == 404
    assert poll(party, client, late["device_code"]).json["error"] == "expired_token"


def test_codes_cannot_be_guessed_for_long(party: Party) -> None:
    browser = party.task_force.browser("auditor")
    told = [
        browser.get("/oauth/device", query_string={"user_code": f"BCDF-{number:04}"}).status_code
        for number in range(12)
    ]
    assert told[:10] == [404] * 10
    assert told[10:] == [429, 429]


def test_a_device_code_is_its_client_s_alone(party: Party, client: str) -> None:
    begun = begin(party, client)
    answer = poll(party, party.register(), begun["device_code"])
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


# --- ending and asking -------------------------------------------------------------------------------


def test_revoking_a_refresh_token_ends_its_family_and_an_access_token_itself(
    party: Party, client: str
) -> None:
    tokens = party.tokens(client)
    assert party.post("/oauth/revoke", client_id=client, token=tokens["access_token"]).status_code == 200
    assert party.api(tokens["access_token"]).status_code == 401
    more = party.refresh(client, tokens["refresh_token"]).json
    sent = {"token": more["refresh_token"], "token_type_hint": "refresh_token"}
    assert party.post("/oauth/revoke", client_id=client, **sent).json == {}
    assert party.api(more["access_token"]).status_code == 401


def test_revocation_answers_alike_whatever_the_token_is(party: Party, client: str) -> None:
    foreign = party.tokens(party.register())["refresh_token"]
    for token in ("nothing", foreign, "acc_rt_" + "x" * 43):
        answer = party.post("/oauth/revoke", client_id=client, token=token, token_type_hint="anything")
        assert (answer.status_code, answer.json) == (200, {})
    with party.gate() as session:
        row = session.query(RefreshToken).filter_by(token_hash=hashed(foreign)).one()
        assert row.grant.revoked_at is None


def test_introspection_tells_an_organisation_s_service_of_its_own_tokens_only(
    party: Party, client: str
) -> None:
    signer, other = party.signer(), party.signer()
    own = party.service(signer)
    foreign = party.service(other, organisation_id=party.task_force.company.id)
    tokens = party.tokens(client)

    def told(by: str, key: Any, token: str) -> Any:
        return party.post("/oauth/introspect", token=token, **key.assertion(by, party.issuer)).json

    who = party.task_force.people["investigator"]
    active = told(own, signer, tokens["access_token"])
    assert (active["active"], active["client_id"], active["sub"]) == (True, client, str(who.person_id))
    assert (active["scope"], active["iss"]) == ("openid leads:read", party.issuer)
    assert told(own, signer, tokens["refresh_token"])["active"] is True
    assert told(foreign, other, tokens["access_token"]) == {"active": False}
    assert told(own, signer, "nothing") == {"active": False}
    party.refresh(client, tokens["refresh_token"])
    assert told(own, signer, tokens["refresh_token"]) == {"active": False}
    public = party.post("/oauth/introspect", token=tokens["access_token"], client_id=client)
    assert (public.status_code, public.json["error"]) == (401, "invalid_client")


def test_signing_out_ends_the_access_token(party: Party, client: str) -> None:
    token = party.tokens(client)["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert party.app.test_client().delete("/api/v1/sessions/current", headers=bearer).status_code == 204
    assert party.api(token).status_code == 401
