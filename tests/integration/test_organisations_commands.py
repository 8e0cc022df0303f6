"""`accord organisations` at the command line: from an application to the end of a membership."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.conftest import PASSWORD, Databases
from tests.integration.conftest import environment_of
from tests.name_server import NameServer, name_server

from accord.cli import cli
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role
from accord_config.home import Home

TODAY = datetime.now(UTC).date()
NEXT_YEAR = (TODAY + timedelta(days=365)).isoformat()
ALEX, KIM = "alex@platform.example.org", "kim@platform.example.org"
PAPER = ("--reference", "folder 7", "--signed-on", str(TODAY), "--starts-on", str(TODAY))
WHY = ("--reason", "Its agreement is under review.")
APPLY = {
    "name": "Lantern Aid",
    "kind": "ngo",
    "domain": "lantern.example.org",
    "contact-name": "Noor Haddad",
    "contact-email": "noor@lantern.example.org",
    "purpose": "Support for people who want to leave",
    "legal-basis": "Consent of the people supported",
    "jurisdiction": "US-OH",
}

Command = Callable[..., Result]


@pytest.fixture
def dns() -> Iterator[NameServer]:
    with name_server() as running:
        yield running


@pytest.fixture
def organisations(home: Home, database: Databases, dns: NameServer) -> Command:
    """Runs `accord organisations ...` on the test's home, whose platform has two admins."""
    with database(Role.GATE).transaction(NOBODY) as session:
        for email in (ALEX, KIM):
            person = create_person(session, email=email, name=email.split("@")[0], password=PASSWORD)
            assign_role(session, person_id=person.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)
    environment = environment_of(home) | {"ACCORD_DNS_SERVER": dns.address}

    def run(*arguments: object, fails: bool = False, **given: Any) -> Result:
        done = CliRunner().invoke(
            cli, ["organisations", *map(str, arguments)], env=environment, standalone_mode=False, **given
        )
        if not fails:
            assert done.exception is None, done.output
        return done

    return run


def told(result: Result) -> dict[str, Any]:
    (line,) = result.stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def applied(organisations: Command, dns: NameServer, **changes: str) -> str:
    """The id of an application that only waits to be approved."""
    options = [part for name, value in (APPLY | changes).items() for part in (f"--{name}", value)]
    made = told(organisations("apply", *options))
    dns.records[made["record"]] = [f'"{made["value"]}"']
    assert "is proved" in organisations("domain", made["id"]).stdout
    organisations("terms", made["id"], "--slug", "lantern", "--sponsor", "local")
    for item in ("kind", "purpose", "legal_basis", "jurisdiction", "sponsor"):
        organisations("check", made["id"], item, "--note", "seen", "--admin", ALEX)
    last = organisations("agreement", made["id"], *PAPER, "--ends-on", NEXT_YEAR)
    assert last.stdout == "the checklist is complete\n"
    identity: str = made["id"]
    return identity


def test_from_an_application_to_a_member(organisations: Command, dns: NameServer) -> None:
    application = applied(organisations, dns)
    (waiting,) = organisations("applications").stdout.splitlines()
    assert json.loads(waiting)["turn"] == "platform"
    shown = told(organisations("application", application))
    assert {line["state"] for line in shown["checklist"].values()} == {"met"}
    assert "lantern takes part" in organisations("approve", application, "--admin", KIM).stdout
    member = told(organisations("show", "lantern"))
    assert (member["status"], member["domain"]) == ("active", "lantern.example.org")
    assert member["agreement_ends_on"] == NEXT_YEAR
    slugs = [json.loads(line)["slug"] for line in organisations("list").stdout.splitlines()]
    assert slugs == ["lantern", "local"]
    assert organisations("applications").stdout == ""
    (decided,) = organisations("applications", "--decided").stdout.splitlines()
    assert json.loads(decided)["status"] == "approved"


def test_law_enforcement_takes_two_admins_by_name(organisations: Command, dns: NameServer) -> None:
    application = applied(organisations, dns, kind="law_enforcement")
    assert "1 more" in organisations("approve", application, "--admin", ALEX).stdout
    again = organisations("approve", application, "--admin", ALEX, fails=True)
    assert isinstance(again.exception, Conflict)
    assert "takes part" in organisations("approve", application, "--admin", KIM).stdout


def test_who_invited_cannot_approve(organisations: Command) -> None:
    kind = ("--name", "Lantern", "--kind", "ngo", "--contact-email", "noor@lantern.example.org")
    made = told(organisations("invite", *kind, "--admin", ALEX))
    assert made["status_page"].startswith("/join/")
    refused = organisations("approve", made["id"], "--admin", ALEX, fails=True)
    assert isinstance(refused.exception, PermissionDenied)
    assert "You invited" in str(refused.exception)
    reason = ("--reason", "They asked to be left out.")
    assert organisations("refuse", made["id"], *reason, "--admin", KIM).stdout == "refused: Lantern\n"


def test_a_domain_that_is_not_proved_ends_with_one(organisations: Command, dns: NameServer) -> None:
    options = [part for name, value in APPLY.items() for part in (f"--{name}", value)]
    made = told(organisations("apply", *options))
    done = organisations("domain", made["id"], fails=True)
    assert isinstance(done.exception, SystemExit)
    assert done.exception.code == 1
    assert done.stdout == "There is no TXT record at _accord-challenge.lantern.example.org yet.\n"


def test_bad_input_is_named_by_field(organisations: Command) -> None:
    wrong = APPLY | {"domain": "not a domain", "purpose": "short", "contact-email": "noor"}
    options = [part for name, value in wrong.items() for part in (f"--{name}", value)]
    refused = organisations("apply", *options, fails=True).exception
    assert isinstance(refused, Invalid)
    assert sorted(refused.fields) == ["contact_email", "domain", "purpose"]


def test_a_member_is_suspended_resumed_and_leaves(organisations: Command) -> None:
    asked = organisations("suspend", "local", *WHY, input="n\n", fails=True)
    assert "This ends for Local: 4 plugins" in asked.output
    assert told(organisations("show", "local"))["status"] == "active"
    assert "ended: 4 plugins" in organisations("suspend", "local", *WHY, "--yes").stdout
    assert told(organisations("show", "local"))["status_reason"] == WHY[1]
    assert "came back: 4 plugins" in organisations("resume", "local", *WHY).stdout
    assert "has left" in organisations("leave", "local", *WHY, input="y\n").stdout
    again = organisations("resume", "local", *WHY, fails=True)
    assert isinstance(again.exception, Conflict)


def test_an_agreement_is_renewed_without_a_gap(organisations: Command) -> None:
    assert "ends on" in organisations("renew", "local", *PAPER, "--ends-on", NEXT_YEAR).stdout
    later = (TODAY + timedelta(days=400)).isoformat()
    gap = ("--reference", "folder 8", "--signed-on", str(TODAY), "--starts-on", later)
    refused = organisations("renew", "local", *gap, "--ends-on", "2999-01-01", fails=True).exception
    assert isinstance(refused, Invalid)
    assert list(refused.fields) == ["starts_on"]
    shorter = organisations("renew", "local", *PAPER, "--ends-on", NEXT_YEAR, fails=True).exception
    assert isinstance(shorter, Invalid)
    assert list(shorter.fields) == ["ends_on"]


def test_an_unknown_member_or_admin_is_named(organisations: Command) -> None:
    for arguments in (("show", "nobody"), ("suspend", "local", *WHY, "--admin", "x@example.org", "--yes")):
        assert isinstance(organisations(*arguments, fails=True).exception, NotFound)
