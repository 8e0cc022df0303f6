"""What a member hands in is read, installed and checked before anybody decides about it."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from tests.integration.plugin_wheels import plain_wheel, plugin_wheel

from accord.cli.examination import Finding, examine
from accord.host.pool import ActivePlugin
from accord.publishing import versions
from accord.publishing.deciding import suspend
from accord.publishing.rebuilding import rebuild_all
from accord.registry.environments import EnvironmentChanged
from accord.registry.installing import HostWheel, host_kind, host_wheels
from accord.registry.models import PluginVersion, VersionState
from accord.registry.service import active_plugin
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_config.database import NOBODY, Role
from accord_sdk import Found, Record, wire
from accord_sdk.host.environment import SDK
from accord_sdk.host.errors import PluginStopped
from accord_sdk.host.launch import ProcessLauncher
from accord_sdk.packing import pack

if TYPE_CHECKING:
    from tests.integration.published import Publishing

pytest_plugins = ["tests.integration.published"]


def active(publishing: Publishing, version: PluginVersion) -> ActivePlugin:
    """The plugin as the police unit uses it."""
    with publishing.database(Role.WORKER).transaction(publishing.members.police.scope) as session:
        return active_plugin(session, publishing.members.police.id, version.name)


def test_the_same_wheel_is_the_same_version_and_another_needs_another_number(publishing: Publishing) -> None:
    name = publishing.fresh_name()
    made = publishing.receive(plugin_wheel(name))
    assert publishing.receive(plugin_wheel(name)).id == made.id
    with pytest.raises(Conflict, match="raise the version's number"):
        publishing.receive(plugin_wheel(name, word="city"))


def test_a_name_belongs_to_whoever_published_it_first(publishing: Publishing) -> None:
    name = publishing.fresh_name()
    publishing.receive(plugin_wheel(name))
    for taken in (name, "selectors"):
        with pytest.raises(Conflict, match="another publisher's"):
            publishing.receive(plugin_wheel(taken, "2.0"), publishing.members.police.operator)


def test_only_who_may_publish_does_and_others_see_nothing_of_it(publishing: Publishing) -> None:
    made = publishing.receive(plugin_wheel(publishing.fresh_name()))
    gate = publishing.database(Role.GATE)
    with gate.transaction(NOBODY) as session, pytest.raises(PermissionDenied):
        versions.publish(session, publishing.admins[0], *plugin_wheel(publishing.fresh_name()))
    with gate.transaction(NOBODY) as session:
        assert versions.find_version(session, publishing.developer, made.id).version.id == made.id
        assert made.id in {one.version.id for one in versions.versions_seen(session, publishing.admins[0])}
        assert not versions.versions_seen(session, publishing.manager)
        with pytest.raises(NotFound):
            versions.find_version(session, publishing.manager, made.id)


def test_a_wheel_that_will_not_do_is_refused_with_what_is_wrong(publishing: Publishing) -> None:
    for wheel, words in (
        (plain_wheel("nothing", "1.0"), "carries no extra_metadata/accord.toml"),
        (plugin_wheel("acme", requires=["accord"]), "never accord itself"),
        (("acme-1.0-py3-none-any.whl", b"PK"), "no sound zip"),
    ):
        with pytest.raises(Invalid) as refused:
            publishing.receive(wheel)
        assert words in refused.value.fields["wheel"][0]


def test_a_plugin_that_registers_something_else_than_its_manifest_says_fails(publishing: Publishing) -> None:
    code = "from accord_sdk import hookimpl\n\n@hookimpl\ndef accord_detectors(context):\n    return []\n"
    made = publishing.publish(plugin_wheel(publishing.fresh_name(), code=code))
    assert made.state == VersionState.FAILED
    assert "its manifest says ['marker']" in made.problem


def test_what_cannot_be_had_as_a_wheel_fails_and_is_named(publishing: Publishing) -> None:
    made = publishing.publish(
        plugin_wheel(publishing.fresh_name(), requires=["accord-sdk", "not-to-be-had>=3"])
    )
    assert made.state == VersionState.FAILED
    assert "not-to-be-had" in made.problem


def test_two_plugins_whose_dependencies_conflict_work_side_by_side(publishing: Publishing) -> None:
    said = []
    for number in ("1.0", "2.0"):
        depends = plain_wheel("dependency", number, {"dependency.py": f"NUMBER = {number!r}\n"})
        wheel = plugin_wheel(
            publishing.fresh_name(),
            imports="import dependency",
            note="dependency.NUMBER",
            requires=["accord-sdk", f"dependency=={number}"],
        )
        made = publishing.publish(wheel, wheelhouse=dict([depends]))
        assert f"dependency=={number}" in made.lock
        publishing.approve(made)
        publishing.use(made)
        pool = publishing.pool()
        with pool.lend(active(publishing, made)) as process:
            (answer,) = process.call(wire.Detect("marker", (Record(body="in town"),)))
        pool.close()
        assert isinstance(answer, Found)
        said += [finding.note for finding in answer.findings]  # type: ignore[union-attr]  # it makes signals
    assert said == ["1.0", "2.0"]


def test_a_file_that_changed_after_the_approval_stops_the_plugin_and_is_named(publishing: Publishing) -> None:
    made = publishing.running()
    publishing.use(made)
    plugin = active(publishing, made)
    site = publishing.environments.site_of(plugin)
    assert site is not None
    module = made.name.replace("-", "_")
    path = site / module / "plugin.py"
    path.write_text(path.read_text() + "# one more line\n")
    pool = publishing.pool()
    with pytest.raises(EnvironmentChanged) as changed, pool.lend(plugin):
        pass
    assert (changed.value.code, changed.value.about) == ("changed", f"{module}/plugin.py")
    (site / module / "more.py").write_text("")
    path.unlink()
    with pytest.raises(EnvironmentChanged, match=r"more\.py was added"):
        publishing.environments.site_of(plugin)


def test_what_was_suspended_does_not_start_although_somebody_still_holds_it(publishing: Publishing) -> None:
    made = publishing.running()
    publishing.use(made)
    plugin = active(publishing, made)
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        suspend(session, publishing.admins[0], made.id, "it leaks")
    with pytest.raises(PluginStopped, match="it leaks"):
        publishing.environments.site_of(plugin)
    with pytest.raises(NotFound):
        active(publishing, made)


def test_rebuilding_says_what_would_break_and_mends_what_was_changed(publishing: Publishing) -> None:
    made = publishing.running()
    publishing.use(made)
    plugin = active(publishing, made)
    site = publishing.environments.site_of(plugin)
    assert site is not None
    (site / made.name.replace("-", "_") / "plugin.py").write_text("raise SystemExit\n")
    worker = publishing.database(Role.WORKER)
    found = list(rebuild_all(worker, publishing.environments, ProcessLauncher(), made.name))
    assert [(one.version, one.problem) for one in found] == [("1.0", "")]
    assert publishing.environments.site_of(plugin) == site
    with publishing.database(Role.OWNER).transaction(NOBODY) as session:
        # As after an upgrade under which what it requires is not to be had any more.
        session.get_one(PluginVersion, made.id).lock += "gone-for-good==1.0 --hash=sha256:" + "0" * 64 + "\n"
    (broken,) = rebuild_all(worker, publishing.environments, ProcessLauncher(), made.name)
    assert "gone-for-good" in broken.problem
    assert publishing.environments.site_of(plugin) == site


def another_sdk() -> dict[str, HostWheel]:
    """The host's wheels after an upgrade of the SDK under which `Skipped` has another name."""
    now = dict(host_wheels())
    old = now[SDK]
    with zipfile.ZipFile(io.BytesIO(old.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/RECORD")}
    before, after = f"accord_sdk-{old.version}.dist-info", "accord_sdk-99.0.dist-info"
    changed = {path.replace(before, after): content for path, content in files.items()}
    about = f"Version: {old.version}".encode()
    changed[f"{after}/METADATA"] = changed[f"{after}/METADATA"].replace(about, b"Version: 99.0", 1)
    changed["accord_sdk/__init__.py"] += b"\nPassedOver = Skipped\ndel Skipped\n"
    now[SDK] = HostWheel(SDK, "99.0", "accord_sdk-99.0-py3-none-any.whl", pack(after, changed))
    return now


def test_an_upgrade_of_the_sdk_is_built_beside_and_says_what_would_break_before_it_switches(
    publishing: Publishing, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, breaks = publishing.running(), publishing.running(imports="from accord_sdk import Skipped")
    environments, worker = publishing.environments, publishing.database(Role.WORKER)
    old = {made.id: environments.checked(made.id, made.name) for made in (goes_on, breaks)}
    upgraded = another_sdk()
    with monkeypatch.context() as upgrade:
        upgrade.setattr("accord.registry.installing.host_wheels", lambda: upgraded)
        assert "sdk99.0" in host_kind()
        said = {
            made.name: next(iter(rebuild_all(worker, environments, ProcessLauncher(), made.name))).problem
            for made in (goes_on, breaks)
        }
        assert said[goes_on.name] == ""
        assert "cannot import name 'Skipped'" in said[breaks.name]
        assert environments.place(goes_on.id).is_dir()
        assert environments.place(goes_on.id) != old[goes_on.id]
        (dist_info,) = environments.place(goes_on.id).glob("accord_sdk-*.dist-info")
        assert dist_info.name == "accord_sdk-99.0.dist-info"
    for made in (goes_on, breaks):
        assert environments.checked(made.id, made.name) == old[made.id]


def test_the_doctor_names_the_file_that_changed(publishing: Publishing) -> None:
    made = publishing.running()
    site = publishing.environments.checked(made.id, made.name)
    (site / "more.py").write_text("")
    said = {check.name: check for check in examine(publishing.home)}
    found = said[f"plugin {made.name}"]
    assert (found.finding, "more.py was added" in found.words) == (Finding.PROBLEM, True)
