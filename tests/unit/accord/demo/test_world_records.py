"""Every record line has the form that `accord ingest` reads, is fictitious, neutral, and tells no truth."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import phonenumbers
import pytest

from accord.demo.world import RecordTruth, WorldRecord, WorldSettings, generate
from accord.demo.world.numbers import (
    AREA_CODES,
    AUSTRALIAN,
    BRITISH,
    FRENCH,
    block,
    is_fictitious,
)
from accord.demo.world.places import CITIES
from accord.demo.world.posting import timestamp
from accord.demo.world.writing import STYLES, groups
from accord_sdk import RECORD_FIELDS, Record

FIELDS = RECORD_FIELDS | {"external_id"}
UNSUITABLE = re.compile(
    r"\b(sex\w*|nude\w*|naked|porn\w*|erotic\w*|xxx|escort\w*|fetish\w*|kink\w*|explicit\w*|orgasm\w*|lingerie"
    r"|busty|horny|slut\w*|teens?|teenage\w*|minors?|child\w*|kids?|underage|school\w*|virgins?|girls?|boys?"
    r"|sexo\w*|desnud\w*|menor(es)?|niñ[ao]s?|erótic\w*)\b",
    re.IGNORECASE,
)


def moment(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    assert parsed.tzinfo is not None
    return parsed


def test_every_line_has_the_contracts_fields_and_types(world: Any, hard_world: Any) -> None:
    for record in (*world.records, *hard_world.records):
        values = json.loads(record.line)
        assert values.keys() <= FIELDS
        assert {"external_id", "observed_at"} <= values.keys()
        typed = msgspec.convert(
            {name: value for name, value in values.items() if name != "external_id"}, Record
        )
        for image in typed.images:
            assert re.fullmatch(r"[0-9a-f]{64}", image.pdq)
            assert 0 <= image.quality <= 100
        for price in typed.prices:
            assert price.amount > 0
            assert price.currency in {"USD", "CAD", "GBP", "EUR"}
            assert price.minutes in {30, 60, 90, 120}
        if typed.place:
            assert typed.place.name in {city.name for city in CITIES}


def test_times_are_aware_and_within_the_settings(world: Any) -> None:
    settings = world.settings
    for record in world.records:
        observed = moment(record.record["observed_at"])
        assert settings.start <= observed < settings.end
        if posted := record.record["posted_at"]:
            assert observed - timedelta(days=5, seconds=1) <= moment(posted) <= observed
        assert observed <= moment(timestamp(record.arrived))


def test_external_ids_are_unique_and_tell_only_the_order(world: Any) -> None:
    ids = [record.record["external_id"] for record in world.records]
    assert len(set(ids)) == len(ids)
    for site in world.settings.sites:
        numbers = [
            int(record.record["external_id"].partition("-")[2])
            for record in world.records
            if record.source == site.slug
        ]
        assert numbers == sorted(numbers)


def test_no_line_names_an_actor_ring_or_person(world: Any) -> None:
    named = re.compile(r"\ba\d{6}\b|\br\d{5}\b|/p\d|independent/|\bmimic|urgency|\bring\b")
    for record in world.records:
        values = {name: value for name, value in record.record.items() if name != "images"}
        assert not named.search(json.dumps(values))
        assert record.record["extra"].keys() <= {"views"}


def test_kinds_cannot_be_told_by_which_fields_are_there(world: Any) -> None:
    # Fields go missing by chance alone: the shapes of lines are about as common in rings as elsewhere.
    def part(kinds: set[str], name: str) -> float:
        records = [record for record in world.records if record.truth.kind in kinds]
        return sum(name in record.record for record in records) / len(records)

    for name in ("title", "images", "language", "place", "prices"):
        assert abs(part({"ring"}, name) - part({"independent", "spa", "spam", "agency"}, name)) < 0.03


def test_every_number_is_one_kept_for_fiction(world: Any, hard_world: Any) -> None:
    for record in (*world.records, *hard_world.records):
        for contact in record.truth.contacts:
            assert contact.kind != "phone" or is_fictitious(contact.value), contact


def test_what_a_phone_book_reader_finds_in_the_texts_is_fictitious(world: Any) -> None:
    found = [
        phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        for record in world.records[:1500]
        for match in phonenumbers.PhoneNumberMatcher(record.record["body"], "US")
    ]
    assert len(found) > 500
    assert [number for number in found if not is_fictitious(number)] == []


@pytest.mark.parametrize(
    "number", ["+16145550200", "+16145551234", "+447700901000", "+18005550100", "+1614555013"]
)
def test_a_number_that_may_be_somebodys_is_not_fictitious(number: str) -> None:
    assert not is_fictitious(number)


def test_the_blocks_are_numbers_of_their_countries() -> None:
    # libphonenumber knows no valid mobile numbers in 07700 900, the one block that it rejects.
    for code in (*AREA_CODES, *BRITISH, *FRENCH, *AUSTRALIAN):
        prefix, width = block(code)
        number = phonenumbers.parse(prefix + "1" * width)
        assert phonenumbers.is_valid_number(number) is (code != "+447700900"), code


def test_every_address_is_of_an_example_domain(world: Any) -> None:
    for record in world.records:
        addresses = re.findall(r"https?://([^/\"\s|]+)", f"{record.record['body']} {record.record['url']}")
        for contact in (*record.truth.contacts,):
            if contact.kind in ("email", "url"):
                addresses.append(contact.value.rpartition("@")[2].partition("/")[0])
        for host in addresses:
            assert re.search(r"(^|\.)example\.(com|org|net)$", host), host


def test_wording_is_neutral(world: Any, hard_world: Any) -> None:
    for record in (*world.records, *hard_world.records):
        text = f"{record.record.get('title', '')} {record.record['body']}"
        found = UNSUITABLE.search(text)
        assert found is None, f"{found and found.group()} in {text}"


def test_nobody_is_under_nineteen(world: Any) -> None:
    stated = [
        int(age)
        for record in world.records
        for age in re.findall(r"\b(\d\d) (?:years|yrs|y/o|años)", record.record["body"])
    ]
    assert len(stated) > 100
    assert min(stated) >= 19


def test_contacts_stand_where_the_truth_says(world: Any) -> None:
    for record in world.records:
        fields = [phone_digits(one["value"]) for one in record.record["contacts"] if one["kind"] == "phone"]
        phones = [contact for contact in record.truth.contacts if contact.kind == "phone"]
        listed = [contact.value for contact in phones if "contacts" in contact.where]
        assert len(fields) == len(listed)
        for contact in phones:
            line = "".join(groups(contact.value))[-9:]
            for name in contact.where:
                if name == "contacts":
                    assert any(digits.endswith(line) for digits in fields)
                elif contact.style == "plain":
                    assert line in phone_digits(record.record[name])


def phone_digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def test_every_obscured_style_is_in_use(world: Any) -> None:
    seen = {contact.style for record in world.records for contact in record.truth.contacts}
    assert set(STYLES) <= seen


def test_truth_is_complete(world: Any) -> None:
    for record in world.records:
        truth = record.truth
        assert (truth.source, truth.external_id) == (record.source, record.record["external_id"])
        actor = world.actors[truth.actor]
        assert (truth.kind, truth.ring, truth.urgency) == (actor.kind, actor.ring, actor.urgency)
        assert (truth.ring is not None) == (truth.kind == "ring") == (truth.urgency > 0)
        assert len(truth.images) == len(record.record.get("images", []))
        assert set(truth.people) <= set(actor.people)
        own = {
            contact.value for contact in truth.contacts if contact.kind == "phone" and contact.role == "own"
        }
        assert own <= {number for number, _, _ in actor.phones}
        assert RecordTruth.from_json(json.loads(json.dumps(truth.to_json()))) == truth


def peak_bytes(read: Callable[[Iterator[WorldRecord]], object], settings: WorldSettings) -> int:
    tracemalloc.start()
    read(generate(settings))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_streaming_holds_no_records() -> None:
    settings = WorldSettings(records=5_000, seed="memory")
    streaming = peak_bytes(lambda records: sum(len(record.line) for record in records), settings)
    holding = peak_bytes(list, settings)
    assert streaming < holding / 3


def test_the_first_record_needs_no_other() -> None:
    # The plan of a large world is one small row an actor: about fifty times less than its records.
    first = peak_bytes(next, WorldSettings(records=100_000, seed="memory"))
    assert first < 100_000 * 100


def test_every_city_has_numbers_of_its_own() -> None:
    known = {*AREA_CODES, *BRITISH, *FRENCH, *AUSTRALIAN}
    assert [(city.name, code) for city in CITIES for code in city.codes if code not in known] == []
