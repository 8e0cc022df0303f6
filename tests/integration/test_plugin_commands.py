"""The life of a plugin at the command line: what the pages and the API do, the commands do, too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from tests.integration.plugin_wheels import plugin_wheel

from accord.cli import cli
from accord.publishing import advisories
from accord.publishing.tainted import findings_of
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role
from accord_sdk.host.launch import ProcessLauncher

if TYPE_CHECKING:
    from tests.integration.published import Publishing

pytest_plugins = ["tests.integration.published"]


@pytest.fixture
def accord(own_publishing: Publishing, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command in the test's home, and gives what it printed."""
    home = own_publishing.home
    monkeypatch.setenv("ACCORD_HOME", str(home.path))
    monkeypatch.setenv("ACCORD_DATABASE_URL", home.settings.database_url or "")

    def run(*words: str, exit_code: int = 0) -> str:
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == exit_code, (words, done.output, done.exception)
        return done.output

    return run


def test_versions_are_reviewed_tried_out_compared_and_promoted_by_command(
    own_publishing: Publishing, accord: Any, ingest: Any, write_lines: Any, line: Any
) -> None:
    publishing = own_publishing
    first = publishing.running(word="Notice")
    publishing.use(first)
    for member in (publishing.members.police, publishing.members.company):
        ingest(member.operator, write_lines([line(number) for number in range(3)]))
    second = publishing.publish(plugin_wheel(first.name, "2.0", word="Notice", kind="seen"))
    review = json.loads(accord("plugins", "review", first.name, "--admin", "admin1@platform.example.org"))
    assert (review["version"], review["state"], review["changes"]["since"]) == ("2.0", "waiting", "1.0")
    assert {"approve", "refuse"} <= set(review["actions"])
    tried = json.loads(
        accord(
            "plugins", "try-out", first.name, "--organisation", publishing.members.police.slug
        ).splitlines()[-1]
    )
    assert (tried["result"]["records"], tried["result"]["kinds"]) == (3, {"marked": 6})
    of_company = ("--organisation", publishing.members.company.slug)
    compared = json.loads(accord("plugins", "compare", first.name, *of_company).splitlines()[-1])
    assert (compared["result"]["new"], compared["result"]["gone"]) == (6, 6)
    assert f"{first.name} 2.0 runs" in accord("plugins", "promote", first.name, *of_company)
    assert publishing.known(second).is_current
    assert "No worker runs" in accord(
        "plugins", "deactivate", first.name, "--organisation", publishing.members.police.slug
    )


def test_closed_records_and_the_network_by_command_take_two_admins(
    own_publishing: Publishing, accord: Any
) -> None:
    publishing = own_publishing
    police = publishing.members.police
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        for name in ("ann", "ben"):
            person = create_person(session, email=f"{name}@police.example.org", name=name, password="p" * 20)
            role = PersonRole.ORGANISATION_ADMIN
            assign_role(session, person_id=person.id, role=role, organisation_id=police.id)
    by = ("--organisation", police.slug, "--admin", "{}@police.example.org")
    ann, ben = (tuple(word.format(name) for word in by) for name in ("ann", "ben"))
    asking = ("plugins", "network", "ask", "remote", "--marking", "TLP:RED", "--reason", "It is ours.")
    asked = json.loads(accord(*asking, *ann))
    with pytest.raises(AssertionError, match="another admin"):
        accord("plugins", "network", "allow", "remote", asked["id"], *ann)
    allowed = json.loads(accord("plugins", "network", "allow", "remote", asked["id"], *ben))
    assert (allowed["asked_name"], allowed["allowed_name"]) == ("ann", "ben")
    assert json.loads(accord("plugins", "network", "end", "remote", asked["id"], *ann))["ended_name"] == "ann"
    listed = json.loads(accord("plugins", "network", "list", "remote", "--organisation", police.slug))
    assert listed["ended_name"] == "ann"
    assert (
        accord("plugins", "network", "list", "remote", "--organisation", publishing.members.company.slug)
        == ""
    )
    assert accord("plugins", "requests", "remote", "--organisation", police.slug) == ""


def test_an_advisory_lists_what_was_found_to_each_member_for_itself(
    own_publishing: Publishing, accord: Any, ingest: Any, write_lines: Any, line: Any, run_jobs: Any
) -> None:
    publishing = own_publishing
    made = publishing.running(word="Notice")
    publishing.use(made)
    police, ngo = publishing.members.police, publishing.members.ngo
    for member in (police, ngo):
        ingest(member.operator, write_lines([line(number) for number in range(2)]))
    run_jobs(launcher=ProcessLauncher())
    told = accord("plugins", "advise", made.digest, "--reason", "It leaks.")
    assert f"{made.name} 1.0 is suspended" in told
    (advisory,) = (json.loads(row) for row in accord("plugins", "advisories").splitlines())
    of = ("plugins", "advisories", advisory["id"], "--organisation")
    version, *found = (json.loads(row) for row in accord(*of, police.slug).splitlines())
    told_of = {"name": made.name, "version": "1.0", "state": "suspended", "held": True}
    assert version == told_of | {"version_id": str(made.id)}
    assert {(one["external_id"], one["kind"]) for one in found} == {
        ("r00000", "marked"),
        ("r00001", "marked"),
    }
    assert len(accord(*of, ngo.slug).splitlines()) == 1
    with publishing.database(Role.GATE).transaction(NOBODY) as session:
        hit = advisories.concerned(session, advisories.advisories(session, publishing.manager)[0])
    for member, records in ((police, 2), (ngo, 0)):
        with publishing.database(Role.WEB).transaction(member.operator.scope) as session:
            assert findings_of(session, member.operator, hit).records == records
