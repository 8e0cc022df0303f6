"""What a lead's numbers show: telephones, people, images, output, repeated text."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2

from accord_indicators.movement import count
from accord_indicators.sources import INFOSHIELD, PORTNOFF, READING, TNET, rising
from accord_sdk import Indicator, Lead

ONE_AGE = 1
"""Stated ages that differ by no more are one person's, who had a birthday or rounds."""
AGE_SPREAD = 3
"""Stated ages that differ by so many years are more than one person's rounding."""
MANY_IMAGES = 6
ONES_OWN_IMAGES = 3
"""Images that anybody has of themselves; those beyond count."""
FEW_IMAGES_PHONES = 3
FEW_IMAGES_EACH = 2
"""People have pictures of themselves: with so many numbers there are at least so many images for each."""
FEW_IMAGES = 6
FEW_IMAGES_RECORDS = 6
"""With so many records there are at least so many images, of all people together."""
NEW_DAYS = 1
"""Days that are added to those of a lead: what was posted on one day says little of how it goes on."""
HIGH_OUTPUT, HIGH_OUTPUT_RECORDS = 0.5, 4
"""Records a day, all days from the first to the last counted, from which somebody posts a lot."""
LOW_OUTPUT = 0.5
LOW_OUTPUT_DAYS = 7
"""Records a day, and days from the first to the last, of somebody who posts now and then."""
SHORT_RECORDS = 12
"""A lead of so many records is read at one go."""
LONGEST_DOUBLINGS = 5
"""A lead that is twice as long so many times takes a day to read; beyond, length says nothing more."""
LEAST_RECORDS = 3
"""With fewer records nothing is said of how often or how many."""
SPAM_PHONES = 4
SPAM_PHONES_PER_TEMPLATE = 2.0
THROWAWAY_PHONES = 3
THROWAWAY_OF_A_DAY = 0.75
"""Telephone numbers for each day with records; who can be reached keeps a number for longer."""


def scale(lead: Lead) -> Iterator[Indicator]:
    """Indicators from how much of what the lead has."""
    yield from _phones(lead)
    yield from _throwaway(lead)
    yield from _ages(lead)
    yield from _images(lead)
    yield from _few_images(lead)
    yield from _pace(lead)
    yield from _low_output(lead)
    yield from _repeated_text(lead)
    yield from _much_to_read(lead)


def _phones(lead: Lead) -> Iterator[Indicator]:
    phones = lead.selectors.get("phone", 0)
    if phones > 1:
        yield Indicator("several_phones", 1, rising(phones - 1, half=2), f"{phones} phone numbers", TNET)


def _throwaway(lead: Lead) -> Iterator[Indicator]:
    """New numbers nearly as fast as days go by. Counted without templates: a spammer's text becomes a hub."""
    phones = lead.selectors.get("phone", 0)
    of_day = phones / max(1, lead.days)
    if phones >= THROWAWAY_PHONES and of_day > THROWAWAY_OF_A_DAY:
        days = count(max(1, lead.days), "day")
        evidence = f"{phones} phone numbers on {days} with records, as spam has"
        strength = rising(of_day - THROWAWAY_OF_A_DAY, half=0.75)
        yield Indicator("throwaway_numbers", -1, strength, evidence, TNET)


def _ages(lead: Lead) -> Iterator[Indicator]:
    if not lead.ages:
        return
    least, most = min(lead.ages), max(lead.ages)
    different = len(set(lead.ages))
    if most - least >= AGE_SPREAD:
        evidence = f"{different} different stated ages, from {least} to {most}"
        strength = rising(different - 1 + (most - least) / AGE_SPREAD, half=4)
        yield Indicator("several_people_observed", 1, strength, evidence, PORTNOFF)
    elif most - least <= ONE_AGE and lead.records >= LEAST_RECORDS:
        evidence = f"no stated age but {least}" + (f" and {most}" if most > least else "")
        evidence += f" in {lead.records} records: one person, as far as they say"
        yield Indicator("one_person_observed", -1, rising(lead.records - 1, half=3), evidence, PORTNOFF)


