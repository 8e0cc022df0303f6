"""Clients of the police unit, and the browser, programs and keys that they need, for tests of OAuth.

A test module takes the fixture with `pytest_plugins = [..., "tests.integration.oauth_party"]`.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID, uuid4

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from accord_auth.oauth.models import AuthMethod, GrantType, OAuthClient
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

BACK = "https://client.example.org/cb"
JWS = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Signer:
    """A client's key: makes assertions and DPoP proofs."""

    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", auto_kid=True))

    @property
    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)]}

    @property
    def thumbprint(self) -> str:
        return self.key.thumbprint()

    def assertion(self, client_id: str, audience: str, **changes: Any) -> dict[str, str]:
        """The parameters of private_key_jwt."""
        now = int(time.time())
        claims = {"iss": client_id, "sub": client_id, "aud": audience, "exp": now + 60, "jti": str(uuid4())}
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        signed = jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key, algorithms=["ES256"])
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        return {"client_assertion_type": kind, "client_assertion": signed}

    def proof(
        self,
        method: str,
        address: str,
        *,
        nonce: str | None = None,
        token: str | None = None,
        header: dict[str, Any] | None = None,
        **changes: Any,
    ) -> dict[str, str]:
        """A DPoP header."""
        claims: dict[str, Any] = {
            "htm": method, "htu": address, "iat": int(time.time()), "jti": str(uuid4()), "nonce": nonce
        }  # fmt: skip
        if token is not None:
            digest = hashlib.sha256(token.encode()).digest()
            claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        jwk = {name: value for name, value in self.key.as_dict(private=False).items() if name != "kid"}
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk} | (header or {})
        return {"DPoP": jwt.encode(head, claims, self.key, algorithms=["ES256"], registry=JWS)}


class Party:
    """A client's side of OAuth against the application."""

    def __init__(self, task_force: TaskForce) -> None:
        self.task_force = task_force
        self.app = task_force.app
        self.issuer = self.app.issuer

    def register(self, **changes: Any) -> str:
        """A client straight in the database; its identifier."""
        values: dict[str, Any] = {
            "organisation_id": self.task_force.police.id,
            "client_id": f"acc_client_{uuid4().hex}",
            "name": "A reader",
            "auth_method": AuthMethod.NONE,
            "grant_types": [GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN, GrantType.DEVICE_CODE],
            "redirect_uris": [BACK],
            "scopes": ["openid", "profile", "email", "leads:read", "cases:read", "cases:write"],
            "networks": [],
        }
        with self.gate() as session:
            client = OAuthClient(**(values | changes))
            session.add(client)
        return client.client_id

    @staticmethod
    def signer() -> Signer:
        """A new key."""
        return Signer()

    def service(self, signer: Signer, **changes: Any) -> str:
        """A service of the organisation, which signs."""
        values: dict[str, Any] = {
            "auth_method": AuthMethod.PRIVATE_KEY_JWT,
            "grant_types": [*GrantType],
            "jwks": signer.jwks,
        }
        return self.register(**(values | changes))

    def gate(self) -> Any:
        return self.task_force.database(Role.GATE).transaction(NOBODY)

    def request(self, client: str, verifier: str, **changes: Any) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one out."""
        given = {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": BACK,
            "scope": "openid leads:read",
            "state": "a state",
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (given | changes).items() if value is not None}

    def ask(self, who: str | None, given: dict[str, str] | str) -> TestResponse:
        """A browser at the authorization endpoint."""
        query = given if isinstance(given, str) else urlencode(given)
        return self.task_force.browser(who).get(f"/oauth/authorize?{query}")

    def decide(self, who: str, given: dict[str, str], decision: str = "allow") -> TestResponse:
        """The person's answer on the page."""
        sent = {"query": urlencode(given), "decision": decision}
        return self.task_force.browser(who).post("/oauth/consent", data=sent)

    def code(self, client_id: str, verifier: str, *, who: str = "investigator", **changes: Any) -> str:
        """A code that a person let the client have."""
        answer = self.decide(who, self.request(client_id, verifier, **changes))
        assert answer.status_code == 303, answer.text
        return self.back(answer)["code"]

    @staticmethod
    def back(answer: TestResponse) -> dict[str, str]:
        """What the browser carries back to the client."""
        found = parse_qs(urlsplit(answer.location).query, strict_parsing=True)
        assert all(len(values) == 1 for values in found.values())
        return {name: values[0] for name, values in found.items()}

    def post(self, path: str, headers: dict[str, str] | None = None, **form: Any) -> TestResponse:
        """A client's own request."""
        data = {name: value for name, value in form.items() if value is not None}
        return self.app.test_client().post(path, data=data, headers=headers or {})

    def redeem(self, client: str, given: str, verifier: str, **more: Any) -> TestResponse:
        """A code for tokens."""
        form = {
            "grant_type": "authorization_code",
            "client_id": client,
            "code": given,
            "redirect_uri": BACK,
            "code_verifier": verifier,
        }
        return self.post("/oauth/token", **(form | more))

    def tokens(self, client_id: str, *, who: str = "investigator", **changes: Any) -> dict[str, Any]:
        """The whole way to tokens for a public client."""
        verifier = secrets.token_urlsafe(48)
        answer = self.redeem(client_id, self.code(client_id, verifier, who=who, **changes), verifier)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json
        return found

    def refresh(self, client_id: str, refresh_token: str, **more: Any) -> TestResponse:
        """A refresh token for the next tokens."""
        form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": refresh_token}
        return self.post("/oauth/token", **(form | more))

    def api(
        self, token: str, path: str = "/api/v1/leads", scheme: str = "Bearer", **headers: str
    ) -> TestResponse:
        """The API with an access token."""
        return self.app.test_client().get(path, headers={"Authorization": f"{scheme} {token}", **headers})

    def nonce(self) -> str:
        """The nonce that DPoP proofs must hold now."""
        proof = Signer().proof("POST", f"{self.issuer}/oauth/token")
        answer = self.post("/oauth/token", headers=proof, grant_type="none")
        assert answer.json["error"] == "use_dpop_nonce"
        return answer.headers["DPoP-Nonce"]

    def client_row(self, client_id: str) -> OAuthClient:
        with self.gate() as session:
            found: OAuthClient = session.query(OAuthClient).filter_by(client_id=client_id).one()
        return found

    @property
    def organisation_id(self) -> UUID:
        return self.task_force.police.id


@pytest.fixture(scope="session")
def party(task_force: TaskForce) -> Party:
    """OAuth clients of the task force's police unit."""
    return Party(task_force)
