"""Organisations' OAuth clients by the API and the command line: what admins may do, and what ends when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from accord.cli.clients import clients
from accord_auth.oauth.models import ClientSecret, OAuthClient
from accord_auth.oauth.secret_values import hashed

if TYPE_CHECKING:
    from tests.integration.oauth_party import Party

pytest_plugins = ["tests.integration.task_force", "tests.integration.oauth_party"]
NATIVE = {"name": "A reader", "kind": "native", "scopes": ["leads:read"]}
SECRET = {"name": "An old system", "kind": "service", "scopes": ["records:write"], "shared_secret": True}


def register(party: Party, who: str = "manager", **body: Any) -> Any:
    return party.task_force.program(who).post("/api/v1/clients", json=body)


def told(answer: Any, field: str) -> str:
    assert answer.status_code == 422, answer.text
    errors = answer.json["errors"]
    return str(errors.get("json", errors)[field][0])


def test_an_admin_registers_a_service_that_signs_and_binds_its_tokens_to_a_key(party: Party) -> None:
    signer = party.signer()
    body = {"name": "Sender", "kind": "service", "scopes": ["records:write", "leads:read"]}
    made = register(party, **body, jwks=signer.jwks).json
    assert made["require_dpop"] is True
    address, client = f"{party.issuer}/oauth/token", made["client_id"]

    def asked(headers: dict[str, str] | None = None) -> Any:
        proved = signer.assertion(client, party.issuer)
        return party.post("/oauth/token", headers, grant_type="client_credentials", **proved)

    assert asked().json["error"] == "invalid_dpop_proof"
    nonce = party.nonce()
    tokens = asked(signer.proof("POST", address, nonce=nonce)).json
    assert tokens["token_type"] == "DPoP"
    where = f"{party.issuer}/api/v1/leads"
    proof = signer.proof("GET", where, nonce=nonce, token=tokens["access_token"])
    assert party.api(tokens["access_token"], scheme="DPoP", **proof).status_code == 200
    assert party.api(tokens["access_token"]).status_code == 401
    listed = party.task_force.program("manager").get(f"/api/v1/clients/{made['id']}").json
    assert listed["last_used_at"] is not None


def test_a_client_is_nothing_to_another_organisation(party: Party) -> None:
    made = register(party, **NATIVE).json
    stranger = party.task_force.program("foreign manager")
    assert stranger.get(f"/api/v1/clients/{made['id']}").status_code == 404
    assert stranger.delete(f"/api/v1/clients/{made['id']}").status_code == 404
    assert made["id"] not in [one["id"] for one in stranger.get("/api/v1/clients").json["items"]]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"scopes": ["audit:read"]}, "scopes", "Must be one of"),
        ({"kind": "service", "scopes": ["openid"], "shared_secret": True}, "scopes", "no person"),
        ({"kind": "web"}, "redirect_uris", "come back"),
        ({"kind": "web", "redirect_uris": ["http://127.0.0.1/cb"]}, "redirect_uris", "own machine"),
        ({"redirect_uris": ["https://example.org/#x"]}, "redirect_uris", "fragments"),
        ({"redirect_uris": ["https://*.example.org/"]}, "redirect_uris", "wildcards"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "redirect_uris", "use https"),
        ({"redirect_uris": ["myapp:/cb"]}, "redirect_uris", "use https"),
        ({"kind": "service"}, "jwks", "public keys"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}}, "jwks", "does not sign"),
        (
            {"kind": "service", "jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}},
            "jwks",
            "not a public key",
        ),
        ({"kind": "service", "jwks": {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}}, "jwks", "not a"),
        ({"networks": ["198.51.100.7/24"]}, "networks", "no network"),
        ({"shared_secret": True}, "shared_secret", "cannot keep"),
        ({"kind": "service", "shared_secret": True, "require_par": True}, "require_par", "nothing to push"),
    ],
)
def test_what_will_not_do_is_refused_by_field(
    party: Party, changes: dict[str, Any], field: str, words: str
) -> None:
    answer = register(party, **(NATIVE | changes))
    assert answer.status_code == 422, answer.text
    assert words in str(answer.json["errors"])
    assert field in str(answer.json["errors"])


def test_a_private_key_that_is_pasted_by_mistake_is_refused(party: Party) -> None:
    key = party.signer().key.as_dict(private=True)
    answer = register(party, name="x", kind="service", scopes=["leads:read"], jwks={"keys": [key]})
    assert "not a public key" in told(answer, "jwks")


def test_a_shared_secret_takes_an_exception_with_an_end(party: Party) -> None:
    made = register(party, **SECRET).json
    manager, admin = party.task_force.program("manager"), party.task_force.program("admin")
    where, exception = f"/api/v1/clients/{made['id']}/secrets", f"/api/v1/client-exceptions/{made['id']}"
    assert manager.post(where).status_code == 409
    assert made["id"] in [one["id"] for one in admin.get("/api/v1/client-exceptions").json["items"]]
    until = datetime.now(UTC) + timedelta(days=30)
    late = {"until": (until + timedelta(days=400)).isoformat(), "reason": "It cannot sign."}
    assert "days at most" in told(admin.ask("PUT", exception, json=late), "until")
    allowed = {"until": until.isoformat(), "reason": "It cannot sign."}
    assert manager.ask("PUT", exception, json=allowed).status_code == 403
    assert admin.ask("PUT", exception, json=allowed).status_code == 204
    secret = manager.post(where).json["secret"]

    def asked(given: str) -> Any:
        return party.post(
            "/oauth/token", grant_type="client_credentials", client_id=made["client_id"], client_secret=given
        )

    assert asked(secret).status_code == 200
    second = manager.post(where).json["secret"]
    assert (asked(secret).status_code, asked(second).status_code) == (200, 200), "they overlap"
    with party.gate() as session:
        row = session.query(ClientSecret).filter_by(secret_hash=hashed(secret)).one()
        assert row.expires_at <= datetime.now(UTC) + timedelta(days=7)
        session.execute(
            update(ClientSecret).where(ClientSecret.id == row.id).values(expires_at=datetime.now(UTC))
        )
    assert asked(secret).json["error"] == "invalid_client"
    past = {"until": "2026-01-01T00:00:00Z", "reason": "It can sign now."}
    assert admin.ask("PUT", exception, json=past).status_code == 204
    assert asked(second).json["error"] == "invalid_client"


def test_a_secret_that_is_right_counts_only_until_the_exception_ends(party: Party) -> None:
    ids = party.task_force.oauth_client()
    manager = party.task_force.program("manager")
    secret = manager.post(f"/api/v1/clients/{ids['client_id']}/secrets").json["secret"]
    with party.gate() as session:
        row = session.get(OAuthClient, ids["client_id"])
        row.secret_until = datetime.now(UTC)
        client = row.client_id
    sent = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    assert party.post("/oauth/token", **sent).json["error"] == "invalid_client"


def test_removing_a_client_ends_its_tokens_at_once(party: Party) -> None:
    client = party.register()
    tokens = party.tokens(client)
    row = party.client_row(client)
    assert party.task_force.program("manager").delete(f"/api/v1/clients/{row.id}").status_code == 204
    assert party.api(tokens["access_token"]).status_code == 401
    assert party.refresh(client, tokens["refresh_token"]).json["error"] == "invalid_client"


def test_an_admin_sees_who_let_a_client_in_and_ends_one_of_them(party: Party) -> None:
    client = party.register()
    first, second = party.tokens(client), party.tokens(client, who="analyst")
    manager = party.task_force.program("manager")
    where = f"/api/v1/clients/{party.client_row(client).id}/grants"
    held = manager.get(where).json["items"]
    assert sorted(one["person"] for one in held) == ["analyst", "investigator"]
    mine = next(one for one in held if one["person"] == "analyst")
    assert manager.delete(f"{where}/{mine['id']}").status_code == 204
    assert party.api(second["access_token"]).status_code == 401
    assert party.api(first["access_token"]).status_code == 200
    assert manager.delete(f"{where}/{mine['id']}").status_code == 404


def test_a_client_works_from_its_networks_only(party: Party) -> None:
    here, elsewhere = party.register(networks=["127.0.0.0/8"]), party.register(networks=["198.51.100.0/24"])
    assert party.tokens(here)["token_type"] == "Bearer"
    code = party.code(elsewhere, "v" * 50)
    assert party.redeem(elsewhere, code, "v" * 50).json["error"] == "invalid_client"
    token = party.tokens(here)["access_token"]
    with party.gate() as session:
        change = update(OAuthClient).where(OAuthClient.client_id == here)
        session.execute(change.values(networks=["198.51.100.0/24"]))
    assert party.api(token).status_code == 401


def test_lowering_a_client_s_scopes_counts_for_tokens_that_are_out(party: Party) -> None:
    signer = party.signer()
    body = {"name": "App", "kind": "web", "redirect_uris": ["https://client.example.org/cb"]}
    made = register(party, **body, scopes=["leads:read", "cases:read"], jwks=signer.jwks).json
    code = party.code(made["client_id"], "v" * 50, scope="leads:read cases:read")
    proved = signer.assertion(made["client_id"], party.issuer)
    token = party.redeem(made["client_id"], code, "v" * 50, **proved).json["access_token"]
    assert party.api(token, "/api/v1/cases").status_code == 200
    less = body | {"scopes": ["leads:read"], "jwks": signer.jwks}
    manager = party.task_force.program("manager")
    assert manager.ask("PUT", f"/api/v1/clients/{made['id']}", json=less).status_code == 200
    assert party.api(token, "/api/v1/cases").status_code == 403
    assert party.api(token).status_code == 200


def test_an_oauth_token_manages_no_clients(party: Party) -> None:
    token = party.tokens(party.register(), who="manager")["access_token"]
    answer = party.api(token, "/api/v1/clients")
    assert answer.status_code == 403
    bearer = {"Authorization": f"Bearer {token}"}
    sent = party.app.test_client().post("/api/v1/clients", json=NATIVE, headers=bearer)
    assert sent.status_code in (401, 403)


def test_the_command_line_registers_lists_and_removes(party: Party, monkeypatch: pytest.MonkeyPatch) -> None:
    home = party.task_force.home
    monkeypatch.setenv("ACCORD_HOME", str(home.path))
    monkeypatch.setenv("ACCORD_DATABASE_URL", str(home.settings.database_url))

    def accord(*words: str) -> str:
        done = CliRunner().invoke(clients, [*words, "--organisation", "northgate"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout.strip()

    where = ("--redirect-uri", "http://127.0.0.1/cb")
    made = accord("register", "A desk", "--kind", "native", "--scope", "leads:read", *where)
    assert made.startswith("acc_client_")
    assert f"{made} native 'A desk' leads:read (never used)" in accord("list")
    code = party.code(made, "v" * 50, scope="leads:read", redirect_uri=where[1])
    tokens = party.redeem(made, code, "v" * 50, redirect_uri=where[1]).json
    grant, giver = accord("tokens", made).split()[:2]
    assert giver == party.task_force.people["investigator"].email
    assert accord("end-token", made, grant) == "ended"
    assert party.api(tokens["access_token"]).status_code == 401
    assert accord("remove", made).startswith("removed")
    assert made not in accord("list")
