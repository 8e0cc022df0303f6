"""Ways to write a telephone number: each takes its groups of digits and a source of chance."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random

Groups = tuple[str, ...]
Style = Callable[[Groups, Random], str]

ENGLISH = "zero one two three four five six seven eight nine".split()
SPANISH = "cero uno dos tres cuatro cinco seis siete ocho nueve".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
_DIEZ = "diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve".split()
_VEINTE = "_ _ veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_LEET = ("oO", "lI", "zZ", "E", "A", "sS", "b", "T", "B", "g")
_LEET_WORDS = (
    ("zer0", "z3ro"),
    ("0ne", "on3", "1ne"),
    ("tw0", "2wo"),
    ("thr33", "thre3"),
    ("f0ur", "4our"),
    ("f1ve", "fiv3", "5ive"),
    ("s1x", "6ix"),
    ("s3ven", "se7en"),
    ("e1ght", "3ight", "8ight"),
    ("n1ne", "nin3", "9ine"),
)
_SOUNDS = (
    ("zero", "oh"),
    ("won", "one"),
    ("too", "to"),
    ("three", "tree"),
    ("for", "fore"),
    ("five",),
    ("six", "sixx"),
    ("seven", "sevn"),
    ("ate", "eight"),
    ("nine", "niner"),
)
EMOJI = ("💬", "❤️", "✨", "🌹", "📞", "🔥", "⭐", "🍒", "♥", "☎")


def _digits(groups: Groups) -> str:
    return "".join(groups)


def joined(*between: str) -> Style:
    """The groups with one of these between them."""
    return lambda groups, chance: chance.choice(between).join(groups)


def each(*between: str) -> Style:
    """Every digit by itself, one of these between any two."""
    return lambda groups, chance: chance.choice(between).join(_digits(groups))


def around(left: str, right: str, *between: str, single: bool = False) -> Style:
    """Every group (or digit) within marks."""

    def write(groups: Groups, chance: Random) -> str:
        parts = tuple(_digits(groups)) if single else groups
        return chance.choice(between).join(f"{left}{part}{right}" for part in parts)

    return write


def named(
    words: list[str], case: Callable[[str], str], between: str, apart: str, share: float = 1.0
) -> Style:
    """Digits as words; `share` of them. `between` stands within a group, `apart` between groups."""

    def write(groups: Groups, chance: Random) -> str:
        chosen = [[share >= 1 or chance.random() < share for _ in group] for group in groups]
        chosen[0][0] = True
        return apart.join(
            between.join(case(words[int(d)]) if worded else d for d, worded in zip(group, flags, strict=True))
            for group, flags in zip(groups, chosen, strict=True)
        )

    return write


def alphabet(zero: int, between: str, apart: str) -> Style:
    """Digits of another Unicode block that begins at `zero`."""
    return lambda groups, _chance: apart.join(
        between.join(chr(zero + int(d)) for d in group) for group in groups
    )


def circled(groups: Groups, chance: Random) -> str:
    """Circled digits."""
    return chance.choice(("", " ")).join("⓪①②③④⑤⑥⑦⑧⑨"[int(d)] for d in _digits(groups))


def superscript(groups: Groups, chance: Random) -> str:
    """Superscript digits."""
    return "-".join("".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(d)] for d in group) for group in groups)


def half_wide(groups: Groups, chance: Random) -> str:
    """Every other digit full-width."""
    return "".join(chr(0xFF10 + int(d)) if i % 2 else d for i, d in enumerate(_digits(groups)))


def _two(pair: str, ones: list[str], teens: list[str], tens: list[str], glue: str) -> str:
    first, second = int(pair[0]), int(pair[1])
    if first == 0:
        return f"{ones[0]} {ones[second]}"
    if first == 1:
        return teens[second]
    return tens[first] if second == 0 else f"{tens[first]}{glue}{ones[second]}"


def by_tens(groups: Groups, chance: Random) -> str:
    """Six fourteen, five fifty-five, zero one thirty-four."""
    glue = chance.choice((" ", "-"))
    return " ".join(_tens_of(group, ENGLISH, _TEENS, _TENS, glue) for group in groups)


def por_decenas(groups: Groups, chance: Random) -> str:
    """Seis catorce, cinco cincuenta y cinco, cero uno treinta y cuatro."""
    return ", ".join(_tens_of(group, SPANISH, _DIEZ, _VEINTE, " y ") for group in groups)


def _tens_of(group: str, ones: list[str], teens: list[str], tens: list[str], glue: str) -> str:
    words = [ones[int(group[0])]] if len(group) % 2 else []
    start = len(group) % 2
    return " ".join(
        [*words, *(_two(group[i : i + 2], ones, teens, tens, glue) for i in range(start, len(group), 2))]
    )


def repeated(groups: Groups, chance: Random) -> str:
    """Double five, triple five, for digits that follow themselves."""
    word = {2: chance.choice(("double", "dbl")), 3: "triple"}
    parts: list[str] = []
    for group in groups:
        written, i = [], 0
        while i < len(group):
            run = 1
            while i + run < len(group) and group[i + run] == group[i] and run < 3:
                run += 1
            name = ENGLISH[int(group[i])]
            written.append(f"{word[run]} {name}" if run > 1 else name)
            i += run
        parts.append(" ".join(written))
    return chance.choice((" ", ", ", " - ")).join(parts)


def leet(share: float) -> Style:
    """Letters that look like digits."""

    def write(groups: Groups, chance: Random) -> str:
        parts = [
            "".join(
                chance.choice(_LEET[int(d)]) if d in "01" or chance.random() < share else d for d in group
            )
            for group in groups
        ]
        return chance.choice(("-", " ", ".")).join(parts)

    return write


def from_lists(lists: tuple[tuple[str, ...], ...], between: str) -> Style:
    """A word of each digit's list."""
    return lambda groups, chance: between.join(chance.choice(lists[int(d)]) for d in _digits(groups))


