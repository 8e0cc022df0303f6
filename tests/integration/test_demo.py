"""`accord demo` as a newcomer runs it: a process, a home of its own, an embedded database."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from accord.app import create_app
from accord.demo import cast
from accord.demo.world.files import read_truth
from accord.setup import open_home
from accord_config.database import NOBODY, Role
from accord_config.settings import Settings

RECORDS = 300
CHANGES = {"alembic_version", "procrastinate_workers", "procrastinate_events", "sessions"}
"""Tables that tell of processes and sign-ins; what the demo is about stands in the others."""


@dataclass(frozen=True)
class Ran:
    """What a run printed, and what was in the database after it."""

    output: str
    tables: dict[str, list[str]]

    @property
    def sign_ins(self) -> dict[str, str]:
        """Password by address, as printed."""
        rows = [line.split() for line in self.output.splitlines() if "@" in line]
        return {row[-2]: row[-1] for row in rows}


def run(path: Path) -> Ran:
    environment = {"PATH": os.environ["PATH"], "ACCORD_HOME": str(path), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "accord", "demo", "--records", str(RECORDS), "--no-serve"]
    done = subprocess.run(
        command,
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Ran(done.stdout, tables_of(path))


def tables_of(path: Path) -> dict[str, list[str]]:
    """Every row of every table but those that change with every run, as text."""
    home = open_home(Settings(home=path), migrate=False)
    database = home.database(Role.OWNER, pool_size=1)
    with database.transaction(NOBODY) as session:
        session.execute(text("SET LOCAL row_security = off"))
        names = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        found = {
            name: sorted(session.scalars(text(f'SELECT row_to_json(one)::text FROM "{name}" AS one')))
            for name in set(names) - CHANGES
        }
    database.close()
    home.close()
    return found


@dataclass(frozen=True)
class Twice:
    """A home in which the demo ran twice."""

    path: Path
    first: Ran
    second: Ran


@pytest.fixture(scope="module")
def demo() -> Iterator[Twice]:
    # A short path, because a socket's path has a limit of about 100 bytes.
    path = Path(tempfile.mkdtemp(prefix="acd-"))
    try:
        yield Twice(path, run(path), run(path))
    finally:
        shutil.rmtree(path)


def test_every_record_is_ingested_and_ranked_for_its_member(demo: Twice) -> None:
    tables = demo.first.tables
    assert len(tables["records"]) == RECORDS
    assert {json.loads(row)["stage"] for row in tables["batches"]} == {"linked"}
    leads = [json.loads(row) for row in tables["leads"]]
    live = [lead for lead in leads if lead["merged_into"] is None]
    assert live
    assert not any(lead["stale"] for lead in live)
    assert all(lead["title"] and lead["reasons"] for lead in live)
    owners = {lead["organisation_id"] for lead in live}
    members = {
        json.loads(row)["id"]
        for row in tables["organisations"]
        if json.loads(row)["slug"] in {member.slug for member in cast.MEMBERS}
    }
    assert owners == members
    assert tables["job_failures"] == []


def test_the_printed_sign_ins_work(demo: Twice) -> None:
    players = [*(player for member in cast.MEMBERS for player in member.people), cast.ADMIN]
    assert set(demo.first.sign_ins) == {player.email for player in players}
    home = open_home(Settings(home=demo.path), migrate=False)
    app = create_app(home)
    for player in players:
        body = {"email": player.email, "password": demo.first.sign_ins[player.email]}
        reply = app.test_client().post("/api/v1/sessions", json=body)
        assert reply.status_code == 201
        leads = app.test_client().get(
            "/api/v1/leads", headers={"Authorization": f"Bearer {reply.json['token']}"}
        )
        if player is cast.ADMIN:
            assert leads.status_code == 403
        else:
            assert leads.json["items"]
    app.close()
    home.close()


def test_running_it_again_changes_nothing(demo: Twice) -> None:
    assert demo.second.sign_ins == demo.first.sign_ins
    assert set(demo.second.tables) == set(demo.first.tables)
    for name, rows in demo.first.tables.items():
        assert demo.second.tables[name] == rows, name
    assert "0 stored" in demo.second.output


def test_the_truth_lies_apart_and_the_database_holds_nothing_of_it(demo: Twice) -> None:
    (world,) = (demo.path / "demo").iterdir()
    assert f"the truth about the world, kept apart: {world}" in demo.first.output
    truth = list(read_truth(world))
    assert len(truth) == RECORDS
    stored = "\n".join(row for rows in demo.first.tables.values() for row in rows)
    actors = {record.actor for record in truth}
    assert len(actors) > 20
    # Whole words: a sketch has such letters and digits in a row by chance.
    assert actors.isdisjoint(re.findall(r"\w+", stored))
    assert not [name for name in ("urgency", "cues", "actor_kind", "truth") if f'"{name}"' in stored]
    for file in (world / "records").iterdir():
        for line in file.read_text(encoding="utf-8").splitlines():
            record: dict[str, Any] = json.loads(line)
            assert not {"actor", "kind", "ring", "urgency", "people", "cues"} & {*record, *record["extra"]}
