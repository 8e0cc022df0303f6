"""What a token may be in a price: a number, money, a unit of time."""

from __future__ import annotations

from accord_selectors.number_words import DIGIT_WORDS, TEENS, TENS

MINUTE = frozenset("min mins minute minutes minuto minutos mns mn".split())
HOUR = frozenset("hr hrs hour hours hora horas hs hrly hourly hour's fh fhr".split())
HOURS = frozenset({"hours", "hrs", "horas"})
COUNTS = {word: int(digit) for word, digit in DIGIT_WORDS.items() if digit != "0"}
_SHORT = {"m": 1, "h": 60}
HALF = frozenset("half hlf hh hhr hhour halfhour halfhr hf media hlfhr hafhr".split())
WHOLE_HALF = HALF - {"half", "hlf", "media"}
_QUICK = frozenset("qv qk quick quickvisit qvs qvisit".split())
_NIGHT = frozenset("night overnight noche nite".split())
CURRENCIES = {
    "usd": "USD", "dollar": "$", "dollars": "$", "bucks": "$", "dolares": "$", "eur": "EUR", "euro": "EUR",
    "euros": "EUR", "gbp": "GBP", "quid": "GBP", "cad": "CAD", "aud": "AUD", "mxn": "MXN",
    "nzd": "NZD", "pesos": "$", "inr": "INR", "rs": "INR", "rupees": "INR", "aed": "AED", "chf": "CHF",
    "brl": "BRL", "reais": "BRL",
}  # fmt: skip
EUPHEMISMS = {
    "rose": "rose", "roses": "rose", "rosas": "rose", "rosa": "rose", "kisses": "kiss", "flowers": "flower",
    "besos": "kiss", "besitos": "kiss", "flores": "flower", "hearts": "heart", "donation": "donation",
    "donations": "donation", "tributes": "tribute", "gifts": "gift",
}  # fmt: skip
SIGNS = {"$": "$", "€": "EUR", "£": "GBP", "₹": "INR"}
_WHOLE = frozenset({"full", "whole", "completa"})
DAY = frozenset({"day", "dia"})
NO_SERVICE = frozenset({"parking", "notice", "away", "ago"})
"""What a time right before is for, and no price: "2 hour parking", "24 hour notice"."""
BY_THE_DAY = NO_SERVICE | frozenset(
    """
    pass passes ticket tickets breakfast brunch lunch buffet menu ride rides trip trips tour tours cruise
    rental wifi gym pool access
    """.split()
)
"""What is to be had all day: "all day breakfast $12"."""
WORDS = {
    **{word: int(number) for words in (TEENS, TENS) for word, number in words.items()},
    "hundred": 100, "cien": 100, "ciento": 100, "doscientos": 200, "trescientos": 300, "cuatrocientos": 400,
    "quinientos": 500, "seiscientos": 600, "ochocientos": 800,
}  # fmt: skip
"""Words for numbers from ten on."""
_BINDERS = frozenset("for per an a por la el una each x".split()) | COUNTS.keys()
PRICE_WORDS = frozenset().union(
    MINUTE, HOUR, _SHORT, HALF, _QUICK, _NIGHT, _WHOLE, DAY, CURRENCIES, EUPHEMISMS, _BINDERS, WORDS
)
"""Every word that has a class of its own."""


_KINDS = (
    *(("u", MINUTE), ("u", HOUR), ("v", _SHORT), ("h", HALF), ("q", _QUICK), ("g", _NIGHT), ("w", _WHOLE)),
    *(("m", CURRENCIES), ("m", EUPHEMISMS), ("f", _BINDERS), ("j", DAY), ("z", WORDS.keys())),
)
_KIND_OF = {word: kind for kind, words in reversed(_KINDS) for word in words}


def price_class(token: str) -> str:
    """One letter for what a token may be in a price.

    n number, z number in words, u unit of time, v short unit, h half, q quick visit, g night, j day, m money,
    f binder, w full (hour), s separator (S: with a currency sign), x the rest.
    """
    if token[0] in "0123456789":
        return "n" if len(token) <= 6 else "x"
    if kind := _KIND_OF.get(token):
        return kind
    if "a" <= token[0] <= "z":
        return "x"
    if any(map(str.isalpha, token)):
        return "x"
    return "S" if any(map(token.__contains__, SIGNS)) else "s"
