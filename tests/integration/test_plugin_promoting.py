"""A version that asks for no more takes the place of the one that runs, while a comparison of both counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update
from tests.integration.conftest import record_line
from tests.integration.plugin_wheels import plugin_wheel

from accord.ingestion.service import Incoming, ensure_source, store, validate
from accord.markings import Marking
from accord.publishing import activating, advisories, changing, deciding, grant_checks, trials
from accord.publishing.versions import Published
from accord.registry.models import PluginTrial, PluginVersion, TrialKind, VersionState
from accord_auth.errors import Conflict, Invalid
from accord_config.database import NOBODY, Role
from accord_sdk.host.launch import ProcessLauncher

if TYPE_CHECKING:
    from tests.integration.published import Publishing

pytest_plugins = ["tests.integration.published"]

WORDS = '[config.words]\ntype = "strings"\nhelp = "Words."\n'
NEEDS_A_TITLE = """
from accord_sdk import Found, hookimpl

class Marker:
    name = "marker"

    def open(self):
        pass

    def close(self):
        pass

    def detect(self, batch, call):
        if len(batch) > 100 and not any(one.title for one in batch):
            raise ValueError("there is no title")
        return [Found(ref, ()) for ref, _ in enumerate(batch)]

@hookimpl
def accord_detectors(context):
    return [Marker()]
"""


FEED = """
protocol = 2
name = "{name}"
title = "Feed"
summary = "Brings records in."
provides = {{ sources = ["feed"] }}
card = {{ purpose = "Tests.", limits = "None.", licence = "Apache-2.0", contact = "tests@example.org" }}
"""
FEED_CODE = """
from accord_sdk import Page, hookimpl

class Feed:
    name = "feed"

    def pull(self, cursor, call, *, limit):
        yield Page((), b"1", more=False)

@hookimpl
def accord_sources(context):
    return [Feed()]
"""


@pytest.fixture(scope="module", autouse=True)
def records(publishing: Publishing) -> None:
    """Records of the publisher, for both versions to look at."""
    who = publishing.members.company.operator
    lines = [record_line(number, title="Notice of the day") for number in range(2)]
    incoming = [one for one in map(validate, range(2), lines) if isinstance(one, Incoming)]
    with publishing.database(Role.WORKER).transaction(who.scope) as session:
        source = ensure_source(session, who, "board")
        store(session, who, source, incoming, marking=Marking.GREEN)


def compare(publishing: Publishing, version: PluginVersion) -> PluginTrial:
    """Have both versions look at the publisher's last records, as the pages do."""
    developer = publishing.developer
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        known = session.get_one(PluginVersion, version.id)
        found = Published(known, publishing.members.company)  # type: ignore[arg-type]  # its name is not asked for
        changing.prepare_comparison(session, developer, found)
        kept = changing.kept_grants(session, found)
        check = grant_checks.grant_check(session, version.id, kept)
    worker = publishing.database(Role.WORKER)
    if check is not None:
        grant_checks.run_grant_check(worker, publishing.environments, ProcessLauncher(), check.id)
    with publishing.database(Role.WEB).transaction(developer.scope) as session:
        trial = trials.ask_for_trial(session, developer, version.name, TrialKind.SHADOW, version.id)
    pool = publishing.pool()
    trials.Bench(worker, publishing.environments, pool).run(publishing.members.company.id, trial.id)
    pool.close()
    return trial


def promote(publishing: Publishing, version: PluginVersion) -> PluginVersion:
    """Promote it, as its owner does."""
    who = publishing.developer
    with publishing.database(Role.WEB).transaction(who.scope) as own:
        known = trials.compared(own, who, version)
        configured = trials.configured(own, who, version.name)
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        return changing.promote(session, who, version.id, known, configured)


def pair(publishing: Publishing, *, granted: tuple[str, ...] | None = None, **wheel: Any) -> Any:
    """A version that runs, and a later one that asks for no more."""
    first = publishing.publish(plugin_wheel(publishing.fresh_name(), **wheel))
    publishing.approve(first, **({"reads": granted} if granted else {}))
    return publishing.known(first), publishing.publish(plugin_wheel(first.name, "1.1", **wheel))


