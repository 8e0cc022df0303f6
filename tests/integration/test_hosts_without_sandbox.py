"""Where no worker can sandbox plugins, page, API and command say so for each plugin, and what to do."""

from __future__ import annotations

import json
import shutil
import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select

from accord.cli import cli, examination
from accord.host.reasons import REASONS
from accord.ingestion.models import Source
from accord.registry.hosts import still_holds, stop_of_hosts, tried_launcher
from accord.registry.models import PluginHost
from accord.web.rendering import commands
from accord_config.database import NOBODY, Role
from accord_sdk.host.cgroups import Held
from accord_sdk.host.delegation import Groups
from accord_sdk.host.launch import ProcessLauncher
from accord_sdk.host.probe import Limit
from accord_sdk.host.sandbox import SandboxLauncher, SandboxUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]


@pytest.fixture(autouse=True)
def no_hosts(task_force: TaskForce) -> Iterator[None]:
    """Nothing is known of hosts before, nor after."""
    yield
    with task_force.database(Role.OWNER).transaction(NOBODY) as session:
        session.execute(delete(PluginHost))


@pytest.fixture
def without_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    which = shutil.which
    monkeypatch.setattr(
        shutil, "which", lambda name, **more: None if name == "bwrap" else which(name, **more)
    )


def environment(force: TaskForce, **more: str) -> dict[str, str]:
    settings = force.home.settings
    return {
        "ACCORD_HOME": str(force.home.path),
        "ACCORD_DATABASE_URL": settings.database_url or "",
        **more,
    }


def told(force: TaskForce, name: str) -> tuple[dict[str, Any], dict[str, Any], str, str]:
    """What API, command, page and list of commands say of a plugin."""
    api = force.program("manager").get(f"/api/v1/plugins/{name}").json
    run = CliRunner(env=environment(force))
    done = run.invoke(cli, ["plugins", "status", "--organisation", force.police.slug])
    (line,) = [one for one in map(json.loads, done.output.splitlines()) if one["name"] == name]
    page = force.browser("manager").get(f"/plugins/{name}").text
    return api, line, page, run.invoke(cli, ["plugins", "list"]).output


