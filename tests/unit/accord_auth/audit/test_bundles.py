"""Bundles: a member proves its own part offline, and sees nothing of the others'."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import Databases, Members
from tests.unit.accord_auth.audit.conftest import AuditLog

from accord_auth.audit import checking
from accord_auth.audit.bundles import bundle_head, write_bundle
from accord_auth.audit.checking import BundleError, check, read_bundle, read_earlier
from accord_auth.audit.notes import NoteError, PublicKey, read_head, sign
from accord_auth.audit.sealing import public_key
from accord_auth.errors import Invalid, NotFound, PermissionDenied
from accord_auth.principal import Principal
from accord_config.database import Role

Bundle = dict[str, Any]
Make = Callable[..., Bundle]
SECRET = "the police unit's own words"


@pytest.fixture(scope="module")
def two(module_home: Any, module_database: Databases, module_organisations: Members) -> AuditLog:
    """300 entries of two members, with a checkpoint after every hundred."""
    log = AuditLog(module_home, module_database)
    for _ in range(3):
        log.write(module_organisations.company.operator, 50, why="synthetic")
        log.write(module_organisations.police.operator, 50, why=SECRET)
        log.seal()
    return log


@pytest.fixture(scope="module")
def key(two: AuditLog) -> PublicKey:
    return public_key(two.database(Role.WORKER), two.keys)


@pytest.fixture(scope="module")
def make(two: AuditLog) -> Make:
    def make(principal: Principal, role: Role = Role.WEB, **given: Any) -> Bundle:
        database = two.database(role)
        with database.transaction(principal.scope) as session:
            head = bundle_head(session, principal, given.get("earlier"))
        pieces = write_bundle(lambda: database.transaction(principal.scope), principal, head, **given)
        made: Bundle = json.loads("".join(pieces))
        return made

    return make


@pytest.fixture(scope="module")
def company(make: Make, module_organisations: Members) -> Bundle:
    return make(module_organisations.company.operator, earlier=200)


@pytest.mark.parametrize("role", [Role.WEB, Role.WORKER])
def test_each_member_s_bundle_holds_its_own_entries_and_checks(
    role: Role, make: Make, module_organisations: Members, key: PublicKey
) -> None:
    for member in (module_organisations.company, module_organisations.police):
        checked = check(make(member.operator, role), key)
        assert (checked.problems, checked.entries, checked.head.size) == ((), 150, 300)


def test_a_bundle_tells_nothing_of_others_entries(
    make: Make, module_organisations: Members, two: AuditLog
) -> None:
    written = json.dumps(make(module_organisations.company.operator))
    assert SECRET not in written
    assert str(module_organisations.police.id) not in written
    for (salt,) in two.rows(
        "SELECT salt FROM audit_seals WHERE organisation_id = :id", id=module_organisations.police.id
    ):
        assert salt.hex() not in written


def test_equal_entries_have_unlike_leaves(two: AuditLog) -> None:
    for table, column in (("audit_seals", "salt"), ("audit_leaves", "hash")):
        assert two.rows(f"SELECT count(DISTINCT {column}) FROM {table}") == [(300,)]


def test_a_member_without_entries_has_an_empty_bundle_that_checks(
    make: Make, module_organisations: Members, key: PublicKey
) -> None:
    checked = check(make(module_organisations.ngo.operator), key)
    assert (checked.problems, checked.entries) == ((), 0)


def test_a_part_of_the_entries_is_checked_from_its_first_number(
    make: Make, module_organisations: Members, key: PublicKey
) -> None:
    checked = check(make(module_organisations.company.operator, since=120), key)
    assert (checked.problems, checked.first, checked.entries) == ((), 120, 30)


def test_proofs_stay_short(company: Bundle) -> None:
    assert max(len(given["path"]) for given in company["entries"]) <= 9


def test_who_may_not_read_the_log_gets_no_bundle(
    make: Make, module_organisations: Members, two: AuditLog
) -> None:
    operator = module_organisations.company.operator
    without = Principal(**{**operator.__dict__, "permissions": frozenset()})
    with pytest.raises(PermissionDenied):
        make(without)


def test_a_bundle_needs_a_checkpoint_and_a_size_that_was(
    make: Make, module_organisations: Members, log: AuditLog
) -> None:
    operator = module_organisations.company.operator
    for size in (0, 301):
        with pytest.raises(Invalid):
            make(operator, earlier=size)
    with log.database(Role.WEB).transaction(operator.scope) as session, pytest.raises(NotFound):
        bundle_head(session, operator)


# --- tampering --------------------------------------------------------------------------------------


def altered(bundle: Bundle, **changes: Any) -> Bundle:
    return {**json.loads(json.dumps(bundle)), **changes}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_changed_entry_checks(data: st.DataObject, company: Bundle, key: PublicKey) -> None:
    bundle = altered(company)
    given = bundle["entries"][data.draw(st.integers(0, 149))]
    name = data.draw(st.sampled_from(sorted(given["entry"])))
    value = data.draw(st.one_of(st.none(), st.integers(0, 400), st.text(max_size=8)))
    if given["entry"][name] == value:
        return
    given["entry"][name] = value
    assert check(bundle, key).problems


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_changed_proof_checks(data: st.DataObject, company: Bundle, key: PublicKey) -> None:
    bundle = altered(company)
    path = bundle["entries"][data.draw(st.integers(0, 149))]["path"]
    at = data.draw(st.integers(0, len(path) - 1))
    path[at] = path[at][::-1] if path[at] != path[at][::-1] else "00" * 32
    assert check(bundle, key).problems


def test_an_entry_that_was_left_out_is_missed(company: Bundle, key: PublicKey) -> None:
    bundle = altered(company)
    del bundle["entries"][70]
    assert any("left out" in problem for problem in check(bundle, key).problems)


def test_entries_in_another_order_are_noticed(company: Bundle, key: PublicKey) -> None:
    bundle = altered(company)
    bundle["entries"][3], bundle["entries"][4] = bundle["entries"][4], bundle["entries"][3]
    assert check(bundle, key).problems


def test_another_organisation_s_name_on_it_is_noticed(company: Bundle, key: PublicKey) -> None:
    bundle = altered(company)
    bundle["organisation"]["id"] = "0" * 8
    assert check(bundle, key).problems


def test_a_checkpoint_that_another_signed_is_not_believed(company: Bundle, key: PublicKey) -> None:
    forged = sign(read_head(company["head"]), Ed25519PrivateKey.generate())
    assert check(altered(company, head=forged), key).problems


def test_without_a_key_from_outside_the_check_says_so(company: Bundle, key: PublicKey) -> None:
    assert any("own key" in line for line in checking.describe(check(company)))
    assert not any("own key" in line for line in checking.describe(check(company, key)))


@pytest.mark.parametrize("bundle", [{}, {"format": "accord-audit-bundle/1"}, {"format": 1}])
def test_what_is_no_bundle_is_refused(bundle: Bundle) -> None:
    with pytest.raises(BundleError):
        check(bundle)


# --- consistency ------------------------------------------------------------------------------------


def earlier_note(two: AuditLog, size: int) -> str:
    return str(two.rows("SELECT note FROM audit_heads WHERE size = :size", size=size)[0][0])


def test_the_log_only_grew_since_an_earlier_checkpoint(
    two: AuditLog, company: Bundle, key: PublicKey
) -> None:
    assert check(company, key, read_head(earlier_note(two, 200))).problems == ()
    assert check(company, key, read_head(company["head"])).problems == ()


def test_an_earlier_checkpoint_that_the_bundle_does_not_prove_is_a_problem(
    two: AuditLog, company: Bundle, key: PublicKey
) -> None:
    (problem,) = check(company, key, read_head(earlier_note(two, 100))).problems
    assert "says nothing" in problem


def test_an_earlier_log_of_another_content_is_noticed(two: AuditLog, company: Bundle, key: PublicKey) -> None:
    head = read_head(earlier_note(two, 200))
    other = type(head)(head.name, head.size, bytes(32), head.at)
    (problem,) = check(company, key, other).problems
    assert "does not begin" in problem


# --- the checker alone ------------------------------------------------------------------------------


def test_the_checker_needs_no_database_and_nothing_of_the_platform(
    two: AuditLog, company: Bundle, key: PublicKey, tmp_path: Path
) -> None:
    files = {"bundle.json": json.dumps(company), "key.txt": str(key), "earlier.txt": earlier_note(two, 200)}
    for name, written in files.items():
        (tmp_path / name).write_text(written, encoding="utf-8")
    program = (
        "import sys, accord_auth.audit.checking as checking\n"
        "status = checking.main(sys.argv[1:])\n"
        "heavy = {'sqlalchemy', 'flask', 'psycopg', 'accord', 'accord_config'} & set(sys.modules)\n"
        "sys.exit(status or (f'imported {heavy}' if heavy else 0))"
    )
    command = [sys.executable, "-c", program, *(str(tmp_path / name) for name in files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ok: entries 0 to 149 are in the log")


def test_an_earlier_file_may_be_a_checkpoint_or_a_bundle(
    two: AuditLog, company: Bundle, key: PublicKey, tmp_path: Path
) -> None:
    note, bundle = tmp_path / "note.txt", tmp_path / "bundle.json"
    note.write_text(earlier_note(two, 200), encoding="utf-8")
    bundle.write_text(json.dumps(company), encoding="utf-8")
    assert read_earlier(note, key).size == 200
    assert read_earlier(bundle, key).size == 300
    assert read_bundle(bundle) == company
    note.write_text("nothing", encoding="utf-8")
    with pytest.raises(NoteError):
        read_earlier(note, key)
    with pytest.raises(BundleError):
        read_bundle(note)