def test_a_version_that_asks_for_more_waits_and_one_that_does_not_is_promoted_after_a_comparison(
    publishing: Publishing,
) -> None:
    first, same = pair(publishing, reads=("body",), word="street")
    more = publishing.publish(plugin_wheel(first.name, "2.0", reads=("title", "body")))
    with pytest.raises(Conflict, match="reads title"):
        promote(publishing, more)
    with pytest.raises(Conflict, match="compare it with the version that runs first"):
        promote(publishing, same)
    assert publishing.known(first).is_current
    done = compare(publishing, same)
    with publishing.database(Role.WEB).transaction(publishing.developer.scope) as session:
        told = session.get_one(PluginTrial, done.id).result
        assert (told["new"], told["since"], told["granted"]) == (0, "1.0", publishing.known(first).granted)
    promote(publishing, same)
    assert (publishing.known(same).is_current, publishing.known(first).is_current) == (True, False)
    assert publishing.known(same).granted == publishing.known(first).granted
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        back = changing.roll_back(session, publishing.admins[0], same.id, "it finds less")
    assert back.id == first.id
    assert publishing.known(first).is_current


def test_what_asks_for_a_secret_and_closed_records_waits_and_the_old_version_keeps_running(
    publishing: Publishing,
) -> None:
    first = publishing.running()
    secret = '[config.key]\ntype = "string"\nhelp = "a key"\nsecret = true\n'
    wheel = plugin_wheel(first.name, "1.1", more=secret, ceiling="TLP:AMBER+STRICT")
    second = publishing.publish(wheel)
    assert (second.state, second.problem) == (VersionState.WAITING, "")
    with pytest.raises(Conflict, match=r"up to TLP:AMBER\+STRICT.*is given a secret, its setting key"):
        promote(publishing, second)
    assert publishing.known(first).is_current


def test_a_comparison_with_a_version_that_no_longer_runs_does_not_count(publishing: Publishing) -> None:
    first, second = pair(publishing)
    third = publishing.publish(plugin_wheel(first.name, "1.2"))
    compare(publishing, third)
    publishing.approve(second)
    with pytest.raises(Conflict, match=r"another version runs now, 1\.1"):
        promote(publishing, third)
    compare(publishing, third)
    assert promote(publishing, third).is_current


def test_a_comparison_of_another_version_does_not_count(publishing: Publishing) -> None:
    first, second = pair(publishing)
    third = publishing.publish(plugin_wheel(first.name, "1.2"))
    compare(publishing, second)
    with pytest.raises(Conflict, match="compare it with the version that runs first"):
        promote(publishing, third)


def test_a_comparison_that_looked_at_no_record_does_not_count(publishing: Publishing) -> None:
    _, second = pair(publishing)
    trial = compare(publishing, second)
    with publishing.database(Role.WORKER).transaction(publishing.members.company.scope) as session:
        known = session.get_one(PluginTrial, trial.id)
        assert known.result["records"] == 2
        known.result = {**known.result, "records": 0}
    with pytest.raises(Conflict, match="it looked at no record"):
        promote(publishing, second)


def test_records_above_what_both_may_see_are_not_counted_as_looked_at(publishing: Publishing) -> None:
    _, second = pair(publishing, ceiling="TLP:CLEAR")
    compare(publishing, second)
    with pytest.raises(Conflict, match="it looked at no record"):
        promote(publishing, second)


def test_where_no_comparison_can_show_what_changes_an_admin_decides(publishing: Publishing) -> None:
    name = publishing.fresh_name()
    first, second = (
        publishing.publish(plugin_wheel(name, number, manifest=FEED.format(name=name), code=FEED_CODE))
        for number in ("1.0", "1.1")
    )
    assert (first.problem, second.problem) == ("", "")
    publishing.approve(first)
    with pytest.raises(Conflict, match=r"it has no detector.*an admin has to approve it"):
        compare(publishing, second)
    publishing.approve(second)
    assert publishing.known(second).is_current


