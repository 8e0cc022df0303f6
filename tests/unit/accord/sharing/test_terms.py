"""The share form: read, checked and repeated."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from accord.markings import Marking
from accord.sharing import terms
from accord.sharing.service import BASIS_WORDS, Basis
from accord_auth.errors import Invalid

RECIPIENT = UUID("0199a7f0-0000-7000-8000-000000000001")
FORM = {
    "recipient": str(RECIPIENT),
    "purpose": "Joint work",
    "basis": "public_task",
    "marking": "TLP:AMBER",
    "expires_on": "2026-12-31",
}


def test_a_form_is_read_as_it_was_entered() -> None:
    found = terms.read_terms({**FORM, "include_notes": "1", "records": "first", "records_first": "12"})
    assert found.recipient_id == RECIPIENT
    assert found.expires_on == date(2026, 12, 31)
    assert (found.include_notes, found.include_contacts, found.records) == (True, False, 12)


@pytest.mark.parametrize("ticked", ["", "0", "on", "true", "2"])
def test_contacts_and_notes_go_along_only_when_they_were_ticked(ticked: str) -> None:
    found = terms.read_terms({**FORM, "include_contacts": ticked, "include_notes": ticked})
    assert (found.include_notes, found.include_contacts) == (False, False)
    assert not terms.read_terms(FORM).include_contacts


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"recipient": "nobody"}, "recipient"),
        ({"recipient": ""}, "recipient"),
        ({"expires_on": "tomorrow"}, "expires_on"),
        ({"expires_on": "2026-02-30"}, "expires_on"),
        ({"expires_on": ""}, "expires_on"),
        ({"records": "first", "records_first": ""}, "records_first"),
        ({"records": "first", "records_first": "-1"}, "records_first"),
        ({"records": "first", "records_first": "1e3"}, "records_first"),
        ({"records": "first", "records_first": "9" * 7}, "records_first"),
        ({"records": "first", "records_first": "²"}, "records_first"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(changes: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        terms.read_terms({**FORM, **changes})
    assert list(refused.value.fields) == [field]


def test_every_field_that_cannot_be_read_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        terms.read_terms({"records": "first"})
    assert set(refused.value.fields) == {"recipient", "expires_on", "records_first"}


def test_what_was_entered_is_repeated_and_nothing_else() -> None:
    assert terms.entered({**FORM, "csrf": "x", "records_first": "²"}) == {**FORM, "records_first": "²"}


def test_an_empty_form_proposes_a_day_ahead() -> None:
    proposed = date.fromisoformat(terms.defaults()["expires_on"])
    assert proposed > datetime.now(UTC).date()


@pytest.mark.parametrize("held", list(Marking))
def test_the_markings_to_choose_from_are_the_case_s_and_the_stricter_ones_that_can_be_shared(
    held: Marking,
) -> None:
    order = list(Marking)
    expected = [one.value for one in order[order.index(held) :] if one is not Marking.RED]
    offered = terms.markings(held)
    assert [option.value for option in offered] == expected
    assert [option.value for option in offered if option.selected] == expected[:1]


def test_every_legal_basis_has_words() -> None:
    assert [option.value for option in terms.bases()] == list(BASIS_WORDS) == list(Basis)
