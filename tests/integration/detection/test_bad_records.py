"""A record that a plugin cannot look at is found among the others and put aside; everything else goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from accord.detection.circuit import MOST_FAILURES
from accord.detection.models import CircuitState

if TYPE_CHECKING:
    from tests.integration.detection.conftest import Shop


@pytest.mark.parametrize(
    ("mood", "code", "says"),
    [("die", "died", "exit code 7"), ("throw", "raised", "cannot read"), ("misspell", "misbehaved", "kind")],
)
def test_one_bad_record_of_forty_is_parked_and_the_others_are_found(
    shop: Shop, mood: str, code: str, says: str
) -> None:
    bodies = [f"find n{number}" for number in range(40)]
    bodies[23] = f"{mood} it"
    ids = shop.store(*bodies)
    shop.detect()
    assert len(shop.leads()) == 40
    shop.late()
    found = shop.found()
    assert [record for record in ids if found[record]] == ids[:23] + ids[24:]
    ((record, parked),) = shop.parked().items()
    assert (record, parked.code) == (ids[23], code)
    assert says in parked.message
    assert parked.version == "1.0"
    assert shop.pending() == 0
    assert shop.state() == CircuitState.CLOSED
    ((error,),) = shop.rows("SELECT error FROM record_findings WHERE error IS NOT NULL")
    assert error["code"] == code


def test_a_batch_is_linked_without_a_plugin_that_failed_and_again_with_what_it_finds_late(shop: Shop) -> None:
    one, two, three = shop.store("find same", "find same", "die now")
    shop.detect()
    assert shop.rows("SELECT DISTINCT stage FROM batches") == [("linked",)]
    assert shop.leads() == {frozenset({one}), frozenset({two}), frozenset({three})}
    shop.late()
    assert shop.leads() == {frozenset({one, two}), frozenset({three})}
    assert shop.rows("SELECT sum(records) FROM leads WHERE merged_into IS NULL") == [(3,)]
    ((facts,),) = shop.rows("SELECT facts FROM leads WHERE records = 2 AND merged_into IS NULL")
    assert facts["signals"]["seen-one"][1] == 2


def test_what_the_plugin_says_of_each_record_is_kept(shop: Shop) -> None:
    found, failed, skipped = shop.store("find a", "fail it", "skip it")
    shop.detect()
    rows = shop.rows(
        "SELECT external_id, CAST(findings AS text) <> '[]', error->>'code', skipped FROM record_findings"
        " JOIN records ON records.id = record_id ORDER BY external_id"
    )
    assert rows == [
        (found, True, None, None),
        (failed, False, "unreadable", None),
        (skipped, False, None, "a language that it does not know"),
    ]
    ((record, parked),) = shop.parked().items()
    assert (record, parked.code, parked.about) == (failed, "record_failed", "unreadable")


def test_a_record_that_the_plugin_asks_for_again_is_given_again_and_then_parked(shop: Shop) -> None:
    (begged,) = shop.store("beg it")
    shop.detect()
    assert shop.parked() == {}
    shop.behave('Failed(ref, "away", "the model is away", retry=True)', 'self.find(ref, "back", call)')
    shop.late()
    assert shop.found() == {begged: ["telegram:back-one"]}
    shop.behave('self.find(ref, "back", call)', 'Failed(ref, "away", "the model is away", retry=True)')
    (begged,) = shop.store("beg it")
    shop.detect()
    shop.late()
    assert shop.parked()[begged].tries == 5
    assert shop.pending() == 0


def test_a_plugin_that_fails_on_everything_rests_and_comes_back_by_itself(shop: Shop) -> None:
    ids = shop.store(*[f"throw n{number}" for number in range(40)])
    shop.detect()
    shop.late()
    circuit = shop.circuit()
    assert circuit is not None
    assert (circuit.state, circuit.failures, circuit.code) == ("open", MOST_FAILURES, "failures")
    assert "ValueError" in circuit.message
    waiting = shop.pending()
    assert waiting
    shop.late()
    assert shop.pending() == waiting, "a plugin that rests is not called"
    shop.rest_is_over()
    shop.late()
    assert shop.state() == CircuitState.OPEN
    assert shop.circuit().openings == 2  # type: ignore[union-attr]  # it is there
    shop.behave('raise ValueError(f"cannot read {name}")', "return self.find(ref, name, call)")
    shop.rest_is_over()
    shop.late()
    assert shop.state() == CircuitState.CLOSED
    assert shop.pending() == 0
    parked = set(shop.parked())
    assert {record for record in ids if shop.found()[record]} == set(ids) - parked
    assert len(parked) < 5


def test_a_batch_does_not_wait_for_a_plugin_that_rests(shop: Shop) -> None:
    shop.store(*["throw it"] * 40)
    shop.detect()
    shop.late()
    assert shop.state() == CircuitState.OPEN
    started = len(shop.rows("SELECT id FROM plugin_runs"))
    (later,) = shop.store("find later")
    shop.detect()
    assert len(shop.rows("SELECT id FROM plugin_runs")) == started
    assert shop.leads() >= {frozenset({later})}


def test_a_batch_does_not_wait_for_a_slow_plugin_and_its_findings_come_late(shop: Shop) -> None:
    one, two = shop.store("find same", "ponder same")
    shop.detect(patience_s=0.3)
    assert shop.leads() == {frozenset({one}), frozenset({two})}
    circuit = shop.circuit()
    assert circuit is not None
    assert (circuit.state, circuit.slow, circuit.failures) == ("closed", True, 0)
    shop.late()
    assert shop.leads() == {frozenset({one, two})}
    three, four = shop.store("find other", "find other")
    shop.detect(patience_s=0.3)
    assert shop.found().keys() == {one, two}, "what is slow is not even started while others wait"
    shop.late()
    assert shop.leads() == {frozenset({one, two}), frozenset({three, four})}
    assert shop.circuit().slow is False  # type: ignore[union-attr]  # it is there


def test_a_call_that_is_cancelled_leaves_the_process_as_it_was(shop: Shop) -> None:
    shop.store("dawdle on", "find more")
    shop.detect(patience_s=0.3)
    ((code, records),) = shop.rows("SELECT code, records FROM plugin_runs")
    assert (code, records) == ("late", 0)
    (process,) = shop.pool.launcher.processes  # type: ignore[attr-defined]  # the test's launcher
    assert process.poll() is None
    shop.store("find again")
    shop.behave("not call.cancelled()", "False")


def test_a_plugin_whose_far_side_is_away_rests_and_parks_nothing(shop: Shop) -> None:
    ids = shop.store(*["beg it"] * 12)
    shop.detect()
    for _ in range(MOST_FAILURES):
        shop.late()
    assert shop.state() == CircuitState.OPEN
    assert shop.parked() == {}
    assert shop.circuit().about == "away"  # type: ignore[union-attr]  # it is there
    shop.behave('Failed(ref, "away", "the model is away", retry=True)', 'self.find(ref, "back", call)')
    shop.rest_is_over()
    shop.late()
    assert {record for record, values in shop.found().items() if values} == set(ids)
