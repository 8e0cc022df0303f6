"""A source that a member published: checked, approved, added, pulled by the clock, withdrawn, stopped."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from tests.integration.plugin_wheels import plugin_wheel

from accord.publishing import deciding
from accord.sources.listing import list_sources
from accord.sources.models import SourcePull
from accord.sources.pulling import pull_source
from accord.sources.scheduling import pull_due, set_schedule
from accord.sources.service import add_source, request_pull, source_by_slug
from accord_config.database import NOBODY, Role
from accord_sdk.host.launch import ProcessLauncher

if TYPE_CHECKING:
    from tests.integration.published import Publishing

pytest_plugins = ["tests.integration.published"]

MANIFEST = """
protocol = 2
name = "{name}"
title = "Feed"
summary = "Brings made-up offers in."
provides = {{ sources = ["feed"] }}
limits = {{ open_seconds = 20.0, batch_seconds = 20.0, memory_mb = 256 }}
card = {{ purpose = "Tests.", limits = "None.", licence = "Apache-2.0", contact = "tests@example.org" }}
[config.word]
type = "string"
help = "A word of each title."
required = true
[config.key]
type = "string"
help = "The key of the feed."
secret = true
"""
CODE = '''
"""Gives offers, one a page; takes one back after the last."""
from accord_sdk import Page, hookimpl
import time

class Feed:
    name = "feed"

    def __init__(self, config):
        self.config = config

    def pull(self, cursor, call, *, limit):
        start = int(cursor or 0)
        if {slow} and not call.dry_run:
            time.sleep(60)
        if start == {last}:
            yield Page((), str(start + 1).encode(), False, removed=("1",))
        for key in range(start, {last}):
            title = f"{{self.config['word']}} {{self.config.get('key', 'no key')}} {{key}}"
            line = {{"external_id": str(key), "observed_at": "2026-05-01T12:00:00Z", "title": title}}
            yield Page((line,), str(key + 1).encode(), key + 1 < {last})

@hookimpl
def accord_sources(context):
    return [Feed(context.config)]
'''
TITLES = "SELECT external_id, title FROM records"


def feed(publishing: Publishing, version: str = "1.0", name: str = "", **how: Any) -> Any:
    name = name or publishing.fresh_name()
    code = CODE.format(**{"last": 3, "slow": False, **how})
    return publishing.publish(plugin_wheel(name, version, manifest=MANIFEST.format(name=name), code=code))


def test_a_published_source_is_pulled_by_the_clock_with_its_settings_and_takes_records_back(
    own_publishing: Publishing, run_jobs: Any, rows: Any
) -> None:
    publishing, database = own_publishing, own_publishing.database
    made = feed(publishing)
    assert made.problem == ""
    assert any("gives pages of records" in step["name"] for step in made.checks["steps"])
    assert publishing.approve(made) == 0
    police = publishing.members.police.operator
    seals = publishing.home.seals()
    given = {"word": ["town"], "key": ["not to be shown"]}
    with database(Role.WORKER).transaction(police.scope) as session:
        add_source(session, police, seals, "feed", plugin=made.name, settings=given)
        set_schedule(session, police, "feed", every_s=3600)
        (listed,) = [one for one in list_sources(session, police) if one.slug == "feed"]
    assert listed.config == {"word": "town", "key": "(hidden)"}
    ((lying_open, lying_sealed),) = rows(
        police.scope, "SELECT config::text, encode(secrets, 'escape') FROM sources WHERE slug = 'feed'"
    )
    assert "not to be shown" not in lying_open + lying_sealed
    assert pull_due(database(Role.WORKER)) == 1
    run_jobs(launcher=ProcessLauncher())
    titles = {str(key): f"town not to be shown {key}" for key in range(3)}
    assert dict(rows(police.scope, TITLES)) == titles
    with database(Role.WORKER).transaction(police.scope) as session:
        assert source_by_slug(session, police, "feed").cursor == b"3"
        request_pull(session, police, "feed")
    run_jobs(launcher=ProcessLauncher())
    assert sorted(dict(rows(police.scope, TITLES))) == ["0", "2"]
    assert rows(publishing.members.ngo.scope, TITLES) == []
    assert publishing.approve(feed(publishing, "2.0", made.name, last=5)) == 0
    with database(Role.WORKER).transaction(police.scope) as session:
        request_pull(session, police, "feed")
    run_jobs(launcher=ProcessLauncher())
    assert sorted(dict(rows(police.scope, TITLES))) == ["0", "2", "4"]


def test_a_source_at_work_dies_with_its_suspended_version_and_says_why(own_publishing: Publishing) -> None:
    publishing, database = own_publishing, own_publishing.database
    made = feed(publishing, slow=True)
    assert (made.problem, publishing.approve(made)) == ("", 0)
    police = publishing.members.police.operator
    worker = database(Role.WORKER)
    with worker.transaction(police.scope) as session:
        source = add_source(
            session, police, publishing.home.seals(), "feed", plugin=made.name, settings={"word": ["a"]}
        )
        asked = request_pull(session, police, "feed")
    pool = publishing.pool()
    work = threading.Thread(target=lambda: pull_source(worker, pool, police.organisation, source.id))
    work.start()
    killed = 0
    while not killed and work.is_alive():
        killed = pool.kill(made.name)
    work.join(30)
    assert (killed, work.is_alive()) == (1, False)
    with worker.transaction(police.scope) as session:
        ended = session.get_one(SourcePull, asked.id)
        assert (ended.code, ended.stored) == ("stopped", 0)
    with database(Role.GATE).transaction(NOBODY) as session:
        deciding.suspend(session, publishing.admins[0], made.id, "it is looked into")
    with worker.transaction(police.scope) as session:
        again = request_pull(session, police, "feed")
    pull_source(worker, pool, police.organisation, source.id)
    with worker.transaction(police.scope) as session:
        stopped = session.get_one(SourcePull, again.id)
        assert (stopped.code, source_by_slug(session, police, "feed").cursor) == ("not_usable", None)
