"""Signed statements of clients: assertions, DPoP proofs, pushed requests; what each binds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

if TYPE_CHECKING:
    from tests.integration.oauth_party import Party

pytest_plugins = ["tests.integration.task_force", "tests.integration.oauth_party"]
V = "v" * 50


@pytest.fixture(scope="module")
def service(party: Party) -> Any:
    """A service and its key, whose tokens need no proof."""
    signer = party.signer()
    return party.service(signer, scopes=["leads:read"]), signer


def asked(party: Party, **form: Any) -> Any:
    return party.post("/oauth/token", grant_type="client_credentials", **form)


# --- assertions --------------------------------------------------------------------------------------


def test_an_assertion_counts_once(party: Party, service: Any) -> None:
    client, signer = service
    proved = signer.assertion(client, party.issuer)
    assert asked(party, **proved).status_code == 200
    again = asked(party, **proved)
    assert (again.status_code, again.json["error"]) == (401, "invalid_client")


def test_an_assertion_counts_once_even_when_the_request_failed(party: Party, service: Any) -> None:
    client, signer = service
    proved = signer.assertion(client, party.issuer)
    assert asked(party, scope="nothing", **proved).json["error"] == "invalid_scope"
    assert asked(party, **proved).json["error"] == "invalid_client"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.example.org"},
        {"aud": None},
        {"exp": None},
        {"exp": int(time.time()) - 120},
        {"exp": int(time.time()) + 3_600},
        {"exp": "soon"},
        {"iss": "somebody else"},
        {"sub": None},
        {"sub": 7},
        {"jti": None},
        {"jti": 7},
        {"nbf": int(time.time()) + 3_600},
    ],
)
def test_an_assertion_is_for_us_by_the_client_for_minutes(
    party: Party, service: Any, changes: dict[str, Any]
) -> None:
    client, signer = service
    answer = asked(party, **signer.assertion(client, party.issuer, **changes))
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_an_assertion_for_several_servers_is_refused(party: Party, service: Any) -> None:
    client, signer = service
    both = [party.issuer, "https://other.example.org"]
    assert asked(party, **signer.assertion(client, both)).status_code == 401
    assert asked(party, **signer.assertion(client, f"{party.issuer}/oauth/token")).status_code == 200


def test_an_assertion_is_signed_by_a_registered_key_with_a_real_algorithm(party: Party, service: Any) -> None:
    client, signer = service
    assert asked(party, **party.signer().assertion(client, party.issuer)).status_code == 401
    claims = {"iss": client, "sub": client, "aud": party.issuer, "exp": int(time.time()) + 60, "jti": "x"}
    public = OctKey.import_key(str(signer.jwks))
    signed = jwt.encode({"alg": "HS256", "kid": signer.key.kid}, claims, public, algorithms=["HS256"])
    for token in (
        signed,
        "eyJhbGciOiJub25lIn0." + signed.split(".")[1] + ".",
        "a.b.c",
        "....",
        "é.é.é",
        "",
    ):
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        answer = asked(party, client_assertion=token, client_assertion_type=kind)
        assert answer.status_code in (400, 401), token
        assert answer.json["error"] in ("invalid_client", "unauthorized_client")


# --- DPoP --------------------------------------------------------------------------------------------


def test_a_bound_token_needs_a_proof_by_its_key_for_this_request(party: Party) -> None:
    client, signer, nonce = party.register(), party.signer(), party.nonce()
    where = f"{party.issuer}/api/v1/leads"
    code = party.code(client, V)
    proof = signer.proof("POST", f"{party.issuer}/oauth/token", nonce=nonce)
    tokens = party.redeem(client, code, V, headers=proof).json
    assert tokens["token_type"] == "DPoP"
    token = tokens["access_token"]

    def used(**changes: Any) -> int:
        given = {"nonce": nonce, "token": token} | changes
        by = given.pop("by", signer)
        return party.api(token, scheme="DPoP", **by.proof("GET", where, **given)).status_code

    assert used() == 200
    assert party.api(token).status_code == 401
    assert party.api(token, scheme="DPoP").status_code == 401
    assert used(by=party.signer()) == 401
    assert used(token="another") == 401
    assert used(token=None) == 401
    assert used(htm="POST") == 401
    assert used(htu=f"{party.issuer}/api/v1/cases") == 401
    assert used(iat=int(time.time()) - 300) == 401
    assert used(iat=float("nan")) == 401
    assert used(jti="") == 401
    assert used(header={"typ": "JWT"}) == 401
    assert used(header={"jwk": signer.key.as_dict(private=True)}) == 401
    assert used(nonce="made up") == 401
    once = {"jti": str(uuid4())}
    assert (used(**once), used(**once)) == (200, 401)


def test_who_has_no_nonce_is_told_it_and_comes_again(party: Party) -> None:
    client, signer = party.register(), party.signer()
    code, address = party.code(client, V), f"{party.issuer}/oauth/token"
    first = party.redeem(client, code, V, headers=signer.proof("POST", address))
    assert (first.status_code, first.json["error"]) == (400, "use_dpop_nonce")
    nonce = first.headers["DPoP-Nonce"]
    tokens = party.redeem(client, code, V, headers=signer.proof("POST", address, nonce=nonce)).json
    where = f"{party.issuer}/api/v1/leads"
    proof = signer.proof("GET", where, token=tokens["access_token"])
    answer = party.api(tokens["access_token"], scheme="DPoP", **proof)
    assert answer.status_code == 401
    assert 'error="use_dpop_nonce"' in answer.headers["WWW-Authenticate"]
    assert answer.headers["DPoP-Nonce"]


def test_a_public_client_s_refresh_token_is_bound_to_its_key(party: Party) -> None:
    client, signer, nonce = party.register(), party.signer(), party.nonce()
    address = f"{party.issuer}/oauth/token"

    def proof(by: Any) -> Any:
        return by.proof("POST", address, nonce=nonce)

    first = party.redeem(client, party.code(client, V), V, headers=proof(signer)).json["refresh_token"]
    assert party.refresh(client, first).json["error"] == "invalid_grant"
    assert party.refresh(client, first, headers=proof(party.signer())).json["error"] == "invalid_grant"
    assert party.refresh(client, first, headers=proof(signer)).json["token_type"] == "DPoP"


def test_a_code_that_was_asked_for_with_a_key_is_redeemed_with_it(party: Party) -> None:
    client, signer, nonce = party.register(), party.signer(), party.nonce()
    address = f"{party.issuer}/oauth/token"
    code = party.code(client, V, dpop_jkt=signer.thumbprint)
    assert party.redeem(client, code, V).json["error"] == "invalid_grant"
    other = party.signer().proof("POST", address, nonce=nonce)
    assert party.redeem(client, code, V, headers=other).json["error"] == "invalid_grant"
    own = signer.proof("POST", address, nonce=nonce)
    assert party.redeem(client, code, V, headers=own).status_code == 200


# --- pushed requests ---------------------------------------------------------------------------------


def test_what_was_pushed_counts_and_nothing_beside_it(party: Party) -> None:
    client = party.register(require_par=True)
    pushed = party.post("/oauth/par", **party.request(client, V, scope="leads:read"))
    assert pushed.status_code == 201
    uri = {"client_id": client, "request_uri": pushed.json["request_uri"]}
    page = party.ask("investigator", uri | {"scope": "cases:write", "redirect_uri": "https://x.example.org"})
    assert "read the queue of leads" in page.text
    assert "open and change cases" not in page.text
    code = party.back(party.decide("investigator", uri))["code"]
    assert party.redeem(client, code, V).json["scope"] == "leads:read"
    assert party.ask("investigator", uri).status_code == 400, "once"
    assert party.back(party.ask("investigator", party.request(client, V)))["error"] == "invalid_request"


def test_a_pushed_request_is_its_client_s_alone(party: Party) -> None:
    client, other = party.register(), party.register()
    uri = party.post("/oauth/par", **party.request(client, V)).json["request_uri"]
    assert party.ask("investigator", {"client_id": other, "request_uri": uri}).status_code == 400


def test_a_pushed_request_that_cannot_be_used_is_refused_at_once(party: Party) -> None:
    client = party.register()
    for changes, error in (
        ({"scope": "nothing"}, "invalid_scope"),
        ({"redirect_uri": "https://x.example.org"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"client_id": "acc_client_none"}, "invalid_client"),
        ({"request_uri": "urn:x"}, "invalid_request"),
    ):
        answer = party.post("/oauth/par", **party.request(client, V, **changes))
        assert (answer.status_code in (400, 401), answer.json["error"]) == (True, error), changes
        assert answer.location is None


def test_an_addressed_request_object_is_not_fetched(party: Party) -> None:
    client = party.register()
    sent = {"client_id": client, "request_uri": "https://client.example.org/request"}
    assert party.ask("investigator", sent).status_code == 400
