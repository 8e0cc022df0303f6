"""Whatever stops says by page, API and command its reason code, what is responsible, and the next step."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from markupsafe import escape
from sqlalchemy import select
from tests.integration.plugin_wheels import plain_wheel, plugin_wheel
from tests.integration.published import Publishing

from accord.cli import cli
from accord.detection.circuit import MOST_FAILURES, MOST_RESTARTS, Circuit, Trouble
from accord.detection.health import change_circuit
from accord.detection.pending import park
from accord.detection.service import detect_batch
from accord.host.pool import ActivePlugin
from accord.host.reasons import REASONS
from accord.ingestion.models import Source, StoredRecord
from accord.ingestion.service import Incoming, ensure_source, store, validate
from accord.markings import Marking
from accord.publishing import advisories, deciding, installed, versions
from accord.registry.models import PluginVersion
from accord.registry.service import active_plugin
from accord.sources.models import SourcePull
from accord.web.rendering import commands
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

REGISTERS_NOTHING = (
    "from accord_sdk import hookimpl\n\n@hookimpl\ndef accord_detectors(context):\n    return []\n"
)


@dataclass
class Told:
    """What page, API and command say, for the police unit's people."""

    force: TaskForce
    environment: dict[str, str]

    def command(self, *words: str) -> list[dict[str, Any]]:
        done = CliRunner(env=self.environment).invoke(cli, words)
        assert done.exit_code == 0, (words, done.output, done.exception)
        return [json.loads(row) for row in done.output.splitlines()]

    def alike(self, page: str, api: dict[str, Any], command: dict[str, Any], code: str, about: str) -> None:
        """The three say this code, what is responsible, and the next step of the code."""
        html = self.force.browser("manager").get(page).text
        step = REASONS[code].next_step
        assert api["stop"] == command["stop"]
        assert (api["stop"]["code"], api["stop"]["about"]) == (code, about)
        assert api["stop"]["next_step"] == step
        assert api["stop"]["message"]
        for words in (f"<code>{code}</code>", str(escape(about)), commands(step)):
            assert words in html, (code, words)

    def of_version(self, version_id: UUID, code: str, about: str) -> None:
        page = f"/plugin-versions/{version_id}"
        api = self.force.program("manager").get(f"/api/v1{page}").json
        lines = self.command("plugins", "versions", "--organisation", self.force.police.slug)
        (line,) = [one for one in lines if one["id"] == str(version_id)]
        self.alike(page, api, line, code, about)
        listed = self.force.browser("manager").get("/plugin-versions").text
        assert f"<code>{code}</code>" in listed

    def of_plugin(self, name: str, code: str, about: str) -> None:
        api = self.force.program("manager").get(f"/api/v1/plugins/{name}").json
        lines = self.command("plugins", "status", "--organisation", self.force.police.slug)
        (line,) = [one for one in lines if one["name"] == name]
        self.alike(f"/plugins/{name}", api, line, code, about)


@pytest.fixture(scope="module")
def publishing(task_force: TaskForce) -> Publishing:
    made = Publishing(task_force.home, task_force.database, task_force.members)
    made.developer = task_force.people["manager"]
    return made


@pytest.fixture
def told(task_force: TaskForce) -> Told:
    settings = task_force.home.settings
    home = {"ACCORD_HOME": str(task_force.home.path), "ACCORD_DATABASE_URL": settings.database_url or ""}
    return Told(task_force, home)


def suspended(publishing: Publishing) -> tuple[PluginVersion, str, str]:
    made = publishing.running()
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        deciding.suspend(session, publishing.admins[0], made.id, "it leaks")
    return made, "suspended", f"{made.name} 1.0"


def withdrawn(publishing: Publishing) -> tuple[PluginVersion, str, str]:
    made = publishing.running()
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        versions.withdraw(session, publishing.developer, made.id, "a mistake")
    return made, "withdrawn", f"{made.name} 1.0"


