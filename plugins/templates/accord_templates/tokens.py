"""The words of a template: what stays of a text once its slots (contacts, prices, names, places) are gone.

A slot differs in every copy of a template, so a word that stands in one only adds noise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

TEXT_CAP = 8_000
"""Characters of a text that are looked at; what stands beyond does not change the sketch."""

_MARKS = re.compile("[\u00ad\u0300-\u036f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]")
"""Combining accents, and characters that are not seen."""
_NO_WORD = re.compile(r"[\d_]")
_PAGE = r"\b(?:https?://|www\.)\S{1,300}"
_MAIL = r"(?<![\w.+-])[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"
_DOMAIN = r"\b[\w-]{1,63}\.(?:com|net|org|info|biz|me|io|co|site|example)\b(?:/\S{0,300})?"
ADDRESS = re.compile(f"{_PAGE}|{_MAIL}|{_DOMAIN}", re.IGNORECASE)
_ADDRESS_WITHOUT_MAIL = re.compile(f"{_PAGE}|{_DOMAIN}", re.IGNORECASE)
HANDLE = re.compile(
    r"\b(?:snap(?:chat)?|insta(?:gram)?|ig|telegram|twitter|kik|wechat|whats?app)\s{0,3}[:=@]\s{0,3}@?[\w.]{2,40}"
    r"|(?<!\w)@[\w.]{2,40}",
    re.IGNORECASE,
)
_LIKE_ASCII = re.compile("[\u0130\u0131\u017f\u212a]")
"""Letters that match i, s or k where case is ignored."""
_MAIL_SIGNS = ("@", "(at)", "[at]")
_PAGE_SIGNS = ("://", "www.")
_DOMAIN_END = re.compile(r"\.(?:com|net|org|info|biz|me|io|co|site|example)\b")
_PLATFORMS = tuple("snap snapchat insta instagram ig telegram twitter kik wechat whatsapp whatapp".split())
_HANDLE_SIGNS = (":", "=")
_REACH = 16
"""Characters before a sign within which a platform's name stands, with the room between."""
_LONGEST_HANDLE = 48
"""Characters behind a sign that may belong to its handle, with the room between."""
_ANY_SIGN = re.compile("[@:=]")
_STATE_END = re.compile(r",\s?[A-Z]{2}\b")
_STATE = re.compile(r"\b[A-Z][^\W\d_]{1,30}(?:\s[A-Z][^\W\d_]{1,30})?,\s?[A-Z]{2}\b")
_WORD = re.compile(r"\w+(?:['\u2019][^\W\d_]+)?")

_APART = bytes(code if chr(code).isalnum() or chr(code) in "_'" else ord(" ") for code in range(128)).ljust(
    256
)
"""Table for `bytes.translate`: a space for what stands in no word."""

_BEFORE_SLOTS = """
am i'm im is me named in near at from around visiting downtown
soy llamo es en desde zona visitando cerca de
"""
_BEFORE_SLOT = frozenset(_BEFORE_SLOTS.split())
"""Up to two capitalised words after one of these are a name or a place ("I am Ana", "in San Juan")."""

_NUMBERS = """
zero one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty seventy
eighty ninety hundred
cero uno una dos tres cuatro cinco seis siete ocho nueve diez veinte treinta cuarenta cincuenta sesenta
setenta ochenta noventa cien
"""
_NUMBER_WORDS = frozenset(_NUMBERS.split())


def words(text: str) -> list[str]:
    """The template words of `text` in order: lower case, without accents, slots left out.

    Left out are addresses, handles, every token with a digit (telephone numbers, prices, ages, times),
    written numbers, and capitalised names and places where the words before them give them away
    ("I am Ana", "in Columbus"). Looks at the first `TEXT_CAP` characters.
    """
    text = text[:TEXT_CAP]
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text))[:TEXT_CAP]
    if pattern := address_pattern(text):
        text = without_addresses(text, pattern)
    if may_hold_handle(text):
        text = without_handles(text)
    if "," in text and _STATE_END.search(text):
        text = _STATE.sub(" ", text)
    return list(_template_words(cut(text)))


