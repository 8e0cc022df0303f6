"""What the server says of itself, what it keeps, and its keys."""

from __future__ import annotations

import base64
import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import text

from accord_auth.oauth.signing_keys import SigningKeys, SigningKeysUnusable
from accord_config.database import Role

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.oauth_party import Party

pytest_plugins = ["tests.integration.task_force", "tests.integration.oauth_party"]


def test_the_metadata_offers_what_there_is_and_nothing_else(party: Party) -> None:
    client = party.app.test_client()
    told = client.get("/.well-known/openid-configuration").json
    assert told == client.get("/.well-known/oauth-authorization-server").json
    assert told["response_types_supported"] == ["code"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert "password" not in told["grant_types_supported"]
    assert "implicit" not in told["grant_types_supported"]
    paths = {rule.rule for rule in party.app.url_map.iter_rules()}
    for name, address in told.items():
        if name.endswith(("_endpoint", "_uri")):
            assert address.removeprefix(party.issuer) in paths, name


def test_a_grant_that_is_not_offered_is_told_so(party: Party) -> None:
    for kind in ("password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "x\"'<>"):
        answer = party.post("/oauth/token", grant_type=kind, username="a", password="b")
        assert (answer.status_code, answer.json["error"]) == (400, "unsupported_grant_type")


def test_each_redirect_is_a_303(party: Party) -> None:
    given = party.request(party.register(), "v" * 50)
    assert party.decide("investigator", given).status_code == 303
    assert party.decide("investigator", given, "deny").status_code == 303
    assert party.ask("investigator", given | {"scope": "nothing"}).status_code == 303
    assert party.ask(None, given).status_code == 303


def test_the_database_holds_no_secret_in_clear(party: Party) -> None:
    client, verifier = party.register(), "v" * 50
    code = party.code(client, verifier)
    tokens = party.redeem(client, code, verifier).json
    begun = party.post("/oauth/device_authorization", client_id=client).json
    ids = party.task_force.oauth_client()
    manager = party.task_force.program("manager")
    secret = manager.post(f"/api/v1/clients/{ids['client_id']}/secrets").json["secret"]
    values = [code, tokens["access_token"], tokens["refresh_token"], begun["device_code"], secret]
    values.append(begun["user_code"].replace("-", ""))
    with party.task_force.database(Role.OWNER).engine.connect() as connection:
        tables = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE tablename LIKE 'oauth%' OR tablename LIKE 'audit_e%'")
        ).scalars()
        kept = "".join(
            str(connection.execute(text(f"SELECT json_agg(t)::text FROM {table} AS t")).scalar())
            for table in tables
        )
    assert client in kept
    for value in values:
        assert value not in kept
        assert base64.b16encode(value.encode()).decode().lower() not in kept


def test_letting_a_program_in_and_keeping_it_out_is_audited(party: Party) -> None:
    client = party.register()
    row = party.client_row(client)
    party.tokens(client)
    party.decide("investigator", party.request(client, "v" * 50), "deny")
    with party.task_force.database(Role.OWNER).engine.connect() as connection:
        query = text("SELECT tag, detail->>'client' FROM audit_entries WHERE subject = :subject ORDER BY id")
        told = [tuple(one) for one in connection.execute(query, {"subject": f"client {row.id}"})]
    assert told == [("grant.give", client), ("grant.deny", client)]


# --- keys --------------------------------------------------------------------------------------------


@pytest.fixture
def keys(tmp_path: Path) -> SigningKeys:
    return SigningKeys(tmp_path / "keys.json")


def signed(keys: SigningKeys) -> str:
    key = keys.signing()
    return jwt.encode({"alg": "RS256", "kid": key.kid}, {"sub": "x"}, key.key, algorithms=["RS256"])


def opens(token: str, published: dict[str, Any]) -> bool:
    found = jwt.decode(token, KeySet.import_key_set(published), algorithms=["RS256"])  # type: ignore[arg-type]
    return bool(found.claims == {"sub": "x"})


def test_after_rotation_both_keys_are_published_and_the_new_one_signs(
    keys: SigningKeys, tmp_path: Path
) -> None:
    before = signed(keys)
    other_process = SigningKeys(tmp_path / "keys.json")
    first = other_process.signing().kid
    second = keys.rotate().kid
    assert other_process.signing().kid == second != first, "a running server notices"
    after = signed(other_process)
    assert opens(before, keys.key_set())
    assert opens(after, keys.key_set())
    assert [key["kid"] for key in keys.key_set()["keys"]] == [second, first]


def test_the_key_file_is_its_owner_s_alone(keys: SigningKeys, tmp_path: Path) -> None:
    keys.signing()
    path = tmp_path / "keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(SigningKeysUnusable, match="others may read"):
        SigningKeys(path).signing()


def test_keys_can_come_from_a_setting_and_errors_never_show_them(tmp_path: Path) -> None:
    key = RSAKey.generate_key(2048, auto_kid=False)
    given = json.dumps({"keys": [key.as_dict(private=True)]})
    found = SigningKeys(tmp_path / "none.json", given)
    assert found.signing().kid == key.thumbprint()
    with pytest.raises(SigningKeysUnusable, match="setting oauth_keys"):
        found.rotate()
    spoilt = given.replace('"kty": "RSA"', '"kty": "oct"')
    with pytest.raises(SigningKeysUnusable) as raised:
        SigningKeys(tmp_path / "none.json", spoilt)
    assert key.as_dict(private=True)["d"] not in str(raised.value)
    assert raised.value.__cause__ is None
