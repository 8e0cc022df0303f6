"""requests-oauth2client, a Python client library, against a running Accord."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
import pytest
import requests
from requests_oauth2client import (
    DPoPToken,
    InvalidGrant,
    OAuth2AccessTokenAuth,
    OAuth2Client,
    PrivateKeyJwt,
    PublicApp,
)
from requests_oauth2client.exceptions import AuthorizationPending, SlowDown

if TYPE_CHECKING:
    from tests.acceptance.conftest import Running

BACK = "https://client.example.org/cb"


def client_of(running: Running, auth: Any, **more: Any) -> Any:
    """A client that found the endpoints by itself. TLS ends at the proxy, which these tests have none of."""
    return OAuth2Client.from_discovery_endpoint(
        issuer=running.issuer, auth=auth, redirect_uri=BACK, testing=True, **more
    )


def browser(running: Running) -> httpx2.Client:
    """Somebody's browser, signed in."""
    headers = {"Sec-Fetch-Site": "same-origin"}
    return httpx2.Client(
        base_url=running.issuer, headers=headers, cookies={"accord_session": running.session()}, timeout=30
    )


def allow(running: Running, address: str) -> str:
    """A person lets the client in; where the browser is sent."""
    with browser(running) as person:
        assert person.get(address).status_code == 200
        sent = {"query": urlsplit(address).query, "decision": "allow"}
        return str(person.post("/oauth/consent", data=sent).headers["location"])


def test_code_refresh_and_revocation(running: Running) -> None:
    client = client_of(running, PublicApp(running.register()))
    request = client.authorization_request(scope="openid leads:read")
    response = request.validate_callback(allow(running, str(request)))
    tokens = client.authorization_code(response, validate=False)
    assert tokens.scope == "openid leads:read"
    called = requests.get(
        f"{running.issuer}/api/v1/leads", auth=OAuth2AccessTokenAuth(client, tokens), timeout=30
    )
    assert called.status_code == 200
    renewed = client.refresh_token(tokens)
    assert renewed.refresh_token != tokens.refresh_token
    assert client.revoke_refresh_token(renewed)
    with pytest.raises(InvalidGrant):
        client.refresh_token(renewed)


def test_client_credentials_with_a_key_and_dpop(running: Running) -> None:
    identifier, key = running.signing(require_dpop=True)
    proved = PrivateKeyJwt(identifier, key.as_dict(private=True), alg="ES256")
    tokens = client_of(running, proved).client_credentials(scope="leads:read", dpop=True)
    assert isinstance(tokens, DPoPToken)
    called = requests.get(f"{running.issuer}/api/v1/leads", auth=tokens, timeout=30)
    assert called.status_code == 200


def test_the_device_flow(running: Running) -> None:
    # The library reads every address from the metadata but this one.
    where = f"{running.issuer}/oauth/device_authorization"
    client = client_of(running, PublicApp(running.register()), device_authorization_endpoint=where)
    begun = client.authorize_device(scope="leads:read")
    with pytest.raises((AuthorizationPending, SlowDown)):
        client.device_code(begun)
    with browser(running) as person:
        sent = {"user_code": begun.user_code, "decision": "allow"}
        assert "The program is in" in person.post("/oauth/device", data=sent).text
    tokens = client.device_code(begun)
    assert tokens.scope == "leads:read"
    with pytest.raises(InvalidGrant):
        client.device_code(begun)
