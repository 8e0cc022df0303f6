"""Twenty requests at the same moment, through a real server of two processes: one of them gets tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

if TYPE_CHECKING:
    from tests.acceptance.conftest import Running

BACK = "https://client.example.org/cb"
TWENTY = 20
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def redeemed(running: Running, form: dict[str, str]) -> list[httpx2.Response]:
    """The answers to the same request, sent twenty times at once."""
    together = Barrier(TWENTY)

    def send(number: int) -> httpx2.Response:
        with httpx2.Client(timeout=60) as client:
            together.wait(60)
            return client.post(f"{running.issuer}/oauth/token", data=form)

    with ThreadPoolExecutor(TWENTY) as pool:
        return list(pool.map(send, range(TWENTY)))


def winner(answers: list[httpx2.Response]) -> dict[str, Any]:
    """What the only one that succeeded got; all others were refused in the standard's form."""
    won = [answer for answer in answers if answer.status_code == 200]
    lost = [answer for answer in answers if answer.status_code != 200]
    assert len(won) == 1, [answer.status_code for answer in answers]
    assert {(answer.status_code, answer.json()["error"]) for answer in lost} == {(400, "invalid_grant")}
    found: dict[str, Any] = won[0].json()
    return found


def person(running: Running) -> httpx2.Client:
    cookies = {"accord_session": running.session()}
    return httpx2.Client(
        base_url=running.issuer, headers={"Sec-Fetch-Site": "same-origin"}, cookies=cookies, timeout=30
    )


def a_code(running: Running, client: str) -> dict[str, str]:
    """The form that redeems a code which a person let the client have."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    query = urlencode(
        {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": BACK,
            "scope": "leads:read",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
    )
    with person(running) as browser:
        back = browser.post("/oauth/consent", data={"query": query, "decision": "allow"})
    code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
    return {
        "grant_type": "authorization_code",
        "client_id": client,
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": verifier,
    }


def leads(running: Running, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.get(f"{running.issuer}/api/v1/leads", headers=headers, timeout=30).status_code


def test_a_code_gives_tokens_once_and_its_replay_kills_them(running: Running) -> None:
    tokens = winner(redeemed(running, a_code(running, running.register())))
    assert leads(running, tokens["access_token"]) == 401


def test_a_refresh_token_gives_tokens_once_and_they_stay(running: Running) -> None:
    client = running.register()
    first = httpx2.post(f"{running.issuer}/oauth/token", data=a_code(running, client), timeout=30).json()
    form = {"grant_type": "refresh_token", "client_id": client, "refresh_token": first["refresh_token"]}
    tokens = winner(redeemed(running, form))
    assert leads(running, tokens["access_token"]) == 200


def test_a_device_code_gives_tokens_once_and_they_stay(running: Running) -> None:
    client = running.register()
    begun = httpx2.post(
        f"{running.issuer}/oauth/device_authorization",
        data={"client_id": client, "scope": "leads:read"},
        timeout=30,
    ).json()
    with person(running) as browser:
        browser.post("/oauth/device", data={"user_code": begun["user_code"], "decision": "allow"})
    form = {"grant_type": DEVICE, "client_id": client, "device_code": begun["device_code"]}
    tokens = winner(redeemed(running, form))
    assert leads(running, tokens["access_token"]) == 200