def sounds(groups: Groups, chance: Random) -> str:
    """Words that sound like digits, glued to digits or digit words: 6wonfor-5five5-0won34."""
    return "-".join(
        "".join(chance.choice(_SOUNDS[int(d)]) if i % 2 else d for i, d in enumerate(group))
        for group in groups
    )


def stretched(groups: Groups, chance: Random) -> str:
    """Letters doubled for effect: siiix oneee."""
    words = (ENGLISH[int(d)] for d in _digits(groups))
    return " ".join(word[:-1] + word[-1] * chance.choice((1, 3)) for word in words)


def with_filler(*words: str) -> Style:
    """Another word in each gap between groups."""

    def write(groups: Groups, chance: Random) -> str:
        gaps = [chance.choice(words) for _ in groups]
        return "".join(f"{group} {gap} " for group, gap in zip(groups[:-1], gaps, strict=False)) + groups[-1]

    return write


def same_word(*words: str) -> Style:
    """One and the same word between any two digits."""
    return lambda groups, chance: chance.choice(words).join(_digits(groups))


def uneven(groups: Groups, chance: Random) -> str:
    """Cut where no one cuts."""
    digits = _digits(groups)
    cuts = [0, *sorted(chance.sample(range(2, len(digits) - 1), 3)), len(digits)]
    mark = chance.choice(("*", "~", "..", "_", "/"))
    return mark.join(digits[a:b] for a, b in pairwise(cuts))


def any_marks(groups: Groups, chance: Random) -> str:
    """Another mark in each gap."""
    marks = [chance.choice(("*", "~", "..", " ", "_", "'", "^", "=", "#")) for _ in range(9)]
    digits = _digits(groups)
    return (
        "".join(d + (chance.choice(marks) if chance.random() < 0.6 else "") for d in digits[:-1]) + digits[-1]
    )


def emoji_each(groups: Groups, chance: Random) -> str:
    """An emoji between any two digits."""
    mark = chance.choice(EMOJI)
    return mark.join(_digits(groups))


def emoji_groups(groups: Groups, chance: Random) -> str:
    """Emoji between groups."""
    return (chance.choice(EMOJI) * chance.randint(1, 2)).join(groups)


def struck(groups: Groups, chance: Random) -> str:
    """Struck through by combining marks."""
    return "-".join("".join(d + "\u0336" for d in group) for group in groups)


