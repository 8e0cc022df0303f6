"""A plugin whose moods a record's text chooses, and what one organisation's worker does with it."""

from __future__ import annotations

import subprocess
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from tests.conftest import Databases, Member, Members

from accord.detection.late import work_late
from accord.detection.models import CircuitState, ParkedRecord, PluginCircuit
from accord.detection.pending import Policy
from accord.detection.service import detect_batch
from accord.host.pool import ProcessPool
from accord.ingestion.models import Batch, Stage, StoredRecord
from accord.ingestion.service import Incoming, ensure_source, store, validate
from accord.linking.relinking import relink_ready
from accord.linking.service import link_ready
from accord.markings import Marking
from accord.registry.service import Discovered, activate_all, synchronise
from accord_auth.permissions import Role as PersonRole
from accord_auth.permissions import permissions_of
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Database, Role
from accord_sdk import Manifest
from accord_sdk.host.launch import ProcessLauncher

AT_ONCE = Policy(backoff=timedelta(0))

CODE = """
import os, time
from accord_sdk import Failed, Found, Selector, Signal, Skipped, hookimpl

MARK = "one"

class Moody:
    name = "moody"
    def open(self):
        pass
    def close(self):
        pass
    def detect(self, batch, call):
        for ref, record in enumerate(batch):
            mood, _, name = record.body.partition(" ")
            yield getattr(self, mood)(ref, name, call)
    def find(self, ref, name, call):
        handle = Selector("handle", f"telegram:{name}-{MARK}", confidence=0.9)
        return Found(ref, (handle, Signal(f"seen-{MARK}", 1, note="said so")) if name else ())
    def die(self, ref, name, call):
        os._exit(7)
    def throw(self, ref, name, call):
        raise ValueError(f"cannot read {name}")
    def dawdle(self, ref, name, call):
        while not call.cancelled():
            time.sleep(0.01)
        return Found(ref, ())
    def ponder(self, ref, name, call):
        time.sleep(1.0)
        return self.find(ref, name, call)
    def fail(self, ref, name, call):
        return Failed(ref, "unreadable", "no such alphabet")
    def beg(self, ref, name, call):
        return Failed(ref, "away", "the model is away", retry=True)
    def skip(self, ref, name, call):
        return Skipped(ref, "a language that it does not know")
    def misspell(self, ref, name, call):
        return Found(ref, (Selector("", "x"),))

@hookimpl
def accord_detectors(context):
    return [Moody()]
"""

MANIFEST = """
protocol = 1
name = "moody"
title = "Moody"
summary = "Does what a record's text says."
ceiling = "TLP:AMBER"
provides = { detectors = ["moody"] }
reads = { body = "what to do" }
limits = { open_seconds = 30.0, batch_seconds = 20.0, memory_mb = 512 }
card = { purpose = "Tests.", limits = "None.", licence = "Apache-2.0", contact = "tests@example.org" }
"""


class Watched:
    """Starts the plugin that lies in a folder, and remembers what it started."""

    def __init__(self, folder: Path) -> None:
        self._launcher = ProcessLauncher(folder)
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(
        self, manifest: Manifest, folders: Sequence[Path] = (), site: Path | None = None
    ) -> subprocess.Popen[bytes]:
        self.processes.append(self._launcher.start(manifest, folders, site))
        return self.processes[-1]


def acting(principal: Principal, role: PersonRole) -> Principal:
    """The same organisation's principal with one role alone."""
    return replace(principal, permissions=permissions_of(frozenset({role})))


