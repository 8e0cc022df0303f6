"""Numbers of plugins: for who uses them, and, without names and messages, for who wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from tests.conftest import Databases, Members
from tests.integration.detection.conftest import acting

from accord.detection.measuring import author_lines, bad_turns, forget_old_turns, health_of
from accord.detection.operating import HIDDEN
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from tests.integration.detection.conftest import Shop


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """A shop in which one batch went well, one call failed and one record is skipped."""
    shop.store("find a", "skip b")
    shop.detect()
    shop.store("throw secretly")
    shop.detect()
    return shop


def test_calls_failures_findings_and_memory_are_counted(busy: Shop, organisations: Members) -> None:
    with busy.database.transaction(organisations.company.scope) as session:
        found = health_of(session, organisations.company.id)["moody"]
    assert (found.calls, found.failures, found.records, found.findings) == (2, 1, 3, 2)
    assert (found.failed, found.skipped) == (1, 1)
    assert found.per_thousand == pytest.approx(2000 / 3)
    assert 0 < found.p50_s <= found.p95_s
    assert (found.memory_kb or 0) > 5_000
    with busy.database.transaction(organisations.police.scope) as session:
        assert health_of(session, organisations.police.id) == {}


def test_the_log_tells_why_and_quotes_records_to_who_reads_them_alone(
    busy: Shop, organisations: Members
) -> None:
    admin = organisations.company.operator
    with busy.database.transaction(admin.scope) as session:
        (turn,) = bad_turns(session, admin, "moody")
        assert (turn.stop.reason.code, "cannot read secretly" in turn.stop.message) == ("raised", True)
        (turn,) = bad_turns(session, acting(admin, PersonRole.PLUGIN_DEVELOPER), "moody")
        assert turn.stop.message == HIDDEN


def test_an_author_sees_all_members_together_and_no_word_of_a_record(
    busy: Shop, database: Databases, organisations: Members
) -> None:
    author = organisations.police.operator
    with database(Role.WEB).transaction(author.scope) as session:
        assert author_lines(session, author, "moody") == []
    with database(Role.OWNER).engine.begin() as owner:
        owner.execute(
            text("UPDATE plugins SET publisher_id = :id WHERE name = 'moody'"), {"id": author.organisation}
        )
    with database(Role.WEB).transaction(author.scope) as session:
        lines = author_lines(session, author, "moody")
    assert [(one.code, one.calls, one.findings) for one in lines] == [("", 1, 2), ("raised", 1, 0)]
    assert "secretly" not in repr(lines)
    assert str(organisations.company.id) not in repr(lines)
    user = organisations.company.operator
    with database(Role.WEB).transaction(user.scope) as session:
        assert author_lines(session, user, "moody") == []


def test_turns_of_long_ago_are_forgotten(busy: Shop, organisations: Members) -> None:
    with busy.database.transaction(organisations.company.scope) as session:
        session.execute(text("UPDATE plugin_runs SET at = at - interval '31 days' WHERE code = ''"))
    with busy.database.transaction(NOBODY) as session:
        assert forget_old_turns(session) == 1
    assert busy.rows("SELECT code FROM plugin_runs") == [("raised",)]
