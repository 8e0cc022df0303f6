"""Plugins that are installed beside Accord are stopped, and let run again, like those of members."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from tests.integration.plugin_wheels import plugin_wheel

from accord import setup
from accord.cli import cli
from accord.detection import operating
from accord.host.pool import ActivePlugin
from accord.publishing import advisories, installed
from accord.publishing.stopping import StopListener, wait_for_stop, wait_for_stops
from accord.publishing.tainted import findings_of
from accord.registry.models import Plugin, PluginStatus
from accord.registry.service import active_plugin, active_plugins, discover, synchronise
from accord_auth.audit.models import AuditEntry
from accord_auth.errors import Conflict, NotFound, PermissionDenied
from accord_config.database import NOBODY, Role
from accord_sdk import Record, wire
from accord_sdk.host.errors import PluginStopped
from accord_sdk.host.launch import ProcessLauncher

if TYPE_CHECKING:
    from tests.integration.published import Publishing

pytest_plugins = ["tests.integration.published"]


def active(publishing: Publishing, name: str) -> ActivePlugin:
    """The plugin as the police unit uses it."""
    police = publishing.members.police
    with publishing.database(Role.WORKER).transaction(police.scope) as session:
        return active_plugin(session, police.id, name)


def test_one_beside_accord_says_what_it_is_made_of_and_its_findings_carry_that(
    own_publishing: Publishing, ingest: Any, write_lines: Any, line: Any, run_jobs: Any, rows: Any
) -> None:
    police = own_publishing.members.police
    plugin = active(own_publishing, "selectors")
    assert len(plugin.digest) == 64
    ingest(police.operator, write_lines([line(1)]))
    run_jobs(launcher=ProcessLauncher())
    found = "SELECT DISTINCT digest FROM record_findings WHERE plugin = 'selectors'"
    assert rows(police.scope, found) == [(plugin.digest,)]
    with own_publishing.database(Role.GATE).transaction(NOBODY) as session:
        pins = installed.installed_plugin(session, own_publishing.admins[0], "selectors").pins
    assert {"accord-sdk", "phonenumbers", "msgspec"} <= set(pins)
    assert not {"accord", "sqlalchemy", "accord-plugin-templates"} & set(pins)


def test_it_is_suspended_for_every_member_its_processes_die_and_it_runs_again(
    own_publishing: Publishing, run_jobs: Any, ingest: Any, write_lines: Any, line: Any, rows: Any
) -> None:
    publishing, police = own_publishing, own_publishing.members.police
    gate, admin = publishing.database(Role.GATE), publishing.admins[0]
    pool, plugin = publishing.pool(), active(publishing, "selectors")
    with StopListener(publishing.database(Role.WORKER), pool) as listener:
        assert listener.ready.wait(20)
        with pytest.raises(PluginStopped), pool.lend(plugin) as process:  # noqa: PT012 - lent while it is stopped
            with gate.transaction(NOBODY) as session:
                _, stop_id = installed.suspend_installed(session, admin, "selectors", "it leaks")
            stopped = wait_for_stop(gate, stop_id, patience_s=20)
            process.call(wire.Detect("selectors", (Record(body="in town"),)))
    assert stopped.processes == 1
    assert "1 process died on " in stopped.words
    with pytest.raises(PluginStopped, match="it leaks") as told, pool.lend(plugin):
        pass
    assert (told.value.code, told.value.about) == ("suspended", f"selectors {plugin.version}")
    pool.close()
    for member in (police, publishing.members.ngo):
        with publishing.database(Role.WORKER).transaction(member.scope) as session:
            assert "selectors" not in [one.name for one in active_plugins(session, member.id)]
            state = operating.plugin_state(session, member.operator, "selectors")
            assert (state.state, state.stop and state.stop.reason.code) == ("suspended", "suspended")
    ingest(police.operator, write_lines([line(1)]))
    run_jobs(launcher=ProcessLauncher())
    looked = "SELECT count(*) FROM record_findings WHERE plugin = 'selectors'"
    assert rows(police.scope, looked) == [(0,)]
    with gate.transaction(NOBODY) as session:
        with pytest.raises(Conflict, match="suspended already"):
            installed.suspend_installed(session, admin, "selectors", "again")
        with pytest.raises(PermissionDenied):
            installed.resume_installed(session, replace(admin, person_id=None), "selectors", "mended")
        assert installed.resume_installed(session, admin, "selectors", "mended").reason == ""
    run_jobs(launcher=ProcessLauncher())
    assert rows(police.scope, looked) == [(1,)]


def test_what_a_member_published_is_decided_by_its_versions(publishing: Publishing) -> None:
    made = publishing.running()
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        with pytest.raises(Conflict, match="a member published"):
            installed.suspend_installed(session, publishing.admins[0], made.name, "it leaks")
        with pytest.raises(NotFound):
            installed.suspend_installed(session, publishing.admins[0], "nothing", "it leaks")
        for who in (publishing.manager, publishing.developer):
            with pytest.raises(PermissionDenied):
                installed.suspend_installed(session, who, "selectors", "it leaks")


def test_an_advisory_on_a_dependency_or_its_files_suspends_it_lists_findings_and_is_taken_back(
    own_publishing: Publishing, ingest: Any, write_lines: Any, line: Any, run_jobs: Any
) -> None:
    publishing, members = own_publishing, own_publishing.members
    gate, admin = publishing.database(Role.GATE), publishing.admins[0]
    uploaded = publishing.running(word="Notice")
    for member in (members.police, members.ngo):
        ingest(member.operator, write_lines([line(number) for number in range(2)]))
    run_jobs(launcher=ProcessLauncher())
    pool, plugin = publishing.pool(), active(publishing, "selectors")
    with StopListener(publishing.database(Role.WORKER), pool) as listener, pool.lend(plugin) as process:
        assert listener.ready.wait(20)
        with gate.transaction(NOBODY) as session:
            done = advisories.advise(session, admin, "phonenumbers>1", "it sends what it sees")
        stopped = wait_for_stops(gate, done.stops)
        assert not process.alive
    pool.close()
    assert done.names == [f"selectors {plugin.version}"]
    assert (stopped.processes, stopped.workers) == (1, 1)
    with gate.transaction(NOBODY) as session:
        hit = advisories.concerned(session, done.advisory)
        assert [(one.name, one.state) for one in hit] == [("selectors", "suspended")]
        row = session.scalars(select(Plugin).where(Plugin.name == "selectors")).one()
        assert row.stop == {"code": "advised", "about": "phonenumbers>1"}
    with publishing.database(Role.WEB).transaction(members.police.operator.scope) as session:
        taint = findings_of(session, members.police.operator, hit)
        assert taint.records == 2
        assert {one.plugin for one in taint.findings} == {"selectors"}
    worker = publishing.database(Role.WORKER)
    with worker.transaction(members.police.scope) as session:
        synchronise(session, discover())
        assert session.scalars(select(Plugin.status).where(Plugin.name == "selectors")).one() == "suspended"
    with gate.transaction(NOBODY) as session:
        with pytest.raises(Conflict, match=r"an advisory on phonenumbers>1.*Withdraw that first"):
            installed.resume_installed(session, admin, "selectors", "it does not send")
        withdrawn = advisories.withdraw_advisory(session, admin, done.advisory.id, "a mistake")
        (held,) = advisories.concerned(session, withdrawn)
        assert (held.name, held.state, held.held) == ("selectors", "suspended", True)
        installed.resume_installed(session, admin, "selectors", "it does not send")
        (held,) = advisories.concerned(session, withdrawn)
        assert not held.held
    with worker.transaction(members.police.scope) as session:
        synchronise(session, discover())
        assert session.scalars(select(Plugin.status).where(Plugin.name == "selectors")).one() == "approved"
        same = active_plugin(session, members.police.id, "selectors")
    with gate.transaction(NOBODY) as session:
        done = advisories.advise(session, admin, f"sha256:{same.digest}", "a stolen key signed it")
        assert done.names == [f"selectors {same.version}"]
        # What its environment has of Accord's own counts for what members published, too.
        told = advisories.advise(session, admin, "msgspec", "everything loads it").names
        assert f"{uploaded.name} {uploaded.version}" in told
        assert {name.split()[0] for name in told} >= {"files", "indicators", "remote", "stix", "templates"}


def test_an_upgrade_to_what_an_advisory_is_about_is_suspended_and_findings_of_the_old_one_stay_listed(
    own_publishing: Publishing, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishing = own_publishing
    gate, worker = publishing.database(Role.GATE), publishing.database(Role.WORKER)
    with gate.transaction(NOBODY) as session:
        done = advisories.advise(session, publishing.admins[0], "leaky<2", "it sends what it sees")
        assert done.names == []
    upgraded = [
        replace(one, version="9.0", digest="f" * 64, pins={**one.pins, "leaky": "1.5"})
        if one.manifest.name == "templates"
        else one
        for one in discover()
    ]
    monkeypatch.setattr(setup, "discover", lambda: upgraded)
    setup.open_home(publishing.home.settings)
    with publishing.database(Role.OWNER).transaction(NOBODY) as session:
        mine = select(AuditEntry).where(AuditEntry.subject == "plugin templates 9.0")
        (entry,) = session.scalars(mine)
        assert (entry.tag, entry.actor, entry.why) == ("plugin.suspend", "Accord", "it sends what it sees")
        assert entry.organisation_id is None
        assert entry.detail == {"advisory": "leaky<2", "upgraded_to": "9.0"}
    with gate.transaction(NOBODY) as session:
        row = session.scalars(select(Plugin).where(Plugin.name == "templates")).one()
        assert (row.status, row.reason) == (
            PluginStatus.SUSPENDED,
            "an advisory on leaky<2: it sends what it sees",
        )
    with worker.transaction(publishing.members.police.scope) as session:
        synchronise(session, discover())
    with gate.transaction(NOBODY) as session:
        advisory = advisories.find_advisory(session, publishing.admins[0], done.advisory.id)
        (hit,) = advisories.concerned(session, advisory)
        assert (hit.name, hit.version, hit.state) == ("templates", "9.0", "replaced")


def test_it_is_suspended_and_let_run_by_command(
    own_publishing: Publishing, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = own_publishing.home
    monkeypatch.setenv("ACCORD_HOME", str(home.path))
    monkeypatch.setenv("ACCORD_DATABASE_URL", home.settings.database_url or "")

    def accord(*words: str) -> str:
        done = CliRunner().invoke(cli, ["plugins", *words])
        assert done.exit_code == 0, (words, done.output, done.exception)
        return done.output

    told = accord("suspend", "stix", "--reason", "it leaks")
    assert told.startswith("stix ")
    assert "is suspended. No worker runs" in told
    lines = [
        json.loads(row)
        for row in accord("status", "--organisation", own_publishing.members.ngo.slug).splitlines()
    ]
    (stix,) = [one for one in lines if one["name"] == "stix"]
    assert (stix["state"], stix["stop"]["code"], stix["stop"]["message"]) == (
        "suspended",
        "suspended",
        "it leaks",
    )
    assert "runs again" in accord(
        "resume", "stix", "--reason", "mended", "--admin", "admin1@platform.example.org"
    )


def test_a_published_plugin_is_still_suspended_by_its_name_at_the_command_line(
    own_publishing: Publishing, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = own_publishing.home
    made = own_publishing.publish(plugin_wheel(own_publishing.fresh_name()))
    own_publishing.approve(made)
    monkeypatch.setenv("ACCORD_HOME", str(home.path))
    monkeypatch.setenv("ACCORD_DATABASE_URL", home.settings.database_url or "")
    done = CliRunner().invoke(cli, ["plugins", "suspend", made.name, "--reason", "it leaks"])
    assert done.exit_code == 0, (done.output, done.exception)
    assert own_publishing.known(made).stop == {"code": "suspended", "about": f"{made.name} 1.0"}
