"""How much each kind of selector says for two records belonging together.

Two steps. **Strands**: records that show one identity (a number, an address, a handle, a wallet, a web
address) are one strand, unless that identity is a hub or a number that was silent for long. **Leads**:
two strands are joined when the weights of all that both show reach 1. Nothing in the second step is
proof alone; the figures were chosen on tuning worlds, `docs/quality.md` shows what they achieve on
others, `docs/explanation/linking.md` says why.
"""

from __future__ import annotations

from accord_sdk import SelectorKind

JOIN = 1.0

STRONG: frozenset[str] = frozenset(
    {SelectorKind.PHONE, SelectorKind.EMAIL, SelectorKind.HANDLE, SelectorKind.WALLET, SelectorKind.URL}
)
"""Kinds that make strands: whoever reads them reaches the same people."""
WEAK: frozenset[str] = frozenset({SelectorKind.IMAGE, SelectorKind.TEMPLATE})
"""Kinds that can be borrowed, copied or stolen: they join strands only in combination."""
JOINING = STRONG | WEAK
"""Kinds that become nodes of the graph; every other kind only describes."""

SILENCE_DAYS = 45
"""A telephone number that was silent for longer may belong to somebody else: in the United States
a number is kept out of use for at least 45 days before another customer gets it (47 CFR 52.15(f)(1)(ii))."""
REASSIGNED = frozenset({SelectorKind.PHONE})
"""Kinds that go from one holder to another."""
AFTER_SILENCE = 0.4
"""What a number says for two strands that both showed it, with such a silence between."""

TEMPLATES = (0.6, 0.1)
"""What the first and the second shared text say."""
IMAGES = (0.5, 0.25, 0.25)
"""What the first, second and third shared image say."""
SAME_PLACES = 0.4
"""At least half of the places of both are common."""
SHARED_PLACE = 0.2
"""Some place is common."""
SAME_PRICES = (0.1, 0.1)
"""What the first and the second shared price say."""
OTHER_PRICES = -0.2
"""Both state prices and none is shared."""
SAME_AGE = 0.05

IDENTITIES = frozenset({SelectorKind.PHONE, SelectorKind.EMAIL, SelectorKind.HANDLE, SelectorKind.WALLET})
"""Kinds that tell one group from another when hubs are looked for. Texts and pictures can be copied
by anybody; URLs are left out because every advertisement has one of its own."""

RADIUS: dict[str, int] = {SelectorKind.IMAGE: 31, SelectorKind.TEMPLATE: 69}
"""Kinds compared by distance: within so many bits two values are the same selector.
31 of 256 is the distance that PDQ's authors recommend; 69 of 512 is the `templates` plugin's."""

HUB_LOOKED_AT = 100
"""A selector's records (or strands) that are looked at to tell whether it is a hub."""
HUB_EXAMINED_AGAIN = 1.5
"""A selector is looked at again when it stands on so many times what it stood on at the last look."""
HUB_GROUPS = 5
"""A selector on so many groups that nothing else ties together is a hub."""
POPULAR_GROUPS = 8
"""A text on so many such groups is popular, however many strands of one actor have it too."""
POPULAR_SHARE = 3
"""With fewer groups a text is popular when they are at least one in so many of its strands."""
