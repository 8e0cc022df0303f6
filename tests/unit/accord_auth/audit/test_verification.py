"""Damage done with the owner's power is found, where it was done, and nothing else is blamed."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from tests.conftest import Members
from tests.unit.accord_auth.audit.conftest import AuditLog, Two

from accord_auth.audit.document import leaf_of, link
from accord_auth.audit.keys import SigningKeyFile
from accord_auth.audit.merkle import Frontier
from accord_auth.audit.notes import Head, PublicKey, read_head, sign
from accord_auth.audit.tree import ENTRY_COLUMNS, document_of
from accord_auth.audit.verification import WINDOW, verify
from accord_config.database import Role

ENTRY = "id = (SELECT entry_id FROM audit_seals WHERE sequence = :place)"


@pytest.fixture
def sealed(log: AuditLog, two_members: Two) -> AuditLog:
    """Thirty entries of two members, sealed in three runs."""
    for _ in range(3):
        two_members(10)
        log.seal()
    return log


def test_a_log_that_nobody_touched_has_no_faults(sealed: AuditLog) -> None:
    assert sealed.faults() == []


@pytest.mark.parametrize(
    "change",
    [
        "at = at - interval '1 microsecond'",
        "organisation_id = (SELECT id FROM organisations WHERE slug = 'harbor')",
        "actor = actor || ' '",
        "tag = 'case.note'",
        "subject = 'case 1000'",
        "why = ''",
        "detail = detail || '{\"more\": null}'",
        "before = '{}'",
        "after = 'null'",
        "address = '192.0.2.1'",
        "user_agent = 'none'",
    ],
)
def test_a_changed_field_is_found_at_its_place(change: str, sealed: AuditLog) -> None:
    sealed.damage(f"UPDATE audit_entries SET {change} WHERE {ENTRY}", place=17)
    assert sealed.found() == [("changed", 17)]


def test_every_wrong_place_is_reported_in_order(sealed: AuditLog) -> None:
    for place in (25, 3, 11):
        sealed.damage(f"UPDATE audit_entries SET subject = 'other' WHERE {ENTRY}", place=place)
    assert sealed.found() == [("changed", 3), ("changed", 11), ("changed", 25)]


def test_a_removed_entry_is_missed(sealed: AuditLog) -> None:
    sealed.damage(f"DELETE FROM audit_entries WHERE {ENTRY}", place=4)
    assert sealed.found() == [("removed", 4)]


def test_an_entry_removed_with_its_seal_is_missed(sealed: AuditLog) -> None:
    sealed.damage(
        f"DELETE FROM audit_entries WHERE {ENTRY}", "DELETE FROM audit_seals WHERE sequence = :place", place=4
    )
    assert sealed.found() == [("removed", 4)]


def test_an_entry_removed_with_everything_is_missed(sealed: AuditLog) -> None:
    sealed.damage(
        f"DELETE FROM audit_entries WHERE {ENTRY}",
        "DELETE FROM audit_seals WHERE sequence = :place",
        "DELETE FROM audit_leaves WHERE sequence = :place",
        place=4,
    )
    assert sealed.found() == [("removed", 4)]


def test_a_seal_that_was_removed_so_that_its_entry_looks_new_is_missed(sealed: AuditLog) -> None:
    sealed.damage("DELETE FROM audit_seals WHERE sequence = :place", place=4)
    assert sealed.found() == [("removed", 4), ("unsealed", None)]


def test_a_gap_that_was_closed_is_found(sealed: AuditLog) -> None:
    sealed.damage(
        f"DELETE FROM audit_entries WHERE {ENTRY}",
        "DELETE FROM audit_seals WHERE sequence = :place",
        "DELETE FROM audit_leaves WHERE sequence = :place",
        "UPDATE audit_seals SET sequence = sequence - 1000 WHERE sequence > :place",
        "UPDATE audit_seals SET sequence = sequence + 999 WHERE sequence < 0",
        "UPDATE audit_leaves SET sequence = sequence - 1000 WHERE sequence > :place",
        "UPDATE audit_leaves SET sequence = sequence + 999 WHERE sequence < 0",
        place=20,
    )
    found = sealed.found()
    assert found[0] == ("number", 21) or found[0][1] == 20
    assert {("changed", place) for place in range(20, 29)} <= set(found)
    assert ("removed", 29) in found


SWAP = (
    "UPDATE audit_seals SET entry_id = CAST(:a AS bigint) + CAST(:b AS bigint) - entry_id"
    " WHERE entry_id IN (:a, :b)"
)


def test_entries_in_each_other_s_place_are_found_and_named(sealed: AuditLog) -> None:
    ((a,), (b,)) = sealed.rows("SELECT entry_id FROM audit_seals WHERE sequence IN (6, 12) ORDER BY sequence")
    with sealed.damaging() as connection:
        connection.execute(text("ALTER TABLE audit_seals DROP CONSTRAINT uq_audit_seals_entry_id"))
        connection.execute(text(SWAP), {"a": a, "b": b})
    assert sealed.found() == [("changed", 6), ("changed", 12), ("moved", 6), ("moved", 12)]


def test_whole_rows_in_each_other_s_place_are_found_and_named(sealed: AuditLog) -> None:
    with sealed.damaging() as connection:
        for table in ("audit_seals", "audit_leaves"):
            for change in ("6, -6", "12, 6", "-6, 12"):
                before, after = change.split(", ")
                connection.execute(text(f"UPDATE {table} SET sequence = {after} WHERE sequence = {before}"))
    found = sealed.found()
    assert {("changed", 6), ("changed", 12), ("moved", 6), ("moved", 12), ("chain", 6)} <= set(found)
    assert ("checkpoint", 10) in found
    assert {place for kind, place in found if kind == "changed"} == {6, 12}


def test_a_changed_leaf_breaks_the_chain_there_and_the_next_checkpoint(sealed: AuditLog) -> None:
    sealed.damage("UPDATE audit_leaves SET hash = sha256(hash) WHERE sequence = :place", place=14)
    assert sealed.found() == [("changed", 14), ("chain", 14), ("checkpoint", 20), ("checkpoint", None)]


def test_a_changed_link_is_found(sealed: AuditLog) -> None:
    sealed.damage("UPDATE audit_leaves SET chain = sha256(chain) WHERE sequence = :place", place=14)
    assert sealed.found() == [("chain", 14), ("chain", 15)]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("root = sha256(root)", "checkpoint"),
        ("at = at + interval '1 second'", "checkpoint"),
        ("note = replace(note, '20', '21')", "signature"),
        ("note = 'nothing'", "signature"),
        ("public_key = 'another'", None),
    ],
)
def test_a_wrong_checkpoint_is_found(change: str, kind: str | None, sealed: AuditLog) -> None:
    sealed.damage(f"UPDATE audit_heads SET {change} WHERE size = 20")
    # Which key is believed is never the database's to say; the last checkpoint's only names the log.
    assert sealed.found() == ([] if kind is None else [(kind, 20)])


def test_a_forged_signature_is_found(sealed: AuditLog) -> None:
    ((note,),) = sealed.rows("SELECT note FROM audit_heads WHERE size = 20")
    forger = SigningKeyFile(sealed.home.path / "forger.pem").load_or_make()
    sealed.damage("UPDATE audit_heads SET note = :note WHERE size = 20", note=sign(read_head(note), forger))
    assert sealed.found() == [("signature", 20)]


def test_a_removed_last_checkpoint_leaves_entries_uncovered(sealed: AuditLog) -> None:
    sealed.damage("DELETE FROM audit_heads WHERE size = 30")
    assert sealed.found() == [("checkpoint", 20)]


def test_a_cut_off_end_is_missed_as_long_as_a_checkpoint_knows_of_it(sealed: AuditLog) -> None:
    kept = read_head(sealed.rows("SELECT note FROM audit_heads WHERE size = 30")[0][0])
    sealed.damage(
        "CREATE TEMP TABLE gone AS SELECT entry_id FROM audit_seals WHERE sequence >= 20",
        "DELETE FROM audit_seals WHERE sequence >= 20",
        "DELETE FROM audit_entries WHERE id IN (SELECT entry_id FROM gone)",
        "DELETE FROM audit_leaves WHERE sequence >= 20",
    )
    assert sealed.found() == [("removed", place) for place in range(20, 30)]
    # Without that checkpoint nothing inside tells; somebody's copy of it does.
    sealed.damage("DELETE FROM audit_heads WHERE size = 30")
    assert sealed.found() == []
    assert sealed.found(kept) == [("checkpoint", 20)]


def test_an_entry_that_was_kept_from_sealing_is_found(sealed: AuditLog, two_members: Two) -> None:
    two_members(2)
    sealed.damage("DELETE FROM audit_pending WHERE id = (SELECT max(id) FROM audit_pending)")
    sealed.seal()
    assert sealed.found() == [("unsealed", None)]


def test_waiting_entries_are_no_fault(sealed: AuditLog, two_members: Two) -> None:
    two_members(3)
    assert sealed.found() == []


def rewrite(log: AuditLog, place: int) -> None:
    """Change an entry and make everything after it fit again, as somebody with owner's power and key can."""
    key = log.keys.load()
    with log.damaging() as connection:
        connection.execute(
            text(f"UPDATE audit_entries SET subject = 'other' WHERE {ENTRY}"), {"place": place}
        )
        query = text(
            f"SELECT s.sequence, s.number, s.salt, {ENTRY_COLUMNS} FROM audit_seals AS s"
            " JOIN audit_entries AS e ON e.id = s.entry_id ORDER BY s.sequence"
        )
        frontier, chain = Frontier(), bytes(32)
        heads = {head.size: head for head in connection.execute(text("SELECT size, note FROM audit_heads"))}
        for row in connection.execute(query).mappings():
            leaf = leaf_of(document_of(row, sequence=row["sequence"], number=row["number"], salt=row["salt"]))
            chain = link(chain, leaf)
            list(frontier.append(leaf))
            values = {"leaf": leaf, "chain": chain, "place": row["sequence"]}
            connection.execute(
                text("UPDATE audit_leaves SET hash = :leaf, chain = :chain WHERE sequence = :place"), values
            )
            if frontier.size in heads:
                old = read_head(heads[frontier.size].note)
                new = Head(old.name, old.size, frontier.root(), old.at)
                connection.execute(
                    text("UPDATE audit_heads SET root = :root, note = :note WHERE size = :size"),
                    {"root": new.root, "note": sign(new, key), "size": new.size},
                )