@pytest.mark.usefixtures("without_bubblewrap")
def test_a_worker_that_may_not_run_plugins_leaves_word_for_everybody(
    task_force: TaskForce, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = CliRunner(env=environment(task_force, ACCORD_PLUGINS_REQUIRE_SANDBOX="true"))
    done = refused.invoke(cli, ["worker"])
    assert done.exit_code != 0
    assert "apt-get install bubblewrap" in str(done.exception)
    api, line, page, listed = told(task_force, "selectors")
    assert api["stop"] == line["stop"]
    assert (api["state"], api["stop"]["code"], api["stop"]["about"]) == ("no_sandbox", "no_sandbox", "bwrap")
    assert api["stop"]["next_step"] == REASONS["no_sandbox"].next_step
    for words in (
        "<code>no_sandbox</code>",
        "apt-get install bubblewrap",
        commands(api["stop"]["next_step"]),
    ):
        assert words in page, words
    assert "no_sandbox: bwrap: " in listed
    for path in ("/plugins", "/plugins/selectors/use"):
        assert (
            "can keep it in a sandbox, and without one it may not run"
            in task_force.browser("manager").get(path).text
        ), path
    with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
        row = {"organisation_id": task_force.police.id, "slug": "held", "marking": "TLP:AMBER"}
        session.add(Source(**row, plugin="files", plugin_source="folder"))
    (source,) = (
        one
        for one in task_force.program("manager").get("/api/v1/sources").json["items"]
        if one["slug"] == "held"
    )
    assert source["stop"] == api["stop"]
    html = task_force.browser("manager").get("/sources/held").text
    assert "Nothing is pulled: its plugin does not run." in html
    use = task_force.program("manager").get("/api/v1/plugins/selectors/use").json
    assert use["stop"] == api["stop"]

    monkeypatch.undo()
    tried_launcher(task_force.database(Role.WORKER), task_force.home.settings)
    api, line, page, listed = told(task_force, "selectors")
    assert (api["state"], api["stop"], line["stop"]) == ("closed", None, None)
    assert "no_sandbox" not in page + listed
    assert "Nothing is pulled" not in task_force.browser("manager").get("/sources/held").text


def test_a_limit_that_does_not_hold_refuses_the_worker_and_is_named(
    task_force: TaskForce, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = msgspec.structs.replace(task_force.home.settings, plugins_require_sandbox=True)
    monkeypatch.setattr("accord.registry.hosts.isolation_of", lambda _: Sandboxed())
    monkeypatch.setattr("accord.registry.hosts.SandboxLauncher", ProcessLauncher)
    limits = [Limit("files", True, "none is seen"), Limit("network", False, "reached: AF_INET")]
    monkeypatch.setattr("accord.registry.hosts.probe", lambda _: limits)
    with pytest.raises(SandboxUnavailableError, match="does not hold network: reached: AF_INET"):
        tried_launcher(task_force.database(Role.WORKER), settings)
    with task_force.database(Role.GATE).transaction(NOBODY) as session:
        stop = stop_of_hosts(session)
        kept = session.get_one(PluginHost, socket.gethostname())
    assert stop is not None
    assert (stop.reason.code, stop.about) == ("no_sandbox", "network")
    assert [one["name"] for one in kept.limits if not one["holds"]] == ["network"]


class Sandboxed:
    launcher = ProcessLauncher()
    words = "bubblewrap + seccomp"
    missing = ""


def test_the_doctor_says_whether_plugins_have_control_groups_and_what_to_set(
    task_force: TaskForce, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, worker = task_force.home, task_force.database(Role.WORKER)
    before = examination._of_worker(home)
    tried_launcher(worker, home.settings)
    said = examination._of_worker(home)
    assert said is not None
    check = examination._cgroup(Held({}), said)
    assert before is None
    if said["holds"]:
        assert (check.finding, check.words) == (examination.Finding.GOOD, said["words"])
    else:
        assert check.finding == examination.Finding.NOTE
        assert check.words.startswith("not held for each plugin: ")
        assert any(word in check.words for word in ("Delegate=", "systemd.unified", "sandboxed"))
    monkeypatch.setattr("accord.registry.hosts.divide", lambda: Groups(home.path))
    monkeypatch.setattr("accord.registry.hosts.isolation_of", lambda _: InSandbox())
    launcher = tried_launcher(worker, home.settings)
    assert isinstance(launcher, SandboxLauncher)
    assert launcher.groups is not None
    assert launcher.groups.base == home.path
    said = examination._of_worker(home)
    assert said is not None
    assert examination._cgroup(Held({}), said).finding == examination.Finding.GOOD


class InSandbox:
    launcher = SandboxLauncher(_program=b"", _paths={})
    words = "bubblewrap + seccomp"
    missing = ""


def test_a_host_that_runs_plugins_makes_up_for_one_that_cannot(task_force: TaskForce) -> None:
    now = datetime.now(UTC)
    settings = task_force.home.settings

    def put(host: str, *, holds: bool, seconds_ago: float) -> None:
        at = now - timedelta(seconds=seconds_ago)
        until = at + timedelta(seconds=settings.job_stalled)
        row = PluginHost(host=host, holds=holds, words="install it", about="bwrap", at=at, until=until)
        with task_force.database(Role.WORKER).transaction(NOBODY) as session:
            session.merge(row)

    def stopped() -> bool:
        with task_force.database(Role.WEB).transaction(task_force.police.scope) as session:
            return stop_of_hosts(session) is not None

    assert not stopped()
    put("first", holds=True, seconds_ago=3_600)
    assert not stopped()
    put("second", holds=False, seconds_ago=60)
    assert stopped(), "the first one has not been heard of since"
    (check,) = examination._hosts(task_force.home)
    assert (check.name, check.finding) == ("host second", examination.Finding.PROBLEM)
    put("first", holds=True, seconds_ago=1)
    assert not stopped(), "the first one runs"
    (check,) = examination._hosts(task_force.home)
    assert check.finding == examination.Finding.NOTE
    put("first", holds=True, seconds_ago=3_600)
    put(socket.gethostname(), holds=True, seconds_ago=3_600)
    assert stopped()
    with task_force.database(Role.WORKER).transaction(NOBODY) as session:
        still_holds(session, settings)
    assert not stopped(), "a worker gave a sign of life"
    put(socket.gethostname(), holds=False, seconds_ago=30)
    with task_force.database(Role.WORKER).transaction(NOBODY) as session:
        still_holds(session, settings)
        host = session.scalars(select(PluginHost).where(PluginHost.host == socket.gethostname())).one()
        assert not host.holds, "a sign of life is no probe"
    assert stopped()
