"""A plugin's life: published, approved, activated; its findings in the pipeline; a new version, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.plugin_wheels import plugin_wheel

from accord.publishing import changing, deciding, going_back, trials
from accord.registry.models import TrialKind
from accord.registry.service import active_plugins
from accord_auth.errors import Conflict
from accord_config.database import NOBODY, Role
from accord_sdk.host.launch import ProcessLauncher

if TYPE_CHECKING:
    from tests.integration.published import Publishing

pytest_plugins = ["tests.integration.published"]

FOUND = """
    SELECT DISTINCT version, finding->>'kind' FROM record_findings
    CROSS JOIN jsonb_array_elements(findings::jsonb) AS finding WHERE plugin = :plugin
"""


def test_findings_come_from_the_version_that_runs_and_going_back_replaces_them(
    own_publishing: Publishing,
    ingest: Any,
    write_lines: Any,
    line: Any,
    run_jobs: Any,
    rows: Any,
) -> None:
    publishing, organisations, database = own_publishing, own_publishing.members, own_publishing.database
    police = organisations.police
    first = publishing.running(word="Notice")
    publishing.use(first)
    for member in (police, organisations.ngo):
        ingest(member.operator, write_lines([line(number) for number in range(3)]))
    with database(Role.WEB).transaction(publishing.manager.scope) as session:
        trial = trials.ask_for_trial(session, publishing.manager, first.name, TrialKind.DRAFT)
    launcher = ProcessLauncher()
    run_jobs(launcher=launcher)
    assert rows(police.scope, FOUND, plugin=first.name) == [("1.0", "marked")]
    assert rows(organisations.ngo.scope, FOUND, plugin=first.name) == []
    ((draft,),) = rows(police.scope, "SELECT result FROM plugin_trials WHERE id = :id", id=trial.id)
    assert (draft["records"], draft["kinds"]) == (3, {"marked": 6})
    second = publishing.publish(plugin_wheel(first.name, "2.0", word="Notice", kind="seen"))
    assert publishing.approve(second) == 0
    run_jobs(launcher=launcher)
    assert rows(police.scope, FOUND, plugin=first.name) == [("2.0", "seen")]
    with database(Role.GATE).transaction(NOBODY) as session:
        changing.roll_back(session, publishing.admins[0], second.id, "it says less")
    run_jobs(launcher=launcher)
    assert rows(police.scope, FOUND, plugin=first.name) == [("1.0", "marked")]


def test_a_member_goes_back_to_the_version_before_for_itself_alone(
    own_publishing: Publishing, ingest: Any, write_lines: Any, line: Any, run_jobs: Any, rows: Any
) -> None:
    publishing, database = own_publishing, own_publishing.database
    police, ngo = publishing.members.police.operator, publishing.members.ngo.operator
    first = publishing.running(word="Notice", reads=("title", "body"))
    for who in (police, ngo):
        publishing.use(first, who)
        ingest(who, write_lines([line(1)]))
    second = publishing.publish(plugin_wheel(first.name, "2.0", word="Notice", kind="seen"))
    assert publishing.approve(second, reads=("title", "body")) == 0
    run_jobs(launcher=ProcessLauncher())
    gate, web = database(Role.GATE), database(Role.WEB)
    with gate.transaction(NOBODY) as session, web.transaction(police.scope) as own:
        version, _ = going_back.go_back(own, session, police, first.name)
        assert version.id == first.id
        with pytest.raises(Conflict, match="no approved version"):
            going_back.go_back(own, session, police, first.name)
    run_jobs(launcher=ProcessLauncher())
    assert rows(police.scope, FOUND, plugin=first.name) == [("1.0", "marked")]
    assert rows(ngo.scope, FOUND, plugin=first.name) == [("2.0", "seen")]
    with gate.transaction(NOBODY) as session, web.transaction(police.scope) as own:
        assert going_back.go_on(own, session, police, first.name)[0].id == second.id
    run_jobs(launcher=ProcessLauncher())
    assert rows(police.scope, FOUND, plugin=first.name) == [("2.0", "seen")]
    with gate.transaction(NOBODY) as session, web.transaction(police.scope) as own:
        going_back.go_back(own, session, police, first.name)
    with gate.transaction(NOBODY) as session:
        deciding.suspend(session, publishing.admins[0], first.id, "it leaks")
    with database(Role.WORKER).transaction(police.scope) as session:
        assert first.name not in [one.name for one in active_plugins(session, police.organisation)]
    with database(Role.WORKER).transaction(ngo.scope) as session:
        assert first.name in [one.name for one in active_plugins(session, ngo.organisation)]
