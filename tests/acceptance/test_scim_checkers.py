"""SCIM as programs see it that nobody here wrote: scim2-cli and scim-sanity, at a running server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, func

from accord_auth.directory.models import DirectoryToken
from accord_auth.organisations.models import Membership
from accord_auth.permissions import Role as PersonRole
from accord_auth.provisioning.configuring import set_defaults
from accord_auth.provisioning.tokens import make_token
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.conftest import Running

TOOLS = Path(sys.executable).parent
DOMAIN = "example.com"
"""Where scim-sanity's made-up people live."""
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def token(running: Running) -> Iterator[str]:
    """A token of the police unit's directory; user names without a domain get the unit's."""
    member = running.members.police
    gate = running.database(Role.GATE)
    with gate.transaction(NOBODY) as session:
        session.add(Membership(organisation_id=member.id, domain=DOMAIN, domain_proved_at=func.now()))
        session.flush()
        set_defaults(session, member.operator, default_domain=DOMAIN, default_role=PersonRole.ANALYST)
        made = make_token(session, member.operator, name="Checker", days=1)
    yield made.value
    with gate.transaction(NOBODY) as session:
        session.execute(delete(DirectoryToken).where(DirectoryToken.id == made.token.id))


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        [str(TOOLS / command[0]), *command[1:]],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    return done.stdout


def test_scim2_cli_finds_nothing_to_complain_of(running: Running, token: str) -> None:
    said = run(
        "scim2",
        "--url",
        f"{running.issuer}/scim/v2",
        "test",
        SCIM_CLI_HEADERS=f"Authorization: Bearer {token}",
    )
    assert said.count("SUCCESS") > 50


def test_scim_sanity_passes_its_probe(running: Running, token: str) -> None:
    said = run(
        "scim-sanity",
        "probe",
        f"{running.issuer}/scim/v2",
        "--token",
        token,
        "--i-accept-side-effects",
    )
    assert "All tests passed." in said
