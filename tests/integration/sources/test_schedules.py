"""Sources that are pulled by the clock: when they are due, what happens when they fail, back-fills."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from tests.conftest import Databases, Members

from accord.sources.clock import seconds, words
from accord.sources.models import SourcePull, SourceSchedule
from accord.sources.scheduling import FIRST_WAIT, pull_due, set_schedule
from accord.sources.service import request_pull
from accord_auth.errors import Invalid, NotFound
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from tests.integration.sources.conftest import Pulling, Strange

from tests.integration.sources.conftest import line, write


def scheduled(pulling: Pulling, **given: Any) -> SourceSchedule | None:
    with pulling.database.transaction(pulling.principal.scope) as session:
        return set_schedule(session, pulling.principal, pulling.slug, **given)


def stored(pulling: Pulling) -> SourceSchedule:
    with pulling.database.transaction(pulling.principal.scope) as session:
        return session.get_one(SourceSchedule, pulling.source().id)


def later(pulling: Pulling, by: str) -> None:
    with pulling.database.transaction(pulling.principal.scope) as session:
        session.execute(
            text("UPDATE source_schedules SET next_at = next_at - CAST(:by AS interval)"), {"by": by}
        )


def test_a_source_is_pulled_when_it_is_due_and_then_not_before_its_time(
    from_files: Pulling, folder: Path
) -> None:
    write(folder / "a.jsonl", line("a1"))
    scheduled(from_files, every_s=3600)
    assert pull_due(from_files.database) == 1
    from_files.work()
    assert from_files.records() == ["a1"]
    assert pull_due(from_files.database) == 0
    write(folder / "b.jsonl", line("b1"))
    later(from_files, "1 hour")
    assert pull_due(from_files.database) == 1
    from_files.work()
    assert from_files.records() == ["a1", "b1"]
    (listed,) = from_files.listed()
    assert (listed.schedule, listed.failures, listed.last_code) == ("every hour", 0, "")
    assert listed.next_pull_at is not None
    assert timedelta(minutes=59) < listed.next_pull_at - datetime.now(UTC) <= timedelta(hours=1)


def test_a_line_of_cron_says_when(from_files: Pulling) -> None:
    schedule = scheduled(from_files, cron="30 */6 * * *")
    assert schedule is not None
    assert (schedule.next_at.minute, schedule.next_at.hour % 6) == (30, 0)
    assert words(schedule) == "at 30 */6 * * * (cron, UTC)"
    assert scheduled(from_files) is None
    assert from_files.listed()[0].schedule == "only when asked"


@pytest.mark.parametrize(
    "given",
    [
        {"every_s": 59},
        {"every_s": 10**9},
        {"cron": "@daily"},
        {"cron": "* * * * * *"},
        {"cron": "61 * * * *"},
        {"cron": "0 0 30 2 *"},
        {"cron": ""},
        {"cron": "* * * * *", "every_s": 60},
    ],
)
def test_a_schedule_that_is_none_is_refused(from_files: Pulling, given: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        scheduled(from_files, **given)
    assert refused.value.fields


@pytest.mark.parametrize(("said", "meant"), [("15m", 900), ("6h", 21_600), (" 1d ", 86_400)])
def test_an_interval_is_read_as_people_write_it(said: str, meant: int) -> None:
    assert seconds(said) == meant


@pytest.mark.parametrize("said", ["", "0m", "-1h", "1.5h", "1w", "m", "1 h 5 m"])
def test_an_interval_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(Invalid, match="such as 15m"):
        seconds(said)


def test_a_source_that_breaks_keeps_its_cursor_and_says_when_it_is_tried_again(strange: Strange) -> None:
    pulling = strange('yield Page((record(start),), b"%d" % (start + 1), False)')
    scheduled(pulling, every_s=86_400)
    pull_due(pulling.database)
    pulling.work()
    assert pulling.source().cursor == b"1"
    strange('raise OSError("the site is away")')
    for failures, wait in ((1, FIRST_WAIT), (2, 2 * FIRST_WAIT), (3, 4 * FIRST_WAIT)):
        later(pulling, "1 day")
        assert pull_due(pulling.database) == 1
        pulling.work()
        (listed,) = pulling.listed()
        assert (listed.last_code, listed.failures) == ("raised", failures)
        assert "the site is away" in (listed.last_error or "")
        assert listed.next_pull_at is not None
        left = listed.next_pull_at - datetime.now(UTC)
        assert wait - timedelta(seconds=30) < left <= wait
        assert pulling.source().cursor == b"1"
    strange('yield Page((record(start),), b"%d" % (start + 1), False)')
    later(pulling, "1 hour")
    pull_due(pulling.database)
    pulling.work()
    (listed,) = pulling.listed()
    assert (listed.last_code, listed.failures) == ("", 0)
    assert pulling.source().cursor == b"2"


def test_a_back_fill_brings_what_is_missing_and_leaves_the_cursor(strange: Strange) -> None:
    pages = 'for n in range(start, 5): yield Page((record(n),), b"%d" % (n + 1), n < 4)'
    pulling = strange(pages)
    pulling.pull()
    assert len(pulling.records()) == 5
    with pulling.database.transaction(pulling.principal.scope) as session:
        session.execute(text("DELETE FROM records WHERE external_id IN ('1', '3')"))
    assert len(pulling.records()) == 3
    with pulling.database.transaction(pulling.principal.scope) as session:
        asked = request_pull(session, pulling.principal, pulling.slug, backfill=True).id
    pulling.work()
    done = pulling.one(asked)
    assert (done.backfill, done.stored, done.unchanged, done.error) == (True, 2, 3, None)
    assert sorted(pulling.records()) == ["0", "1", "2", "3", "4"]
    assert pulling.source().cursor == b"5"


def test_a_suspended_member_s_sources_are_not_pulled(
    from_files: Pulling, organisations: Members, database: Databases
) -> None:
    scheduled(from_files, every_s=60)
    with database(Role.OWNER).engine.begin() as owner:
        owner.execute(text("UPDATE organisations SET status = 'suspended'"))
    assert pull_due(from_files.database) == 0
    with from_files.database.transaction(from_files.principal.scope) as session:
        assert session.query(SourcePull).count() == 0


def test_nobody_sets_the_schedule_of_another_member_s_source(
    from_files: Pulling, organisations: Members
) -> None:
    stranger = organisations.police.operator
    with from_files.database.transaction(stranger.scope) as session, pytest.raises(NotFound):
        set_schedule(session, stranger, from_files.slug, every_s=60)


def test_a_worker_that_works_for_one_member_sees_when_others_are_due_and_changes_nothing_of_theirs(
    from_files: Pulling, organisations: Members
) -> None:
    scheduled(from_files, every_s=3600)
    due = stored(from_files).next_at
    for scope in (organisations.police.scope, NOBODY):
        with from_files.database.transaction(scope) as session:
            assert session.scalars(text("SELECT next_at FROM source_schedules")).all() == [due]
            for change in ("UPDATE source_schedules SET next_at = now()", "DELETE FROM source_schedules"):
                assert session.connection().execute(text(change)).rowcount == 0
    assert stored(from_files).next_at == due
