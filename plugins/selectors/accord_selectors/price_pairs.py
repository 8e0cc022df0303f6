"""Amounts and times joined in pairs.

Lists come both ways round ("30 min - 200, 1 hr - 300" and "200 30 min, 300 1 hr"). What is joined by a
word or sign ("200/hr", "80 for hh") is joined first; the rest of a run is read in the direction in which
the pairs lie closer together, and where that is equal in the direction of its first part.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import msgspec

from accord_selectors.price_tokens import Part, Tokens

_TIES = frozenset({"/", "per", "for", "an", "a", "the", "por", "la", "el", "una", "each", "full", "("})
_FAR = 6
"""Cost from which two parts do not belong together; words cost 2, a comma or full stop 2, other signs 0."""
_WEAK_RANGE = (20, 20_000)


class Pair(msgspec.Struct, frozen=True, gc=False):
    """An amount and the time that it is for, if any."""

    amount: Part
    time: Part | None
    confidence: float


def _is_likely_amount(part: Part) -> bool:
    if part.strong:
        return True
    amount = part.amount or 0
    return _WEAK_RANGE[0] <= amount <= _WEAK_RANGE[1] and amount % 5 == 0


def runs(line: Tokens, found: list[Part]) -> list[list[Part]]:
    """Parts that lie close together: amounts, with money or a time among them. Nothing else is a price."""
    found_runs: list[list[Part]] = []
    run: list[Part] = []
    amounts = telling = False
    for part in found:
        if run:
            part.gap = _cost(line, run[-1], part)
            if part.gap > _FAR:
                if amounts and telling:
                    found_runs.append(run)
                run, amounts, telling = [], False, False
        run.append(part)
        if part.minutes is not None:
            telling = True
        else:
            amounts, telling = True, telling or part.strong
    if amounts and telling:
        found_runs.append(run)
    return found_runs


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
    if len(text) >= 3 and not text.strip(". $€£₹"):
        return 0  # leader dots
    return 2 if any(sign in text for sign in ",.;|") else 0


def join(line: Tokens, run: list[Part]) -> list[Pair]:
    """The pairs of one run: first what a sign or word ties, then what lies between."""
    pairs: list[Pair] = []
    rest: list[Part] = []
    previous: Part | None = None
    listed = run[0].minutes is not None and run[-1].minutes is None  # hh 100 / hr 180
    for part in run:
        amount = previous
        previous = part
        if (
            amount is None
            or amount.amount is None
            or part.minutes is None
            or (listed and line.tokens[amount.last + 1] == " / ")
            or not _is_tied(line, amount, part)
        ):
            if amount is not None:
                rest.append(amount)
            continue
        if rest and _is_range(line, rest[-1], amount):
            pairs.append(Pair(rest.pop(), part, 0.9))
        if rest:
            pairs += _in_list(line, rest)
            rest = []
        pairs.append(Pair(amount, part, 0.9))
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


def mark_ranges(line: Tokens, found: list[Part]) -> None:
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


def _in_list(line: Tokens, run: list[Part]) -> list[Pair]:
    """Pairs of a list without signs that tie them, read in the likelier direction."""
    if len(run) == 1:
        (part,) = run
        return [Pair(part, None, 0.7)] if part.minutes is None and _is_likely_amount(part) else []
    forward, backward = 0, 0
    for a, b in pairwise(run):
        if a.minutes is not None and b.amount is not None and _is_likely_amount(b):
            forward += max(0, 3 - b.gap)
        elif a.amount is not None and b.minutes is not None and _is_likely_amount(a):
            backward += max(0, 3 - b.gap)
    first_is_time = run[0].minutes is not None or not _is_likely_amount(run[0])
    time_first = forward > backward or (forward == backward and first_is_time)
    return list(_time_first(line, run) if time_first else _amount_first(line, run))


def _time_first(line: Tokens, run: list[Part]) -> Iterator[Pair]:
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
                yield Pair(part, time, 0.85 if previous is time else 0.6)
                listed = True
            else:
                yield Pair(part, None, 0.7)
        previous = time if time is not None and time.first == part.first else part


def _is_unreadable_time(line: Tokens, part: Part, after: Part, *, listed: bool) -> bool:
    """Whether a small number before an amount counts hours in a list whose unit is left out or misspelt."""
    number = part.amount or 0
    if part.strong or not listed or not after.strong or not 1 <= number <= 24 or number != int(number):
        return False
    between = line.tokens[part.last + 1 : after.first]
    words = [text for text in between if text[0].isalpha()]
    return len(words) <= 2 and any(sign in "".join(between) for sign in "-:=")


def _amount_first(line: Tokens, run: list[Part]) -> Iterator[Pair]:
    """200 30 min, 300 1 hr: each amount is for the time after it."""
    for k, part in enumerate(run):
        if part.minutes is not None or not _is_likely_amount(part):
            continue
        after = run[k + 1] if k + 1 < len(run) else None
        tied = after is not None and after.minutes is not None
        if tied and after and after.gap <= (2 if part.strong else 0):
            if k and _is_range(line, run[k - 1], part):
                yield Pair(run[k - 1], after, 0.85)
            yield Pair(part, after, 0.85)
        elif (
            after is not None
            and k + 2 < len(run)
            and _is_range(line, part, after)
            and run[k + 2].minutes is not None
        ):
            continue  # the lower end of a range goes with the upper end
        else:
            yield Pair(part, None, 0.7)
