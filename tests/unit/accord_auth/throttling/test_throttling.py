"""Limits hold for everybody alike, across processes, and whatever becomes of what was tried."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from sqlalchemy import text

from accord_auth.throttling.service import Limit, TooManyTries, forget, give_back, network_of, take
from accord_config.database import NOBODY, Role

SLOW = Limit("test", 3, timedelta(hours=3))


def rows(database: Any) -> int:
    with database(Role.GATE).transaction(NOBODY) as session:
        return int(session.scalar(text("SELECT count(*) FROM throttles")) or 0)


def test_so_many_tries_pass_and_the_next_is_told_how_long_to_wait(database: Any) -> None:
    gate = database(Role.GATE)
    for _ in range(3):
        take(gate, SLOW.of("ada@example.org"))
    with pytest.raises(TooManyTries) as refused:
        take(gate, SLOW.of("Ada@Example.org"))
    assert 3500 < refused.value.retry_after <= 3600
    take(gate, SLOW.of("grace@example.org"))


def test_a_refused_try_takes_nothing_from_the_other_limits(database: Any) -> None:
    gate, wide = database(Role.GATE), Limit("wide", 10, timedelta(hours=1))
    for number in range(10):
        held = SLOW.of("one"), wide.of("two")
        if number < 3:
            take(gate, *held)
        else:
            with pytest.raises(TooManyTries):
                take(gate, *held)
    for _ in range(7):
        take(gate, wide.of("two"))
    with pytest.raises(TooManyTries):
        take(gate, wide.of("two"))


def test_parallel_tries_cannot_slip_through_together(database: Any) -> None:
    gate = database(Role.GATE)

    def attempt(_: int) -> bool:
        try:
            take(gate, SLOW.of("ada"), SLOW.of("address"))
        except TooManyTries:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(24))) == 3


def test_a_try_comes_back_with_time(database: Any) -> None:
    gate = database(Role.GATE)
    for _ in range(3):
        take(gate, SLOW.of("ada"))
    with gate.transaction(NOBODY) as session:
        # As if an hour had gone by: one of three tries in three hours.
        session.execute(text("UPDATE throttles SET clear_at = clear_at - interval '1 hour'"))
    take(gate, SLOW.of("ada"))
    with pytest.raises(TooManyTries):
        take(gate, SLOW.of("ada"))


def test_tries_can_be_given_back_and_forgotten(database: Any) -> None:
    gate, ada = database(Role.GATE), SLOW.of("ada")
    for _ in range(3):
        take(gate, ada)
    with gate.transaction(NOBODY) as session:
        give_back(session, ada)
    take(gate, ada)
    with pytest.raises(TooManyTries):
        take(gate, ada)
    with gate.transaction(NOBODY) as session:
        forget(session, ada)
    take(gate, ada)


def test_what_is_over_is_swept_away(database: Any) -> None:
    gate = database(Role.GATE)
    with gate.transaction(NOBODY) as session:
        session.execute(
            text(
                "INSERT INTO throttles SELECT decode(lpad(to_hex(n), 8, '0'), 'hex'), now() - interval '1 s'"
                " FROM generate_series(1, 15) AS n"
            )
        )
    assert rows(database) == 15
    take(gate, SLOW.of("ada"))
    assert rows(database) == 1


def test_no_address_is_kept_in_clear() -> None:
    held = SLOW.of("ada@example.org")
    assert len(held.key) == 32
    assert held.key != Limit("other", 3, timedelta(hours=3)).of("ada@example.org").key
    assert SLOW.of("half \ud83d").key


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (None, "unknown"),
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("no address", "no address"),
    ],
)
def test_a_limit_on_an_address_holds_for_a_customer_s_whole_network(
    address: str | None, network: str
) -> None:
    assert network_of(address) == network


def test_a_try_that_waits_holds_nothing_that_another_needs(database: Any) -> None:
    gate = database(Role.GATE)
    first, second = sorted((SLOW.of("ada"), SLOW.of("network")), key=lambda one: one.key)
    take(gate, first, second)
    with database(Role.OWNER).transaction(NOBODY) as session:
        # It means nothing any more, so whoever tries next may sweep it away.
        session.execute(
            text("UPDATE throttles SET clear_at = now() - interval '1 hour' WHERE key = :key"),
            {"key": second.key},
        )
    with ThreadPoolExecutor(1) as pool:
        with gate.transaction(NOBODY) as session:
            give_back(session, first)
            waiting = pool.submit(take, gate, first, second)
            wait_until_one_waits(database)
            give_back(session, second)
        waiting.result()


def wait_until_one_waits(database: Any) -> None:
    """Return as soon as a transaction of this database waits for another one."""
    waits = text(
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE datname = current_database() AND NOT granted"
    )
    for _ in range(2_000):
        with database(Role.OWNER).transaction(NOBODY) as session:
            if session.scalar(waits):
                return
        sleep(0.005)
    pytest.fail("nobody waits")