def _images(lead: Lead) -> Iterator[Indicator]:
    images = lead.selectors.get("image", 0)
    if images < MANY_IMAGES:
        return
    phones = lead.selectors.get("phone", 0)
    evidence = f"{images} different images" + (f" for {count(phones, 'phone number')}" if phones else "")
    yield Indicator("many_images", 1, rising(images - ONES_OWN_IMAGES, half=8), evidence, TNET)


def _few_images(lead: Lead) -> Iterator[Indicator]:
    """Many numbers or records and hardly a picture of its own: spam. Without any image nothing is known."""
    images, hubs = lead.selectors.get("image", 0), lead.hubs.get("image", 0)
    phones = lead.selectors.get("phone", 0)
    wanted = max(
        FEW_IMAGES_EACH * phones if phones >= FEW_IMAGES_PHONES else 0,
        FEW_IMAGES if lead.records >= FEW_IMAGES_RECORDS else 0,
    )
    if images < wanted and (images or hubs):
        evidence = f"{count(images, 'image')} for {lead.records} records"
        evidence += f" and {count(phones, 'phone number')}" if phones else ""
        evidence += f"; {hubs} more that many unrelated leads show" if hubs else ""
        yield Indicator("few_images", -1, round(1 - images / wanted, 4), evidence, TNET)


def _span(lead: Lead) -> int:
    """Calendar days from the first record to the last, both counted."""
    return max((lead.last.date() - lead.first.date()).days, 0) + 1


def _low_output(lead: Lead) -> Iterator[Indicator]:
    """The other side of high output: a record now and then over weeks, as somebody who works alone."""
    span = _span(lead)
    pace = lead.records / span
    if lead.records >= LEAST_RECORDS and span >= LOW_OUTPUT_DAYS and pace < LOW_OUTPUT:
        evidence = f"{lead.records} records over {span} days, one in {span / lead.records:.1f} days"
        strength = round((1 - pace / LOW_OUTPUT) * rising(span - LOW_OUTPUT_DAYS + 1, half=10), 4)
        yield Indicator("low_output", -1, strength, evidence, PORTNOFF)


def _pace(lead: Lead) -> Iterator[Indicator]:
    span = _span(lead)
    pace = lead.records / (span + NEW_DAYS)
    if lead.records >= HIGH_OUTPUT_RECORDS and pace > HIGH_OUTPUT:
        evidence = f"{lead.records} records in {count(span, 'day')}"
        yield Indicator("high_output", 1, rising(pace - HIGH_OUTPUT, half=2), evidence, PORTNOFF)


def _repeated_text(lead: Lead) -> Iterator[Indicator]:
    templates = lead.selectors.get("template", 0)
    phones = lead.selectors.get("phone", 0)
    if not templates:
        return
    each = lead.records / templates
    if lead.records >= 3 and each >= 2:
        evidence = f"{lead.records} records from {count(templates, 'text template')}"
        yield Indicator("near_duplicate_texts", 1, rising(each - 1, half=4), evidence, INFOSHIELD)
    of_text = phones / templates
    if phones >= SPAM_PHONES and of_text > SPAM_PHONES_PER_TEMPLATE:
        evidence = f"{phones} phone numbers under {count(templates, 'text template')}, as spam has"
        strength = rising(of_text - SPAM_PHONES_PER_TEMPLATE, half=3)
        yield Indicator("spam_scale", -1, strength, evidence, TNET)


def _much_to_read(lead: Lead) -> Iterator[Indicator]:
    """Of two leads of which the same is known, the one that is read sooner comes first.

    Each doubling counts the same, because evidence by number gathers with length alone.
    """
    if lead.records > SHORT_RECORDS:
        evidence = f"{lead.records} records to read: with the same evidence a shorter lead comes first"
        strength = round(min(1.0, log2(lead.records / SHORT_RECORDS) / LONGEST_DOUBLINGS), 4)
        yield Indicator("much_to_read", -1, strength, evidence, READING)
