"""What a lead's numbers show: telephones, people, images, output, repeated text."""

from __future__ import annotations

from collections.abc import Iterator

from accord_indicators.movement import count
from accord_indicators.sources import INFOSHIELD, PORTNOFF, TNET, rising
from accord_sdk import Indicator, Lead

ONE_AGE = 1
"""Stated ages that differ by no more are one person's, who had a birthday or rounds."""
AGE_SPREAD = 3
"""Stated ages that differ by so many years are more than one person's rounding."""
MANY_IMAGES = 6
FEW_IMAGES_PHONES = 3
FEW_IMAGES_EACH = 2
"""People have pictures of themselves: with so many numbers there are at least so many images for each."""
LOW_OUTPUT = 1.5
LOW_OUTPUT_DAYS = 7
"""Records a day with records, and days from the first to the last, of somebody who posts now and then."""
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
    of_phones = f" for {count(phones, 'phone number')}" if phones else ""
    yield Indicator("many_images", 1, rising(images, half=24), f"{images} different images{of_phones}", TNET)


def _few_images(lead: Lead) -> Iterator[Indicator]:
    """Many numbers and hardly a picture: spam. Where no record has an image at all, nothing is known."""
    phones, images = lead.selectors.get("phone", 0), lead.selectors.get("image", 0)
    wanted = FEW_IMAGES_EACH * phones
    if phones >= FEW_IMAGES_PHONES and 0 < images < wanted:
        evidence = f"{count(images, 'image')} for {phones} phone numbers, as spam has"
        yield Indicator("few_images", -1, round(1 - images / wanted, 4), evidence, TNET)


def _low_output(lead: Lead) -> Iterator[Indicator]:
    """The other side of high output: a record now and then over weeks, as somebody who works alone."""
    span = max((lead.last - lead.first).days, 0) + 1
    pace = lead.records / max(1, lead.days)
    if lead.records >= LEAST_RECORDS and span >= LOW_OUTPUT_DAYS and pace < LOW_OUTPUT:
        evidence = f"{lead.records} records over {span} days, {pace:.1f} on a day with records"
        calm = min(1.0, 2 * (LOW_OUTPUT - pace))
        strength = round(calm * rising(span - LOW_OUTPUT_DAYS + 1, half=10), 4)
        yield Indicator("low_output", -1, strength, evidence, PORTNOFF)


def _pace(lead: Lead) -> Iterator[Indicator]:
    pace = lead.records / max(1, lead.days)
    if lead.records >= 4 and pace > 1.5:
        evidence = f"{lead.records} records on {count(max(1, lead.days), 'day')}, {pace:.1f} a day"
        yield Indicator("high_output", 1, rising(pace - 1, half=3), evidence, PORTNOFF)


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
