"""Signed checkpoints: the form that other tools read, and what is not believed."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from accord_auth.audit.notes import (
    ForgedNote,
    Head,
    NoteError,
    PublicKey,
    open_note,
    read_head,
    read_public_key,
    sign,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HEAD = Head("accord-audit/test", 7, sha256(b"root").digest(), datetime(2026, 5, 1, 12, 0, 0, 45, tzinfo=UTC))
PUBLIC = PublicKey(HEAD.name, KEY.public_key().public_bytes_raw())
NOTE = sign(HEAD, KEY)


def test_a_signed_head_is_opened_by_its_key() -> None:
    assert open_note(NOTE, [PUBLIC]) == HEAD
    assert read_head(NOTE) == HEAD


def test_a_note_has_the_form_that_c2sp_describes() -> None:
    lines = NOTE.split("\n")
    assert lines[:5] == [HEAD.name, "7", b64encode(HEAD.root).decode(), "2026-05-01T12:00:00.000045Z", ""]
    assert lines[5].startswith(f"\N{EM DASH} {HEAD.name} ")
    assert PUBLIC.id == sha256(HEAD.name.encode() + b"\n\x01" + PUBLIC.raw).digest()[:4]


def test_a_public_key_survives_being_written() -> None:
    assert read_public_key(f"{PUBLIC}\n") == PUBLIC


@pytest.mark.parametrize("text", ["", "a+b", "a+00000000+AAAA", str(PUBLIC).replace("+", "+0", 1), "a b+c+d"])
def test_a_damaged_public_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        read_public_key(text)


def test_another_key_s_signature_is_not_believed() -> None:
    other = Ed25519PrivateKey.generate()
    with pytest.raises(ForgedNote):
        open_note(sign(HEAD, other), [PUBLIC])
    # Not even when it claims to be the right one.
    body, _, _ = NOTE.partition("\n\n")
    claimed = b64encode(PUBLIC.id + other.sign(HEAD.text.encode())).decode()
    with pytest.raises(ForgedNote):
        open_note(f"{body}\n\n\N{EM DASH} {HEAD.name} {claimed}\n", [PUBLIC])


def test_the_same_key_under_another_log_s_name_is_not_believed() -> None:
    with pytest.raises(ForgedNote):
        open_note(NOTE, [PublicKey("accord-audit/other", PUBLIC.raw)])


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(0, len(NOTE) - 1), st.characters(codec="utf-8"))
def test_no_changed_note_is_believed_to_say_something_else(at: int, character: str) -> None:
    changed = NOTE[:at] + character + NOTE[at + 1 :]
    try:
        opened = open_note(changed, [PUBLIC])
    except NoteError:
        return
    assert opened == HEAD


@settings(deadline=None)  # a busy machine is no failure
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(NoteError):
        open_note(text, [PUBLIC])
