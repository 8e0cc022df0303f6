"""`accord login` against a running Accord: the real command, and a person in a browser."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    from tests.acceptance.conftest import Running


def command(running: Running, configuration: Path, *words: str) -> subprocess.Popen[str]:
    environment = os.environ | {"XDG_CONFIG_HOME": str(configuration), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "accord", *words, "--server", running.issuer],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_person_signs_in_looks_and_signs_out(running: Running, tmp_path: Path) -> None:
    login = command(running, tmp_path, "login", "--scope", "openid", "--scope", "leads:read")
    assert login.stdout is not None
    code = re.search(r"type ([A-Z]{4}-[A-Z]{4})", login.stdout.readline())
    assert code is not None, login.communicate(timeout=60)
    browser = httpx2.Client(
        base_url=running.issuer,
        headers={"Sec-Fetch-Site": "same-origin"},
        cookies={"accord_session": running.session()},
        timeout=30,
    )
    with browser:
        browser.post("/oauth/device", data={"user_code": code[1], "decision": "allow"})
    out, err = login.communicate(timeout=60)
    assert login.returncode == 0, err
    assert out == f"signed in at {running.issuer} as ines@northgate.example.org\n"
    kept = tmp_path / "accord" / "tokens.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    known = json.loads(kept.read_text())[running.issuer]
    who = command(running, tmp_path, "whoami").communicate(timeout=60)[0]
    assert who == "ines <ines@northgate.example.org> for northgate\nleads:read\n"
    # An access token that is old is renewed by itself.
    kept.write_text(json.dumps({running.issuer: known | {"expires_at": 0}}))
    assert command(running, tmp_path, "whoami").communicate(timeout=60)[0] == who
    renewed = json.loads(kept.read_text())[running.issuer]
    assert renewed["refresh_token"] != known["refresh_token"]
    assert command(running, tmp_path, "logout").communicate(timeout=60)[0].startswith("signed out")
    assert json.loads(kept.read_text()) == {}
    bearer = {"Authorization": f"Bearer {renewed['access_token']}"}
    answer = httpx2.get(f"{running.issuer}/api/v1/leads", headers=bearer, timeout=30)
    assert answer.status_code == 401
    after = command(running, tmp_path, "whoami")
    assert "run `accord login`" in after.communicate(timeout=60)[1]
    assert after.returncode == 2
