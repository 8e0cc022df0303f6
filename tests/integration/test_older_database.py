"""A database from before sources kept secrets sealed and shares knew their records, brought up to date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from alembic import command
from psycopg import sql
from sqlalchemy import select, text
from tests.conftest import Cluster, databases_of
from tests.integration.sources.conftest import StrangeLauncher

from accord import migrations
from accord.caseload.masking import DOTS
from accord.grants.service import Granting
from accord.host.pool import ProcessPool
from accord.ingestion.models import Source, StoredRecord
from accord.migrations import upgrade
from accord.registry import settings
from accord.registry.service import Discovered, discover, synchronise
from accord.setup import open_home
from accord.sharing.models import Share, SharedRecordLink
from accord.sharing.service import document_of
from accord.sharing.withdrawing import redact_withdrawn
from accord.sources.pulling import pull_source
from accord.sources.service import request_pull
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.service import operator_of
from accord_config.database import NOBODY, Role, Scope
from accord_config.home import Home
from accord_sdk import Manifest, SharedCase, SharedRecord

BEFORE = "0026"
"""The last revision in which a source's secret settings lay open, and a share did not know its records."""
SEEN = datetime(2026, 5, 1, 12, tzinfo=UTC)
RECORD = """
    INSERT INTO records (organisation_id, source_id, batch_id, external_id, digest, observed_at, marking,
                         title, body, content)
    SELECT :owner, :source, id, :key, 'd', :seen, 'TLP:AMBER', :title, :body, '{}' FROM batches
"""
MANIFEST = """
protocol = 1
name = "strange"
title = "Strange"
summary = "Gives its key's length."
provides = { sources = ["strange"] }
config = { key = { type = "string", help = "Its key.", secret = true } }
limits = { batch_seconds = 20.0 }
card = { purpose = "Tests.", limits = "None.", licence = "Apache-2.0", contact = "tests@example.org" }
"""
PLUGIN = """
from accord_sdk import Page, hookimpl

class Strange:
    name = "strange"

    def __init__(self, config):
        self._key = config["key"]

    def pull(self, cursor, call, *, limit):
        title = f"a key of {len(self._key)} characters"
        record = {"external_id": "one", "observed_at": "2026-05-01T12:00:00Z", "title": title}
        yield Page((record,), b"1", False)

@hookimpl
def accord_sources(context):
    return [Strange(context.config)]
"""


@pytest.fixture
def older(cluster: Cluster, tmp_path: Path) -> Iterator[Home]:
    """A home whose database is of the revision `BEFORE`."""
    name = f"t{uuid4().hex[:12]}"
    cluster.run(sql.SQL("CREATE DATABASE {} OWNER {}").format(*map(sql.Identifier, (name, Role.OWNER.value))))
    home = Home(cluster.settings(name, tmp_path / "home"))
    owner = home.database(Role.OWNER)
    config = upgrade.configuration(Path(migrations.__file__).parent)
    with owner.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
    owner.close()
    yield home
    home.close()
    cluster.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def fill(home: Home, *statements: tuple[str, dict[str, Any]]) -> None:
    owner = home.database(Role.OWNER)
    with owner.transaction(NOBODY) as session:
        for statement, values in statements:
            session.execute(text(statement), values)
    owner.close()


def insert(table: str, **row: Any) -> tuple[str, dict[str, Any]]:
    values = {key: json.dumps(one) if isinstance(one, dict) else one for key, one in row.items()}
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{key}' for key in row)})", values


def organisation(slug: str) -> tuple[UUID, tuple[str, dict[str, Any]]]:
    made = uuid4()
    return made, insert("organisations", id=made, slug=slug, name=slug, kind="ngo", status="active")


def test_a_source_s_secret_that_lay_open_is_sealed_by_the_upgrade_and_the_source_is_pulled(
    older: Home, tmp_path: Path
) -> None:
    owner_id, owner = organisation("older")
    manifest, source_id = msgspec.to_builtins(Manifest.parse(MANIFEST)), uuid4()
    whose = {"organisation_id": owner_id, "slug": "feed", "marking": "TLP:AMBER"}
    how = {"plugin": "strange", "plugin_source": "strange", "config": {"key": "open sesame"}}
    fill(
        older,
        owner,
        insert("plugins", name="strange", version="0.1", manifest=manifest, status="approved"),
        insert("sources", id=source_id, **whose, **how),
    )
    home = open_home(older.settings, migrate=True)
    with ExitStack() as stack:
        database = stack.enter_context(databases_of(home))
        stack.callback(home.close)
        assert migrations.current(database(Role.OWNER).engine) == migrations.head()
        with database(Role.OWNER).transaction(NOBODY) as session:
            ((whole,),) = session.execute(text("SELECT CAST(sources AS text) FROM sources"))
            assert "sesame" not in whole
            source = session.get_one(Source, source_id)
            assert source.config == {}
            assert settings.opened(home.seals(), source.id, source.secrets) == {"key": "open sesame"}
        packages = tmp_path / "packages"
        information = packages / "strange-0.1.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: strange\nVersion: 0.1\n")
        (information / "entry_points.txt").write_text("[accord]\nstrange = strange_plugin\n")
        (packages / "strange_plugin.py").write_text(PLUGIN)
        worker, scope = database(Role.WORKER), Scope(organisation_id=owner_id)
        with worker.transaction(scope) as session:
            synchronise(session, [*discover(), Discovered(Manifest.parse(MANIFEST), "0.1")])
            principal = operator_of(session.get_one(Organisation, owner_id))
            request_pull(session, principal, "feed")
        config_of = partial(settings.config_of, home.seals())
        pool = ProcessPool(StrangeLauncher(packages), Granting(worker), config_of=config_of)
        pull_source(worker, pool, owner_id, source_id)
        with worker.transaction(scope) as session:
            assert session.scalars(select(StoredRecord.title)).all() == ["a key of 11 characters"]


