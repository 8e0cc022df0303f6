"""Written cases: a seeded generator of texts with what a reader should find in them.

Independent of the plugin: nothing here imports it. A case is a *style* (how a thing is written) put into a
*frame* (the text around it). Both are divided by a hash of their names into those that were looked at while
the grammar was mended, and those that were only scored (`is_held_out`); a case is held out when either is.
Numbers come from blocks that regulators keep for fiction, names and domains are made up.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple


class Case(NamedTuple):
    """A text, what stands in it (canonical values), and what it was made of.

    `country` is the ISO 3166 code that the record gives for its place.
    """

    kind: str
    style: str
    frame: str
    text: str
    expected: tuple[str, ...]
    country: str = "US"
    title: bool = False

    @property
    def held_out(self) -> bool:
        """Whether the style or the frame was only scored, never looked at."""
        return is_held_out(self.style) or is_held_out(self.frame)


def is_held_out(name: str) -> bool:
    """Whether a style or frame of this name (mostly the text of its pattern) is held out: four in ten."""
    return bool(name) and hashlib.sha256(f"held-out {name}".encode()).digest()[0] < 102
