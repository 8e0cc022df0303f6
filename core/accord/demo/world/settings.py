"""What a synthetic world is made of: every figure that another world may want to differ in."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

KINDS = ("ring", "agency", "spa", "spam", "independent")
"""The kinds of actor. Only `ring` is exploitative; the others must not be ranked high."""


class WorldError(ValueError):
    """The settings ask for a world that cannot be made; the message says which figure is at fault."""


@dataclass(frozen=True)
class Site:
    """A place where records are advertised: one source of records.

    `share` is its part of all records. `contacts_field` and `prices_field` are the probabilities
    that it keeps contacts and prices in fields of their own rather than in the text only.
    """

    slug: str
    share: float
    contacts_field: float = 0.5
    prices_field: float = 0.6


@dataclass(frozen=True)
class Shares:
    """The part of all records that each kind of actor has; together 1."""

    ring: float = 0.15
    agency: float = 0.08
    spa: float = 0.17
    spam: float = 0.15
    independent: float = 0.45

    def items(self) -> tuple[tuple[str, float], ...]:
        """(kind, share) in the order of `KINDS`."""
        return tuple((kind, float(getattr(self, kind))) for kind in KINDS)


DEFAULT_SITES = (
    Site("harborlist", 0.80, contacts_field=0.55, prices_field=0.60),
    Site("citypages", 0.15, contacts_field=0.80, prices_field=0.85),
    Site("nightboard", 0.05, contacts_field=0.10, prices_field=0.0),
)


@dataclass(frozen=True)
class WorldSettings:
    """The settings of a world. The same settings give byte-identical records and truth.

    Ranges are (lowest, highest), both inclusive. Everything called a probability is 0-1.
    `docs/reference/world.md` has the sources of the assumptions behind the defaults.

    :raises WorldError: when a figure lies outside its range.
    """

    records: int = 20_000
    """How many record lines there are, over all sites, repeats included."""
    seed: str = "accord"
    """Another seed gives another world of the same kind."""
    start: datetime = datetime(2025, 10, 1, tzinfo=UTC)
    """The first moment that a record can be observed (aware)."""
    days: int = 365
    """How many days after `start` records are observed; arrivals may be later (`late`)."""
    shares: Shares = field(default_factory=Shares)
    sites: tuple[Site, ...] = DEFAULT_SITES
    """The largest is the main site. Their shares together are 1."""
    crossposting: float = 0.35
    """Probability that an actor advertises on all sites rather than on one."""
    ring_records: tuple[int, int] = (3, 400)
    """Records of one ring (bounded Pareto, exponent 0.9; the last ring may fall below)."""
    cells: float = 0.2
    """Probability that a ring of 40 records or more works as two cells: two controllers with
    telephone numbers and texts of their own who pass the same people between them."""
    edit_rate: tuple[float, float] = (0.0, 0.20)
    """Part of the words of a text that is edited each time it is posted; drawn per actor.
    Spam and spas edit a quarter as much."""
    flipped_bits: tuple[int, int] = (0, 24)
    """Bits of 256 by which a re-encoded image's hash differs from the original's."""
    re_encoded: float = 0.5
    """Probability that a posted image was re-encoded; the others have the original's hash."""
    low_quality: float = 0.05
    """Probability that an image is so poor that its hash says little (quality below 50)."""
    obscured: float = 0.45
    """Probability that a ring writes its numbers obscured. Other kinds do so less, in fixed
    proportion: spam 1/3, independents 1/5, agencies 1/12, spas 1/20."""
    rotation_days: tuple[int, int] = (7, 45)
    """How long a ring keeps one telephone number."""
    reassigned: float = 0.10
    """Probability that a new number is one that a stranger has given up, when there is one."""
    silence_days: int = 45
    """How long a given-up number stays silent before a stranger may get it."""
    stolen_pictures: float = 0.02
    """Probability that an actor advertises with pictures of a person of another actor."""
    stock_pictures: float = 0.03
    """Probability that a ring or independent uses stock images; spas ten, spam fifteen times it."""
    borrowed_texts: float = 0.08
    """Probability that a text is one that strangers use as well."""
    hotline: float = 0.02
    """Probability that a record names the help line that many unrelated records name."""
    booking_site: float = 0.04
    """Probability that an actor takes bookings through the booking site that many use."""
    answering_service: float = 0.02
    """Probability that an actor's records give the number of an answering service, of which
    there are three, besides the actor's own."""
    mimicry: float = 0.04
    """Probability that a ring writes like an independent worker (own website, 'no agency')."""
    duplicates: float = 0.04
    """Probability that a record repeats the actor's record before, word for word, under a new
    `external_id` (on another site, where the actor uses several)."""
    missing: float = 0.05
    """Probability for each optional field that the site did not give it."""
    no_contact: float = 0.03
    """Probability that a record has no contact at all."""
    wrong_place: float = 0.02
    """Probability that a record's `place` is some other city than the text's."""
    spanish: float = 0.04
    """Probability that an actor writes Spanish."""
    late: float = 0.03
    """Probability that a record arrives days after it was observed."""
    late_days: int = 21
    """The longest such delay in days."""

    def __post_init__(self) -> None:
        if self.records < 1 or self.days < 1:
            raise WorldError("records and days are at least 1")
        if self.start.tzinfo is None:
            raise WorldError("start needs a time zone")
        for name, share in (*self.shares.items(), *((site.slug, site.share) for site in self.sites)):
            if not 0 <= share <= 1:
                raise WorldError(f"the share of {name} is outside 0-1: {share}")
        for name, whole in (
            ("shares", self.shares.items()),
            ("sites", [(s.slug, s.share) for s in self.sites]),
        ):
            if abs(sum(share for _, share in whole) - 1) > 1e-6:
                raise WorldError(f"the {name} do not add up to 1")
        if len({site.slug for site in self.sites}) < len(self.sites):
            raise WorldError("two sites have the same slug")
        for name in PROBABILITIES:
            if not 0 <= getattr(self, name) <= 1:
                raise WorldError(f"{name} is a probability, 0-1: {getattr(self, name)}")
        for name, highest in (
            ("ring_records", None),
            ("edit_rate", 1),
            ("flipped_bits", 256),
            ("rotation_days", None),
        ):
            low, high = getattr(self, name)
            if not 0 <= low <= high or (highest is not None and high > highest):
                raise WorldError(f"{name} is no range: {low}-{high}")
        if self.ring_records[0] < 1 or self.rotation_days[0] < 1:
            raise WorldError("ring_records and rotation_days start at 1 or more")

    @property
    def end(self) -> datetime:
        """The moment after the last that a record can be observed."""
        return self.start + timedelta(days=self.days)

    def to_json(self) -> dict[str, Any]:
        """These settings as JSON values; `from_json` reads them back."""
        return dataclasses.asdict(self) | {"start": self.start.isoformat()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> WorldSettings:
        """Settings from what `to_json` gave; what is left out keeps its default.

        :raises WorldError: when a name is unknown or a figure outside its range.
        """
        unknown = set(values) - {one.name for one in dataclasses.fields(cls)}
        if unknown:
            raise WorldError(f"unknown settings: {', '.join(sorted(unknown))}")
        read: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        if "start" in read:
            read["start"] = datetime.fromisoformat(read["start"])
        if "shares" in read:
            read["shares"] = Shares(**read["shares"])
        if "sites" in read:
            read["sites"] = tuple(Site(**site) for site in read["sites"])
        return cls(**read)


PROBABILITIES = (
    "crossposting", "cells", "re_encoded", "low_quality", "obscured", "reassigned", "stolen_pictures",
    "stock_pictures", "borrowed_texts", "hotline", "booking_site", "answering_service", "mimicry",
    "duplicates", "missing", "no_contact", "wrong_place", "spanish", "late",
)  # fmt: skip
"""The settings that are probabilities."""


def hard(**changes: Any) -> WorldSettings:
    """A world that is harder to read: more edits, borrowed texts, reassigned numbers, stolen pictures.

    `changes` are settings that replace the preset's.
    """
    preset: dict[str, Any] = {
        "edit_rate": (0.06, 0.35),
        "flipped_bits": (4, 30),
        "re_encoded": 0.85,
        "low_quality": 0.12,
        "obscured": 0.7,
        "rotation_days": (3, 20),
        "reassigned": 0.3,
        "stolen_pictures": 0.10,
        "stock_pictures": 0.06,
        "borrowed_texts": 0.30,
        "hotline": 0.06,
        "booking_site": 0.10,
        "answering_service": 0.06,
        "mimicry": 0.20,
        "missing": 0.12,
        "no_contact": 0.08,
        "wrong_place": 0.06,
        "late": 0.08,
    }
    return WorldSettings(**(preset | changes))
