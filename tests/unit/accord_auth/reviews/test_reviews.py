"""Access reviews: what stands in them, who decides, and what happens when nobody does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.conftest import PASSWORD

from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.joining.acting import PLATFORM_OPERATOR
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Permission
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.reviews import due
from accord_auth.reviews.models import AccessReview, Decision, ItemKind, ReviewItem
from accord_auth.reviews.service import (
    decide,
    find_review,
    reviews_seen,
    start_review,
    waiting_for,
)
from accord_auth.sessions.service import choices, resolve, start_session
from accord_config.database import Role

ADMIN = PersonRole.ORGANISATION_ADMIN


@pytest.fixture
def ada(organisations: Any, principal_of: Any) -> Principal:
    made: Principal = principal_of(organisations.company, ADMIN, email="ada@marlin.example.org")
    return made


@pytest.fixture
def ben(organisations: Any, principal_of: Any) -> Principal:
    made: Principal = principal_of(organisations.company, ADMIN, email="ben@marlin.example.org")
    return made


@pytest.fixture
def ines(organisations: Any, principal_of: Any) -> Principal:
    made: Principal = principal_of(
        organisations.company, PersonRole.INVESTIGATOR, email="ines@marlin.example.org"
    )
    return made


@pytest.fixture
def stranger(organisations: Any, principal_of: Any) -> Principal:
    made: Principal = principal_of(organisations.police, ADMIN, email="max@northgate.example.org")
    return made


@pytest.fixture
def platform(gate: Any) -> Principal:
    """An admin of the platform who belongs to no member."""

    def make(session: Any) -> UUID:
        person = create_person(session, email="pia@platform.example.org", name="Pia", password=PASSWORD)
        assign_role(session, person_id=person.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)
        return person.id

    return replace(PLATFORM_OPERATOR, person_id=gate(make), person_name="Pia")


def items_of(gate: Any, who: Principal, review_id: UUID) -> dict[tuple[str, str], ReviewItem]:
    """What somebody sees in a review, by kind and the first word of the label."""
    seen = gate(find_review, who, review_id).items
    return {(one.item.kind, one.item.label.split()[0].strip(",")): one.item for one in seen}


def audit(database: Any, tag: str) -> list[tuple[Any, ...]]:
    query = text("SELECT organisation_id, person_id, detail, why FROM audit_entries WHERE tag = :tag")
    with database(Role.OWNER).engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query, {"tag": tag})]


def later(change: Any, days: int) -> None:
    """Let so many days pass for all reviews."""
    change(
        "UPDATE access_reviews SET due_at = due_at - :d * interval '1 day',"
        " lapses_at = lapses_at - :d * interval '1 day'",
        d=days,
    )


def test_a_review_holds_people_with_roles_and_plugins(gate: Any, ada: Principal, ines: Principal) -> None:
    review = gate(start_review, ada, "A person left in a hurry")
    found = items_of(gate, ada, review.id)
    assert found[ItemKind.PERSON, "ines"].detail == "investigator"
    assert ("activation", "selectors") in found
    assert {item.organisation_id for item in found.values()} == {ada.organisation_id}


def test_a_share_stands_there_with_its_terms_and_nothing_of_its_case(
    gate: Any, ada: Principal, organisations: Any, database: Any
) -> None:
    add_share(database, organisations)
    review = gate(start_review, ada, "check")
    (share,) = [
        one.item for one in gate(find_review, ada, review.id).items if one.item.kind == ItemKind.SHARE
    ]
    assert (share.label, share.detail) == (
        "A case shared with Northgate Police",
        "TLP:AMBER, without an end",
    )
    assert "title of the case" not in str(vars(share))


def add_share(database: Any, organisations: Any) -> UUID:
    query = text(
        "INSERT INTO shares (organisation_id, recipient_id, title, marking, purpose, basis, document, digest)"
        " VALUES (:owner, :recipient, 'title of the case', 'TLP:AMBER', 'p', 'b', '{}', 'd') RETURNING id"
    )
    with database(Role.WEB).transaction(organisations.company.scope) as session:
        found: UUID = session.scalar(
            query, {"owner": organisations.company.id, "recipient": organisations.police.id}
        )
        return found


def test_one_review_at_a_time_and_never_without_a_reason(gate: Any, ada: Principal, ines: Principal) -> None:
    with pytest.raises(Invalid):
        gate(start_review, ada, "  ")
    gate(start_review, ada, "check")
    with pytest.raises(Conflict):
        gate(start_review, ada, "again")
    with pytest.raises(PermissionDenied):
        gate(start_review, ines, "mine")


def test_another_member_sees_nothing_of_a_review(
    gate: Any, ada: Principal, ben: Principal, stranger: Principal, platform: Principal
) -> None:
    review = gate(start_review, ada, "check")
    item = items_of(gate, ada, review.id)[ItemKind.PERSON, "ben"]
    for who in (stranger, platform):
        assert gate(reviews_seen, who) == []
        assert gate(waiting_for, who) == 0
        with pytest.raises(NotFound):
            gate(find_review, who, review.id)
        with pytest.raises(NotFound):
            gate(decide, who, review.id, item.id, Decision.CONFIRMED)


def test_nobody_reviews_themselves(gate: Any, ada: Principal, ben: Principal) -> None:
    review = gate(start_review, ada, "check")
    own = items_of(gate, ada, review.id)[ItemKind.PERSON, "ada"]
    with pytest.raises(PermissionDenied):
        gate(decide, ada, review.id, own.id, Decision.CONFIRMED)
    assert gate(decide, ben, review.id, own.id, Decision.CONFIRMED).decided_name == "ben"


def test_the_only_admin_is_the_platform_s_to_review_and_nothing_else_is(
    gate: Any, ada: Principal, ines: Principal, platform: Principal, database: Any
) -> None:
    review = gate(start_review, ada, "check")
    assert set(items_of(gate, platform, review.id)) == {(ItemKind.PERSON, "ada")}
    own = items_of(gate, ada, review.id)[ItemKind.PERSON, "ada"]
    with pytest.raises(Conflict):
        gate(decide, platform, review.id, own.id, Decision.ENDED, "left")
    assert gate(decide, platform, review.id, own.id, Decision.CONFIRMED).decision == Decision.CONFIRMED
    told = audit(database, "review.decide")
    assert {entry[0] for entry in told} == {ada.organisation_id, None}


def test_who_is_both_platform_admin_and_the_only_admin_still_does_not_review_themselves(
    gate: Any, ada: Principal, platform: Principal
) -> None:
    review = gate(start_review, ada, "check")
    own = items_of(gate, ada, review.id)[ItemKind.PERSON, "ada"]
    with pytest.raises(PermissionDenied):
        gate(decide, replace(platform, person_id=ada.person_id), review.id, own.id, Decision.CONFIRMED)


def test_ending_a_person_ends_sessions_and_keeps_the_evidence(
    gate: Any, ada: Principal, ines: Principal, database: Any
) -> None:
    person_id, found = gate(choices, email=ines.email, password=PASSWORD)
    token = gate(start_session, person_id=person_id, choice=found[0], hours=1).token
    review = gate(start_review, ada, "check")
    item = items_of(gate, ada, review.id)[ItemKind.PERSON, "ines"]
    assert item.last_used_at is not None
    with pytest.raises(Invalid):
        gate(decide, ada, review.id, item.id, Decision.ENDED)
    done = gate(decide, ada, review.id, item.id, Decision.ENDED, "moved to another team")
    assert gate(resolve, token) is None
    assert (done.decision, done.reason, done.ended) == ("ended", "moved to another team", "1 session")
    with pytest.raises(Conflict):
        gate(decide, ada, review.id, item.id, Decision.CONFIRMED)
    (ending,) = audit(database, "access.end")
    assert ending[:2] == (ada.organisation_id, ada.person_id)
    assert ending[2]["cause"] == "removed"


@pytest.mark.parametrize("kind", [ItemKind.ACTIVATION, ItemKind.SHARE])
def test_ending_a_plugin_or_a_share_takes_it_away(
    gate: Any, ada: Principal, ben: Principal, organisations: Any, database: Any, kind: ItemKind
) -> None:
    add_share(database, organisations)
    review = gate(start_review, ada, "check")
    items = [one.item for one in gate(find_review, ada, review.id).items if one.item.kind == kind]
    gate(decide, ada, review.id, items[0].id, Decision.ENDED, "not needed")
    live = {
        ItemKind.ACTIVATION: "SELECT count(*) FROM activations WHERE id = :id AND active",
        ItemKind.SHARE: "SELECT count(*) FROM shares WHERE id = :id AND revoked_at IS NULL",
    }[kind]
    with database(Role.WEB).transaction(organisations.company.scope) as session:
        assert session.scalar(text(live), {"id": items[0].subject_id}) == 0
    with database(Role.WEB).transaction(organisations.police.scope) as session:
        mine = text("SELECT count(*) FROM activations WHERE active")
        assert session.scalar(mine) > 0


def test_what_ended_in_the_meantime_is_gone(gate: Any, ada: Principal, ines: Principal, change: Any) -> None:
    review = gate(start_review, ada, "check")
    item = items_of(gate, ada, review.id)[ItemKind.PERSON, "ines"]
    change("DELETE FROM role_assignments WHERE person_id = :p", p=ines.person_id)
    assert gate(decide, ada, review.id, item.id, Decision.CONFIRMED).decision == Decision.GONE


def test_reminders_come_once_for_each_day_and_nothing_ends_before_the_grace_is_over(
    gate: Any, ada: Principal, ben: Principal, change: Any, database: Any
) -> None:
    gate(start_review, ada, "check")
    assert gate(due.remind_due) == []
    later(change, 12)
    assert len(gate(due.remind_due)) == 1
    assert gate(due.remind_due) == []
    later(change, 8)
    assert len(gate(due.remind_due)) == 1
    assert gate(due.lapse_due) == []
    assert [entry[0] for entry in audit(database, "review.remind")] == [ada.organisation_id] * 2


def test_no_answer_ends_access_but_for_the_last_admin_who_is_escalated(
    gate: Any,
    ada: Principal,
    ben: Principal,
    ines: Principal,
    platform: Principal,
    change: Any,
    database: Any,
) -> None:
    person_id, found = gate(choices, email=ada.email, password=PASSWORD)
    gate(start_session, person_id=person_id, choice=found[0], hours=1)
    review = gate(start_review, ada, "check")
    later(change, 22)
    lapsed = {item.label.split(",")[0] for item in gate(due.lapse_due) if item.kind == ItemKind.PERSON}
    # Ada signed in last: the other admin goes, and she is left to the platform.
    assert lapsed == {"ben", "ines"}
    assert {entry[2]["cause"] for entry in audit(database, "access.end")} == {"review_lapsed"}
    assert {entry[0] for entry in audit(database, "access.end")} == {ada.organisation_id}
    assert set(items_of(gate, platform, review.id)) == {(ItemKind.PERSON, "ada")}
    assert gate(due.lapse_due) == []
    own = items_of(gate, ada, review.id)[ItemKind.PERSON, "ada"]
    gate(decide, platform, review.id, own.id, Decision.CONFIRMED)
    assert gate(lambda session: session.get_one(AccessReview, review.id).closed_at) is not None


def test_nothing_ends_where_no_admin_could_have_answered(
    gate: Any, organisations: Any, ines: Principal, platform: Principal, change: Any
) -> None:
    review = gate(start_review, organisations.company.operator, "check")
    assert gate(waiting_for, platform) == len(items_of(gate, platform, review.id)) > 0
    later(change, 22)
    assert gate(due.lapse_due) == []


def test_a_review_rests_while_its_member_is_suspended_and_leaves_time_to_answer_after(
    gate: Any, ada: Principal, ben: Principal, ines: Principal, change: Any
) -> None:
    gate(start_review, ada, "check")
    later(change, 22)
    change("UPDATE organisations SET status = 'suspended' WHERE id = :o", o=ada.organisation_id)
    assert gate(due.remind_due) == gate(due.lapse_due) == []
    change("UPDATE organisations SET status = 'active' WHERE id = :o", o=ada.organisation_id)
    assert gate(due.lapse_due) == []
    later(change, 6)
    assert gate(due.lapse_due) == []
    later(change, 1)
    assert {item.label.split(",")[0] for item in gate(due.lapse_due) if item.kind == ItemKind.PERSON}


def test_a_quarter_later_a_review_starts_by_itself_for_those_who_may_act(
    gate: Any, organisations: Any, ada: Principal, change: Any
) -> None:
    assert gate(due.start_due) == []
    change("UPDATE organisations SET created_at = now() - interval '92 days'")
    change("UPDATE organisations SET status = 'suspended' WHERE slug = 'harbor'")
    started = {review.organisation_id for review in gate(due.start_due)}
    assert {organisations.company.id, organisations.police.id} <= started
    assert organisations.ngo.id not in started
    assert gate(due.start_due) == []


def test_platform_admins_review_one_another_and_never_the_last(
    gate: Any, platform: Principal, change: Any, database: Any
) -> None:
    def second(session: Any) -> UUID:
        person = create_person(session, email="rui@platform.example.org", name="Rui", password=PASSWORD)
        assign_role(session, person_id=person.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)
        return person.id

    other = replace(platform, person_id=gate(second), person_name="Rui")
    review = gate(start_review, platform, "check")
    own = items_of(gate, platform, review.id)[ItemKind.PERSON, "Pia"]
    with pytest.raises(PermissionDenied):
        gate(decide, platform, review.id, own.id, Decision.CONFIRMED)
    assert gate(decide, other, review.id, own.id, Decision.CONFIRMED).decided_name == "Rui"
    change("UPDATE access_reviews SET lapses_at = :now", now=datetime.now(UTC) - timedelta(days=1))
    assert [item.label.split(",")[0] for item in gate(due.lapse_due)] == ["Rui"]


def test_auditors_read_and_do_not_decide(
    gate: Any, ada: Principal, ben: Principal, organisations: Any, principal_of: Any
) -> None:
    auditor = principal_of(organisations.company, PersonRole.AUDITOR, email="ava@marlin.example.org")
    review = gate(start_review, ada, "check")
    assert Permission.REVIEWS_READ in auditor.permissions
    assert not any(one.mine_to_decide for one in gate(find_review, auditor, review.id).items)
    item = items_of(gate, auditor, review.id)[ItemKind.PERSON, "ben"]
    with pytest.raises(PermissionDenied):
        gate(decide, auditor, review.id, item.id, Decision.CONFIRMED)


def test_evidence_cannot_be_deleted(gate: Any, ada: Principal, change: Any) -> None:
    gate(start_review, ada, "check")
    with pytest.raises(Exception, match="permission denied"):
        change("DELETE FROM review_items")
