"""`accord reviews` at the command line: start, look, decide; who may not; what ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from tests.conftest import PASSWORD, Databases, Members, PrincipalOf
from tests.integration.conftest import environment_of

from accord.cli import cli
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_auth.sessions.service import choices, resolve, start_session
from accord_config.database import NOBODY, Role
from accord_config.home import Home

ALEX, KIM = "alex@platform.example.org", "kim@platform.example.org"
OURS = ("--organisation", "marlin")

Command = Callable[..., Result]


@pytest.fixture
def reviews(home: Home, database: Databases, organisations: Members, principal_of: PrincipalOf) -> Command:
    """Runs `accord reviews ...`; Marlin has two admins and an investigator, the platform has two admins."""
    company, admin = organisations.company, PersonRole.ORGANISATION_ADMIN
    for name in ("ada", "ben"):
        principal_of(company, admin, email=f"{name}@marlin.example.org")
    principal_of(organisations.company, PersonRole.INVESTIGATOR, email="ines@marlin.example.org")
    with database(Role.GATE).transaction(NOBODY) as session:
        for email in (ALEX, KIM):
            person = create_person(session, email=email, name=email.split("@")[0], password=PASSWORD)
            assign_role(session, person_id=person.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)

    def run(*arguments: object, fails: bool = False) -> Result:
        done = CliRunner().invoke(
            cli, ["reviews", *map(str, arguments)], env=environment_of(home), standalone_mode=False
        )
        assert fails or done.exception is None, done.output
        return done

    return run


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(one) for one in result.stdout.splitlines()]


def start(reviews: Command, *whose: str) -> str:
    (made,) = lines(reviews("start", *whose, "--reason", "A person left in a hurry"))
    return str(made["id"])


def item(reviews: Command, review: str, word: str, *whose: str) -> str:
    """The item of a person, by the beginning of its label."""
    (found,) = [one for one in lines(reviews("show", review, *whose)) if one["label"].startswith(word)]
    return str(found["id"])


def test_a_review_is_started_seen_and_decided_and_what_ends_is_told(
    reviews: Command, database: Databases
) -> None:
    with database(Role.GATE).transaction(NOBODY) as session:
        person_id, found = choices(session, email="ines@marlin.example.org", password=PASSWORD)
        token = start_session(session, person_id=person_id, choice=found[0], hours=1).token
    review = start(reviews, *OURS)
    (seen,) = lines(reviews("list", *OURS))
    assert (seen["id"], seen["organisation"], seen["decided"]) == (review, "Marlin Social", 0)
    kept = reviews("decide", review, item(reviews, review, "ben", *OURS), "confirmed", *OURS)
    assert kept.stdout == "ben, ben@marlin.example.org: confirmed\n"
    ines = item(reviews, review, "ines", *OURS)
    unexplained = reviews("decide", review, ines, "ended", *OURS, fails=True).exception
    assert isinstance(unexplained, Invalid)
    ended = reviews("decide", review, ines, "ended", "--reason", "moved away", *OURS)
    assert ended.stdout == "ines, ines@marlin.example.org: ended; ended: 1 session\n"
    with database(Role.GATE).transaction(NOBODY) as session:
        assert resolve(session, token) is None
    again = reviews("decide", review, ines, "confirmed", *OURS, fails=True).exception
    assert isinstance(again, Conflict)
    evidence = {one["label"].split(",")[0]: one for one in lines(reviews("show", review, *OURS))}
    assert (evidence["ines"]["decision"], evidence["ines"]["reason"]) == ("ended", "moved away")
    assert evidence["ines"]["decided_name"] == "operator"
    assert evidence["ada"]["decision"] is None


def test_another_member_and_the_platform_find_no_review_of_a_member(reviews: Command) -> None:
    review = start(reviews, *OURS)
    ben = item(reviews, review, "ben", *OURS)
    for whose in (("--organisation", "northgate"), ()):
        assert lines(reviews("list", *whose)) == []
        for arguments in (("show", review), ("decide", review, ben, "confirmed")):
            assert isinstance(reviews(*arguments, *whose, fails=True).exception, NotFound)


def test_platform_admins_review_one_another_and_never_the_last_away(reviews: Command) -> None:
    review = start(reviews, "--admin", ALEX)
    alex, kim = item(reviews, review, "alex"), item(reviews, review, "kim")
    own = reviews("decide", review, alex, "confirmed", "--admin", ALEX, fails=True).exception
    assert isinstance(own, PermissionDenied)
    ending = ("ended", "--reason", "moved away")
    assert "ended" in reviews("decide", review, kim, *ending, "--admin", ALEX).stdout
    last = reviews("decide", review, alex, *ending, fails=True).exception
    assert isinstance(last, Conflict)
    assert reviews("decide", review, alex, "confirmed").stdout.endswith(": confirmed\n")


def test_one_acts_for_a_member_or_in_a_platform_admin_s_name_and_with_a_reason(reviews: Command) -> None:
    both = reviews("start", *OURS, "--admin", ALEX, "--reason", "check", fails=True).exception
    assert isinstance(both, click.UsageError)
    blank = reviews("start", *OURS, "--reason", "  ", fails=True).exception
    assert isinstance(blank, Invalid)
    start(reviews, *OURS)
    second = reviews("start", *OURS, "--reason", "again", fails=True).exception
    assert isinstance(second, Conflict)
