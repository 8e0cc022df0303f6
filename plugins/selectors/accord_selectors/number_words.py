"""Digits written as words, English and Spanish, alone or glued together: "two", "sixTWOnine", "veintiuno"."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

DIGIT_WORDS = {
    "zero": "0",
    "nought": "0",
    "naught": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "cero": "0",
    "uno": "1",
    "una": "1",
    "dos": "2",
    "tres": "3",
    "cuatro": "4",
    "cinco": "5",
    "seis": "6",
    "siete": "7",
    "ocho": "8",
    "nueve": "9",
}
_TEENS = (
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "diez _ doce trece catorce quince dieciseis diecisiete dieciocho diecinueve",
    # "once" (eleven) is left out: it is an English word far more often
)
_TENS = (
    "twenty thirty forty fifty sixty seventy eighty ninety",
    "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
)
_VEINTI = (
    "veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve"
)

TEENS = {word: str(10 + i) for line in _TEENS for i, word in enumerate(line.split()) if word != "_"}
TENS = {word: f"{i}0" for line in _TENS for i, word in enumerate(line.split(), 2)} | {"fourty": "40"}
VEINTI = {word: str(21 + i) for i, word in enumerate(_VEINTI.split())}
ZEROS = {"hundred": "00", "thousand": "000"}
WEAK_WORDS = {
    "to": "2", "too": "2", "for": "4", "fore": "4", "ate": "8", "won": "1", "oh": "0", "o": "0", "nil": "0",
    "tu": "2", "tree": "3", "fo": "4", "fower": "4", "fiv": "5", "fife": "5", "sevn": "7", "svn": "7",
    "eigth": "8", "niner": "9", "nein": "9",
}  # fmt: skip
"""Words that stand for a digit only where they are glued to digits or other digit words."""

STRONG_WORDS = DIGIT_WORDS | TEENS | VEINTI | ZEROS | TENS
REPEATERS = {"double": 2, "dbl": 2, "doble": 2, "triple": 3, "treble": 3, "thrice": 3}
PLURALS = {
    word + ("es" if word in {"zero", "six"} else "s"): digit
    for word, digit in DIGIT_WORDS.items()
    if word in {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
}
"""Behind a small number they repeat a digit: "three fives"."""

_unit = "|".join(word for word, digit in DIGIT_WORDS.items() if digit != "0")
_ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def _stretchable(word: str) -> str:
    """A pattern for an English digit word whose letters may be doubled: siiix. A last o may be a nought."""
    letters = re.sub(r"(.)\1", r"\1", word)
    rest = "".join(f"{letter}+" for letter in letters[1:-1])
    return letters[0] + rest + ("o(?:oo+)?" if letters[-1] == "o" else f"{letters[-1]}+")


_words = sorted(STRONG_WORDS | WEAK_WORDS, key=len, reverse=True)
_one = rf"({'|'.join(TENS)})({_unit})|({'|'.join(_words)})"
_RUN = re.compile(f"(?:{_one})+")
_PART = re.compile(_one)
_stretched = "|".join(_stretchable(word) if word in _ENGLISH else word for word in _words)
_STRETCHED_RUN = re.compile(f"(?:{_stretched})+")
_STRETCHED_PART = re.compile(rf"()()({_stretched})(?=(?:{_stretched})*\Z)")
_BEGINNINGS = frozenset(word[:2] for word in _words)
_LONG_O = re.compile("(?:zer|tw)ooo")
_REPEATED = re.compile(r"(.)\1+")
_SQUEEZED = {_REPEATED.sub(r"\1", word): DIGIT_WORDS[word] for word in _ENGLISH}

LEET_WORD = re.compile(
    r"(?<![a-z])(?:c[e3]r[o0]|un[o0]|tr[e3]s|cu[a4]tr[o0]|c[i1!]nc[o0]|s[e3][i1!]s|s[i1!][e3]t[e3]|nu[e3]v[e3]"
    r"|z[e3]r[o0]|[o0]n[e3]|tw[o0]|thr[e3][e3]|f[o0]ur|f[i1!]v[e35]|s[i1!]x|s[e3][v7][e3]n"
    r"|[e3][i1!]gh[t7]|n[i1!]n[e3]|2wo|3hr[e3][e3]|4[o0]ur|5iv[e3]|6ix|7[e3]v[e3]n|8ight|9in[e3])(?![a-z])"
)
_SPANISH = ("cero", "uno", "tres", "cuatro", "cinco", "seis", "siete", "nueve")
"""Those whose letters are written as digits: of "dos" and "ocho" nothing telling would be left."""
_LETTERED = re.compile(r"(?<![a-z0-9])[a-z]([^a-z0-9\s]|[ ])[a-z](?:\1[a-z]){1,4}(?![a-z0-9])")
_LEET_SPELLINGS = {
    "zero": ("z", "e3", "r", "o0"), "one": ("o0", "n", "e3"), "two": ("t2", "w", "o0"),
    "three": ("t3", "h", "r", "e3", "e3"), "four": ("f4", "o0", "u", "r"), "five": ("f5", "i1!", "v", "e35"),
    "six": ("s6", "i1!", "x"),
    "seven": ("s7", "e3", "v7", "e3", "n"), "eight": ("e38", "i1!", "g", "h", "t7"),
    "nine": ("n9", "i1!", "n", "e3"),
    "cero": ("c", "e3", "r", "o0"), "uno": ("u", "n", "o0"), "tres": ("t", "r", "e3", "s"),
    "cuatro": ("c", "u", "a4", "t", "r", "o0"), "cinco": ("c", "i1!", "n", "c", "o0"),
    "seis": ("s", "e3", "i1!", "s"), "siete": ("s", "i1!", "e3", "t", "e3"),
    "nueve": ("n", "u", "e3", "v", "e3"),
}  # fmt: skip
LEET_FRAGMENTS = frozenset(
    fragment
    for letters in _LEET_SPELLINGS.values()
    for written in map("".join, product(*letters))
    if not written.isalpha()
    for fragment in re.findall("[a-z]+", written)
)
"""The runs of letters that are left of a digit word when digits stand for some of its letters."""
_LETTERS_OF = str.maketrans("013!", "oiei")


@lru_cache(maxsize=8192)
def digits_of_run(word: str) -> tuple[str, bool] | None:
    """The digits of a letter run made of nothing but digit words, and whether a strong word is in it.

    "twothree" -> ("23", True); "to" -> ("2", False); "someone" -> None.
    """
    if word[:2] not in _BEGINNINGS and word[0] != "o":
        return None
    part = _PART
    if _LONG_O.search(word) or not _RUN.fullmatch(word):
        if not _STRETCHED_RUN.fullmatch(word):
            return None
        part = _STRETCHED_PART
    digits, strong = "", False
    for tens, unit, single in part.findall(word):
        if tens:
            digits += TENS[tens][0] + DIGIT_WORDS[unit]
        else:
            digits += (
                STRONG_WORDS.get(single) or WEAK_WORDS.get(single) or _SQUEEZED[_REPEATED.sub(r"\1", single)]
            )
        strong = strong or bool(tens) or single not in WEAK_WORDS
    return digits, strong


def spell_out(low: str) -> str:
    """Folded text with digit words that carry digits ("f0ur", "5ive", "se7en") spelled plainly.

    Same length as before, so that spans stay true.
    """
    return LEET_WORD.sub(lambda match: _plain_word(match[0]), low)


def spell_letters(low: str) -> str:
    """Folded text with digit words written letter by letter ("s-i-x") spelled plainly; same length."""
    return _LETTERED.sub(_word_of_letters, low)


def _word_of_letters(match: re.Match[str]) -> str:
    """Read "s-i-x" as "six", filled up with spaces."""
    word = match[0].replace(match[1], "")
    return word.ljust(len(match[0])) if word in DIGIT_WORDS else match[0]


def _plain_word(written: str) -> str:
    if written[0] in "23456789" and written[1:] == _ENGLISH[int(written[0])][1:]:
        return _ENGLISH[int(written[0])]
    plain = written.translate(_LETTERS_OF)
    # the first letter or a v may be a digit too: compare what is left
    for word in (*_ENGLISH, *_SPANISH):
        if len(word) == len(plain) and all(
            a == b or not a.isalpha() for a, b in zip(plain, word, strict=True)
        ):
            return word
    return written