def test_a_log_that_was_rewritten_and_signed_anew_is_told_by_a_checkpoint_kept_outside(
    sealed: AuditLog,
) -> None:
    kept = read_head(sealed.rows("SELECT note FROM audit_heads WHERE size = 20")[0][0])
    rewrite(sealed, 7)
    assert sealed.found() == []
    assert sealed.found(kept) == [("checkpoint", 20)]


def test_verification_crosses_windows_and_looks_at_the_stored_tree(
    log: AuditLog, organisations: Members
) -> None:
    operator = organisations.company.operator
    with log.damaging() as connection:
        connection.execute(
            text(
                "INSERT INTO audit_entries (organisation_id, actor, tag, subject, detail)"
                " SELECT :id, 'operator', 'case.open', 'case ' || n, '{}' FROM generate_series(1, :n) AS n"
            ),
            {"id": operator.organisation_id, "n": WINDOW * 2 + 100},
        )
    assert log.seal().entries == WINDOW * 2 + 100
    assert log.faults() == []
    log.damage("UPDATE audit_nodes SET hash = sha256(hash) WHERE level = 8 AND index = 9")
    assert log.found() == [("tree", 9 * 256)]
    log.damage("DELETE FROM audit_nodes WHERE level = 8 AND index = 9")
    assert log.found() == [("tree", 9 * 256)]
    log.damage(f"UPDATE audit_entries SET subject = 'other' WHERE {ENTRY}", place=WINDOW)
    assert log.found() == [("changed", WINDOW), ("tree", 9 * 256)]


def test_keys_of_another_log_are_not_believed(sealed: AuditLog) -> None:
    key = sealed.keys.load().public_key().public_bytes_raw()
    found = list(verify(sealed.database(Role.WORKER), [PublicKey("accord-audit/other", key)]))
    assert [(fault.kind.value, fault.place) for fault in found] == [
        ("signature", 10),
        ("signature", 20),
        ("signature", 30),
    ]
