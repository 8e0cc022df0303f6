"""Prices with the time they are for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache

from accord_selectors.folding import Folded
from accord_selectors.mentions import Attributes, Mention
from accord_selectors.price_classes import CURRENCIES
from accord_selectors.price_pairs import Pair, join, mark_ranges, runs
from accord_selectors.price_tokens import Part, Tokens, parts, price_tokens

_DOLLARS = {
    "CA": "CAD",
    "AU": "AUD",
    "NZ": "NZD",
    "MX": "MXN",
    "SG": "SGD",
    "HK": "HKD",
    "CL": "CLP",
    "CO": "COP",
}
"""What a bare dollar sign means where the record is; US dollars elsewhere."""
_MAX_PARTS = 400
_IN_LIST = 12
"""Tokens from one amount of a list to the next, at most."""
_BEHIND_HEAD = frozenset(":)\n")

Taken = Iterable[tuple[int, int]]


def prices_of(asked: Sequence[tuple[Folded, str, Taken]]) -> list[list[Mention]]:
    """The prices of each text, given with its region and the folded spans whose digits are no amounts.

    One step after the other for all of them (see `reading`).
    """
    lines = [price_tokens(folded) for folded, _, _ in asked]
    found = [
        [] if line is None else parts(line, _tokens_of(line, taken))[:_MAX_PARTS]
        for line, (_, _, taken) in zip(lines, asked, strict=True)
    ]
    pairs = [
        _pairs(line, amounts) if line is not None and amounts else []
        for line, amounts in zip(lines, found, strict=True)
    ]
    return [
        _mentions(line, joined, region) if line is not None and joined else []
        for line, joined, (_, region, _) in zip(lines, pairs, asked, strict=True)
    ]


def prices(folded: Folded, region: str, taken: Taken = ()) -> list[Mention]:
    """The prices of a text."""
    return prices_of([(folded, region, taken)])[0]


def _pairs(line: Tokens, found: list[Part]) -> list[Pair]:
    found = [
        part for part in found if part.minutes is not None or (part.amount is not None and part.amount > 0)
    ]
    if not found:
        return []
    mark_ranges(line, found)
    pairs: list[Pair] = []
    for run in runs(line, found):
        pairs += join(line, run)
    pairs.sort(key=_place)
    return pairs


def _mentions(line: Tokens, pairs: list[Pair], region: str) -> list[Mention]:
    if "m" in line.classes or "S" in line.classes:
        _say_once(line, pairs)
    return [_mention(line, pair, region) for pair in pairs if pair.amount.strong or pair.time is not None]


def _say_once(line: Tokens, pairs: list[Pair]) -> None:
    """Give bare amounts for a time the currency that was said once, ahead of the list or with the first."""
    head: tuple[int, str | None] | None = None
    previous: Part | None = None
    for pair in pairs:
        amount = pair.amount
        if amount.currency is None and amount.euphemism is None and pair.time is not None:
            head = head or _head(line)
            if amount.first > head[0]:
                amount.currency = head[1]
            elif previous is not None and previous.currency and amount.first - previous.last <= _IN_LIST:
                amount.currency = previous.currency
        previous = amount


def _head(line: Tokens) -> tuple[int, str | None]:
    """The currency of all that follows, and its token: "rates in dollars: ...", "(GBP) ...", "USD: ..."."""
    tokens, classes = line.tokens, line.classes
    i = -1
    while (i := classes.find("m", i + 1)) >= 0:
        currency = CURRENCIES.get(tokens[i])
        alone = classes[i - 1] != "n" and classes[i - 2] not in "nz"
        if currency and alone and tokens[i + 1].lstrip(" ")[:1] in _BEHIND_HEAD:
            return i, currency
    return len(tokens), None


def _place(pair: Pair) -> int:
    return pair.amount.first


def _tokens_of(line: Tokens, spans: Taken) -> set[int]:
    """The tokens that overlap spans."""
    taken: set[int] = set()
    for start, end in spans:
        taken.update(range(bisect_right(line.ends, start), bisect_left(line.ends, end) + 1))
    return taken


def _mention(line: Tokens, pair: Pair, region: str) -> Mention:
    amount, time = pair.amount, pair.time
    currency = _DOLLARS.get(region, "USD") if amount.currency == "$" else amount.currency
    minutes = time.minutes if time is not None else None
    first, last = amount.first, amount.last
    if time is not None:
        first, last = min(first, time.first), max(last, time.last)
    attributes: Attributes = {"amount": amount.amount or 0.0}
    if currency:
        attributes["currency"] = currency
    if amount.euphemism:
        attributes["euphemism"] = amount.euphemism
    if minutes:
        attributes["minutes"] = minutes
    value = price_value(amount.amount or 0.0, currency, minutes)
    start = line.ends[first] - len(line.tokens[first])
    sign = line.tokens[first - 1].rstrip(" ")[-1:] if first else ""
    if first == amount.first and amount.currency and sign in {"$", "€", "£", "₹"}:
        start = line.ends[first - 1] - len(line.tokens[first - 1]) + line.tokens[first - 1].rindex(sign)
    return Mention(
        "price",
        value,
        start,
        line.ends[last],
        pair.confidence if amount.strong else pair.confidence - 0.15,
        attributes,
    )


@lru_cache(4096)
def price_value(amount: float, currency: str | None, minutes: int | None) -> str:
    """AMOUNT CURRENCY/MINUTES, unknown parts left out."""
    text = f"{amount:.2f}".removesuffix(".00")
    return text + (f" {currency}" if currency else "") + (f"/{minutes}" if minutes else "")
