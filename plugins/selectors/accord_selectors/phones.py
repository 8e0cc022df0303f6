"""Telephone numbers in texts: where digits may be one, and what number they are.

Texts are read together, one step after the other (see `reading`): a step's code then stays in the processor's
cache, which takes a seventh to a quarter off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from accord_selectors import phone_numbers
from accord_selectors.folding import Folded, fold
from accord_selectors.phone_division import divide
from accord_selectors.phone_grammar import Line, Span, Stretch, assemble, line_of, spans
from accord_selectors.phone_numbers import NANP
from accord_selectors.phone_plain import is_list, plain_phone, plain_value
from accord_selectors.phone_shapes import Phone
from accord_selectors.triggers import DIGITS

_BANG_ONE = re.compile(
    r"[!|](?:(?<=[0-9].)(?=[0-9])|(?<=[0-9]{3}.)(?![!|0-9])|(?<![0-9!|a-z].)(?=[0-9]{2}[^0-9]))"
)
_CALL = "call "
"""Said ahead of a value that is known to be a number."""
_Asked = tuple[Folded, str]
_NOWHERE: tuple[list[Span], list[Span]] = ([], [])


def phones(folded: Folded, region: str) -> list[Phone]:
    """The telephone numbers of a text. `region` (ISO 3166 alpha-2) says how to read national ones."""
    return phones_of([(folded, region)])[0]


def phones_of(asked: Sequence[_Asked]) -> list[list[Phone]]:
    """The telephone numbers of each text, given with its region."""
    found = _phones(asked)
    for (folded, region), numbers in zip(asked, found, strict=True):
        low = folded.low
        if ("!" in low or "|" in low) and folded.roles & DIGITS and _BANG_ONE.search(low):
            # 6!4-555-0!34: a mark between digits parts them (614|555|0134) more often than it is a one
            plain = Folded(folded.text, _BANG_ONE.sub("1", low), folded.origin, folded.table)
            (again,) = _phones([(plain, region)])
            numbers += [phone for phone in again if not _is_read(numbers, phone.start, phone.end)]
    return found


def phone_of(value: str, region: str) -> Phone | None:
    """The first telephone number of a value that is said to be one."""
    if phone_numbers.calling_code(region) == NANP and (plain := plain_value(value, len(_CALL))):
        return plain
    found = phones(fold(_CALL + value), region)
    return found[0] if found else None


def _phones(asked: Sequence[_Asked]) -> list[list[Phone]]:
    lines = [line_of(folded) for folded, _ in asked]
    stretches = [_NOWHERE if line is None else spans(line) for line in lines]
    plainly = [phone_numbers.calling_code(region) == NANP for _, region in asked]
    held = [
        _plain(line, near, folded) if line is not None and north_american else list(near)
        for (folded, _), line, (near, _), north_american in zip(asked, lines, stretches, plainly, strict=True)
    ]
    parts = [
        _assembled(line, around) if line is not None and around else []
        for line, around in zip(lines, held, strict=True)
    ]
    found = [_divided(one, *text) if one else [] for text, one in zip(asked, parts, strict=True)]
    for text, line, (_, spread), north_american, numbers in zip(
        asked, lines, stretches, plainly, found, strict=True
    ):
        if line is not None and spread:
            _read_spread(line, spread, text, numbers, lists=north_american)
    return found


def _plain(line: Line, near: Iterable[Span], folded: Folded) -> list[Phone | Span]:
    """The plain numbers among stretches, in the place of these."""
    return [plain_phone(line, first, last, folded) or (first, last) for first, last in near]


def _assembled(line: Line, around: Iterable[Phone | Span]) -> list[Phone | Stretch]:
    parts: list[Phone | Stretch] = []
    for one in around:
        if isinstance(one, Phone):
            parts.append(one)
        else:
            parts += assemble(line, *one, spread=False)
    return parts


def _divided(parts: Iterable[Phone | Stretch], folded: Folded, region: str) -> list[Phone]:
    found: list[Phone] = []
    for one in parts:
        if isinstance(one, Phone):
            found.append(one)
        else:
            _divide_unread((one,), folded, region, found)
    return found


def _read_spread(
    line: Line, spread: Iterable[Span], text: _Asked, found: list[Phone], *, lists: bool
) -> None:
    """Add the numbers between whose digits other words stand, where nothing was found yet.

    `lists`: what is likelier a list of prices can be told (see `is_list`).
    """
    for first, last in spread:
        if lists and is_list(line, first, last):
            continue
        if not _is_read(found, line.ends[first] - len(line.tokens[first]), line.ends[last - 1]):
            _divide_unread(assemble(line, first, last, spread=True), *text, found)


def _divide_unread(stretches: Iterable[Stretch], folded: Folded, region: str, found: list[Phone]) -> None:
    for stretch in stretches:
        if not _is_read(found, stretch.groups[0].start, stretch.groups[-1].end):
            found += divide(stretch, folded, region)


def _is_read(found: list[Phone], start: int, end: int) -> bool:
    """Whether a number was found in this stretch of folded text."""
    for phone in found:  # noqa: SIM110 - called for every stretch; a generator costs three times as much
        if phone.start < end and start < phone.end:
            return True
    return False