def refused(publishing: Publishing) -> tuple[PluginVersion, str, str]:
    made = publishing.publish(plugin_wheel(publishing.fresh_name()))
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        deciding.refuse(session, publishing.admins[0], made.id, "say why it reads titles")
    return made, "refused", f"{made.name} 1.0"


def advised(publishing: Publishing) -> tuple[PluginVersion, str, str]:
    depends = plain_wheel("leaky-one", "1.0", {"leaky_one.py": ""})
    wheel = plugin_wheel(publishing.fresh_name(), requires=["accord-sdk", "leaky-one==1.0"])
    made = publishing.publish(wheel, wheelhouse=dict([depends]))
    publishing.approve(made)
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        advisories.advise(session, publishing.admins[0], "leaky-one<2", "it sends what it sees")
    return made, "advised", "leaky-one<2"


def expired(publishing: Publishing) -> tuple[PluginVersion, str, str]:
    made = publishing.publish(plugin_wheel(publishing.fresh_name()))
    publishing.approve(made, until=datetime.now(UTC) + timedelta(days=3))
    over = datetime(2026, 1, 31, 12, tzinfo=UTC)
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        session.get_one(PluginVersion, made.id).approved_until = over
    return made, "expired", "approved until 2026-01-31 12:00 UTC"


def not_to_be_had(publishing: Publishing) -> tuple[PluginVersion, str, str]:
    requires = ["accord-sdk", "not-to-be-had>=3"]
    made = publishing.publish(plugin_wheel(publishing.fresh_name(), requires=requires))
    return made, "requirements", "not-to-be-had>=3"


def breaks_its_contract(publishing: Publishing) -> tuple[PluginVersion, str, str]:
    made = publishing.publish(plugin_wheel(publishing.fresh_name(), code=REGISTERS_NOTHING))
    (broken,) = [one for one in made.checks["steps"] if not one["holds"]]
    return made, "contract", broken["about"] or broken["name"]


@pytest.mark.parametrize(
    "stop", [suspended, withdrawn, refused, advised, expired, not_to_be_had, breaks_its_contract]
)
def test_a_version_that_does_not_run_says_why_everywhere(
    publishing: Publishing, told: Told, stop: Callable[[Publishing], tuple[PluginVersion, str, str]]
) -> None:
    made, code, about = stop(publishing)
    told.of_version(made.id, code, about)


def used(publishing: Publishing) -> tuple[PluginVersion, ActivePlugin]:
    """A version that the police unit uses."""
    made = publishing.running()
    publishing.use(made)
    police = publishing.members.police
    with publishing.database(Role.WORKER).transaction(police.scope) as session:
        return made, active_plugin(session, police.id, made.name)


def fail(publishing: Publishing, plugin: ActivePlugin, trouble: Trouble, times: int, *, again: bool) -> None:
    """As many failures as it takes; `again`: with successes between, so that restarts alone count."""

    def failed(circuit: Circuit) -> Circuit:
        for _ in range(times):
            circuit = circuit.failed(datetime.now(UTC), trouble, restart=again)
            circuit = circuit.succeeded() if again and not circuit.later() else circuit
        return circuit

    police = publishing.members.police
    with publishing.database(Role.WORKER).transaction(police.scope) as session:
        change_circuit(session, plugin, police.id, failed)


def test_a_plugin_that_rests_says_why_everywhere(publishing: Publishing, told: Told) -> None:
    for trouble, times, again, code, about in (
        (Trouble("timed_out", "limits.batch_seconds = 60", "slow"), MOST_FAILURES, False, "failures", ""),
        (Trouble("raised", "", "no such word"), MOST_FAILURES, False, "failures", "12 failures in a row"),
        (Trouble("died", "", "it ended"), MOST_RESTARTS + 1, True, "restarts", "31 starts in 10 minutes"),
        (Trouble("environment", "libgone.so", "it needs it"), 1, False, "environment", "libgone.so"),
    ):
        made, plugin = used(publishing)
        fail(publishing, plugin, trouble, times, again=again)
        told.of_plugin(made.name, code, about or trouble.about)


