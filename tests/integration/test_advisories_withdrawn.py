"""An advisory is withdrawn by page, API and command; what it suspended waits for somebody to resume it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from tests.integration.plugin_wheels import plain_wheel, plugin_wheel
from tests.integration.published import Publishing

from accord.cli import cli
from accord.publishing import advisories, changing, deciding
from accord.publishing.switching import running
from accord.registry.models import PluginVersion, VersionState
from accord_auth.audit.models import AuditEntry
from accord_auth.errors import Conflict, PermissionDenied
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

WHY = {"reason": "It was another package of that name."}


@pytest.fixture(scope="module")
def publishing(task_force: TaskForce) -> Publishing:
    made = Publishing(task_force.home, task_force.database, task_force.members)
    made.developer = task_force.people["manager"]
    return made


def using(publishing: Publishing, package: str, **more: str) -> PluginVersion:
    """A version that uses version 1.0 of a package, checked."""
    wheel = plugin_wheel(
        more.pop("name", None) or publishing.fresh_name(), requires=["accord-sdk", f"{package}==1.0"], **more
    )
    files = {f"{package.replace('-', '_')}.py": ""}
    return publishing.publish(wheel, wheelhouse=dict([plain_wheel(package, "1.0", files)]))


def test_a_withdrawn_advisory_is_shown_as_such_and_offers_to_resume_what_it_suspended(
    publishing: Publishing, task_force: TaskForce
) -> None:
    made = using(publishing, "leaky-two")
    publishing.approve(made)
    admin, manager = task_force.program("admin"), task_force.program("manager")
    asked = {"about": "leaky-two<2", "reason": "It leaks."}
    path = f"/api/v1/plugin-advisories/{admin.post('/api/v1/plugin-advisories', json=asked).json['id']}"
    page = f"/plugin-versions/advisories/{path.rsplit('/', 1)[1]}"
    (version,) = admin.get(path).json["versions"]
    assert (version["held"], version["version_id"]) == (True, str(made.id))
    assert "Withdraw this advisory" in task_force.browser("admin").get(page).text
    assert "Withdraw this advisory" not in task_force.browser("manager").get(page).text
    assert manager.post(f"{path}/withdrawal", json=WHY).status_code == 403
    assert task_force.browser("manager").post(f"{page}/withdraw", data=WHY).status_code == 403
    refused = admin.post(f"/api/v1/plugin-versions/{made.id}/resumption", json=WHY)
    assert refused.status_code == 409
    assert "Withdraw that first" in refused.json["detail"]

    assert task_force.browser("admin").post(f"{page}/withdraw", data=WHY).status_code == 303
    assert admin.post(f"{path}/withdrawal", json=WHY).status_code == 409
    told = manager.get(path).json
    assert (told["withdrawn_by"], told["withdrawn_reason"]) == ("admin", WHY["reason"])
    assert (told["versions"][0]["state"], told["versions"][0]["held"]) == ("suspended", True)
    html = task_force.browser("admin").get(page).text
    for words in ("Still suspended because of it", f"/plugin-versions/{made.id}/resume", WHY["reason"]):
        assert words in html, words
    seen = task_force.browser("manager").get(page).text
    assert "Still suspended because of it" in seen
    assert f"/plugin-versions/{made.id}/resume" not in seen

    assert task_force.browser("admin").post(f"/plugin-versions/{made.id}/resume", data=WHY).status_code == 303
    assert publishing.known(made).state == VersionState.APPROVED
    assert "Still suspended" not in task_force.browser("admin").get(page).text
    with task_force.database(Role.OWNER).transaction(NOBODY) as session:
        subject = f"advisory {told['id']}"
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == subject))
        kept = {entry.tag: entry for entry in entries}
        assert kept["plugin.unadvise"].actor == "admin"
        assert kept["plugin.unadvise"].why == WHY["reason"]
        held = [f"{made.name} 1.0"]
        assert kept["plugin.unadvise"].detail == {"about": "leaky-two<2", "still_suspended": held}


def test_what_comes_later_is_no_longer_hit_and_another_that_stands_still_holds(
    publishing: Publishing, task_force: TaskForce
) -> None:
    made = using(publishing, "leaky-three")
    publishing.approve(made)
    admin = publishing.admins[0]
    with task_force.database(Role.GATE).transaction(NOBODY) as session:
        first = advisories.advise(session, admin, "leaky-three<2", "it leaks").advisory.id
        with pytest.raises(PermissionDenied):
            advisories.withdraw_advisory(session, publishing.manager, first, "not mine to say")
        other = advisories.advise(session, admin, f"sha256:{made.digest}", "a stolen key").advisory.id
        advisories.withdraw_advisory(session, admin, first, "a mistake")
    assert using(publishing, "leaky-three").state == VersionState.WAITING
    with task_force.database(Role.GATE).transaction(NOBODY) as session:
        with pytest.raises(Conflict, match="a stolen key"):
            deciding.resume(session, admin, made.id, "it does not leak")
        advisories.withdraw_advisory(session, admin, other, "the key is safe")
        assert deciding.resume(session, admin, made.id, "it does not leak").state == VersionState.APPROVED


def test_the_command_withdraws_it_and_names_what_is_still_suspended(
    publishing: Publishing, task_force: TaskForce
) -> None:
    made = using(publishing, "leaky-four")
    publishing.approve(made)
    settings = task_force.home.settings
    runner = CliRunner(
        env={"ACCORD_HOME": str(task_force.home.path), "ACCORD_DATABASE_URL": settings.database_url or ""}
    )

    def accord(*words: str) -> str:
        done = runner.invoke(cli, ["plugins", *words])
        assert done.exit_code == 0, (words, done.output, done.exception)
        return done.output

    accord("advise", "leaky-four<2", "--reason", "it leaks")
    lines = map(json.loads, accord("advisories").splitlines())
    (known,) = (one for one in lines if one["about"] == "leaky-four<2")
    told = accord("withdraw-advisory", known["id"], "--reason", "a mistake")
    assert told.splitlines() == [
        "withdrawn; 1 still suspended because of it",
        f"  accord plugins resume {made.name} --version 1.0",
    ]
    lines = map(json.loads, accord("advisories").splitlines())
    (known,) = (one for one in lines if one["about"] == "leaky-four<2")
    assert known["withdrawn_reason"] == "a mistake"


def test_resuming_gives_a_version_no_more_than_it_had(publishing: Publishing, task_force: TaskForce) -> None:
    name, admin = publishing.fresh_name(), publishing.admins[0]
    old = using(publishing, "leaky-five", name=name)
    publishing.approve(old)
    new = using(publishing, "leaky-five", name=name, version="1.1")
    publishing.approve(new)
    never = using(publishing, "leaky-five", name=name, version="1.2")
    gate = task_force.database(Role.GATE)
    with gate.transaction(NOBODY) as session:
        done = advisories.advise(session, admin, "leaky-five<2", "it leaks")
        assert {one.version.version for one in done.suspended} == {"1.0", "1.1", "1.2"}
        advisories.withdraw_advisory(session, admin, done.advisory.id, "a mistake")
        for version in (new, old, never):
            deciding.resume(session, admin, version.id, "it does not leak")
        assert running(session, name).version == "1.1"  # type: ignore[union-attr]  # one runs
        assert changing.previous(session, name).version == "1.0"  # type: ignore[union-attr]  # one was approved before
    assert publishing.known(never).state == VersionState.RECEIVED, "its checks are done anew, and it waits"
