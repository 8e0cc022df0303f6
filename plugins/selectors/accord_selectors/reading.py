"""Reads many texts at once, one reader after the other.

Each reader goes over all of them before the next begins. Its code and its tables then stay in the processor's
cache: text by text, the same work took a quarter longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from accord_sdk import Finding, Selector
from accord_selectors.ages import ADULT, ages, stated_under_age
from accord_selectors.dates import dates
from accord_selectors.emails import emails
from accord_selectors.folding import Folded, fold
from accord_selectors.gazetteer import Gazetteer
from accord_selectors.handles import handles
from accord_selectors.mentions import Mention
from accord_selectors.phone_shapes import Phone
from accord_selectors.phones import phones_of
from accord_selectors.places import Hint, places
from accord_selectors.prices import prices_of
from accord_selectors.structured import phone_attributes
from accord_selectors.urls import urls
from accord_selectors.wallets import wallets

Key = tuple[str, str, str | None, object]
"""Kind, value, field, and whether it is obscured."""


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What a record says of its texts: the country, its place, the day that it was posted; and what there is
    to say of its place."""

    region: str
    hint: Hint
    posted: date | None
    place: tuple[tuple[Key, Selector], ...] = ()


class Text:
    """A text of a record's field, and the mentions in it.

    `named` are wallets, e-mail addresses and handles, `links` addresses of pages, `numbers` telephones;
    `others` are what may overlap none of these.
    """

    __slots__ = ("field", "folded", "links", "named", "numbers", "others", "setting")

    def __init__(self, field: str, folded: Folded, setting: Setting) -> None:
        self.field = field
        self.folded = folded
        self.setting = setting
        self.named: list[Mention] = []
        self.links: list[Mention] = []
        self.numbers: list[Mention] = []
        self.others: list[Mention] = []


def read(asked: Sequence[tuple[str, str, Setting]], gazetteer: Gazetteer) -> list[list[tuple[Key, Finding]]]:
    """The findings of each text, given as the name of its field, the text and its setting.

    What is surely one thing is not read as another as well.
    """
    texts = [Text(field, fold(text, gazetteer.codes), setting) for field, text, setting in asked]
    for text in texts:
        text.named = [*wallets(text.folded), *emails(text.folded)]
    for text in texts:
        text.named += _apart(handles(text.folded), text.named)
    numbers = phones_of([(text.folded, text.setting.region) for text in texts])
    for text, found in zip(texts, numbers, strict=True):
        text.numbers = _apart(map(_mention, found), text.named)
    for text in texts:
        text.links = _apart(urls(text.folded), [m for m in text.named if m.kind != "handle"])
    taken = [[*text.numbers, *text.named, *text.links] for text in texts]
    spans = [[(mention.start, mention.end) for mention in around] for around in taken]
    offers = prices_of(
        [(text.folded, text.setting.region, around) for text, around in zip(texts, spans, strict=True)]
    )
    for text, prices in zip(texts, offers, strict=True):
        text.others += prices
    for text, around in zip(texts, taken, strict=True):
        text.others += _apart(ages(text.folded, title=text.field == "title"), around)
    for text, around in zip(texts, taken, strict=True):
        text.others += _apart(places(text.folded, gazetteer, text.setting.hint), around)
    for text, around in zip(texts, taken, strict=True):
        text.others += _apart(dates(text.folded, text.setting.posted, text.setting.region), around)
    return [_findings(text, around) for text, around in zip(texts, taken, strict=True)]


def keyed(selectors: Iterable[Selector]) -> tuple[tuple[Key, Selector], ...]:
    """Selectors of fields that are no texts, each with its key."""
    return tuple(((s.kind, s.value, s.field, s.attributes.get("obscured")), s) for s in selectors)


def _mention(phone: Phone) -> Mention:
    return Mention(
        "phone", phone.number.e164, phone.start, phone.end, phone.confidence, phone_attributes(phone)
    )


def _apart(mentions: Iterable[Mention], taken: Sequence[Mention]) -> list[Mention]:
    """The mentions that overlap nothing taken."""
    found = list(mentions)
    if not (found and taken):
        return found
    return [mention for mention in found if not _overlaps(mention, taken)]


def _overlaps(mention: Mention, others: Sequence[Mention]) -> bool:
    start, end = mention.start, mention.end
    for other in others:  # noqa: SIM110 - called for every mention; a generator costs three times as much
        if other.start < end and start < other.end:
            return True
    return False


def _findings(text: Text, taken: list[Mention]) -> list[tuple[Key, Finding]]:
    field, folded = text.field, text.folded
    same = folded.origin is None
    found: list[tuple[Key, Finding]] = []
    for mention in (*taken, *text.others):
        kind, value, start, end = mention.kind, mention.value, mention.start, mention.end
        confidence, attributes = mention.confidence, mention.attributes
        if not same:
            start, end = folded.span(start, end)
        selector = Selector(kind, value, field, start, end, confidence, (), attributes)
        found.append(((kind, value, field, attributes.get("obscured")), selector))
        if kind == "age" and int(value) < ADULT:
            signal = stated_under_age(field, start, end, confidence)
            found.append(((signal.kind, "", field, None), signal))
    return found
