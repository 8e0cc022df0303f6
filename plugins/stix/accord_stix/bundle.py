"""A share as a STIX 2.1 bundle: a grouping for the case, observed data for records, notes for words."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

import stix2

from accord_sdk import Party, Place, Price, Reason, Share, SharedNote, SharedRecord, SharedSelector
from accord_stix.identifiers import PUBLISHED, extension, extension_objects, made_id
from accord_stix.markings import terms_marking, tlp_marking
from accord_stix.observables import observable, text_artifact


def bundle_id(share: Share) -> str:
    """The identifier of the share's bundle: the same for the same `share.key`."""
    return made_id("bundle", share.key)


def bundle_json(share: Share) -> bytes:
    """The bundle as UTF-8 JSON: the same bytes for the same share.

    :raises KeyError: when the share's marking is no TLP 2.0 label.
    """
    objects = [json.loads(item.serialize()) for item in _CaseBundle(share).objects()]
    bundle = {"type": "bundle", "id": bundle_id(share), "objects": objects}
    return json.dumps(bundle, ensure_ascii=False, allow_nan=False, indent=1).encode()


class _CaseBundle:
    """Gathers the objects of one share, each once."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._found: dict[str, Any] = {}
        sender, recipient = _identity(share.sender), _identity(share.recipient)
        self._sender_id, self._recipient_id = sender.id, recipient.id
        tlp, terms = tlp_marking(share.marking), terms_marking(share, sender.id)
        self._markings = [tlp.id, terms.id]
        for item in (*extension_objects(), sender, recipient, tlp, terms):
            self._keep(item)

    def objects(self) -> Iterable[Any]:
        """Every object of the bundle, what others refer to first."""
        case = self._share.case
        refs = [self._sender_id, self._recipient_id]
        for index, record in enumerate(case.records):
            refs += self._record(f"record {index}", record)
        stated = [self._selector(selector) for selector in case.selectors]
        refs += [item["object_ref"] for item in stated if "object_ref" in item]
        grouping = self._grouping(list(dict.fromkeys(refs)), stated)
        for index, reason in enumerate(case.reasons):
            self._reason(f"reason {index}", reason, grouping)
        for index, note in enumerate(case.notes):
            self._note(f"note {index}", note, grouping)
        return self._found.values()

    def _keep(self, item: Any) -> str:
        return str(self._found.setdefault(item.id, item).id)

    def _made(self, make: Any, kind: str, /, *parts: str, **properties: Any) -> Any:
        """A dated object of the sender's; `parts` tell it from others of its type in this share."""
        given = {key: value for key, value in properties.items() if value not in (None, "", [])}
        item = make(
            id=made_id(kind, self._share.key, *parts),
            created_by_ref=self._sender_id,
            created=given.pop("created", self._share.created_at),
            modified=given.pop("modified", self._share.created_at),
            object_marking_refs=self._markings,
            **given,
        )
        self._keep(item)
        return item

    def _grouping(self, refs: list[str], selectors: list[dict[str, Any]]) -> str:
        share = self._share
        item = self._made(
            stix2.v21.Grouping,
            "grouping",
            name=share.case.title or "Case",
            description=share.case.summary,
            context="suspicious-activity",
            object_refs=refs,
            extensions=extension(
                score=_finite(share.case.score),
                purpose=share.purpose,
                basis=share.basis,
                expires_at=share.expires_at and stix2.utils.format_datetime(share.expires_at),
                recipient_ref=self._recipient_id,
                selectors=selectors,
            ),
        )
        return str(item.id)

    def _selector(self, selector: SharedSelector) -> dict[str, Any]:
        stated: dict[str, Any] = {
            "kind": selector.kind,
            "value": selector.value,
            "records": selector.records,
        }
        item = observable(selector.kind, selector.value, self._markings)
        return stated | {"object_ref": self._keep(item)} if item else stated

    def _record(self, part: str, record: SharedRecord) -> list[str]:
        """Keep a record's objects; the identifiers that the case refers to."""
        selectors = [(item.kind, item.value) for item in record.selectors]
        selectors += [("image", value) for value in record.images]
        selectors += [("url", record.url)] if record.url else []
        refs: dict[str, None] = {}
        others = []
        for kind, value in selectors:
            item = observable(kind, value, self._markings)
            if item:
                refs[self._keep(item)] = None
            else:
                others.append({"kind": kind, "value": value})
        if not refs:
            refs[self._keep(text_artifact(record, self._markings))] = None
        location_id = self._location(record.place)
        data = self._made(
            stix2.v21.ObservedData,
            "observed-data",
            part,
            first_observed=record.observed_at,
            last_observed=record.observed_at,
            number_observed=1,
            object_refs=list(refs),
            extensions=extension(
                record_key=record.key,
                source=record.source,
                location_ref=location_id,
                place_name=record.place and record.place.name,
                prices=[_price(price) for price in record.prices if math.isfinite(price.amount)],
                selectors=others,
            ),
        )
        text = self._text(part, record, data.id)
        return [ref for ref in (data.id, *refs, location_id, text) if ref]

    def _text(self, part: str, record: SharedRecord, data_id: str) -> str | None:
        content = record.body or record.title
        if not content:
            return None
        abstract = record.title if record.body else None
        note = self._made(
            stix2.v21.Note, "note", part, abstract=abstract, content=content, object_refs=[data_id]
        )
        return str(note.id)

    def _location(self, place: Place | None) -> str | None:
        """The place as a location; None where STIX would not take it: a name alone is none."""
        if place is None:
            return None
        given: dict[str, Any] = {"name": place.name, "country": place.country}
        if place.lat is not None and place.lon is not None and abs(place.lat) <= 90 and abs(place.lon) <= 180:
            given |= {"latitude": place.lat, "longitude": place.lon}
        elif not place.country:
            return None
        item = self._made(stix2.v21.Location, "location", json.dumps(given, sort_keys=True), **given)
        return str(item.id)

    def _reason(self, part: str, reason: Reason, grouping_id: str) -> None:
        direction = {1: "speaks for", -1: "speaks against"}.get(reason.sign, "explains")
        content = f"{reason.evidence or reason.indicator} ({direction}, {reason.contribution:+g} in log-odds)"
        self._made(
            stix2.v21.Note,
            "note",
            part,
            abstract=f"Reason: {reason.indicator}",
            content=f"{content}. Source: {reason.source}" if reason.source else content,
            object_refs=[grouping_id],
            extensions=extension(
                indicator=reason.indicator,
                source=reason.source,
                sign=reason.sign,
                weight=_finite(reason.weight),
                contribution=_finite(reason.contribution),
            ),
        )

    def _note(self, part: str, note: SharedNote, grouping_id: str) -> None:
        if not note.body:
            return
        self._made(
            stix2.v21.Note,
            "note",
            part,
            content=note.body,
            authors=[note.author] if note.author else None,
            created=note.written_at,
            modified=note.written_at,
            object_refs=[grouping_id],
        )


def _identity(party: Party) -> Any:
    # The same member is the same identity in every share, so its time cannot be the share's.
    return stix2.v21.Identity(
        id=made_id("identity", party.slug, party.name, party.kind),
        created=PUBLISHED,
        modified=PUBLISHED,
        name=party.name or party.slug,
        identity_class="organization",
        description=f"Member of the task force: {party.kind}",
    )


def _price(price: Price) -> dict[str, Any]:
    given = {"amount": price.amount, "currency": price.currency, "minutes": price.minutes}
    return {name: value for name, value in given.items() if value is not None}


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