class Shop:
    """One organisation with the moody plugin, and its worker; nothing is waited for that is put off."""

    def __init__(self, database: Database, member: Member, pool: ProcessPool, folder: Path) -> None:
        self.database = database
        self.member = member
        self.pool = pool
        self.folder = folder
        self._next = 0

    def behave(self, old: str, new: str) -> None:
        """Change the plugin's code; processes with the old one are ended."""
        path = self.folder / "moody_plugin.py"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
        self.pool.close()

    def upgrade(self, version: str, mark: str) -> None:
        """Install another version, which marks what it finds differently."""
        self.behave('MARK = "one"', f'MARK = "{mark}"')
        info = next(self.folder.glob("*.dist-info"))
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: moody\nVersion: {version}\n")
        with self.database.transaction(NOBODY) as session:
            synchronise(session, [Discovered(Manifest.parse(MANIFEST), version)])

    def store(self, *bodies: str) -> list[str]:
        """Store a batch of records with these texts; returns their external ids."""
        lines = []
        for body in bodies:
            self._next += 1
            lines.append(
                {"external_id": f"m{self._next:03}", "observed_at": "2026-05-01T12:00:00Z", "body": body}
            )
        incoming = [one for one in map(validate, range(len(lines)), lines) if isinstance(one, Incoming)]
        with self.database.transaction(self.member.scope) as session:
            source = ensure_source(session, self.member.operator, "board")
            store(session, self.member.operator, source, incoming, marking=Marking.GREEN)
        return [line["external_id"] for line in lines]

    def detect(self, *, patience_s: float = 30.0) -> None:
        """Look at what was stored, and link it."""
        with self.database.transaction(self.member.scope) as session:
            waiting = list(session.scalars(select(Batch.id).where(Batch.stage == Stage.STORED)))
        for batch in waiting:
            detect_batch(self.database, self.pool, self.member.id, batch, patience_s=patience_s)
        self.link()

    def link(self) -> None:
        """Link what is new, and what changed."""
        while link_ready(self.database, self.member.id):
            pass
        while relink_ready(self.database, self.member.id):
            pass

    def late(self, policy: Policy = AT_ONCE) -> None:
        """Do what was put off, however short a time ago, and link again."""
        with self.database.transaction(self.member.scope) as session:
            session.execute(text("UPDATE pending_detections SET not_before = now() - interval '1 second'"))
        work_late(self.database, self.pool, self.member.id, "moody", policy=policy)
        self.link()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows that a query gives the organisation's worker."""
        with self.database.transaction(self.member.scope) as session:
            return [tuple(row) for row in session.execute(text(query))]

    def found(self) -> dict[str, list[str]]:
        """What stands in the store: the values found, by external id."""
        rows = self.rows(
            "SELECT external_id, findings FROM record_findings JOIN records ON records.id = record_id"
        )
        return {record: [one["value"] for one in said if "value" in one] for record, said in rows}

    def leads(self) -> set[frozenset[str]]:
        """Which records stand together in leads."""
        rows = self.rows(
            "SELECT array_agg(external_id) FROM lead_records JOIN records ON records.id = record_id"
            " GROUP BY lead_id"
        )
        return {frozenset(row[0]) for row in rows}

    def parked(self) -> dict[str, ParkedRecord]:
        """The records that are put aside, by external id."""
        with self.database.transaction(self.member.scope) as session:
            query = select(StoredRecord.external_id, ParkedRecord).join(
                StoredRecord, StoredRecord.id == ParkedRecord.record_id
            )
            return dict(session.execute(query).all())

    def circuit(self) -> PluginCircuit | None:
        """How the plugin is doing."""
        with self.database.transaction(self.member.scope) as session:
            return session.scalar(select(PluginCircuit))

    def state(self) -> CircuitState:
        """Whether it is called."""
        found = self.circuit()
        return CircuitState(found.state) if found else CircuitState.CLOSED

    def pending(self) -> int:
        """How many pieces of work wait for it."""
        return int(self.rows("SELECT count(*) FROM pending_detections")[0][0])

    def rest_is_over(self) -> None:
        """As time passes."""
        with self.database.transaction(self.member.scope) as session:
            session.execute(text("UPDATE plugin_circuits SET until = now() - interval '1 second'"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    where = tmp_path / "site"
    info = where / "moody-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: moody\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[accord]\nmoody = moody_plugin\n")
    (where / "moody_plugin.py").write_text(textwrap.dedent(CODE))
    return where


@pytest.fixture
def pool(folder: Path) -> Iterator[ProcessPool]:
    made = ProcessPool(Watched(folder))
    yield made
    made.close()


@pytest.fixture
def shop(database: Databases, organisations: Members, pool: ProcessPool, folder: Path) -> Shop:
    worker = database(Role.WORKER)
    with worker.transaction(NOBODY) as session:
        synchronise(session, [Discovered(Manifest.parse(MANIFEST), "1.0")])
    with worker.transaction(organisations.company.scope) as session:
        activate_all(session, organisations.company.id)
    return Shop(worker, organisations.company, pool, folder)