def spelled_letters(groups: Groups, chance: Random) -> str:
    """One word spelled with marks between its letters: s-i-x 14 555 0134."""
    first = "-".join(ENGLISH[int(groups[0][0])])
    return f"{first} {groups[0][1:]} {' '.join(groups[1:])}"


def homoglyphs(groups: Groups, chance: Random) -> str:
    """Digit words with Cyrillic letters in them."""
    table = str.maketrans({"o": "о", "e": "е", "i": "і"})
    return " ".join(ENGLISH[int(d)].translate(table) for d in _digits(groups))


def entity(groups: Groups, chance: Random) -> str:
    """Groups parted by what a page's source leaves behind."""
    return chance.choice(("&nbsp;", "<br>", "<br/>", "&#8203;", " &amp; ")).join(groups)


def turned_groups(groups: Groups, chance: Random) -> str:
    """Words for one group, digits for the others."""
    at = chance.randrange(len(groups))
    parts = [
        chance.choice(("", " ", "-")).join(ENGLISH[int(d)] for d in group) if i == at else group
        for i, group in enumerate(groups)
    ]
    return chance.choice((" ", "-", ".", " - ")).join(parts)


OBSCURED: dict[str, Style] = {
    "words": named(ENGLISH, str.lower, " ", " "),
    "words in capitals": named(ENGLISH, str.upper, " ", "  "),
    "words with hyphens": named(ENGLISH, str.title, "-", "-"),
    "words with commas": named(ENGLISH, str.lower, ", ", ", "),
    "words with dots": named(ENGLISH, str.lower, ".", "."),
    "words glued": named(ENGLISH, str.lower, "", "-"),
    "words glued in camel case": named(ENGLISH, str.title, "", ""),
    "words on lines": named(ENGLISH, str.lower, " ", "\n"),
    "words and digits glued": named(ENGLISH, str.upper, "", "", 0.5),
    "words and digits with hyphens": named(ENGLISH, str.lower, "-", "-", 0.5),
    "words and digits spaced": named(ENGLISH, str.title, " ", " ", 0.5),
    "words and digits in groups": named(ENGLISH, str.lower, "", " ", 0.4),
    "words and digits with stars": named(ENGLISH, str.lower, "*", "**", 0.5),
    "words and digits in brackets": lambda g, c: "".join(
        f"({named(ENGLISH, str.lower, '', '', 0.4)((part,), c)})" for part in g
    ),
    "spanish words": named(SPANISH, str.lower, " ", " "),
    "spanish words with hyphens": named(SPANISH, str.title, "-", " - "),
    "spanish words glued": named(SPANISH, str.upper, "", " "),
    "spanish words and digits": named(SPANISH, str.lower, " ", " ", 0.5),
    "spanish words and digits glued": named(SPANISH, str.lower, "", "", 0.5),
    "spanish tens": por_decenas,
    "tens": by_tens,
    "double and triple": repeated,
    "one group in words": turned_groups,
    "letters for nought and one": leet(0.0),
    "letters for many digits": leet(0.25),
    "bars for ones": lambda g, c: "-".join(part.replace("1", c.choice("!|")) for part in g),
    "words with digits in them": from_lists(_LEET_WORDS, " "),
    "words with digits in them, hyphens": from_lists(_LEET_WORDS, "-"),
    "words that sound alike": sounds,
    "stretched words": stretched,
    "spelled letters": spelled_letters,
    "homoglyph words": homoglyphs,
    "keycaps": each("\ufe0f\u20e3", "\ufe0f\u20e3 "),
    "full-width": alphabet(0xFF10, "", "－"),
    "full-width spaced": alphabet(0xFF10, " ", "\u3000"),
    "half full-width": half_wide,
    "arabic-indic": alphabet(0x0660, "", " "),
    "persian": alphabet(0x06F0, "", "-"),
    "devanagari": alphabet(0x0966, "", " "),
    "bold digits": alphabet(0x1D7CE, "", "."),
    "monospace digits": alphabet(0x1D7F6, " ", "  "),
    "double-struck digits": alphabet(0x1D7D8, "", ""),
    "circled": circled,
    "superscript": superscript,
    "struck": struck,
    "zero-width": each("\u200b", "\u200d", "\u2060", "\ufeff"),
    "soft hyphens": each("\u00ad"),
    "digits spaced": each(" ", "  "),
    "digits dotted": each(".", " . "),
    "digits hyphened": each("-", " - "),
    "digits with underscores": each("_"),
    "digits with commas": each(",", ", "),
    "digits with slashes": each("/"),
    "digits with stars": each("*", "~", "+", "^"),
    "digits on lines": each("\n"),
    "digits in brackets": around("[", "]", "", " ", single=True),
    "digits in quotes": around("'", "'", "", " ", single=True),
    "digits in parentheses": around("(", ")", "", "-", single=True),
    "groups in braces": around("{", "}", "", " ", "~"),
    "groups in angles": around("<", ">", "", " "),
    "groups in stars": around("*", "*", "", " "),
    "groups in quotes": around('"', '"', " ", "-"),
    "groups with dots": joined("...", " .. ", "…"),
    "groups with bars": joined("|", " | ", "||"),
    "groups with signs": joined("~", "=", "*", "+", "#", ":", "_"),
    "groups with long dashes": joined(" — ", "––", "→", " > "),
    "groups on lines": joined("\n", "\n\n", "-\n"),
    "groups with commas": joined(",", ", "),
    "emoji each": emoji_each,
    "emoji between groups": emoji_groups,
    "a word in each gap": with_filler("call", "me", "now", "baby", "ok", "text", "real"),
    "separator words": with_filler("dash", "dot", "then", "and", "space", "hyphen"),
    "spanish separator words": with_filler("guion", "punto", "luego", "y"),
    "one word between digits": same_word("x", "xx", "love", "o_o", "call"),
    "pairs": lambda g, c: c.choice(("-", " ", ".", "*")).join(
        _digits(g)[i : i + 2] for i in range(0, len(_digits(g)), 2)
    ),
    "uneven cuts": uneven,
    "any marks": any_marks,
    "page source": entity,
    "area code in words": lambda g, _: (
        f"area code {' '.join(ENGLISH[int(d)] for d in g[0])} then {'-'.join(g[1:])}"
    ),
    "area code apart": lambda g, c: f"({c.choice((' ', '.', '-')).join(g[0])}) {'-'.join(g[1:])}",
    "parentheses anywhere": lambda g, _: f"{g[0][0]}({g[0][1:]}{g[1][0]}){g[1][1:]}({g[2]})",
}
"""Obscured ways for North American numbers of three groups."""

