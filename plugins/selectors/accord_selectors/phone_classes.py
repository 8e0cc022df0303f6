"""What a token may be in a telephone number: digits, a word for a digit, what parts them."""

from __future__ import annotations

from accord_selectors.number_words import PLURALS, REPEATERS, digits_of_run

MIN_DIGITS = 8

LETTER_DIGITS = {
    "o": "0",
    "i": "1",
    "l": "1",
    "z": "2",
    "e": "3",
    "a": "4",
    "s": "5",
    "b": "8",
    "t": "7",
    "g": "9",
    "q": "9",
}
_LETTERS = frozenset(LETTER_DIGITS)
FILLERS = frozenset(
    """and then dash dot hyphen minus space slash star point x area code y luego guion punto espacio
    raya""".split()
)


def phone_class(token: str) -> str:
    """One letter for what a token may be in a telephone number.

    d digits, w digit words (D, W: enough of them for a number), k weak words, l look-alike letters,
    r repeater, f filler, s separator, b a `!` or `|` that may be a one, y another letter by itself, x the
    rest.
    """
    first = token[0]
    if "0" <= first <= "9":
        return "d" if len(token) < MIN_DIGITS else "D"
    if "a" <= first <= "z":
        return _classify_word(token)
    if token in {"!", "|"}:
        return "b"
    if len(token) > 12 or any(map(str.isalpha, token)):
        return "x"  # a word of another script
    return "s"


def _classify_word(token: str) -> str:
    if token in REPEATERS:
        return "r"
    if token in PLURALS:
        return "w"
    if token in FILLERS:
        return "f"
    if token in {"o", "oo", "ooo", "oh"}:
        return "l"
    run = digits_of_run(token) if len(token) <= 64 else None
    if run:
        return ("w" if len(run[0]) < MIN_DIGITS else "W") if run[1] else "k"
    if len(token) <= 4 and _LETTERS.issuperset(token):
        return "l"
    return "y" if len(token) == 1 else "x"
