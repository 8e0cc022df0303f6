"""Contact values as people see them before they say what they need them for."""

from __future__ import annotations

from accord_sdk import SelectorKind

MASKED = frozenset(
    {SelectorKind.PHONE, SelectorKind.EMAIL, SelectorKind.HANDLE, SelectorKind.WALLET, SelectorKind.URL}
)
"""Kinds that lead to a person."""
DOTS = "\N{BULLET}" * 5


def is_masked(kind: str) -> bool:
    """Whether values of this kind are masked."""
    return kind in MASKED


def mask(kind: str, value: str) -> str:
    """The value with enough left to tell two apart on a page, and not enough to use it."""
    if not is_masked(kind):
        return value
    if kind == SelectorKind.PHONE:
        return f"{value[:2]}{DOTS}{value[-2:]}"
    if kind == SelectorKind.EMAIL:
        return f"{value[:1]}{DOTS}@{DOTS}"
    if kind in (SelectorKind.HANDLE, SelectorKind.WALLET):
        scheme, _, name = value.partition(":")
        return f"{scheme}:{name[:1]}{DOTS}"
    return f"{DOTS}{value[-4:]}"


def mask_text(text: str) -> str:
    """A stretch of text that stands for a contact value, hidden whatever its form."""
    return DOTS if len(text) < 8 else f"{DOTS}{text[-2:]}"
