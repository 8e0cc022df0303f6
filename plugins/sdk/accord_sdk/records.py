"""The record as a plugin sees it: one advertisement or post, without any identity of Accord's.

A plugin receives only the fields that its manifest names; every other field keeps its default.

`gc=False`, here and on findings: such values are never part of a circle, so the garbage collector need not
look at the tens of thousands that a batch has. They go when the last reference does.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Price(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An amount of money, in major units, and the time in minutes that it is for."""

    amount: float
    currency: str | None = None
    minutes: int | None = None


class Place(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Where a record says it is: a name, an ISO 3166 alpha-2 country, WGS 84 degrees."""

    name: str | None = None
    country: str | None = None
    lat: float | None = None
    lon: float | None = None


class Contact(msgspec.Struct, frozen=True, gc=False):
    """A contact that the source had in a field of its own, such as kind `phone`."""

    kind: str
    value: str


class ImageHash(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A perceptual hash (PDQ, 64 hexadecimal digits) of an image; never the image. Quality 0-100."""

    pdq: str
    quality: int = 100


class Record(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One advertisement or post. Which fields are filled is what the plugin was granted."""

    title: str | None = None
    body: str | None = None
    url: str | None = None
    observed_at: datetime | None = None
    posted_at: datetime | None = None
    prices: tuple[Price, ...] = ()
    place: Place | None = None
    contacts: tuple[Contact, ...] = ()
    images: tuple[ImageHash, ...] = ()
    language: str | None = None
    extra: dict[str, Any] = {}

    def texts(self) -> tuple[tuple[str, str], ...]:
        """The fields that hold prose, as (field name, text), empty ones left out."""
        pairs = (("title", self.title), ("body", self.body))
        return tuple((name, text) for name, text in pairs if text)


RECORD_FIELDS: frozenset[str] = frozenset(Record.__struct_fields__)
"""Every record field that a manifest may ask for."""
