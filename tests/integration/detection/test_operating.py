"""What people see and do about plugins that stopped: for their own organisation, as far as their roles go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import Databases, Members
from tests.integration.detection.conftest import acting

from accord.detection import operating
from accord.detection.models import CircuitState
from accord.detection.operating import HIDDEN
from accord_auth.errors import NotFound, PermissionDenied
from accord_auth.permissions import Role as PersonRole
from accord_config.database import Role

if TYPE_CHECKING:
    from tests.integration.detection.conftest import Shop


def test_a_parked_record_is_run_again_with_one_click(
    shop: Shop, database: Databases, organisations: Members
) -> None:
    good, bad = shop.store("find a", "throw b")
    shop.detect()
    shop.late()
    admin = acting(organisations.company.operator, PersonRole.ORGANISATION_ADMIN)
    with database(Role.WEB).transaction(admin.scope) as session:
        (parked,) = operating.parked_records(session, admin, "moody")
    assert (parked.external_id, parked.stop.reason.code) == (bad, "raised")
    assert "cannot read b" in parked.stop.message
    shop.behave('raise ValueError(f"cannot read {name}")', "return self.find(ref, name, call)")
    with database(Role.WEB).transaction(admin.scope) as session:
        assert operating.retry_parked(session, admin, "moody", parked.record_id) == 1
    ((task,),) = shop.rows("SELECT task_name FROM procrastinate_jobs WHERE task_name = 'detection:wake'")[-1:]
    assert task == "detection:wake"
    shop.late()
    assert shop.parked() == {}
    assert shop.found() == {good: ["telegram:a-one"], bad: ["telegram:b-one"]}


def test_a_plugin_that_rests_is_started_with_one_click(
    shop: Shop, database: Databases, organisations: Members
) -> None:
    shop.store(*[f"throw n{number}" for number in range(40)])
    shop.detect()
    shop.late()
    assert shop.state() == CircuitState.OPEN
    admin = acting(organisations.company.operator, PersonRole.ORGANISATION_ADMIN)
    with database(Role.WEB).transaction(admin.scope) as session:
        (state,) = [one for one in operating.plugin_states(session, admin) if one.plugin.name == "moody"]
        assert (state.state, state.stop.reason.code if state.stop else "") == ("open", "failures")
        assert state.waiting > 0
        operating.start_again(session, admin, "moody")
    assert shop.state() == CircuitState.CLOSED
    shop.behave('raise ValueError(f"cannot read {name}")', "return self.find(ref, name, call)")
    shop.late()
    assert shop.pending() == 0


def test_another_version_replaces_exactly_what_the_old_one_found(
    shop: Shop, database: Databases, organisations: Members
) -> None:
    one, two, three = shop.store("find same", "find same", "find other")
    shop.detect()
    ((old,),) = shop.rows("SELECT lead_id FROM lead_records GROUP BY lead_id HAVING count(*) = 2")
    shop.upgrade("2.0", "two")
    admin = acting(organisations.company.operator, PersonRole.ORGANISATION_ADMIN)
    with database(Role.WEB).transaction(admin.scope) as session:
        assert operating.run_over_all(session, admin, "moody") == 3
        assert operating.run_over_all(session, admin, "moody") == 3
    assert shop.pending() == 1, "asked twice, done once"
    shop.late()
    assert shop.rows("SELECT DISTINCT version FROM record_findings") == [("2.0",)]
    assert shop.rows("SELECT value FROM selectors ORDER BY value") == [
        ("telegram:other-two",),
        ("telegram:same-two",),
    ]
    assert shop.rows("SELECT count(*) FROM mentions") == [(3,)]
    assert shop.leads() == {frozenset({one, two}), frozenset({three})}
    facts = shop.rows("SELECT facts->'signals' FROM leads WHERE records > 0")
    assert {kind for (signals,) in facts for kind in signals} == {"seen-two"}
    assert shop.rows("SELECT lead_id FROM lead_records GROUP BY lead_id HAVING count(*) = 2") == [(old,)]


def test_a_version_that_finds_less_lets_leads_fall_apart(
    shop: Shop, database: Databases, organisations: Members
) -> None:
    one, two = shop.store("find same", "find same")
    shop.detect()
    assert shop.leads() == {frozenset({one, two})}
    shop.behave("if name else ()", "if not name else ()")
    shop.upgrade("2.0", "two")
    admin = organisations.company.operator
    with database(Role.WEB).transaction(admin.scope) as session:
        operating.run_over_all(session, admin, "moody")
    shop.late()
    assert shop.leads() == {frozenset({one}), frozenset({two})}
    assert shop.rows("SELECT count(*) FROM selectors") == [(0,)]
    assert shop.rows("SELECT count(*) FROM strand_selectors") == [(0,)]


def test_nobody_sees_or_touches_what_is_another_member_s(
    shop: Shop, database: Databases, organisations: Members
) -> None:
    shop.store("throw it")
    shop.detect()
    shop.late()
    stranger = organisations.police.operator
    (parked,) = shop.rows("SELECT record_id FROM parked_records")
    with database(Role.WEB).transaction(stranger.scope) as session:
        assert operating.parked_records(session, stranger) == []
        (state,) = [one for one in operating.plugin_states(session, stranger) if one.plugin.name == "moody"]
        assert (state.state, state.parked, state.waiting, state.stop) == ("inactive", 0, 0, None)
        with pytest.raises(NotFound):
            operating.retry_parked(session, stranger, "moody", parked[0])
        assert operating.retry_parked(session, stranger, "moody") == 0
        operating.start_again(session, stranger, "moody")
    assert len(shop.parked()) == 1


def test_who_reads_no_records_sees_the_code_and_not_the_message(
    shop: Shop, database: Databases, organisations: Members
) -> None:
    shop.store(*["throw secretly"] * 40)
    shop.detect()
    shop.late()
    developer = acting(organisations.company.operator, PersonRole.PLUGIN_DEVELOPER)
    with database(Role.WEB).transaction(developer.scope) as session:
        (state,) = [one for one in operating.plugin_states(session, developer) if one.plugin.name == "moody"]
        assert state.stop is not None
        assert (state.stop.reason.code, state.stop.message) == ("failures", HIDDEN)
        with pytest.raises(PermissionDenied):
            operating.parked_records(session, developer)
    # The code that a plugin gives a record that it could not look at is the plugin's own word, too.
    for code in ("record_failed", "failures"):
        told = operating.told_to(developer, code, "614-555-0134", "record_failed: it says 614-555-0134")
        assert (told.about, told.message) == ("a record", HIDDEN)
    analyst = acting(organisations.company.operator, PersonRole.ANALYST)
    assert operating.told_to(analyst, "record_failed", "refused", "why").about == "refused"


@pytest.mark.parametrize("act", ["retry_parked", "start_again", "run_over_all"])
def test_acting_takes_the_permission_and_a_plugin(shop: Shop, organisations: Members, act: str) -> None:
    analyst = acting(organisations.company.operator, PersonRole.ANALYST)
    do: Any = getattr(operating, act)
    with shop.database.transaction(analyst.scope) as session:
        with pytest.raises(PermissionDenied):
            do(session, analyst, "moody")
        with pytest.raises(NotFound, match="there is no plugin 'nobody'"):
            do(session, organisations.company.operator, "nobody")
