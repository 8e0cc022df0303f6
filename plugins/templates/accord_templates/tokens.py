"""The words of a template: what stays of a text once its slots (contacts, prices, names, places) are gone.

A slot differs in every copy of a template, so a word that stands in one only adds noise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

TEXT_CAP = 8_000
"""Characters of a text that are looked at; what stands beyond does not change the sketch."""

_MARKS = re.compile("[\u00ad\u0300-\u036f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]")
"""Combining accents, and characters that are not seen."""
_NO_WORD = re.compile(r"[\d_]")
ADDRESS = re.compile(
    r"\b(?:https?://|www\.)\S{1,300}"
    r"|(?<![\w.+-])[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"
    r"|\b[\w-]{1,63}\.(?:com|net|org|info|biz|me|io|co|site|example)\b(?:/\S{0,300})?",
    re.IGNORECASE,
)
HANDLE = re.compile(
    r"\b(?:snap(?:chat)?|insta(?:gram)?|ig|telegram|twitter|kik|wechat|whats?app)\s{0,3}[:=@]\s{0,3}@?[\w.]{2,40}"
    r"|(?<!\w)@[\w.]{2,40}",
    re.IGNORECASE,
)
_ADDRESS_SIGNS = ("@", "(at)", "[at]", "://", "www.")
_DOMAIN_END = re.compile(r"\.(?:com|net|org|info|biz|me|io|co|site|example)\b")
_PLATFORMS = tuple("snap snapchat insta instagram ig telegram twitter kik wechat whatsapp whatapp".split())
_HANDLE_SIGN = re.compile(r"\s{0,3}[:=]")
_STATE = re.compile(r"\b[A-Z][^\W\d_]{1,30}(?:\s[A-Z][^\W\d_]{1,30})?,\s?[A-Z]{2}\b")
_WORD = re.compile(r"\w+(?:['\u2019][^\W\d_]+)?")

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
    if may_hold_address(text):
        text = ADDRESS.sub(" ", text)
    if may_hold_handle(text):
        text = HANDLE.sub(" ", text)
    if "," in text:
        text = _STATE.sub(" ", text)
    return list(_template_words(_WORD.findall(text)))


def may_hold_address(text: str) -> bool:
    """False only where no address is: finding that out first costs a tenth of looking for one."""
    if not text.isascii():
        return True
    lower = text.lower()
    return any(sign in lower for sign in _ADDRESS_SIGNS) or _DOMAIN_END.search(lower) is not None


def may_hold_handle(text: str) -> bool:
    """False only where no handle is (see `may_hold_address`)."""
    if not text.isascii() or "@" in text:
        return True
    lower = text.lower()
    return any(lower[: sign.start()].endswith(_PLATFORMS) for sign in _HANDLE_SIGN.finditer(lower))


def _template_words(found: Iterable[str]) -> Iterator[str]:
    slots = 0  # capitalised words that may still belong to a name or place
    for token in found:
        word = token.casefold()
        if slots and token[0].isupper():
            slots -= 1
            continue
        slots = 2 if word in _BEFORE_SLOT else 0
        if word not in _NUMBER_WORDS and (word.isalpha() or not _NO_WORD.search(word)):
            yield word
