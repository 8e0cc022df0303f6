"""Authorization code with PKCE, from the browser to the API, and what must not work on the way."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import update

from accord_auth.oauth.models import AuthorizationCode
from accord_auth.oauth.secret_values import hashed
from accord_auth.people.models import Person, PersonStatus

if TYPE_CHECKING:
    from tests.integration.oauth_party import Party

pytest_plugins = ["tests.integration.task_force", "tests.integration.oauth_party"]
BACK = "https://client.example.org/cb"


@pytest.fixture
def verifier() -> str:
    return secrets.token_urlsafe(48)


def test_a_person_lets_a_client_in_and_it_reads_what_both_may(party: Party, verifier: str) -> None:
    client = party.register()
    page = party.ask("investigator", party.request(client, verifier))
    assert page.status_code == 200
    for words in ("A reader", "Northgate Police", "read the queue of leads", "know that it is you"):
        assert words in page.text
    code = party.code(client, verifier, nonce="n-1")
    answer = party.redeem(client, code, verifier)
    assert answer.headers["Cache-Control"] == "no-store"
    tokens = answer.json
    assert set(tokens) == {
        "access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"
    }  # fmt: skip
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 600)
    assert party.api(tokens["access_token"]).status_code == 200
    lacking = party.api(tokens["access_token"], "/api/v1/cases")
    assert lacking.status_code == 403
    assert 'error="insufficient_scope", scope="cases:read"' in lacking.headers["WWW-Authenticate"]


def test_the_id_token_is_signed_by_a_published_key_and_says_who(party: Party, verifier: str) -> None:
    client = party.register()
    code = party.code(client, verifier, nonce="n-1", scope="openid profile email")
    id_token = party.redeem(client, code, verifier).json["id_token"]
    keys = party.app.test_client().get("/oauth/jwks.json").json
    opened = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=["RS256"])
    assert opened.header["kid"] == keys["keys"][0]["kid"]
    assert not {"d", "p", "q"} & set(keys["keys"][0])
    who = party.task_force.people["investigator"]
    claims = opened.claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (party.issuer, client, "n-1")
    assert (claims["sub"], claims["email"]) == (str(who.person_id), who.email)
    assert 0 < claims["exp"] - claims["iat"] <= 600
    assert claims["auth_time"] <= claims["iat"]


def test_userinfo_says_what_the_scope_lets_the_client_know(party: Party) -> None:
    client, who = party.register(), party.task_force.people["investigator"]
    few = party.tokens(client, scope="openid")["access_token"]
    assert party.api(few, "/oauth/userinfo").json == {"sub": str(who.person_id)}
    more = party.tokens(client, scope="openid email")["access_token"]
    assert party.api(more, "/oauth/userinfo").json == {
        "sub": str(who.person_id),
        "email": who.email,
        "email_verified": False,
    }
    none = party.tokens(client, scope="leads:read")
    assert "id_token" not in none
    assert party.api(none["access_token"], "/oauth/userinfo").status_code == 403
    assert party.app.test_client().get("/oauth/userinfo").status_code == 401


def test_each_answer_says_who_sends_it_refusals_and_errors_too(party: Party, verifier: str) -> None:
    client = party.register()
    given = party.request(client, verifier)
    refused = party.back(party.decide("investigator", given, "deny"))
    assert (refused["error"], refused["iss"], refused["state"]) == ("access_denied", party.issuer, "a state")
    wrong = party.back(party.ask("investigator", given | {"scope": "everything"}))
    assert (wrong["error"], wrong["iss"], wrong["state"]) == ("invalid_scope", party.issuer, "a state")
    kind = party.back(party.ask("investigator", given | {"response_type": "token"}))
    assert (kind["error"], kind["iss"]) == ("unsupported_response_type", party.issuer)
    quiet = party.back(party.ask(None, given | {"prompt": "none"}))
    assert (quiet["error"], quiet["iss"]) == ("login_required", party.issuer)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "leads:read nothing:such"}, "invalid_scope"),
        ({"scope": "records:read"}, "invalid_scope"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"request": "a.b.c"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
    ],
)
def test_a_request_that_cannot_be_used_goes_back_as_an_error(
    party: Party, verifier: str, changes: dict[str, Any], error: str
) -> None:
    answer = party.ask("investigator", party.request(party.register(), verifier, **changes))
    assert answer.status_code == 303
    assert party.back(answer)["error"] == error


def test_pkce_is_asked_of_clients_that_authenticate_too(party: Party, verifier: str) -> None:
    client = party.register(auth_method="private_key_jwt", jwks={"keys": []})
    given = party.request(client, verifier, code_challenge=None, code_challenge_method=None)
    assert party.back(party.ask("investigator", given))["error"] == "invalid_request"


@pytest.mark.parametrize(
    "address",
    [
        None,
        "https://client.example.org/cb/",
        "https://client.example.org/cb?x=1",
        "https://client.example.org/CB",
        "https://client.example.org:443/cb",
        "http://client.example.org/cb",
        "https://client.example.org.example.net/cb",
        "https://client.example.org/cb#x",
        "https://user@client.example.org/cb",
    ],
)
def test_a_redirect_address_is_the_registered_one_or_nowhere(
    party: Party, verifier: str, address: str | None
) -> None:
    answer = party.ask("investigator", party.request(party.register(), verifier, redirect_uri=address))
    assert (answer.status_code, answer.location) == (400, None)


def test_a_program_on_somebody_s_machine_gets_any_port_of_the_registered_loopback_address(
    party: Party, verifier: str
) -> None:
    client = party.register(redirect_uris=["http://127.0.0.1/cb"])
    given = party.request(client, verifier, redirect_uri="http://127.0.0.1:50123/cb")
    assert party.ask("investigator", given).status_code == 200
    for other in ("http://127.0.0.1:50123/other", "http://localhost:50123/cb", "http://127.0.0.2:5/cb"):
        assert party.ask("investigator", given | {"redirect_uri": other}).status_code == 400


def test_an_unknown_client_and_a_wrong_address_read_alike(party: Party, verifier: str) -> None:
    known = party.request(party.register(), verifier, redirect_uri="https://other.example.org/")
    unknown = party.request("acc_client_none", verifier)
    foreign = party.request(party.register(organisation_id=party.task_force.company.id), verifier)
    told = [party.ask("investigator", given) for given in (known, unknown, foreign)]
    assert {answer.status_code for answer in told} == {400}
    words = {re.sub("<code>[0-9a-f]{12}</code>", "", answer.text.split("<main")[1]) for answer in told}
    # What stays is the form that changes the theme, which names this address.
    assert len({text.split("</main>")[0] for text in words}) == 1


def test_somebody_who_is_not_signed_in_does_that_first_and_comes_back(party: Party, verifier: str) -> None:
    answer = party.ask(None, party.request(party.register(), verifier))
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in?next=/oauth/authorize%3Fresponse_type%3Dcode")


def test_the_page_lets_the_form_lead_to_the_client_and_nowhere_else(party: Party, verifier: str) -> None:
    page = party.ask("investigator", party.request(party.register(), verifier))
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://client.example.org;" in policy
    assert "frame-ancestors 'none'" in policy


def test_a_form_that_another_site_sends_lets_nobody_in(party: Party, verifier: str) -> None:
    browser = party.task_force.browser("investigator")
    browser.client.environ_base["HTTP_SEC_FETCH_SITE"] = "cross-site"
    answer = browser.post("/oauth/consent", data={"query": "x=1", "decision": "allow"})
    assert answer.status_code == 403


def test_an_access_token_cannot_let_another_client_in(party: Party, verifier: str) -> None:
    token = party.tokens(party.register())["access_token"]
    answer = party.app.test_client().post(
        "/oauth/consent",
        data={"query": "response_type=code", "decision": "allow"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.location.startswith("/sign-in")
    assert party.api(token, "/queue").location.startswith("/sign-in")


def test_a_code_is_for_its_client_its_address_and_its_verifier(party: Party, verifier: str) -> None:
    client, other = party.register(), party.register()
    code = party.code(client, verifier)
    for changes in (
        {"code_verifier": secrets.token_urlsafe(48)},
        {"code_verifier": None},
        {"redirect_uri": "https://client.example.org/"},
        {"redirect_uri": None},
        {"client_id": other},
        {"code": f"{code}x"},
    ):
        answer = party.redeem(client, code, verifier, **changes)
        assert answer.status_code == 400, changes
        assert answer.json["error"] in ("invalid_grant", "invalid_request")
    assert party.redeem(client, code, verifier).status_code == 200


def test_using_a_code_twice_ends_what_came_of_it(party: Party, verifier: str) -> None:
    client = party.register()
    code = party.code(client, verifier)
    tokens = party.redeem(client, code, verifier).json
    assert party.api(tokens["access_token"]).status_code == 200
    again = party.redeem(client, code, verifier)
    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")
    dead = party.api(tokens["access_token"])
    assert dead.status_code == 401
    assert 'error="invalid_token"' in dead.headers["WWW-Authenticate"]
    assert party.refresh(client, tokens["refresh_token"]).status_code == 400


def test_a_code_that_is_a_minute_old_is_none(party: Party, verifier: str) -> None:
    client = party.register()
    code = party.code(client, verifier)
    with party.gate() as session:
        late = update(AuthorizationCode).where(AuthorizationCode.code_hash == hashed(code))
        session.execute(late.values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert party.redeem(client, code, verifier).json["error"] == "invalid_grant"


def test_a_person_who_may_not_act_any_more_ends_tokens_and_codes_at_once(party: Party, verifier: str) -> None:
    client, who = party.register(), party.task_force.people["analyst"]
    tokens = party.tokens(client, who="analyst")
    code = party.code(client, verifier, who="analyst")
    change = update(Person).where(Person.id == who.person_id)
    try:
        with party.gate() as session:
            session.execute(change.values(status=PersonStatus.DISABLED))
        assert party.api(tokens["access_token"]).status_code == 401
        assert party.refresh(client, tokens["refresh_token"]).json["error"] == "invalid_grant"
        assert party.redeem(client, code, verifier).json["error"] == "invalid_grant"
    finally:
        with party.gate() as session:
            session.execute(change.values(status=PersonStatus.ACTIVE))


def test_a_token_allows_no_more_than_the_person_s_role(party: Party, verifier: str) -> None:
    client = party.register()
    page = party.ask("auditor", party.request(client, verifier))
    assert "Your role does not allow that" in page.text
    token = party.tokens(client, who="auditor")["access_token"]
    answer = party.api(token)
    assert answer.status_code == 403
    assert "WWW-Authenticate" not in answer.headers