def test_a_comparison_that_failed_does_not_count(publishing: Publishing) -> None:
    _, second = pair(publishing)
    trial = compare(publishing, second)
    with publishing.database(Role.WORKER).transaction(publishing.members.company.scope) as session:
        session.get_one(PluginTrial, trial.id).result = {"error": "it died", "code": "died"}
    with pytest.raises(Conflict, match="compare it with the version that runs first"):
        promote(publishing, second)


def test_grants_that_changed_since_the_comparison_make_it_count_no_more(publishing: Publishing) -> None:
    first, second = pair(publishing)
    compare(publishing, second)
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        session.get_one(PluginVersion, first.id).granted = {
            "reads": ["title"],
            "calls": [],
            "ceiling": "TLP:GREEN",
        }
    with pytest.raises(Conflict, match=r"what 1\.0 was granted is not what it was"):
        promote(publishing, second)


def test_settings_that_changed_since_the_comparison_make_it_count_no_more(publishing: Publishing) -> None:
    first, second = pair(publishing, more=WORDS)
    chief = publishing.members.company.operator
    publishing.use(first, chief, words=["one"])
    compare(publishing, second)
    with publishing.database(Role.WEB).transaction(chief.scope) as session:
        activating.configure(session, chief, publishing.home.seals(), first.name, {"words": ["two"]})
    with pytest.raises(Conflict, match="your settings are not what they were"):
        promote(publishing, second)
    compare(publishing, second)
    assert promote(publishing, second).is_current


def test_a_comparison_of_long_ago_does_not_count(publishing: Publishing) -> None:
    _, second = pair(publishing)
    trial = compare(publishing, second)
    with publishing.database(Role.OWNER).transaction(NOBODY) as session:
        old = datetime.now(UTC) - changing.FRESH - timedelta(minutes=1)
        session.execute(update(PluginTrial).where(PluginTrial.id == trial.id).values(asked_at=old))
    with pytest.raises(Conflict, match="7 days old"):
        promote(publishing, second)


def test_its_contract_holds_with_the_grants_of_the_one_that_runs_or_it_is_not_promoted(
    publishing: Publishing,
) -> None:
    first = publishing.publish(plugin_wheel(publishing.fresh_name()))
    publishing.approve(first, reads=("body",))
    second = publishing.publish(plugin_wheel(first.name, "1.1", code=NEEDS_A_TITLE))
    third = publishing.publish(plugin_wheel(first.name, "1.2"))
    compare(publishing, second)
    with pytest.raises(Invalid) as refused:
        promote(publishing, second)
    assert "there is no title" in refused.value.fields["reads"][0]
    compare(publishing, third)
    assert promote(publishing, third).granted == {"reads": ["body"], "calls": [], "ceiling": "TLP:AMBER"}


def test_what_failed_its_checks_or_is_advised_against_is_not_promoted(publishing: Publishing) -> None:
    first, second = pair(publishing)
    broken = "from accord_sdk import hookimpl\n\n@hookimpl\ndef accord_detectors(context):\n    return []\n"
    failed = publishing.publish(plugin_wheel(first.name, "1.3", code=broken))
    with pytest.raises(Conflict, match="it is failed"):
        promote(publishing, failed)
    compare(publishing, second)
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        advisories.advise(session, publishing.admins[0], second.digest, "a stolen key signed it")
    with pytest.raises(Conflict, match="it is suspended"):
        promote(publishing, second)


def test_nothing_is_promoted_where_none_runs_any_more_or_its_time_is_over(publishing: Publishing) -> None:
    first, second = pair(publishing)
    compare(publishing, second)
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        session.get_one(PluginVersion, first.id).approved_until = datetime.now(UTC) - timedelta(seconds=1)
    with pytest.raises(Conflict, match=r"the time for which 1\.0 was approved is over"):
        promote(publishing, second)
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        deciding.suspend(session, publishing.admins[0], first.id, "it leaks")
    with pytest.raises(Conflict, match="no version of it runs"):
        promote(publishing, second)
