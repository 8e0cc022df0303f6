"""Prices: an actor's rates, and the ways in which they are written."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

CURRENCIES = {"US": "USD", "CA": "CAD", "GB": "GBP", "FR": "EUR"}
"""The currency of each country of the world."""
_SYMBOLS = {"USD": "$", "CAD": "$", "GBP": "\u00a3", "EUR": "\u20ac"}
_FACTORS = {30: 0.6, 60: 1.0, 90: 1.5, 120: 1.8}
_SHORT = {
    "en": {30: "30min", 60: "hr", 90: "90min", 120: "2hr"},
    "es": {30: "30min", 60: "h", 90: "90min", 120: "2h"},
}
_LONG = {
    "en": {30: "half hour", 60: "one hour", 90: "90 minutes", 120: "two hours"},
    "es": {30: "media hora", 60: "una hora", 90: "90 minutos", 120: "dos horas"},
}


@dataclass(frozen=True, slots=True)
class RateCard:
    """Amounts in whole units of a currency by minutes; `text` is how the actor writes them."""

    currency: str
    amounts: tuple[tuple[int, int], ...]
    text: str

    def to_json(self) -> list[dict[str, Any]]:
        """The `prices` of a record line."""
        return [
            {"amount": amount, "currency": self.currency, "minutes": minutes}
            for minutes, amount in self.amounts
        ]

    @property
    def lowest(self) -> str:
        """The lowest amount with its symbol."""
        return f"{_SYMBOLS[self.currency]}{min(amount for _, amount in self.amounts)}"


def rate_card(country: str, hour: tuple[int, int], language: str, rng: Random) -> RateCard:
    """Rates around an hour's price, given in tens of the currency (lowest, highest)."""
    currency = CURRENCIES[country]
    base = rng.randint(*hour) * 10
    minutes = sorted(rng.sample(tuple(_FACTORS), rng.randint(1, 3)))
    amounts = tuple((length, round(base * _FACTORS[length] / 10) * 10) for length in minutes)
    return RateCard(currency, amounts, _write(amounts, _SYMBOLS[currency], language, rng))


def _write(amounts: tuple[tuple[int, int], ...], symbol: str, language: str, rng: Random) -> str:
    style = rng.randrange(5)
    if style == 0:
        return ", ".join(f"{length} min {symbol}{amount}" for length, amount in amounts)
    if style == 1:
        return " - ".join(f"{symbol}{amount}/{_SHORT[language][length]}" for length, amount in amounts)
    if style == 2:
        return " / ".join(f"{_LONG[language][length]}: {amount}{symbol}" for length, amount in amounts)
    if style == 3:
        word = "roses" if language == "en" else "rosas"
        return ", ".join(f"{amount} {word} {length}min" for length, amount in amounts)
    return " | ".join(f"{_SHORT[language][length]} {amount}" for length, amount in amounts)
