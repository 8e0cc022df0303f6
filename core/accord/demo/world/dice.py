"""Random generators that depend on the world's seed and on what they are for, and on nothing else."""

from __future__ import annotations

from random import Random


def dice(seed: str, *purpose: str | int) -> Random:
    """The generator of this purpose; each thing that is drawn apart gets one of its own.

    Python seeds it with SHA-512 of the text, so it is the same on every machine and in every run.
    """
    return Random("/".join((seed, *map(str, purpose))))  # noqa: S311 - nothing here is a secret