def test_a_file_that_changed_is_named_everywhere(publishing: Publishing, told: Told) -> None:
    made, plugin = used(publishing)
    site = publishing.environments.site_of(plugin)
    assert site is not None
    path = f"{made.name.replace('-', '_')}/plugin.py"
    (site / path).write_text("# another\n")
    force, police = told.force, publishing.members.police
    pool = publishing.pool()
    record = force.record_line(1, phone=force.fresh_phone(), external_id=f"of-{made.name}")
    with publishing.database(Role.WORKER).transaction(police.scope) as session:
        incoming = validate(1, record)
        assert isinstance(incoming, Incoming)
        source = ensure_source(session, police.operator, "stops")
        store(session, police.operator, source, [incoming], marking=Marking.GREEN)
        session.flush()
        batch = session.scalars(
            select(StoredRecord.batch_id).where(StoredRecord.external_id == f"of-{made.name}")
        ).one()
    detect_batch(publishing.database(Role.WORKER), pool, police.id, batch)
    pool.close()
    told.of_plugin(made.name, "changed", path)


def test_a_plugin_that_runs_for_nobody_says_why_everywhere(publishing: Publishing, told: Told) -> None:
    made, _ = used(publishing)
    shown = told.force.program("manager").get(f"/api/v1/plugins/{made.name}").json
    assert shown["publisher"] == told.force.police.slug
    assert told.force.program("manager").get("/api/v1/plugins/stix").json["publisher"] is None
    assert "Offered by" in told.force.browser("stranger").get(f"/plugins/{made.name}").text
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        deciding.suspend(session, publishing.admins[0], made.id, "it leaks")
    told.of_plugin(made.name, "suspended", f"{made.name} 1.0")
    use = told.force.program("manager").get(f"/api/v1/plugins/{made.name}/use").json
    page = told.force.browser("manager").get(f"/plugins/{made.name}/use").text
    assert use["stop"]["code"] == "suspended"
    assert "<code>suspended</code>" in page
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        plugin, _ = installed.suspend_installed(session, publishing.admins[0], "stix", "it leaks")
        about = installed.named(plugin)
    told.of_plugin("stix", "suspended", about)
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        installed.resume_installed(session, publishing.admins[0], "stix", "mended")


def test_a_record_that_another_side_refused_says_so_everywhere(publishing: Publishing, told: Told) -> None:
    made, plugin = used(publishing)
    police = publishing.members.police
    with publishing.database(Role.WORKER).transaction(police.scope) as session:
        record = session.scalars(select(StoredRecord.id).limit(1)).one()
        trouble = Trouble("record_failed", "refused", "the remote detector answered 403")
        park(session, police.id, plugin, record, trouble, 1)
    force = told.force
    (api,) = force.program("manager").get(f"/api/v1/plugins/{made.name}/parked").json["items"]
    (line,) = told.command("plugins", "parked", made.name, "--organisation", police.slug)
    told.alike(f"/plugins/{made.name}", api, line, "record_failed", "refused")


def test_a_source_that_broke_says_so_everywhere(publishing: Publishing, told: Told) -> None:
    police = publishing.members.police
    now = datetime.now(UTC)
    with publishing.database(Role.WORKER).transaction(police.scope) as session:
        row = {"organisation_id": police.id, "slug": "broken", "marking": "TLP:AMBER", "plugin": "files"}
        source = Source(**row, plugin_source="folder")
        session.add(source)
        session.flush()
        pull = SourcePull(organisation_id=police.id, source_id=source.id, finished_at=now)
        pull.code, pull.about, pull.error = "timed_out", "limits.batch_seconds = 60", "no page in time"
        session.add(pull)
    api = told.force.program("manager").get("/api/v1/sources").json["items"]
    lines = told.command("sources", "list", "--organisation", police.slug)
    (of_api,), (line,) = ([one for one in every if one["slug"] == "broken"] for every in (api, lines))
    told.alike("/sources/broken", of_api, line, "timed_out", "limits.batch_seconds = 60")
