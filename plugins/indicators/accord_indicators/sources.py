"""Where the indicators over leads come from, and how a number becomes a strength."""

from __future__ import annotations

from math import exp2

TNET = "T-Net, AAAI 2024 (weak, to be learned)"
PORTNOFF = "Portnoff et al., KDD 2017"
INFOSHIELD = "InfoShield, ICDE 2021"
READING = "the cost of reading; says nothing of exploitation"
DESCRIBES = "describes the lead; no study says which way it points"


def rising(amount: float, *, half: float) -> float:
    """A strength that rises with `amount` from 0 towards 1, and is one half at `half`."""
    return round(1 - exp2(-max(0.0, amount) / half), 4)
