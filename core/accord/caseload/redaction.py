"""Taking contact values out of text, wherever they stand and in every form in which they are known.

What a finding covers is hidden whatever it looks like (`six1four ...`). The same stretch and the value
itself are hidden elsewhere too: in a title that the detector did not read, in a note, in a place's name.
A telephone number is known by its digits, whatever stands between them, with or without its country code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from accord.caseload.leads import LeadRecordRow
from accord.caseload.masking import is_masked, mask_text
from accord_sdk import Finding, Selector, SelectorKind

SHORTEST_FORM = 4
"""Shorter stretches are hidden where they were found only: elsewhere they are words like any other."""
LONGEST_COUNTRY_CODE = 3
BETWEEN_DIGITS = r"[\W_]{0,4}"

Span = tuple[int, int]


class Redaction:
    """Hides the contact values that it was told of."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._phones: dict[str, re.Pattern[str]] = {}

    @classmethod
    def of(cls, rows: Iterable[LeadRecordRow], values: Iterable[tuple[str, str]] = ()) -> Redaction:
        """Hides what was found in these records, and these values (kind and canonical value)."""
        made = cls()
        for row in rows:
            texts = {"title": row.record.title or "", "body": row.record.body or ""}
            for finding in _contacts(row.findings):
                made.learn(finding.kind, finding.value)
                text = texts.get(finding.field or "", "")
                if (span := _span(finding, text)) is not None:
                    made._learn_form(text[span[0] : span[1]])
        for kind, value in values:
            made.learn(kind, value)
        return made

    def learn(self, kind: str, value: str) -> None:
        """Hide this value from now on, if its kind is one that leads to a person."""
        if not is_masked(kind):
            return
        if kind == SelectorKind.PHONE:
            self._learn_phone(value)
        elif kind in (SelectorKind.HANDLE, SelectorKind.WALLET):
            # platform:name and chain:address; the first part is a word like any other.
            self._learn_form(value.partition(":")[2])
        self._learn_form(value)

    def _learn_form(self, form: str) -> None:
        form = form.strip().lower()
        if len(form) >= SHORTEST_FORM:
            self._forms.add(form)

    def _learn_phone(self, value: str) -> None:
        digits = [digit for digit in value if digit.isdecimal()]
        head, tail = digits[:LONGEST_COUNTRY_CODE], digits[LONGEST_COUNTRY_CODE:]
        if len(tail) < SHORTEST_FORM:
            return
        optional = ""
        for digit in head:
            optional = f"(?:{optional}{digit}{BETWEEN_DIGITS})?"
        self._phones["".join(tail)] = re.compile(rf"[+(]*{optional}{BETWEEN_DIGITS.join(tail)}")

    def hide(self, text: str, field: str = "", findings: Sequence[Finding] = ()) -> str:
        """The text with every known contact value hidden. `findings` are those of the text's record."""
        spans = [
            span
            for finding in _contacts(findings)
            if finding.field == field and (span := _span(finding, text)) is not None
        ]
        spans += self._known_in(text)
        return _hidden(text, spans)

    def _known_in(self, text: str) -> list[Span]:
        lower = text.lower()
        spans: list[Span] = []
        for form in self._forms:
            # Looking for a form is cheap, and most texts hold none: only then the costly search.
            if form in lower:
                spans += [match.span() for match in _whole(form).finditer(text)]
        digits = "".join(filter(str.isdecimal, text))
        for tail, pattern in self._phones.items():
            if tail in digits:
                spans += [match.span() for match in pattern.finditer(text)]
        return spans


def _whole(form: str) -> re.Pattern[str]:
    """The form where it is not a part of a longer word."""
    before = r"(?<!\w)" if form[0].isalnum() else ""
    after = r"(?!\w)" if form[-1].isalnum() else ""
    return re.compile(f"{before}{re.escape(form)}{after}", re.IGNORECASE)


def _contacts(findings: Iterable[Finding]) -> Iterable[Selector]:
    return (finding for finding in findings if isinstance(finding, Selector) and is_masked(finding.kind))


def _span(finding: Finding, text: str) -> Span | None:
    start, end = finding.start, finding.end
    if start is None or end is None or not 0 <= start < end <= len(text):
        return None
    return start, end


def _hidden(text: str, spans: list[Span]) -> str:
    """Stretches that overlap or touch are hidden as one: nothing of either stays."""
    parts: list[str] = []
    shown = 0
    for start, end in _merged(spans):
        parts += [text[shown:start], mask_text(text[start:end])]
        shown = end
    return "".join([*parts, text[shown:]])


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
