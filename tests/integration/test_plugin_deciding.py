"""Admins decide with grants, members use what was approved, and whatever runs can be stopped."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from tests.integration.plugin_wheels import plain_wheel, plugin_wheel

from accord.host.pool import ActivePlugin
from accord.markings import Marking
from accord.publishing import activating, advisories, deciding, grant_checks, versions
from accord.publishing.rebuilding import rebuild_all
from accord.publishing.stopping import StopListener, wait_for_stop
from accord.registry.grants import Allowed
from accord.registry.models import PluginVersion, VersionState
from accord.registry.service import active_plugin, active_plugins
from accord.registry.settings import config_of
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_config.database import NOBODY, Role
from accord_sdk import Record, wire
from accord_sdk.host.errors import PluginStopped
from accord_sdk.host.launch import ProcessLauncher

if TYPE_CHECKING:
    from tests.integration.published import Publishing

pytest_plugins = ["tests.integration.published"]


def active(publishing: Publishing, version: PluginVersion) -> ActivePlugin:
    """The plugin as the police unit uses it."""
    with publishing.database(Role.WORKER).transaction(publishing.members.police.scope) as session:
        return active_plugin(session, publishing.members.police.id, version.name)


def test_what_was_not_granted_is_not_in_what_the_host_enforces(publishing: Publishing) -> None:
    made = publishing.publish(plugin_wheel(publishing.fresh_name(), reads=("title", "body", "contacts")))
    assert made.checks["without"]["contacts"] == {"holds": True, "changed": 0}
    assert publishing.approve(made, reads=("body",), ceiling=Marking.GREEN) == 0
    publishing.use(made)
    manifest = active(publishing, made).manifest
    assert (list(manifest.reads), manifest.ceiling) == (["body"], "TLP:GREEN")


COUNTS_ON_A_TITLE = """
from accord_sdk import Found, hookimpl

class Marker:
    name = "marker"

    def open(self):
        pass

    def close(self):
        pass

    def detect(self, batch, call):
        longest = max((len(one.title) for one in batch if one.title), default=None)
        if len(batch) > 1 and longest is None:
            raise ValueError("there is no title")
        return [Found(ref, ()) for ref, _ in enumerate(batch)]

@hookimpl
def accord_detectors(context):
    return [Marker()]
