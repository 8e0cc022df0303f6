"""The words of an explanation. That it agrees with the database is proved in the integration tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from accord.caseload.models import Case
from accord.reach.explaining import READ_WITH, explain, thing_of
from accord.reach.rules import RULES, Rule, Thing
from accord.sharing.models import Share
from accord_auth.permissions import Role, permissions_of
from accord_auth.principal import Principal

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OWNER, RECIPIENT, THIRD = UUID(int=1), UUID(int=2), UUID(int=3)


def person(organisation: UUID | None, role: Role = Role.INVESTIGATOR) -> Principal:
    return Principal(
        organisation_id=organisation,
        organisation_slug="harbor",
        organisation_name="Harbor Light",
        organisation_kind="ngo",
        person_id=UUID(int=7),
        person_name="Rosa",
        email="rosa@harbor.example.org",
        roles=frozenset({role}),
        permissions=permissions_of(frozenset({role})),
    )


def share(**change: Any) -> Thing:
    terms: dict[str, Any] = {
        "id": UUID(int=5),
        "organisation_id": OWNER,
        "recipient_id": RECIPIENT,
        "marking": "TLP:AMBER",
        "purpose": "Joint work",
        "expires_at": NOW + DAY,
        "revoked_at": None,
    }
    return thing_of(Share(**(terms | change)))


@pytest.mark.parametrize(
    ("change", "rule", "words"),
    [
        ({}, Rule.SHARE_RECEIVED, "as TLP:AMBER until 2026-05-02, for: Joint work"),
        ({"expires_at": None}, Rule.SHARE_RECEIVED, "without an end, for: Joint work"),
        ({"revoked_at": NOW}, Rule.NOTHING, "the share was taken back on 2026-05-01"),
        ({"expires_at": NOW - DAY}, Rule.NOTHING, "the share ended on 2026-04-30"),
        ({"expires_at": NOW}, Rule.NOTHING, "the share ended on 2026-05-01"),
        ({"recipient_id": THIRD}, Rule.NOTHING, "no rule lets them see it"),
        ({"recipient_id": THIRD, "organisation_id": RECIPIENT}, Rule.OWNER, "their organisation owns it"),
    ],
)
def test_a_share_is_explained_with_its_terms_and_its_end(
    change: dict[str, Any], rule: Rule, words: str
) -> None:
    reach = explain(person(RECIPIENT), share(**change), NOW)
    assert (reach.rule, reach.may_read) == (rule, rule is not Rule.NOTHING)
    assert reach.why.endswith(words)


def test_a_row_that_is_seen_is_read_with_a_permission_only() -> None:
    case = thing_of(Case(id=UUID(int=5), organisation_id=OWNER, title="A notice"))
    reach = explain(person(OWNER, Role.AUDITOR), case, NOW)
    assert (reach.row_seen, reach.may_read) == (True, False)
    assert reach.why == "their organisation owns it, but their roles lack cases:read"
    assert explain(person(OWNER), case, NOW).may_read


@pytest.mark.parametrize("role", [Role.PLATFORM_ADMIN, Role.PLATFORM_AUDITOR])
def test_who_acts_for_the_platform_reaches_no_case_data(role: Role) -> None:
    platform = person(None, role)
    for table in READ_WITH:
        thing = Thing(table, {**share().values, "organisation_id": OWNER})
        assert not explain(platform, thing, NOW).row_seen, table


def test_nobody_reaches_anything_of_a_member_s() -> None:
    for table in READ_WITH:
        reach = explain(None, Thing(table, share().values), NOW)
        assert (reach.may_read, reach.why) == (False, "nobody who is signed in")


def test_what_a_permission_reads_has_a_rule() -> None:
    assert set(READ_WITH) <= set(RULES)
