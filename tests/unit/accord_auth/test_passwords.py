"""Passwords are kept as argon2id hashes and checked in the same time whether or not there is one."""

from __future__ import annotations

import time

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from accord_auth.people import passwords
from accord_auth.people.passwords import hash_password, verify_password

pytestmark = pytest.mark.usefixtures("real_passwords")


def test_a_password_belongs_to_its_hash_only() -> None:
    stored = hash_password("a long enough password")
    assert verify_password(stored, "a long enough password")
    assert not verify_password(stored, "A long enough password")
    assert not verify_password(stored, "")


def test_equal_passwords_have_different_hashes() -> None:
    assert hash_password("a long enough password") != hash_password("a long enough password")


def test_the_hash_is_argon2id_with_at_least_the_library_s_parameters() -> None:
    parameters = extract_parameters(hash_password("a long enough password"))
    least = PasswordHasher()
    assert parameters.type is Type.ID
    assert parameters.memory_cost >= least.memory_cost
    assert parameters.time_cost >= least.time_cost


@pytest.mark.parametrize("stored", [None, "", "no hash", "$argon2id$v=19$m=1,t=1,p=1$broken"])
def test_nothing_belongs_to_what_is_no_hash(stored: str | None) -> None:
    assert not verify_password(stored, "nobody has this password")


def test_the_hash_of_nobody_has_the_parameters_of_every_new_one() -> None:
    assert extract_parameters(passwords._NOBODY) == extract_parameters(hash_password("any"))


def test_nobody_takes_as_long_as_somebody() -> None:
    def seconds(stored: str | None) -> float:
        begun = time.process_time()
        verify_password(stored, "another password")
        return time.process_time() - begun

    somebody = hash_password("a long enough password")
    known = min(seconds(somebody) for _ in range(3))
    unknown = min(seconds(None) for _ in range(3))
    assert unknown > known / 3


@pytest.mark.parametrize("password", ["ünïcödé pässwörd", "nul \x00 inside here", "half \ud83d a character"])
def test_any_text_can_be_checked(password: str) -> None:
    assert not verify_password(hash_password("a long enough password"), password)
