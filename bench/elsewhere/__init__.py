"""A second generator of worlds, with a hand of its own, to judge what was tuned on `accord.demo.world`.

It was written from what is published about the field alone and shares nothing with the other one: neither
phrases nor the ways in which people move, post, change numbers, ask prices and take pictures. Everything is
made up. Telephone numbers are of 555-01xx or, with `look="tests"`, of the exchanges 958 and 959, which the
North American plan keeps for tests: they look like any number and nobody has one.
"""

from elsewhere.diary import write_world
from elsewhere.settings import FINAL, REPORT, TUNE, Elsewhere, Truth, of_seed

__all__ = ["FINAL", "REPORT", "TUNE", "Elsewhere", "Truth", "of_seed", "write_world"]
