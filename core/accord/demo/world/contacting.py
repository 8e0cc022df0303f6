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


def _in_text(contact: TrueContact, obscures: bool, rng: Random) -> str:
    if contact.kind == "handle":
        platform, _, name = contact.value.partition(":")
        return rng.choice(_HANDLE_FORMS[platform]).format(name)
    if contact.kind == "email":
        local, _, host = contact.value.partition("@")
        return f"{local} (at) {host.replace('.', ' dot ')}" if obscures else contact.value
    return f"https://{contact.value}" if rng.random() < 0.5 else contact.value


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
    bank = language(actor.language)
    nothing = rng.choice(bank.no_contact)
    if rng.random() < settings.no_contact:
        return Offer((), dict.fromkeys(("contact", *_HUB_SLOTS), nothing), [], "")
    hidden = actor.obscures and rng.random() < 0.9
    has_field = (
        rng.random() < site.contacts_field * (0.15 if hidden else 1.0) and rng.random() >= settings.missing
    )
    has_text = not has_field or rng.random() < 0.85
    phones, channels = _own(actor, tenures, rng)
    where = (*(("body",) if has_text else ()), *(("contacts",) if has_field else ()))
    true, fields, written = [], [], []
    in_title = ""
    for tenure in phones:
        style = tenure.style if hidden and has_text else "plain"
        text = (
            writing.plain(tenure.number, rng)
            if style == "plain"
            else writing.obscured(tenure.number, style, actor.language, rng)
        )
        written.append(text)
        contact = TrueContact("phone", tenure.number, "own", where, style)
        if has_text and rng.random() < 0.04:
            in_title = text
            contact = dataclasses.replace(contact, where=("title", *where))
        true.append(contact)
    for channel in channels:
        written.append(_in_text(channel, hidden, rng))
        true.append(
            dataclasses.replace(
                channel,
                where=where,
                style="spelled" if hidden and channel.kind == "email" and has_text else "plain",
            )
        )
    if has_field:
        fields = [_in_field(contact, rng) for contact in true]
    slots = {"contact": rng.choice((" or ", ", ", " / ")).join(written) if has_text else nothing}
    for slot in _HUB_SLOTS:
        shared = _shared(actor, slot, rng)
        if shared is None or slot not in template.cues:
            slots[slot] = nothing
            continue
        slots[slot] = (
            writing.plain(shared.value, rng) if shared.kind == "phone" else _in_text(shared, False, rng)
        )
        listed = has_field and rng.random() < 0.5
        true.append(dataclasses.replace(shared, where=("body", "contacts") if listed else ("body",)))
        if listed:
            fields.append(_in_field(shared, rng))
    return Offer(tuple(true), slots, fields, in_title)


def _shared(actor: Actor, slot: str, rng: Random) -> TrueContact | None:
    if slot == "link":
        return rng.choice(actor.links) if actor.links else None
    return actor.hubs.get(slot)