def address_pattern(text: str) -> re.Pattern[str] | None:
    """What finds a text's addresses; None only where none is, which a tenth of the search's time tells.

    Letters that a pattern takes for others where case is ignored, and `lower()` does not, decide nothing.
    """
    if not text.isascii() and _LIKE_ASCII.search(text):
        return ADDRESS
    lower = text.lower()
    if any(map(lower.__contains__, _MAIL_SIGNS)):
        return ADDRESS
    if any(map(lower.__contains__, _PAGE_SIGNS)) or _DOMAIN_END.search(lower):
        return _ADDRESS_WITHOUT_MAIL
    return None


def without_addresses(text: str, pattern: re.Pattern[str]) -> str:
    """`pattern.sub(" ", text)` in half of its time.

    No space stands in an address but around a mail's sign, so only pieces with a dot or "://" are searched.
    """
    pieces = text.split(" ")
    if pattern is ADDRESS:
        pieces = list(_mail_together(pieces, text.lower()))
    return " ".join(
        [pattern.sub(" ", piece) if "." in piece[:-1] or "://" in piece else piece for piece in pieces]
    )


def _mail_together(pieces: list[str], lower: str) -> Iterator[str]:
    """The pieces of a text, those on either side of a mail's sign joined with it; `lower`: the whole text."""
    around: set[int] = set()
    for sign in _MAIL_SIGNS:
        if sign in lower:
            signs = [i for i, piece in enumerate(lower.split(" ")) if sign in piece]
            around.update(near for i in signs for near in (i - 1, i, i + 1))
    for together, places in groupby(range(len(pieces)), around.__contains__):
        if together:
            yield " ".join([pieces[i] for i in places])
        else:
            yield from (pieces[i] for i in places)


def without_handles(text: str) -> str:
    """`HANDLE.sub(" ", text)` in half of its time: only what stands near a handle's sign is searched."""
    if not text.isascii() and _LIKE_ASCII.search(text):
        return HANDLE.sub(" ", text)
    kept: list[str] = []
    done = 0
    for start, end in _around_signs(text):
        for match in HANDLE.finditer(text, start, end):
            kept.append(text[done : match.start()])
            done = match.end()
    return " ".join([*kept, text[done:]])


def _around_signs(text: str) -> list[tuple[int, int]]:
    """The stretches around signs of handles, joined where they overlap."""
    found: list[tuple[int, int]] = []
    for match in _ANY_SIGN.finditer(text):
        start = max(0, match.start() - _REACH)
        if found and start <= found[-1][1]:
            start = found.pop()[0]
        found.append((start, match.end() + _LONGEST_HANDLE))
    return found


def may_hold_handle(text: str) -> bool:
    """False only where no handle is (see `address_pattern`)."""
    if "@" in text or (not text.isascii() and _LIKE_ASCII.search(text)):
        return True
    lower = text.lower()
    for sign in _HANDLE_SIGNS:
        at = lower.find(sign)
        while at >= 0:
            if lower[max(0, at - _REACH) : at].rstrip().endswith(_PLATFORMS):
                return True
            at = lower.find(sign, at + 1)
    return False


def cut(text: str) -> list[str]:
    """The words of a text as `_WORD` finds them; where all is ASCII a table cuts in a third of the time."""
    if not text.isascii():
        return _WORD.findall(text)
    words = text.encode("ascii").translate(_APART).decode("ascii").split()
    if "'" not in text:
        return words
    cut: list[str] = []
    for word in words:
        if "'" in word:
            cut += _WORD.findall(word)
        else:
            cut.append(word)
    return cut


class _Token(NamedTuple):
    """What follows from one token by itself: its template word, if it is one; how many capitalised words
    after it may be a name or place; whether it is capitalised."""

    word: str | None
    slots: int
    capital: bool


@lru_cache(maxsize=16_384)
def _token(token: str) -> _Token:
    word = token.casefold()
    stays = word not in _NUMBER_WORDS and (word.isalpha() or not _NO_WORD.search(word))
    return _Token(word if stays else None, 2 if word in _BEFORE_SLOT else 0, token[0].isupper())


def _template_words(found: Iterable[str]) -> Iterator[str]:
    slots = 0  # capitalised words that may still belong to a name or place
    for word, more, capital in map(_token, found):
        if slots and capital:
            slots -= 1
            continue
        slots = more
        if word is not None:
            yield word
