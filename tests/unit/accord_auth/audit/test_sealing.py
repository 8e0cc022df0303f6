"""Sealing: every committed entry gets one place, in whatever order transactions end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from tests.conftest import Databases, Members
from tests.unit.accord_auth.audit.conftest import AuditLog, Two

from accord_auth.audit import sealing
from accord_auth.audit.keys import SigningKeyError, SigningKeyFile, SigningKeyMissing
from accord_auth.audit.notes import open_note, read_public_key
from accord_auth.audit.sealing import backlog, latest, public_key, seal_waiting
from accord_auth.audit.service import AuditTag, record
from accord_auth.audit.verification import verify
from accord_config.database import NOBODY, Role

PLACES = "SELECT sequence, number, organisation_id FROM audit_seals ORDER BY sequence"


def test_entries_get_gapless_places_and_numbers_of_their_organisation(
    log: AuditLog, two_members: Two, organisations: Members
) -> None:
    two_members(6)
    assert log.seal().entries == 6
    two_members(4)
    done = log.seal()
    assert (done.entries, done.head.size if done.head else None) == (4, 10)
    places = log.rows(PLACES)
    assert [row[0] for row in places] == list(range(10))
    for member in (organisations.company, organisations.police):
        assert [row[1] for row in places if row[2] == member.id] == list(range(5))
    assert log.faults() == []


def test_sealing_again_changes_nothing(log: AuditLog, two_members: Two) -> None:
    two_members(2)
    first = log.seal()
    again = log.seal()
    assert (again.entries, again.head) == (0, first.head)
    assert log.rows("SELECT count(*) FROM audit_heads") == [(1,)]


def test_an_empty_log_has_no_checkpoint_and_makes_no_key(log: AuditLog) -> None:
    assert log.seal().head is None
    assert not log.keys.path.exists()


def test_a_checkpoint_is_signed_by_the_host_s_key(log: AuditLog, two_members: Two) -> None:
    two_members(3)
    log.seal()
    ((note, known, root, size),) = log.rows("SELECT note, public_key, root, size FROM audit_heads")
    key = public_key(log.database(Role.WORKER), log.keys)
    assert read_public_key(known) == key
    head = open_note(note, [key])
    assert (head.size, head.root) == (size, root) == (3, root)
    assert abs(datetime.now(UTC) - head.at) < timedelta(minutes=1)


def test_an_entry_whose_transaction_ends_late_is_sealed_later(
    log: AuditLog, organisations: Members, two_members: Two
) -> None:
    operator = organisations.company.operator
    with log.database(Role.WEB).transaction(operator.scope) as slow:
        record(slow, operator, AuditTag.CASE_OPEN, "case slow")
        two_members(2)
        assert log.seal().entries == 2
    assert log.seal().entries == 1
    subjects = [
        row[0]
        for row in log.rows(
            "SELECT subject FROM audit_entries JOIN audit_seals ON entry_id = id ORDER BY sequence"
        )
    ]
    assert subjects == ["case 0", "case 0", "case slow"]
    assert log.faults() == []


def test_two_at_once_seal_everything_once(log: AuditLog, two_members: Two) -> None:
    two_members(40)
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda _: log.seal(batch=7).entries, range(4)))
    assert sum(done) == 40
    assert [row[0] for row in log.rows(PLACES)] == list(range(40))
    assert log.faults() == []


def test_writing_does_not_wait_for_sealing(log: AuditLog, two_members: Two) -> None:
    two_members(2)
    with log.database(Role.WORKER).transaction(NOBODY) as session:
        session.execute(text(f"SELECT pg_advisory_xact_lock({sealing._LOCK})"))
        session.execute(text("SET LOCAL lock_timeout = '1s'"))
        two_members(2)
    assert log.seal().entries == 4


def test_junk_in_the_waiting_list_harms_nothing(
    log: AuditLog, organisations: Members, two_members: Two
) -> None:
    two_members(2)
    log.seal()
    with log.database(Role.WEB).transaction(organisations.company.scope) as session:
        session.execute(text("INSERT INTO audit_pending (entry_id) VALUES (1), (1), (99), (3)"))
    two_members(1)
    assert log.seal().entries == 1
    assert log.rows("SELECT count(*) FROM audit_pending") == [(0,)]
    assert log.faults() == []


@pytest.mark.parametrize(
    "detail", ['{"n": 1e300}', '{"n": 123456789012345678901234567890}', '{"n": 1.10}', '["list"]']
)
def test_no_content_keeps_the_log_from_being_sealed(
    detail: str, log: AuditLog, organisations: Members
) -> None:
    with log.database(Role.WEB).transaction(organisations.company.scope) as session:
        session.execute(
            text(
                "INSERT INTO audit_entries (organisation_id, tag, subject, detail)"
                " VALUES (:id, 'a.b', :odd, CAST(:detail AS jsonb))"
            ),
            {"id": organisations.company.id, "odd": '\u202e\x01 "\\ \U0001f600', "detail": detail},
        )
    assert log.seal().entries == 1
    assert log.faults() == []


def test_the_backlog_says_how_long_entries_wait(log: AuditLog, two_members: Two) -> None:
    worker = log.database(Role.WORKER)
    assert backlog(worker).since is None
    two_members(3)
    waits = backlog(worker)
    assert waits.entries == 3
    assert waits.overdue(datetime.now(UTC) + timedelta(minutes=16), timedelta(minutes=15))
    assert not waits.overdue(datetime.now(UTC), timedelta(minutes=15))


# --- the key ----------------------------------------------------------------------------------------


def test_another_host_without_the_key_does_not_begin_one_of_its_own(
    log: AuditLog, two_members: Two, tmp_path: Any
) -> None:
    two_members(1)
    log.seal()
    two_members(1)
    other = SigningKeyFile(tmp_path / "other.pem")
    with pytest.raises(SigningKeyMissing, match="copy it"):
        seal_waiting(log.database(Role.WORKER), other)
    assert not other.path.exists()
    other.load_or_make()
    with pytest.raises(SigningKeyError, match="not the key that signed"):
        seal_waiting(log.database(Role.WORKER), other)
    assert log.seal().entries == 1


def test_a_new_key_goes_on_under_the_log_s_name_and_both_have_to_be_believed(
    log: AuditLog, two_members: Two
) -> None:
    two_members(1)
    log.seal()
    worker = log.database(Role.WORKER)
    old = public_key(worker, log.keys)
    log.keys.path.unlink()
    two_members(1)
    done = log.seal(new_key=True)
    assert done.head is not None
    assert done.head.name == old.name
    assert log.found() == [("signature", 1)]
    assert list(verify(worker, [old, public_key(worker, log.keys)])) == []


def test_sealing_costs_as_much_as_there_is_new(log: AuditLog, two_members: Two, database: Databases) -> None:
    worker = log.database(Role.WORKER)
    statements: list[int] = []
    event.listen(worker.engine, "after_cursor_execute", lambda *given: statements.append(given[1].rowcount))

    def cost() -> tuple[int, int]:
        statements.clear()
        two_members(4)
        log.seal()
        return len(statements), sum(max(count, 0) for count in statements)

    cost()
    two_members(600)
    log.seal()
    number, touched = cost()
    # The leaves of the last, unfinished tile at most, besides what is new: not the 600 before.
    assert number < 20
    assert touched < 4 * 10 + 256
    assert latest(worker) is not None
