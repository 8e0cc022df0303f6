"""Which contacts a record gives, in which fields, and how they are written there."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from random import Random

from accord.demo.world import writing
from accord.demo.world.actors import Actor
from accord.demo.world.lines import TrueContact
from accord.demo.world.numbers import HOTLINE
from accord.demo.world.schedule import Tenure
from accord.demo.world.settings import Site, WorldSettings
from accord.demo.world.texts import Template, language

_HANDLE_FORMS = {
    "instagram": ("IG: {}", "Instagram @{}", "insta {}"),
    "telegram": ("Telegram: @{}", "TG @{}", "Telegram {}"),
    "snapchat": ("Snap: {}", "Snapchat {}", "add my snap {}"),
    "twitter": ("Twitter @{}", "Follow me on Twitter @{}"),
}
_HUB_SLOTS = ("link", "booking", "answering")
HOTLINE_WRITTEN = "1-800-555-0199"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a record offers: the true contacts, the text's slots, the contacts field, the title's number."""

    true: tuple[TrueContact, ...]
    slots: dict[str, str]
    fields: list[dict[str, str]]
    in_title: str

    def with_hotline(self) -> Offer:
        """The same offer, the help line among its contacts."""
        return dataclasses.replace(self, true=(*self.true, TrueContact("phone", HOTLINE, "hotline")))


def _plain(contact: TrueContact, rng: Random) -> tuple[TrueContact, str]:
    if contact.kind == "phone":
        return contact, writing.plain(contact.value, rng)
    if contact.kind == "handle":
        platform, _, name = contact.value.partition(":")
        return contact, rng.choice(_HANDLE_FORMS[platform]).format(name)
    if contact.kind == "url" and rng.random() < 0.5:
        return contact, f"https://{contact.value}"
    return contact, contact.value


def _in_field(contact: TrueContact, rng: Random) -> dict[str, str]:
    if contact.kind == "phone":
        value = contact.value if rng.random() < 0.3 else writing.plain(contact.value, rng)
    else:
        value = f"https://{contact.value}" if contact.kind == "url" else contact.value
    return {"kind": contact.kind, "value": value}


def _own(actor: Actor, tenures: list[Tenure], rng: Random) -> tuple[list[Tenure], list[TrueContact]]:
    channels = [channel for channel in actor.channels if rng.random() < 0.5]
    if channels and rng.random() < 0.08:
        return [], channels
    if len(tenures) > 1 and rng.random() < 0.15:
        return rng.sample(tenures, 2), channels
    return [rng.choice(tenures)], channels


def offer(
    actor: Actor,
    rng: Random,
    *,
    site: Site,
    tenures: list[Tenure],
    template: Template,
    settings: WorldSettings,
) -> Offer:
    """The contacts of a new record of the actor, on this site, while it holds these numbers."""
    nothing = rng.choice(language(actor.language).no_contact)
    if rng.random() < settings.no_contact:
        return Offer((), dict.fromkeys(("contact", *_HUB_SLOTS), nothing), [], "")
    hidden = actor.obscures and rng.random() < 0.9
    # Who hides a number from readers by machine seldom puts it into the field made for it.
    has_field = rng.random() < site.contacts_field * (0.15 if hidden else 1.0)
    has_field = has_field and rng.random() >= settings.missing
    has_text = not has_field or rng.random() < 0.85
    where = (*(("body",) if has_text else ()), *(("contacts",) if has_field else ()))
    phones, channels = _own(actor, tenures, rng)
    written = [_phone(tenure, hidden and has_text, actor.language, rng) for tenure in phones]
    in_title = written[0][1] if written and has_text and rng.random() < 0.04 else ""
    written += [_channel(channel, hidden and has_text, rng) for channel in channels]
    true = [dataclasses.replace(contact, where=where) for contact, _ in written]
    if in_title:
        true[0] = dataclasses.replace(true[0], where=("title", *where))
    fields = [_in_field(contact, rng) for contact in true] if has_field else []
    joined = rng.choice((" or ", ", ", " / ")).join(text for _, text in written)
    slots = {"contact": joined if has_text else nothing}
    for slot in _HUB_SLOTS:
        shared = _shared(actor, slot, rng) if slot in template.cues else None
        if shared is None:
            slots[slot] = nothing
            continue
        _, slots[slot] = _plain(shared, rng)
        listed = has_field and rng.random() < 0.5
        true.append(dataclasses.replace(shared, where=("body", "contacts") if listed else ("body",)))
        if listed:
            fields.append(_in_field(shared, rng))
    return Offer(tuple(true), slots, fields, in_title)


def _phone(tenure: Tenure, hidden: bool, code: str, rng: Random) -> tuple[TrueContact, str]:
    if not hidden:
        return _plain(TrueContact("phone", tenure.number), rng)
    contact = TrueContact("phone", tenure.number, style=tenure.style)
    return contact, writing.obscured(tenure.number, tenure.style, code, rng)


def _channel(channel: TrueContact, hidden: bool, rng: Random) -> tuple[TrueContact, str]:
    if not hidden or channel.kind != "email":
        return _plain(channel, rng)
    local, _, host = channel.value.partition("@")
    return dataclasses.replace(channel, style="spelled"), f"{local} (at) {host.replace('.', ' dot ')}"


def _shared(actor: Actor, slot: str, rng: Random) -> TrueContact | None:
    if slot == "link":
        return rng.choice(actor.links) if actor.links else None
    return actor.hubs.get(slot)
