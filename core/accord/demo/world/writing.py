"""How people write telephone numbers: plainly, or obscured so that a simple search misses them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

_WORDS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
}
_LEET = ("oO", "iIl!", "zZ", "3E", "4A", "sS", "6b", "7", "8B", "9g")
_KEYCAP = "\ufe0f\u20e3"
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"))


def groups(number: str) -> tuple[str, ...]:
    """The national groups of an E.164 number of the world's blocks, trunk zero included."""
    if number.startswith("+1"):
        return number[2:5], number[5:8], number[8:]
    national = "0" + number[3:]
    if number.startswith("+33"):
        return tuple(national[at : at + 2] for at in range(0, 10, 2))
    if number.startswith("+447"):
        return national[:5], national[5:]
    if number.startswith(("+442", "+61")):
        return national[:-8], national[-8:-4], national[-4:]
    return national[:4], national[4:7], national[7:]


def plain(number: str, rng: Random) -> str:
    """The number as most people write it."""
    parts = groups(number)
    if not number.startswith("+1"):
        international = f"{number[:3]} {' '.join(parts)[1:]}"
        return rng.choice((" ".join(parts), " ".join(parts), international, number))
    area, exchange, line = parts
    return rng.choice((
        f"{area}-{exchange}-{line}",
        f"{area}-{exchange}-{line}",
        f"({area}) {exchange}-{line}",
        f"{area}.{exchange}.{line}",
        f"{area} {exchange} {line}",
        f"{area}{exchange}{line}",
        f"+1 {area} {exchange} {line}",
        f"1-{area}-{exchange}-{line}",
    ))  # fmt: skip


def _word(digit: str, language: str, rng: Random) -> str:
    if digit == "0" and rng.random() < 0.3:
        return "oh" if language == "en" else "o"
    return _WORDS[language][int(digit)]


def _words(parts: tuple[str, ...], language: str, rng: Random) -> str:
    case = rng.choice((str.lower, str.upper, str.title))
    between = rng.choice((" ", " ", "-", "."))
    return (between * 2 if between == " " else f" {between} ").join(
        between.join(case(_word(digit, language, rng)) for digit in part) for part in parts
    )


def _mixed(parts: tuple[str, ...], language: str, rng: Random) -> str:
    between = rng.choice(("", " ", "-", "."))
    mixed = [
        [_word(digit, language, rng) if rng.random() < 0.45 else digit for digit in part] for part in parts
    ]
    first = mixed[0]
    if all(len(token) == 1 for part in mixed for token in part):
        first[0] = _WORDS[language][int(first[0])]
    return (between or "-").join(between.join(part) for part in mixed)


def _spaced(parts: tuple[str, ...], language: str, rng: Random) -> str:
    gap = rng.choice((" ", "  ", " . ", " - ", "_"))
    return gap.join("".join(parts))


def _bracketed(parts: tuple[str, ...], language: str, rng: Random) -> str:
    left, right = rng.choice(_BRACKETS)
    between = rng.choice(("", " ", "~", ".."))
    return between.join(f"{left}{part}{right}" for part in parts)


def _leet(parts: tuple[str, ...], language: str, rng: Random) -> str:
    def letter(digit: str) -> str:
        return rng.choice(_LEET[int(digit)]) if digit in "015" or rng.random() < 0.15 else digit

    return rng.choice(("-", " ", ".")).join("".join(map(letter, part)) for part in parts)


def _keycaps(parts: tuple[str, ...], language: str, rng: Random) -> str:
    return rng.choice(("", " ")).join("".join(digit + _KEYCAP for digit in part) for part in parts)


def _full_width(parts: tuple[str, ...], language: str, rng: Random) -> str:
    wide = ("".join(chr(ord("\uff10") + int(digit)) for digit in part) for part in parts)
    return rng.choice((" ", "-", "\uff0d")).join(wide)


def _starred(parts: tuple[str, ...], language: str, rng: Random) -> str:
    mark = rng.choice("*~_=|")
    return mark * 2 + (mark * rng.randint(1, 3)).join(parts) + mark * 2


def _scattered(parts: tuple[str, ...], language: str, rng: Random) -> str:
    digits = "".join(parts)
    pieces = []
    while digits:
        size = rng.randint(1, 3)
        pieces.append(digits[:size])
        digits = digits[size:]
    return (
        "".join(piece + rng.choice(("*", "~", "-", "..", " ", "/", "_")) for piece in pieces[:-1])
        + pieces[-1]
    )


STYLES: dict[str, Callable[[tuple[str, ...], str, Random], str]] = {
    "words": _words,
    "mixed": _mixed,
    "spaced": _spaced,
    "bracketed": _bracketed,
    "leet": _leet,
    "keycaps": _keycaps,
    "full_width": _full_width,
    "starred": _starred,
    "scattered": _scattered,
}
"""The obscured styles by name."""
STYLE_NAMES = tuple(STYLES)


def obscured(number: str, style: str, language: str, rng: Random) -> str:
    """The number in an obscured style (one of `STYLES`); `language` is that of digit words."""
    return STYLES[style](groups(number), language, rng)
