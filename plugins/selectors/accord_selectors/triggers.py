"""The pre-pass: what each token of a text may be part of, decided once for all readers.

A text is cut into tokens once (`folding`): rows of letters, rows of digits, what stands between. Here every
token becomes one byte, its *code*. Tokens that mean the same to every reader share a code ("monday" and
"friday", "14" and "27", any word that no reader knows), so there are about a hundred codes, and a text of a
hundred tokens is a string of a hundred bytes. What a code means is fixed when this module is loaded:

- `roles` of a code, one bit each: MONTH, PLATFORM, TWO_DIGITS ... The union over a text (`Folded.roles`) is
  every reader's gate. A text without a month's name is not looked through for dates such as "9 May".
- its *class* for telephone numbers and for prices, one letter. `bytes.translate` turns the codes of a text
  into a string of classes, in which a regular expression finds what a number or a price can be made of.
- `where(roles)` makes a pattern that finds the tokens with a role. Readers look closely only around these.

So a word is looked up in one dictionary instead of in thirty sets, and nearly all of a text is passed over
in C. To let a reader know another word, add it to the reader's list below. A gate may let through what
is nothing; it must never hold back what a reader would find.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from accord_selectors.addresses import MAIL_PROVIDERS
from accord_selectors.date_forms import MONTHS, WEEKDAYS
from accord_selectors.number_words import LEET_FRAGMENTS, PLURALS, REPEATERS, TEENS, TENS, VEINTI
from accord_selectors.phone_classes import FILLERS, phone_class
from accord_selectors.phone_context import CUE_SIGNS, CUE_WORDS, LABELS
from accord_selectors.platforms import LEET_NAMES, PLATFORM_OF, SPLIT_NAMES
from accord_selectors.price_classes import PRICE_WORDS, price_class

MONTH, WEEKDAY, NEAR_DAY, WEEK, WHICH, SPAN, COUNTED, UNTIL, ARTICLE, DAY_NUMBER = (1 << i for i in range(10))
SLASH, HYPHEN, STOP, OPENING, SPELT_DOT = (1 << i for i in range(10, 15))
TWO_DIGITS, AGE_LABEL, AGE_START, AGE_YEARS, AGE_SEX, AGE_HEIGHT, AGE_WORD = (1 << i for i in range(15, 22))
PLATFORM, ADDING, AT_WORD, LONE_A, DOT_WORD, PROVIDER = (1 << i for i in range(22, 28))
DIGITS, LEET, CUE, LABEL, SPLIT, SPLIT_END, LEET_NAME, NAME_LETTER, DIGIT_LETTER = (
    1 << i for i in range(28, 37)
)

_WORDS = {
    MONTH: MONTHS,
    WEEKDAY: WEEKDAYS,
    NEAR_DAY: "tomorrow tmrw tmw tomorow manana yesterday ayer".split(),
    WEEK: "weekend week semana".split(),
    WHICH: "this next este esta proxima viene".split(),
    SPAN: "day days week weeks month months dia dias semana semanas mes meses".split(),
    COUNTED: "ago in en hace".split(),
    UNTIL: "until till til thru through hasta by to ends end ending".split(),
    ARTICLE: ("the", "el"),
    DAY_NUMBER: [f"{day:{form}}" for form in ("", "02") for day in range(1, 32)],
    SLASH: "/",
    HYPHEN: "-",
    STOP: ".",
    TWO_DIGITS: map(str, range(10, 100)),
    AGE_LABEL: "age ages aged edad edades yrs year years".split(),
    AGE_START: "i im iam tengo soy she shes just turned turning cumpli we my".split(),
    AGE_YEARS: """year years yr yrs y yo ano anos anitos yers yaers yearold yearsold yrold yrsold yeras
    yaer""".split(),
    AGE_SEX: "f female chica mujer".split(),
    AGE_HEIGHT: ("ft",),
    AGE_WORD: (TEENS | VEINTI | TENS).keys() - {"ten"},
    PLATFORM: PLATFORM_OF,
    SPLIT: [name.split()[0] for name in SPLIT_NAMES],
    SPLIT_END: [name.split()[1] for name in SPLIT_NAMES],
    LEET_NAME: LEET_NAMES,
    NAME_LETTER: "fkptw",
    DIGIT_LETTER: "eox",
    ADDING: "add follow find agregame sigueme".split(),
    AT_WORD: ("at", "arroba"),
    LONE_A: "a",
    DOT_WORD: ("dot", "punto"),
    PROVIDER: MAIL_PROVIDERS,
    LEET: LEET_FRAGMENTS,
    CUE: CUE_WORDS,
    LABEL: LABELS,
}
_BRACKETED_STOPS = frozenset({"[.]", "(.)", "{.}", "<.>"})
_LONGEST_STOP = 12


class Meaning(NamedTuple):
    """What a token is to the readers: its class in a telephone number, in a price, its roles."""

    phone: str
    price: str
    roles: int


def _roles_by_token() -> dict[str, int]:
    found: dict[str, int] = {}
    for role, words in _WORDS.items():
        for word in set(words):
            found[word] = found.get(word, 0) | role
    return found


_ROLES = _roles_by_token()


def meaning(token: str) -> Meaning:
    """What a token of folded text is to the readers."""
    phone, price, roles = phone_class(token), price_class(token), _ROLES.get(token, 0)
    if phone in "dDwW":
        roles |= DIGITS
    elif not token[0].isascii() or not token[0].isalnum():
        roles |= _mark_roles(token)
    return Meaning(phone, price, roles)


def _mark_roles(token: str) -> int:
    """The roles of what stands between words."""
    roles = 0 if CUE_SIGNS.isdisjoint(token) else CUE
    if token.rstrip()[-1:] in {"(", "[", "{", "<", "*"}:
        roles |= OPENING
    elif len(token) <= _LONGEST_STOP and "".join(token.split()) in _BRACKETED_STOPS:
        roles |= SPELT_DOT
    return roles


_UNLISTED = [
    *(Meaning(phone, "x", DIGITS if phone in "wW" else 0) for phone in "xylkwW"),
    *(Meaning("d", price, DIGITS) for price in "nx"),
    *(Meaning("D", "x", DIGITS), Meaning("b", "s", 0)),
    *(
        Meaning(phone, price, cue | opening)
        for phone, price in ("ss", "sS", "xs", "xS", "xx")
        for cue in (0, CUE)
        for opening in (0, OPENING)
    ),
    Meaning("s", "s", SPELT_DOT),
]
"""What a token can be that is on no list: a word, digits, what stands between."""
_LISTED = (*_ROLES, *PRICE_WORDS, *FILLERS, *REPEATERS, *PLURALS)
_CODES = {meant: code for code, meant in enumerate(sorted({*_UNLISTED, *map(meaning, _LISTED)}))}
NAME = 0x80
"""Added to the code of a word with which the name of a place can begin."""
if len(_CODES) > NAME:
    raise ValueError(
        f"tokens have {len(_CODES)} meanings: a byte holds {NAME} beside the mark of a name; merge roles"
    )


def _table(letters: list[str]) -> bytes:
    half = "".join(letters).encode("ascii").ljust(NAME, b" ")
    return half + half


PHONE_CLASSES = _table([meant.phone for meant in _CODES])
PRICE_CLASSES = _table([meant.price for meant in _CODES])
"""Tables for `bytes.translate`."""
_ROLES_OF = [meant.roles for meant in _CODES]
_ROLES_OF += [0] * (NAME - len(_ROLES_OF)) + _ROLES_OF
_WITHOUT_ROLE = bytes(code for code, roles in enumerate(_ROLES_OF) if not roles)


class Codes(dict[str, int]):
    """Token to code, filled as text comes by. `names` are the words with which names of places begin."""

    CAP = 50_000

    def __init__(self, names: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, token: str) -> int:
        code = _CODES[meaning(token)]
        if token in self._names:
            code += NAME
        if len(token) <= 24:
            if len(self) >= self.CAP:
                self.clear()  # what comes often is soon back
            self[token] = code
        return code


def roles_of(codes: bytes) -> int:
    """The roles of all tokens of a text."""
    roles = 0
    for code in set(codes.translate(None, _WITHOUT_ROLE)):
        roles |= _ROLES_OF[code]
    return roles


def any_of(roles: int) -> bytes:
    """A set of a byte pattern: the codes that have one of these roles."""
    return _set(code for code, meant in enumerate(_CODES) if meant.roles & roles)


def of_class(letters: str) -> bytes:
    """A set of a byte pattern: the codes that have one of these classes in a telephone number."""
    return _set(code for code, meant in enumerate(_CODES) if meant.phone in letters)


def either(*sets: bytes) -> bytes:
    """The union of such sets: only a pattern that begins with a set, not with alternatives, is fast."""
    return b"[" + b"".join(one[1:-1] for one in sets) + b"]"


def _set(codes: Iterable[int]) -> bytes:
    return b"[" + b"".join(b"\\x%02x\\x%02x" % (code, code + NAME) for code in codes) + b"]"


def where(roles: int) -> re.Pattern[bytes]:
    """A pattern that finds the tokens with one of these roles."""
    return re.compile(any_of(roles))


LETTERED = re.compile(of_class("s").join([of_class("yl")] * 3))
"""Letters one by one: "s-i-x"."""