"""


def test_fewer_grants_are_approved_only_once_the_contract_holds_with_them(publishing: Publishing) -> None:
    made = publishing.publish(plugin_wheel(publishing.fresh_name(), code=COUNTS_ON_A_TITLE))
    assert made.problem == ""
    admin, without_title = publishing.admins[0], Allowed(("body",), (), Marking.AMBER)
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        with pytest.raises(grant_checks.NotChecked):
            deciding.approve(session, admin, made.id, without_title)
        assert grant_checks.grant_check(session, made.id, without_title) is None
    with pytest.raises(Invalid) as refused:
        publishing.approve(made, admin, reads=("body",))
    (words,) = refused.value.fields["reads"]
    assert words.startswith("raised (without reads title): marker: answers once for each of 500 records")
    assert "ValueError: there is no title" in words
    assert publishing.known(made).state == VersionState.WAITING
    assert publishing.approve(made, admin, reads=("title",)) == 0
    rebuilt = rebuild_all(
        publishing.database(Role.WORKER), publishing.environments, ProcessLauncher(), made.name
    )
    assert [one.problem for one in rebuilt] == [""]


def test_no_more_is_granted_than_was_asked_for(publishing: Publishing) -> None:
    made = publishing.publish(plugin_wheel(publishing.fresh_name(), ceiling="TLP:GREEN"))
    for more in ({"reads": ("contacts",)}, {"calls": ("api.example.org",)}, {"ceiling": Marking.AMBER}):
        with pytest.raises(Invalid):
            publishing.approve(made, **more)


@pytest.mark.parametrize("asked", [{"calls": ("api.example.org",)}, {"ceiling": "TLP:RED"}])
def test_two_admins_approve_the_same_where_it_reaches_the_network_or_sees_red(
    publishing: Publishing, asked: dict[str, Any]
) -> None:
    made = publishing.publish(plugin_wheel(publishing.fresh_name(), **asked))
    first, second = publishing.admins
    assert publishing.approve(made, first) == 1
    with pytest.raises(Conflict, match="another platform admin"):
        publishing.approve(made, first)
    assert publishing.approve(made, second, reads=("title",)) == 1
    assert publishing.known(made).state == VersionState.WAITING
    assert publishing.approve(made, first, reads=("title",)) == 0
    assert publishing.known(made).state == VersionState.APPROVED


def test_nobody_of_the_publisher_and_no_operator_decides(publishing: Publishing) -> None:
    made = publishing.publish(plugin_wheel(publishing.fresh_name()))
    friend = publishing.admin(f"friend-of-{made.name}", also_of=publishing.members.company)
    with pytest.raises(PermissionDenied, match="You belong to the publisher"):
        publishing.approve(made, friend)
    with pytest.raises(PermissionDenied):
        publishing.approve(made, publishing.developer)


def test_an_approval_for_a_time_ends_with_it(publishing: Publishing) -> None:
    made = publishing.publish(plugin_wheel(publishing.fresh_name()))
    publishing.approve(made, until=datetime.now(UTC) + timedelta(days=3))
    publishing.use(made)
    assert active(publishing, made).version == "1.0"
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        session.get_one(PluginVersion, made.id).approved_until = datetime.now(UTC) - timedelta(seconds=1)
    with pytest.raises(NotFound):
        active(publishing, made)


def test_a_refused_version_tells_its_publisher_why(publishing: Publishing) -> None:
    made = publishing.publish(plugin_wheel(publishing.fresh_name()))
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        deciding.refuse(session, publishing.admins[0], made.id, "say why it reads titles")
        seen = versions.find_version(session, publishing.developer, made.id).version
        assert (seen.state, seen.problem) == (VersionState.REFUSED, "say why it reads titles")
    written = text("SELECT organisation_id FROM audit_entries WHERE tag = 'plugin.refuse' AND subject = :it")
    with publishing.database(Role.OWNER).transaction(NOBODY) as session:
        logged = session.scalars(written, {"it": f"plugin {made.name} 1.0"}).all()
    assert set(logged) == {None, publishing.members.company.id}


def test_secret_settings_are_sealed_kept_when_left_out_and_never_shown(publishing: Publishing) -> None:
    more = (
        '[config.key]\ntype = "string"\nhelp = "Key."\nrequired = true\nsecret = true\n'
        '[config.words]\ntype = "strings"\nhelp = "Words."\n'
    )
    made = publishing.running(more=more)
    who, seals = publishing.manager, publishing.home.seals()
    with pytest.raises(Invalid) as wrong:
        publishing.use(made, words="one", other=1)
    assert set(wrong.value.fields) == {"key", "words", "other"}
    publishing.use(made, key="open sesame", words=["one"])
    publishing.use(made, words=["two"])
    plugin = active(publishing, made)
    assert plugin.config == {"words": ["two"]}
    assert plugin.sealed is not None
    assert b"sesame" not in plugin.sealed
    assert "sesame" not in repr(plugin)
    assert config_of(seals, plugin) == {"key": "open sesame", "words": ["two"]}
    with publishing.database(Role.WEB).transaction(who.scope) as session:
        found = activating.find_offered(session, who, made.name)
        assert found.in_use
        activating.deactivate(session, who, made.name)
    with pytest.raises(NotFound):
        active(publishing, made)


def test_another_member_s_use_is_its_own(publishing: Publishing) -> None:
    made = publishing.running()
    publishing.use(made)
    other = publishing.members.ngo.operator
    with publishing.database(Role.WEB).transaction(other.scope) as session:
        assert activating.find_offered(session, other, made.name).activation is None
        with pytest.raises(Conflict):
            activating.deactivate(session, other, made.name)


def test_suspending_ends_processes_on_the_workers_and_says_how_many(publishing: Publishing) -> None:
    made = publishing.running()
    publishing.use(made)
    pool, plugin = publishing.pool(), active(publishing, made)
    gate = publishing.database(Role.GATE)
    with StopListener(publishing.database(Role.WORKER), pool) as listener:
        assert listener.ready.wait(20)
        with pytest.raises(PluginStopped), pool.lend(plugin) as process:  # noqa: PT012 - lent while it is stopped
            with gate.transaction(NOBODY) as session:
                _, stop_id = deciding.suspend(session, publishing.admins[0], made.id, "it leaks")
            stopped = wait_for_stop(gate, stop_id, patience_s=20)
            process.call(wire.Detect("marker", (Record(body="in town"),)))
    pool.close()
    assert (stopped.processes, stopped.workers >= 1) == (1, True)
    assert "1 process died on " in stopped.words
    with gate.transaction(NOBODY) as session:
        deciding.resume(session, publishing.admins[1], made.id, "mended outside")
    assert active(publishing, made).version == "1.0"


def test_a_worker_that_ends_leaves_nobody_listening_on_its_database(publishing: Publishing) -> None:
    pool = publishing.pool()
    with StopListener(publishing.database(Role.WORKER), pool) as listener:
        assert listener.ready.wait(20)
        assert "plugin stops" in {thread.name for thread in threading.enumerate()}
    assert "plugin stops" not in {thread.name for thread in threading.enumerate()}
    pool.close()


def test_an_advisory_suspends_what_uses_it_and_what_comes_later(publishing: Publishing) -> None:
    gate, admin = publishing.database(Role.GATE), publishing.admins[0]
    made = {}
    for number in ("1.0", "2.0"):
        depends = plain_wheel("leaky", number, {"leaky.py": ""})
        wheel = plugin_wheel(publishing.fresh_name(), requires=["accord-sdk", f"leaky=={number}"])
        made[number] = publishing.publish(wheel, wheelhouse=dict([depends]))
        publishing.approve(made[number])
    with gate.transaction(NOBODY) as session:
        done = advisories.advise(session, admin, "leaky<2", "it sends what it sees")
    assert [one.version.id for one in done.suspended] == [made["1.0"].id]
    assert "leaky<2" in publishing.known(made["1.0"]).problem
    assert publishing.known(made["2.0"]).state == VersionState.APPROVED
    wheel = plugin_wheel(publishing.fresh_name(), requires=["accord-sdk", "leaky==1.0"])
    later = publishing.publish(wheel, wheelhouse=dict([plain_wheel("leaky", "1.0", {"leaky.py": ""})]))
    assert (later.state, "advisory" in later.problem) == (VersionState.FAILED, True)
    with gate.transaction(NOBODY) as session:
        done = advisories.advise(session, admin, f"sha256:{made['2.0'].digest}", "a stolen key signed it")
        assert [one.version.id for one in done.suspended] == [made["2.0"].id]
        with pytest.raises(Invalid):
            advisories.advise(session, admin, "!", "nothing")


def test_stopping_one_member_s_use_ends_its_processes_and_another_s_go_on(publishing: Publishing) -> None:
    made = publishing.running()
    police, ngo = publishing.manager, publishing.members.ngo.operator
    plugins = []
    for who in (police, ngo):
        publishing.use(made, who)
        with publishing.database(Role.WORKER).transaction(who.scope) as session:
            plugins.append(active_plugin(session, who.organisation, made.name))
    pool, look = publishing.pool(), wire.Detect("marker", (Record(body="in town"),))
    with (
        StopListener(publishing.database(Role.WORKER), pool) as listener,
        pool.lend(plugins[1]) as goes_on,
    ):
        assert listener.ready.wait(20)
        with pytest.raises(PluginStopped), pool.lend(plugins[0]) as ends:  # noqa: PT012 - lent while it is stopped
            assert ends.call(look)
            with publishing.database(Role.WEB).transaction(police.scope) as session:
                _, stop_id = activating.deactivate(session, police, made.name, "we look into it")
            stopped = wait_for_stop(publishing.database(Role.GATE), stop_id, patience_s=20)
            assert (ends.alive, goes_on.alive) == (False, True)
            ends.call(look)
        assert goes_on.call(look)
    pool.close()
    assert (stopped.processes, stopped.workers) == (1, 1)
    for who, uses in ((police, False), (ngo, True)):
        with publishing.database(Role.WORKER).transaction(who.scope) as session:
            assert (made.name in [one.name for one in active_plugins(session, who.organisation)]) is uses
