"""Prices with the time they are for: amounts and times of a text joined in pairs.

Lists come both ways round ("30 min - 200, 1 hr - 300" and "200 30 min, 300 1 hr"). What is joined by a
word or sign ("200/hr", "80 for hh") is joined first; the rest of a run is read in the direction in which
the pairs lie closer together, and where that is equal in the direction of its first part.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from accord_selectors.folding import Folded
from accord_selectors.mentions import Attributes, Mention
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
_TIES = frozenset({"/", "per", "for", "an", "a", "por", "la", "el", "una", "each", "full", "("})
_FAR = 6
"""Cost from which two parts do not belong together; words cost 2, a comma or full stop 2, other signs 0."""
_WEAK_RANGE = (20, 20_000)
_MAX_PARTS = 400


class _Pair(NamedTuple):
    amount: Part
    time: Part | None
    confidence: float


def prices(folded: Folded, region: str, taken: Iterable[tuple[int, int]] = ()) -> list[Mention]:
    """The prices of a text. `taken` are folded spans (telephone numbers) whose digits are no amounts."""
    line = price_tokens(folded)
    if line is None:
        return []
    found = parts(line, _tokens_of(line, taken))[:_MAX_PARTS]
    found = [
        part for part in found if part.minutes is not None or (part.amount is not None and part.amount > 0)
    ]
    if not found:
        return []
    _mark_ranges(line, found)
    pairs: list[_Pair] = []
    for run in _runs(line, found):
        pairs += _join(line, run)
    pairs.sort(key=_place)
    return [_mention(line, pair, region) for pair in pairs if pair.amount.strong or pair.time is not None]


def _place(pair: _Pair) -> int:
    return pair.amount.first


def _tokens_of(line: Tokens, spans: Iterable[tuple[int, int]]) -> set[int]:
    """The tokens that overlap spans."""
    taken: set[int] = set()
    for start, end in spans:
        taken.update(range(bisect_right(line.ends, start), bisect_left(line.ends, end) + 1))
    return taken


def _is_likely_amount(part: Part) -> bool:
    if part.strong:
        return True
    amount = part.amount or 0
    return _WEAK_RANGE[0] <= amount <= _WEAK_RANGE[1] and amount % 5 == 0


def _runs(line: Tokens, found: list[Part]) -> list[list[Part]]:
    """Parts that lie close together: amounts, with money or a time among them. Nothing else is a price."""
    runs: list[list[Part]] = []
    run: list[Part] = []
    amounts = telling = False
    for part in found:
        if run:
            part.gap = _cost(line, run[-1], part)
            if part.gap > _FAR:
                if amounts and telling:
                    runs.append(run)
                run, amounts, telling = [], False, False
        run.append(part)
        if part.minutes is not None:
            telling = True
        else:
            amounts, telling = True, telling or part.strong
    if amounts and telling:
        runs.append(run)
    return runs


def _cost(line: Tokens, a: Part, b: Part) -> int:
    """How far apart two parts are that follow each other."""
    start, end = a.last + 1, b.first
    if end - start == 1 and line.classes[start] in "sS":
        return _separator_cost(line.tokens[start])
    if end - start > 11:
        return 100
    cost = 0
    for kind, text in zip(line.classes[start:end], line.tokens[start:end], strict=True):
        if kind in "sS":
            cost += _separator_cost(text)
        elif kind not in "fmw":
            cost += 2
    return cost


@lru_cache(2048)
def _separator_cost(text: str) -> int:
    if "\n" in text:
        return 3
    if len(text) >= 3 and not text.strip(". "):
        return 0  # leader dots
    return 2 if any(sign in text for sign in ",.;|") else 0


def _join(line: Tokens, run: list[Part]) -> list[_Pair]:
    """The pairs of one run: first what a sign or word ties, then what lies between."""
    pairs: list[_Pair] = []
    rest: list[Part] = []
    previous: Part | None = None
    for part in run:
        amount = previous
        previous = part
        if (
            amount is None
            or amount.amount is None
            or part.minutes is None
            or not _is_tied(line, amount, part)
        ):
            if amount is not None:
                rest.append(amount)
            continue
        if rest and _is_range(line, rest[-1], amount):
            pairs.append(_Pair(rest.pop(), part, 0.9))
        if rest:
            pairs += _in_list(line, rest)
            rest = []
        pairs.append(_Pair(amount, part, 0.9))
        previous = None
    if previous is not None:
        rest.append(previous)
    if rest:
        pairs += _in_list(line, rest)
    return pairs


def _is_tied(line: Tokens, a: Part, b: Part) -> bool:
    """Whether an amount is tied to the time after it by a sign or word."""
    start, end = a.last + 1, b.first
    if start == end or not _is_likely_amount(a):
        return False
    if end - start == 1:
        return line.tokens[start].strip() in _TIES
    between = {text.strip() for text in line.tokens[start:end]} - {""}
    return bool(between) and between <= _TIES


def _mark_ranges(line: Tokens, found: list[Part]) -> None:
    """Give the lower end of "100-200 roses" the money of its upper end."""
    for a, b in pairwise(found):
        if a.strong or not b.strong or not _is_likely_amount(a):
            continue
        if "".join(line.tokens[a.last + 1 : b.first]).strip() not in {"-", "to", "a"}:
            continue
        if a.amount is not None and b.amount is not None and a.amount < b.amount:
            a.strong, a.currency, a.euphemism = True, b.currency, b.euphemism


def _is_range(line: Tokens, a: Part, b: Part) -> bool:
    if a.amount is None or b.amount is None or not a.strong or a.amount >= b.amount:
        return False
    return "".join(line.tokens[a.last + 1 : b.first]).strip() in {"-", "to", "a", "-$", "or"}


def _in_list(line: Tokens, run: list[Part]) -> list[_Pair]:
    """Pairs of a list without signs that tie them, read in the likelier direction."""
    if len(run) == 1:
        (part,) = run
        return [_Pair(part, None, 0.7)] if part.minutes is None and _is_likely_amount(part) else []
    forward, backward = 0, 0
    for a, b in pairwise(run):
        if a.minutes is not None and b.amount is not None and _is_likely_amount(b):
            forward += max(0, 3 - b.gap)
        elif a.amount is not None and b.minutes is not None and _is_likely_amount(a):
            backward += max(0, 3 - b.gap)
    first_is_time = run[0].minutes is not None or not _is_likely_amount(run[0])
    time_first = forward > backward or (forward == backward and first_is_time)
    return list(_time_first(line, run) if time_first else _amount_first(line, run))


def _time_first(line: Tokens, run: list[Part]) -> Iterator[_Pair]:
    """30 min - 200, 1 hr - 300 350: each amount is for the last time."""
    time: Part | None = None
    listed = False
    previous: Part | None = None
    for k, part in enumerate(run):
        after = run[k + 1] if k + 1 < len(run) else None
        if part.minutes is not None:
            time = part
        elif after is not None and _is_unreadable_time(line, part, after, listed=listed):
            time = Part(part.first, part.last, minutes=int((part.amount or 0) * 60))
        elif _is_likely_amount(part):
            near = previous is not None and part.gap <= (_FAR if part.strong else 0)
            if time is not None and near and (part.strong or previous is time):
                yield _Pair(part, time, 0.85 if previous is time else 0.6)
                listed = True
            else:
                yield _Pair(part, None, 0.7)
        previous = time if time is not None and time.first == part.first else part


def _is_unreadable_time(line: Tokens, part: Part, after: Part, *, listed: bool) -> bool:
    """Whether a small number before an amount counts hours in a list whose unit is left out or misspelt."""
    number = part.amount or 0
    if part.strong or not listed or not after.strong or not 1 <= number <= 24 or number != int(number):
        return False
    between = line.tokens[part.last + 1 : after.first]
    words = [text for text in between if text[0].isalpha()]
    return len(words) <= 2 and any(sign in "".join(between) for sign in "-:=")


def _amount_first(line: Tokens, run: list[Part]) -> Iterator[_Pair]:
    """200 30 min, 300 1 hr: each amount is for the time after it."""
    for k, part in enumerate(run):
        if part.minutes is not None or not _is_likely_amount(part):
            continue
        after = run[k + 1] if k + 1 < len(run) else None
        tied = after is not None and after.minutes is not None
        if tied and after and after.gap <= (2 if part.strong else 0):
            if k and _is_range(line, run[k - 1], part):
                yield _Pair(run[k - 1], after, 0.85)
            yield _Pair(part, after, 0.85)
        elif (
            after is not None
            and k + 2 < len(run)
            and _is_range(line, part, after)
            and run[k + 2].minutes is not None
        ):
            continue  # the lower end of a range goes with the upper end
        else:
            yield _Pair(part, None, 0.7)


def _mention(line: Tokens, pair: _Pair, region: str) -> Mention:
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
