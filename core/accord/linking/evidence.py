"""How much each kind of selector says for two records belonging together.

Two records (or a record and a lead) are joined when the weights of what they share reach 1.
The same place counts for nothing: with one shared text or picture it joined strangers of one city.
The figures are judgement for now: a number that somebody answers is proof enough, a text or a
picture can be borrowed and wants support. `docs/explanation/linking.md` shows what they achieve.
"""

from __future__ import annotations

from accord_sdk import SelectorKind

JOIN = 1.0

WEIGHTS: dict[str, float] = {
    SelectorKind.PHONE: 1.0,
    SelectorKind.EMAIL: 1.0,
    SelectorKind.HANDLE: 1.0,
    SelectorKind.WALLET: 1.0,
    SelectorKind.URL: 1.0,
    SelectorKind.IMAGE: 0.7,
    SelectorKind.TEMPLATE: 0.7,
}
"""Kinds that join; every other kind only describes."""

SILENCE_DAYS = 45
"""A telephone number that was silent for longer may belong to somebody else: in the United States
a number is kept out of use for at least 45 days before another customer gets it (47 CFR 52.15(f)(1)(ii))."""
AFTER_SILENCE = 0.4
"""What such a number still says; with a shared text or picture it is enough."""
REASSIGNED = frozenset({SelectorKind.PHONE})
"""Kinds that go from one holder to another."""

IDENTITIES = frozenset({SelectorKind.PHONE, SelectorKind.EMAIL, SelectorKind.HANDLE, SelectorKind.WALLET})
"""Kinds that tell one group from another when hubs are looked for. Texts and pictures can be copied
by anybody; URLs are left out because every advertisement has one of its own."""

RADIUS: dict[str, int] = {SelectorKind.IMAGE: 31, SelectorKind.TEMPLATE: 54}
"""Kinds compared by distance: within so many of 256 bits two values are the same selector.
31 is the distance that PDQ's authors recommend; the template's is the `templates` plugin's."""

HUB_LOOKED_AT = 100
"""A selector's newest records that are looked at to tell whether it is a hub."""
HUB_EXAMINED_AGAIN = 1.5
"""A selector is looked at again when it stands on so many times the records of the last look."""
HUB_GROUPS: dict[str, int] = {SelectorKind.IMAGE: 4, SelectorKind.TEMPLATE: 4}
HUB_GROUPS_DEFAULT = 5
"""A selector on records of so many groups that nothing else ties together is a hub."""
