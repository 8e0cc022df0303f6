"""openid-client 6, a certified OpenID relying party, against a running Accord."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from accord_auth.oauth.models import GrantType

if TYPE_CHECKING:
    from tests.acceptance.conftest import Running

BACK = "https://client.example.org/cb"
CODE = [GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN]


@pytest.fixture(scope="module")
def found(running: Running, node: str, node_packages: Path) -> dict[str, Any]:
    """What the relying party reports."""
    native = running.register(grant_types=CODE)
    web, web_key = running.signing(grant_types=CODE, require_par=True)
    service, service_key = running.signing(grant_types=[GrantType.CLIENT_CREDENTIALS], require_dpop=True)
    given = {
        "issuer": running.issuer,
        "back": BACK,
        "session": running.session(),
        "native": native,
        "web": web,
        "webKey": web_key.as_dict(private=True),
        "service": service,
        "serviceKey": service_key.as_dict(private=True),
    }
    done = subprocess.run(
        [node, str(node_packages / "relying_party.mjs")],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_it_signs_a_person_in_with_code_and_pkce_and_calls_the_api(
    found: dict[str, Any], running: Running
) -> None:
    assert found["code"] == {
        "iss": running.issuer,
        "email": "ines@northgate.example.org",
        "sub": True,
        "type": "bearer",
        "api": 200,
        "foreignIssuer": "OAUTH_INVALID_RESPONSE",
    }


def test_it_refreshes_and_reuse_ends_the_family(found: dict[str, Any]) -> None:
    assert found["refresh"] == {"renewed": True, "reuse": "invalid_grant", "family": "invalid_grant"}


def test_it_revokes(found: dict[str, Any]) -> None:
    assert found["revocation"] == "invalid_grant"


def test_it_pushes_requests_signs_and_binds_tokens_to_its_key(found: dict[str, Any]) -> None:
    assert found["pushed"] == {
        "withoutPar": "invalid_request",
        "pushed": True,
        "again": 400,
        "type": "dpop",
        "active": True,
        "bound": True,
        "api": 200,
        "bearer": 401,
        "ended": False,
    }


def test_a_service_gets_tokens_with_a_proof_only(found: dict[str, Any]) -> None:
    assert found["service"] == {
        "withoutProof": "invalid_dpop_proof",
        "unknownScope": "invalid_scope",
        "type": "dpop",
        "scope": "leads:read",
        "api": 200,
    }
