"""Made-up records for contract checks: neutral wording, telephone numbers reserved for fiction, no images.

The first ones are odd on purpose: empty, blank, in other scripts, with control characters, with long words.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

from accord_sdk.records import Contact, ImageHash, Place, Price, Record

BEGIN = datetime(2026, 5, 1, 12, tzinfo=UTC)
_PLACES = (
    Place("Columbus, OH", "US", 39.96, -83.0),
    Place("Dayton, OH", "US", 39.76, -84.19),
    Place("Toledo, OH", "US", 41.65, -83.54),
    Place("London", "GB", 51.51, -0.13),
    Place(),
)
_OPENINGS = ("New in town", "Here this week", "Available today", "Visiting again", "Back until Friday")
_CLOSINGS = (
    "Please write before you call.",
    "Ask for the desk.",
    "No messages at night.",
    "Two rooms, one entrance.",
    "The manager keeps the papers.",
    "Bring your own towel.",
)
ODD = (
    Record(),
    Record(title="", body=""),
    Record(title=" \t\n", body="\u00a0\u2003"),
    Record(
        title="\u0645\u0631\u062d\u0628\u0627",
        body="\u4f60\u597d \u202e abc \u202c \U0001f600",
        language="ar",
    ),
    Record(body="a\u0000b\u0007c\u200b614\u200b555\u200b0134"),
    Record(body="614" * 2_000),
    Record(body="word " * 2_000, prices=(Price(0.0), Price(1e9, "USD", 0))),
    Record(place=Place(None, "US"), extra={"nested": {"list": [1, None, "x"]}}),
)


def samples(count: int, *, seed: int = 1) -> tuple[Record, ...]:
    """So many made-up records, the odd ones first; the same for the same seed."""
    dice = Random(seed)  # noqa: S311 - made-up records, no secrets
    usual = (_usual(number, dice) for number in range(max(0, count - len(ODD))))
    return (*ODD[:count], *islice(usual, count))


def _usual(number: int, dice: Random) -> Record:
    last, place = number % 100, dice.choice(_PLACES)
    observed = BEGIN + timedelta(hours=number % 700)
    parts = [dice.choice(_OPENINGS), f"call 614-555-01{last:02}", dice.choice(_CLOSINGS)]
    if number % 3 == 0:
        parts.append(f"{100 + 20 * (number % 9)} for an hour.")
    if number % 4 == 0:
        parts.append(f"Or write to desk{last}@example.org, @example_{last} on snapchat.")
    return Record(
        title=f"{dice.choice(_OPENINGS if number % 2 else _CLOSINGS).rstrip('.')}, notice {number}",
        body=". ".join(parts),
        url=f"https://board.example.com/notices/{number}",
        observed_at=observed,
        posted_at=observed - timedelta(hours=dice.randrange(1, 48)) if number % 2 else None,
        prices=(Price(100.0 + 20 * (number % 9), "USD", 60),) if number % 3 == 0 else (),
        place=place if number % 5 else None,
        contacts=(Contact("phone", f"614-555-01{last:02}"),) if number % 4 else (),
        images=(ImageHash(f"{dice.getrandbits(256):064x}", dice.randrange(50, 101)),)
        if number % 6 == 0
        else (),
        language="en",
        extra={"board": f"b{number % 3}"} if number % 7 == 0 else {},
    )
