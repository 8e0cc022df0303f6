"""The share form: read, checked and repeated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from accord.markings import Marking, within
from accord.sharing.document import ShareTerms
from accord.sharing.service import BASIS_WORDS
from accord.web.presentation import Option
from accord_auth.errors import Invalid

FIELDS = (
    "recipient",
    "purpose",
    "basis",
    "marking",
    "expires_on",
    "include_notes",
    "include_contacts",
    "records",
    "records_first",
)
DEFAULT_DAYS = 90


def read_terms(form: Mapping[str, str]) -> ShareTerms:
    """The terms that a person entered.

    :raises Invalid: naming every field that cannot be read.
    """
    problems: dict[str, list[str]] = {}
    recipient, expires_on, newest = UUID(int=0), date.min, None
    try:
        recipient = UUID(form.get("recipient", ""))
    except ValueError:
        problems["recipient"] = ["choose an organisation"]
    try:
        expires_on = date.fromisoformat(form.get("expires_on", ""))
    except ValueError:
        problems["expires_on"] = ["choose a day"]
    if form.get("records") == "first":
        number = form.get("records_first", "")
        if number.isdecimal() and 0 < len(number) < 7:
            newest = int(number)
        else:
            problems["records_first"] = ["write a whole number"]
    if problems:
        raise Invalid("some fields cannot be used", problems)
    return ShareTerms(
        recipient_id=recipient,
        marking=form.get("marking", ""),
        purpose=form.get("purpose", ""),
        basis=form.get("basis", ""),
        expires_on=expires_on,
        include_notes=form.get("include_notes") == "1",
        include_contacts=form.get("include_contacts") == "1",
        records=newest,
    )


def entered(form: Mapping[str, str]) -> dict[str, str]:
    """What was entered, to show it again."""
    return {name: form[name] for name in FIELDS if name in form}


def defaults() -> dict[str, str]:
    """What an empty form proposes."""
    return {"expires_on": (datetime.now(UTC).date() + timedelta(days=DEFAULT_DAYS)).isoformat()}


def bases() -> tuple[Option, ...]:
    """The legal bases to choose from."""
    return tuple(Option(basis.value, words) for basis, words in BASIS_WORDS.items())


def markings(case_marking: str) -> tuple[Option, ...]:
    """The markings that a share of a case with this marking may have; none for TLP:RED."""
    return tuple(
        Option(marking.value, marking.value, selected=marking.value == case_marking)
        for marking in Marking
        if within(case_marking, marking) and marking is not Marking.RED
    )
