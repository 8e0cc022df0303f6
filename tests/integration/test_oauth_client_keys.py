"""Keys of clients from an address of theirs: read when needed, kept, changed, never asked for too often."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from tests.integration.oauth_party import Signer
from tests.loopback import Running, serving

from accord_auth.oauth.models import AuthMethod, GrantType
from accord_config.fetching import Fetcher

if TYPE_CHECKING:
    from tests.integration.oauth_party import Party

pytest_plugins = ["tests.integration.task_force", "tests.integration.oauth_party"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("keys")) as made:
        yield made


@pytest.fixture(autouse=True)
def reachable(party: Party, running: Running) -> Iterator[None]:
    """The application may reach the server on loopback."""
    before = party.app.outside
    party.app.outside = replace(before, fetcher=running.fetcher)
    running.asked.clear()
    yield
    party.app.outside = before


class Service:
    """A client whose keys stand at an address."""

    def __init__(self, party: Party, running: Running) -> None:
        self.party, self.running = party, running
        self.client_id = party.register(
            auth_method=AuthMethod.PRIVATE_KEY_JWT,
            grant_types=[GrantType.CLIENT_CREDENTIALS],
            jwks_uri=running.url("document"),
            scopes=["leads:read"],
        )

    def publish(self, *signers: Signer, **more: Any) -> None:
        keys = [key for signer in signers for key in signer.jwks["keys"]]
        self.running.document.append(json.dumps({"keys": [*keys, *more.get("keys", [])]}).encode())

    def token(self, signer: Signer) -> int:
        assertion = signer.assertion(self.client_id, f"{self.party.issuer}/oauth/token")
        answer = self.party.post("/oauth/token", grant_type="client_credentials", **assertion)
        if answer.status_code != 200:
            assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
        return int(answer.status_code)

    def age(self, **columns: str) -> None:
        """As if the keys were read, and tried, so long ago."""
        with self.party.gate() as session:
            for column, ago in columns.items():
                session.execute(
                    text(
                        f"UPDATE oauth_clients SET {column} = now() - CAST(:ago AS interval)"
                        " WHERE client_id = :id"
                    ),
                    {"ago": ago, "id": self.client_id},
                )

    @property
    def read(self) -> int:
        return len(self.running.asked)


@pytest.fixture
def service(party: Party, running: Running) -> Service:
    return Service(party, running)


def test_keys_are_read_once_and_kept(service: Service) -> None:
    signer = Signer()
    service.publish(signer)
    assert [service.token(signer) for _ in range(3)] == [200, 200, 200]
    assert service.read == 1
    method, path, headers, body = service.running.asked[0]
    assert (method, path, body) == ("GET", "/document", b"")
    assert "Authorization" not in headers
    assert "Cookie" not in headers


def test_a_new_key_is_found_by_its_name_once_a_minute_at_most(service: Service) -> None:
    old, new = Signer(), Signer()
    service.publish(old)
    assert service.token(old) == 200
    service.publish(old, new)
    # A moment after the last time nobody is asked again, whatever name comes.
    assert [service.token(signer) for signer in (new, Signer(), Signer())] == [401, 401, 401]
    assert service.read == 1
    service.age(jwks_tried_at="61 seconds")
    assert service.token(new) == 200
    assert [service.token(Signer()) for _ in range(3)] == [401, 401, 401]
    assert service.read == 2


def test_a_key_that_is_taken_away_counts_for_an_hour_at_most(service: Service) -> None:
    old, new = Signer(), Signer()
    service.publish(old)
    assert service.token(old) == 200
    service.publish(new)
    assert service.token(old) == 200
    service.age(jwks_tried_at="61 minutes", jwks_read_at="61 minutes")
    assert service.token(old) == 401
    assert service.token(new) == 200


def test_when_the_address_does_not_answer_the_last_keys_count_for_a_day(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    signer = Signer()
    service.publish(signer)
    assert service.token(signer) == 200
    service.running.document.append(b"no JSON")
    service.age(jwks_tried_at="2 hours", jwks_read_at="2 hours")
    with caplog.at_level(logging.WARNING):
        assert service.token(signer) == 200
    assert "could not be read" in caplog.text
    service.age(jwks_tried_at="2 hours", jwks_read_at="25 hours")
    assert service.token(signer) == 401


@pytest.mark.parametrize(
    "document",
    [
        b"", b"[]", b"{}", b'{"keys": {}}', b'{"keys": []}', b'{"keys": [{}]}', b'{"keys": [7, null]}',
        b'{"keys": [{"kty": "oct", "k": "AAAA"}]}', b"[" * 30_000, b'{"keys": ["' + b"x" * 70_000 + b'"]}',
        json.dumps({"keys": [{}] * 21}).encode(),
    ],
)  # fmt: skip
def test_what_holds_no_usable_key_lets_nobody_in(document: bytes, service: Service) -> None:
    service.running.document.append(document)
    assert service.token(Signer()) == 401


def test_keys_that_do_not_sign_are_left_out(service: Service) -> None:
    signer, other = Signer(), Signer()
    private = other.key.as_dict(private=True)
    encrypting = other.jwks["keys"][0] | {"use": "enc"}
    service.publish(signer, keys=[private, encrypting, {"kty": "new"}])
    assert service.token(signer) == 200
    assert service.token(other) == 401


def test_an_address_inside_is_not_read(party: Party, service: Service) -> None:
    signer = Signer()
    service.publish(signer)
    party.app.outside = replace(party.app.outside, fetcher=Fetcher())
    assert service.token(signer) == 401
    assert service.read == 0


@pytest.mark.parametrize(
    "address",
    ["http://keys.example.org/a", "https://127.0.0.1/a", "https://localhost/a", "ftp://x.example.org", "x",
     "https://user:secret@keys.example.org/", "https://keys.example.org/#a", "https://" + "a" * 600],
)  # fmt: skip
def test_an_admin_names_an_https_address_with_a_full_name(address: str, party: Party) -> None:
    body = {"name": "Reader", "kind": "service", "scopes": ["leads:read"], "jwks_uri": address}
    answer = party.task_force.program("manager").post("/api/v1/clients", json=body)
    assert answer.status_code == 422
    assert "jwks_uri" in str(answer.json["errors"])


def test_an_admin_registers_an_address_instead_of_keys(party: Party, running: Running) -> None:
    program = party.task_force.program("manager")
    address = "https://keys.example.org/jwks.json"
    body = {"name": "Reader", "kind": "service", "scopes": ["leads:read"], "jwks_uri": address}
    both = program.post("/api/v1/clients", json=body | {"jwks": Signer().jwks})
    assert "not both" in both.json["errors"]["jwks"][0]
    native = program.post("/api/v1/clients", json=body | {"kind": "native"})
    assert "jwks_uri" in native.json["errors"]
    made = program.post("/api/v1/clients", json=body)
    assert made.status_code == 201
    assert (made.json["jwks_uri"], made.json["jwks"], made.json["jwks_read_at"]) == (address, None, None)