PLAIN: dict[str, Style] = {
    "hyphens": joined("-"),
    "dots": joined("."),
    "spaces": joined(" "),
    "undivided": joined(""),
    "parentheses": lambda g, c: f"({g[0]}){c.choice(('', ' ', '-'))}{g[1]}-{g[2]}",
    "slash": lambda g, _: f"{g[0]}/{g[1]}-{g[2]}",
    "national one": lambda g, c: c.choice(("1-{}-{}-{}", "1 ({}) {}-{}", "1.{}.{}.{}")).format(*g),
    "plus one": lambda g, c: c.choice(("+1 {} {} {}", "+1{}{}{}", "+1-{}-{}-{}", "+1 ({}) {}-{}")).format(*g),
    "exit code": lambda g, c: c.choice(("001{}{}{}", "00 1 {} {} {}", "011 1 {} {} {}")).format(*g),
    "area code parted": lambda g, c: f"{g[0]}{c.choice((' ', '-', '.'))}{g[1]}{g[2]}",
    "line parted": lambda g, c: f"{g[0]}{g[1]}{c.choice((' ', '-'))}{g[2]}",
    "spaced hyphens": joined(" - ", " -", "- "),
    "en dashes": joined("–", "‑"),
    "no-break spaces": joined("\u00a0", "\u2009"),
    "tel link": lambda g, _: f"tel:+1{_digits(g)}",
    "extension": lambda g, c: f"{'-'.join(g)} ext {c.randint(2, 99)}",
}
"""Plain ways."""
