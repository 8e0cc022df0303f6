"""An organisation's sources: of the real plugin `files`, and of one that a test writes, in its process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from tests.conftest import Databases, Members

from accord.grants.service import Granting
from accord.host.pool import ProcessPool
from accord.ingestion.models import Source, StoredRecord
from accord.registry import settings
from accord.registry.service import Discovered, discover, synchronise
from accord.sources.listing import Listed, list_sources
from accord.sources.models import SourcePull, SourceReject
from accord.sources.pulling import pull_source
from accord.sources.rejects import rejects_of
from accord.sources.service import (
    PULL,
    add_source,
    request_pull,
    source_by_slug,
)
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Database, Role
from accord_config.home import Home
from accord_sdk import Manifest
from accord_sdk.host.launch import ProcessLauncher

MANIFEST = """
protocol = 1
name = "strange"
title = "Strange"
summary = "Gives what a test wants."
[provides]
sources = ["strange"]
[config.token]
type = "string"
help = "A key."
secret = true
[config.share]
type = "number"
help = "A share."
[config.times]
type = "integer"
help = "How often."
[config.loud]
type = "boolean"
help = "Whether."
[config.words]
type = "strings"
help = "Words."
[limits]
batch_seconds = 4.0
[card]
purpose = "Tests."
limits = "Tests only."
licence = "Apache-2.0"
contact = "maintainers@example.org"
"""
PLUGIN = """
import datetime, msgspec
from accord_sdk import Page, RejectedRecord, hookimpl

def record(key, **more):
    given = {{"external_id": str(key), "observed_at": "2026-05-01T12:00:00Z", "title": f"offer {{key}}"}}
    return {{**given, **more}}

class Strange:
    name = "strange"
    def pull(self, cursor, call, *, limit):
        start = int(cursor or 0)
{body}

@hookimpl
def accord_sources(context):
    return [Strange()]
"""


def line(key: object, **more: Any) -> dict[str, Any]:
    return {"external_id": str(key), "observed_at": "2026-05-01T12:00:00Z", "title": f"offer {key}", **more}


def write(path: Path, *lines: dict[str, Any] | str) -> None:
    with path.open("a", encoding="utf-8") as file:
        for item in lines:
            file.write((item if isinstance(item, str) else json.dumps(item)) + "\n")


class Pulling:
    """One organisation's source, as its operator and its worker see it."""

    def __init__(self, home: Home, database: Database, principal: Principal, slug: str = "adverts") -> None:
        self.database = database
        self.principal = principal
        self.slug = slug
        self.home = home
        self.seals = home.seals()
        self.launcher: Any = ProcessLauncher()

    def add(self, plugin: str = "files", **settings: str) -> None:
        given = {name: [value] for name, value in settings.items()}
        with self.database.transaction(self.principal.scope) as session:
            add_source(
                session, self.principal, self.seals, self.slug, plugin=plugin, settings=given, folders=True
            )

    def source(self) -> Source:
        with self.database.transaction(self.principal.scope) as session:
            return source_by_slug(session, self.principal, self.slug)

    def request(self) -> int:
        with self.database.transaction(self.principal.scope) as session:
            return request_pull(session, self.principal, self.slug).id

    def work(self, on_page: Callable[[int], None] | None = None) -> None:
        source = self.source()
        config_of = partial(settings.config_of, self.seals)
        pool = ProcessPool(self.launcher, Granting(self.database), config_of=config_of)
        pull_source(self.database, pool, source.organisation_id, source.id, on_page=on_page)

    def pull(self) -> SourcePull:
        asked = self.request()
        for _ in range(3):
            self.work()
            if (pull := self.one(asked)).finished_at is not None:
                return pull
        raise AssertionError("the pull does not come to an end")

    def one(self, pull_id: int) -> SourcePull:
        with self.database.transaction(self.principal.scope) as session:
            return session.get_one(SourcePull, pull_id)

    def records(self) -> list[str]:
        with self.database.transaction(self.principal.scope) as session:
            query = select(StoredRecord.external_id).join(Source, Source.id == StoredRecord.source_id)
            return list(session.scalars(query.where(Source.slug == self.slug).order_by(StoredRecord.id)))

    def rejects(self) -> list[SourceReject]:
        with self.database.transaction(self.principal.scope) as session:
            return list(rejects_of(session, source_by_slug(session, self.principal, self.slug)))

    def listed(self) -> list[Listed]:
        with self.database.transaction(self.principal.scope) as session:
            return list_sources(session, self.principal)

    def jobs(self) -> int:
        query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo'")
        with self.database.transaction(NOBODY) as session:
            return session.scalar(query, {"task": PULL}) or 0

    def take_jobs(self) -> None:
        """As a worker does that starts every waiting job."""
        with self.database.transaction(NOBODY) as session:
            taken = text("DELETE FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo'")
            session.execute(taken, {"task": PULL})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.fixture
def adverts(home: Home, database: Databases, organisations: Members) -> Pulling:
    return Pulling(home, database(Role.WORKER), organisations.company.operator)


@pytest.fixture
def from_files(adverts: Pulling, folder: Path) -> Pulling:
    adverts.add(path=str(folder), pattern="*.jsonl")
    return adverts


class StrangeLauncher(ProcessLauncher):
    """Starts the runner beside a plugin that a test wrote."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, manifest: Manifest, folders: Any = (), site: Any = None) -> subprocess.Popen[bytes]:
        path = f"import sys; sys.path.insert(0, {str(self._folder)!r})"
        code = f"{path}\nfrom accord_sdk.runner import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        self.started.append(process)
        return process


Strange = Callable[[str], Pulling]


@pytest.fixture
def strange(adverts: Pulling, tmp_path: Path) -> Strange:
    """The organisation's source of a plugin whose `pull` has this body; written anew at each call."""
    packages = tmp_path / "packages"
    information = packages / "strange-0.1.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: strange\nVersion: 0.1\n")
    (information / "entry_points.txt").write_text("[accord]\nstrange = strange_plugin\n")
    with adverts.database.transaction(NOBODY) as session:
        synchronise(session, [*discover(), Discovered(Manifest.parse(MANIFEST), "0.1")])
    adverts.add("strange")
    adverts.launcher = StrangeLauncher(packages)

    def behave(body: str) -> Pulling:
        indented = "\n".join(f"        {row}" for row in body.strip("\n").splitlines())
        (packages / "strange_plugin.py").write_text(PLUGIN.format(body=indented))
        return adverts

    return behave