def test_a_share_from_before_knows_its_records_and_loses_what_was_withdrawn_meanwhile(older: Home) -> None:
    (owner_id, owner), (recipient_id, recipient) = organisation("older"), organisation("reader")
    source_id, share_id = uuid4(), uuid4()
    document = SharedCase(
        "Three",
        "3 of 3 records",
        0.7,
        records=tuple(
            SharedRecord(str(key), "feed", SEEN, title=f"offer {key}", body=f"Call {DOTS}0{key}.")
            for key in (1, 2, 3)
        ),
    )
    filled = [
        insert("sources", id=source_id, organisation_id=owner_id, slug="feed", marking="TLP:AMBER"),
        insert("batches", organisation_id=owner_id, source_id=source_id, records=2, stage="linked"),
        insert(
            "shares",
            id=share_id,
            organisation_id=owner_id,
            recipient_id=recipient_id,
            title="Three",
            marking="TLP:AMBER",
            purpose="Joint work",
            basis="public_task",
            document=msgspec.to_builtins(document),
            digest="0" * 64,
        ),
    ]
    whose = {"owner": owner_id, "source": source_id, "seen": SEEN}
    for key in (3, 1):
        shown = {"key": f"r{key}", "title": f"offer {key}", "body": f"Call 614-555-010{key}."}
        filled.append((RECORD, whose | shown))
    fill(older, owner, recipient, *filled)
    home = open_home(older.settings, migrate=True)
    with ExitStack() as stack:
        database = stack.enter_context(databases_of(home))
        stack.callback(home.close)
        with database(Role.OWNER).transaction(NOBODY) as session:
            links = select(SharedRecordLink.key, StoredRecord.external_id).outerjoin(
                StoredRecord, StoredRecord.id == SharedRecordLink.record_id
            )
            assert dict(session.execute(links).all()) == {"1": "r1", "2": None, "3": "r3"}
            asked = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'sharing:withdrawn'"
            assert session.scalar(text(asked)) == 1
        with database(Role.WORKER).transaction(Scope(organisation_id=owner_id)) as session:
            assert redact_withdrawn(session, owner_id) == 1
        with database(Role.WEB).transaction(Scope(organisation_id=recipient_id)) as session:
            seen = session.get_one(Share, share_id)
            assert [one.title for one in document_of(seen).records] == ["offer 1", "offer 3"]
            assert seen.withdrawn_records == 1
        with database(Role.WEB).transaction(Scope(organisation_id=uuid4())) as session:
            assert session.get(Share, share_id) is None


def test_scores_of_before_are_put_on_the_scale_and_every_lead_is_ranked_anew_by_a_worker(older: Home) -> None:
    owner_id, owner = organisation("older")
    strong, weak = (
        [{"indicator": "a", "sign": 1, "weight": 9.0, "contribution": part}] for part in (8.0, 3.5)
    )
    whose = {"organisation_id": owner_id, "records": 1, "first_seen": SEEN, "last_seen": SEEN, "facts": {}}
    fill(
        older,
        owner,
        *(
            insert("leads", id=uuid4(), anchor=anchor, score=score, stale=stale, **whose)
            for anchor, score, stale in (("a", 99.75, False), ("b", 81.76, False), ("c", 0.0, True))
        ),
        *(
            (
                "UPDATE leads SET reasons = :reasons WHERE anchor = :anchor",
                {"reasons": held, "anchor": anchor},
            )
            for anchor, held in (("a", json.dumps(strong)), ("b", json.dumps(weak)))
        ),
    )
    home = open_home(older.settings, migrate=True)
    with ExitStack() as stack:
        database = stack.enter_context(databases_of(home))
        stack.callback(home.close)
        with database(Role.OWNER).transaction(NOBODY) as session:
            scores = dict(session.execute(text("SELECT anchor, score FROM leads")).all())  # type: ignore[arg-type]  # rows are pairs
            # 50 and three points for each unit of log-odds: -2 to begin with, and what the reasons add.
            assert scores == {"a": 68.0, "b": 54.5, "c": 0.0}
            query = text("SELECT task_name, lock FROM procrastinate_jobs WHERE task_name LIKE 'caseload:%'")
            assert session.execute(query).all() == [("caseload:rank_anew", f"assess:{owner_id}")]
