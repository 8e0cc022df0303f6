"""How long tokens take: the token endpoint and the API's check of a token, under many clients at once.

    python bench/oauth.py [--quick] [--clients N]

A real server (two processes) on a database of its own in a temporary home. N clients at once (threads of this
process, whose own work is in the figures) send one request after another: services that sign with their
key, services with a secret, then calls of the API with a token. Times are
wall-clock milliseconds as a client sees them; the last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey

from accord.setup import open_home
from accord_auth.oauth.models import AuthMethod, ClientSecret, GrantType, OAuthClient
from accord_auth.oauth.secret_values import Prefix, hashed, make
from accord_auth.organisations.service import organisation_by_slug
from accord_config.database import NOBODY, Role
from accord_config.settings import load_settings

KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REQUESTS, QUICK_REQUESTS = 4_000, 600


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer requests: under a minute")
    parser.add_argument("--clients", type=int, default=200, help="how many at once")
    given = parser.parse_args()
    requests = QUICK_REQUESTS if given.quick else REQUESTS
    with tempfile.TemporaryDirectory(prefix="ab") as home, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        os.environ |= {"ACCORD_HOME": home, "ACCORD_PORT": str(port), "ACCORD_WEB_THREADS": "8"}
        client, key, secret = prepare()
        with serving(Path(home), f"http://127.0.0.1:{port}") as issuer:
            figures = measure(issuer, client, key, secret, given.clients, requests)
    print(json.dumps(figures))


def prepare() -> tuple[str, ECKey, tuple[str, str]]:
    """A service that signs, and one with a secret; both of the organisation `local`."""
    key, secret = ECKey.generate_key("P-256", auto_kid=True), make(Prefix.CLIENT_SECRET)
    later = datetime.now(UTC) + timedelta(days=1)
    home = open_home(load_settings())
    gate = home.database(Role.GATE)
    with gate.transaction(NOBODY) as session:
        owner = organisation_by_slug(session, "local").id
        made = []
        for method in (AuthMethod.PRIVATE_KEY_JWT, AuthMethod.SHARED_SECRET):
            row = OAuthClient(
                organisation_id=owner,
                client_id=f"{Prefix.CLIENT_ID}{uuid4().hex}",
                name="bench",
                auth_method=method,
                grant_types=[GrantType.CLIENT_CREDENTIALS],
                redirect_uris=[],
                scopes=["leads:read"],
                networks=[],
                jwks={"keys": [key.as_dict(private=False)]},
                secret_until=later,
            )
            session.add(row)
            session.flush()
            made.append(row)
        session.add(ClientSecret(client_id=made[1].id, secret_hash=hashed(secret), expires_at=later))
    gate.close()
    home.close()
    return made[0].client_id, key, (made[1].client_id, secret)


@contextmanager
def serving(home: Path, issuer: str) -> Iterator[str]:
    """`accord serve` until the block ends."""
    process = subprocess.Popen([sys.executable, "-m", "accord", "serve"], stdout=subprocess.DEVNULL, cwd=home)
    try:
        while True:
            with suppress(httpx2.TransportError):
                httpx2.get(f"{issuer}/oauth/jwks.json", timeout=5).raise_for_status()
                break
            if process.poll() is not None:
                raise SystemExit("the server ended")
            time.sleep(0.2)
        yield issuer
    finally:
        process.terminate()
        process.wait(30)


def measure(
    issuer: str, client: str, key: ECKey, secret: tuple[str, str], clients: int, requests: int
) -> dict[str, float]:
    """The figures, in milliseconds but for the rates (answers a second)."""
    figures: dict[str, float] = {"clients": clients, "requests": requests}

    def signed() -> dict[str, str]:
        claims: dict[str, object] = {"iss": client, "sub": client, "aud": issuer, "jti": uuid4().hex}
        claims["exp"] = int(time.time()) + 300
        token = jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key, algorithms=["ES256"])
        return {"grant_type": "client_credentials", "client_assertion_type": KIND, "client_assertion": token}

    by_secret = {"grant_type": "client_credentials", "client_id": secret[0], "client_secret": secret[1]}
    # A connection for each request, as of clients that come now and then.
    limits = httpx2.Limits(max_connections=clients, max_keepalive_connections=0)
    with httpx2.Client(base_url=issuer, timeout=120, limits=limits) as http:
        token = http.post("/oauth/token", data=by_secret).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        acts: dict[str, Callable[[], httpx2.Response]] = {
            "token_signed": lambda: http.post("/oauth/token", data=signed()),
            "token_secret": lambda: http.post("/oauth/token", data=by_secret),
            "check": lambda: http.get("/api/v1/sessions/current", headers=bearer),
        }
        for name, act in acts.items():
            for label, at_once in (("alone", 1), ("under_load", clients)):
                times, rate = timed(act, at_once, requests if at_once > 1 else min(requests, 200))
                cuts = statistics.quantiles(times, n=100)
                p50, p95 = round(cuts[49], 2), round(cuts[94], 2)
                what = f"{name}_{label}"
                figures |= {f"{what}_p50_ms": p50, f"{what}_p95_ms": p95, f"{what}_per_s": round(rate, 1)}
                print(f"{name} {label}: p50 {p50} ms, p95 {p95} ms, {rate:.0f}/s", flush=True)
    return figures


def timed(act: Callable[[], httpx2.Response], at_once: int, requests: int) -> tuple[list[float], float]:
    """Milliseconds of each request, and how many were answered in a second."""

    def one(number: int) -> float:
        begin = time.perf_counter()
        answer = act()
        if answer.status_code != 200:
            raise SystemExit(f"{answer.status_code} {answer.text}")
        return (time.perf_counter() - begin) * 1_000

    begin = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        times = list(pool.map(one, range(requests)))
    return times, requests / (time.perf_counter() - begin)


if __name__ == "__main__":
    main()
