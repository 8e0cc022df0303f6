"""The digest of a share's document: the same for the same document, another for any other."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from accord.sharing.document import digest
from accord_sdk import SharedCase, SharedNote, SharedRecord, SharedSelector

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
CASE = SharedCase(
    title="Columbus, OH",
    score=61.5,
    records=(SharedRecord("1", "board", AT, body="A notice."),),
    selectors=(SharedSelector("phone", "+1•••••34", 1),),
    notes=(SharedNote("Ines", AT, "Seen."),),
)


def test_a_document_that_was_stored_and_read_again_has_the_same_digest() -> None:
    again = msgspec.convert(msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(CASE))), SharedCase)
    assert digest(again) == digest(CASE)
    assert len(bytes.fromhex(digest(CASE))) == 32


@pytest.mark.parametrize(
    "changed",
    [
        msgspec.structs.replace(CASE, title="Columbus, OH "),
        msgspec.structs.replace(CASE, score=61.50001),
        msgspec.structs.replace(CASE, notes=()),
        msgspec.structs.replace(CASE, records=()),
        msgspec.structs.replace(CASE, selectors=(SharedSelector("phone", "+1•••••34", 2),)),
    ],
)
def test_whatever_is_changed_changes_the_digest(changed: SharedCase) -> None:
    assert digest(changed) != digest(CASE)
