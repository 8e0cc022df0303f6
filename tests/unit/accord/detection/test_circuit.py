"""When a plugin is left alone, and when it is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from accord.detection.circuit import (
    FIRST_REST,
    LONGEST_REST,
    MOST_FAILURES,
    MOST_RESTARTS,
    RESTARTS_WITHIN,
    Circuit,
    Trouble,
)
from accord.detection.models import CircuitState

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DIED = Trouble("died", "exit code 7", "it ended")


def failed(circuit: Circuit, times: int, *, restart: bool = False, at: datetime = NOW) -> Circuit:
    for _ in range(times):
        circuit = circuit.failed(at, DIED, restart=restart)
    return circuit


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    almost = failed(Circuit(), MOST_FAILURES - 1)
    assert not almost.later()
    opened = failed(almost, 1)
    assert opened.state == CircuitState.OPEN
    assert opened.rests(NOW)
    assert opened.until == NOW + FIRST_REST
    assert (opened.trouble.code, opened.trouble.about) == ("failures", "exit code 7")
    assert opened.trouble.message == "died: it ended"


def test_a_success_between_starts_the_count_anew() -> None:
    again = failed(failed(Circuit(), MOST_FAILURES - 1).succeeded(), MOST_FAILURES - 1)
    assert again.state == CircuitState.CLOSED


def test_too_many_restarts_open_it_even_with_successes_between() -> None:
    circuit = Circuit()
    for _ in range(MOST_RESTARTS):
        circuit = failed(circuit, 1, restart=True).succeeded()
    assert circuit.state == CircuitState.CLOSED
    circuit = failed(circuit, 1, restart=True)
    assert (circuit.state, circuit.trouble.code) == (CircuitState.OPEN, "restarts")


def test_restarts_of_long_ago_do_not_count() -> None:
    circuit = Circuit()
    for _ in range(MOST_RESTARTS):
        circuit = failed(circuit, 1, restart=True).succeeded()
    later = NOW + RESTARTS_WITHIN + timedelta(seconds=1)
    assert failed(circuit, 1, restart=True, at=later).restarts == (later.timestamp(),)


def test_when_its_time_is_up_one_call_decides() -> None:
    opened = failed(Circuit(), MOST_FAILURES)
    later = NOW + FIRST_REST
    tried = opened.tried(later)
    assert (tried.state, opened.tried(NOW).state) == (CircuitState.HALF_OPEN, CircuitState.OPEN)
    assert tried.succeeded().state == CircuitState.CLOSED
    again = tried.failed(later, DIED, restart=False)
    assert (again.state, again.until) == (CircuitState.OPEN, later + 2 * FIRST_REST)


def test_it_never_rests_for_longer_than_an_hour() -> None:
    circuit = failed(Circuit(), MOST_FAILURES)
    for _ in range(20):
        assert circuit.until is not None
        circuit = circuit.tried(circuit.until).failed(circuit.until, DIED, restart=False)
    assert circuit.until is not None
    before = circuit.until
    again = circuit.tried(before).failed(before, DIED, restart=False)
    assert again.until == before + LONGEST_REST


def test_slow_is_no_failure_and_nobody_waits() -> None:
    slow = Circuit().slowed()
    assert (slow.state, slow.later(), slow.why_later) == (CircuitState.CLOSED, True, "late")
    assert not slow.quickened().later()
