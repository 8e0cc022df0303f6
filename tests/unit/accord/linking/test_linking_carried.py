"""What a record brings: the selectors that may join it to others, and facts."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from accord.linking.carried import carried, facts_of, supports_of
from accord_sdk import Finding, ImageHash, Place, Selector, Signal

MOMENT = datetime(2026, 5, 1, 12, tzinfo=UTC)
BITS = "0f" * 32
SKETCH = "0f" * 64

hashes = st.integers(0, 2**256 - 1)


def as_hex(bits: int) -> str:
    return f"{bits:064x}"


def selectors(*findings: Finding, images: tuple[ImageHash, ...] = ()) -> set[tuple[str, str]]:
    return {(one.kind, one.value) for one in carried(findings, images)}


def test_identities_texts_and_pictures_are_carried() -> None:
    found = selectors(
        Selector("phone", "+16145550134"),
        Selector("template", SKETCH, keys=(1, 2)),
        images=(ImageHash("AB" * 32),),
    )
    assert found == {("phone", "+16145550134"), ("template", SKETCH), ("image", "ab" * 32)}


def test_what_only_describes_is_not_carried() -> None:
    assert (
        selectors(Selector("age", "23"), Selector("price", "200 USD/60"), Selector("place", "Columbus"))
        == set()
    )
    assert selectors(Signal("pace", 1)) == set()


def test_a_selector_that_stands_twice_is_carried_once() -> None:
    twice = (
        Selector("phone", "+16145550134", field="body"),
        Selector("phone", "+16145550134", field="title"),
    )
    assert len(carried(twice, ())) == 1


def test_a_finding_that_its_plugin_doubts_joins_nothing() -> None:
    assert selectors(Selector("phone", "+16145550134", confidence=0.49)) == set()
    assert selectors(Selector("phone", "+16145550134", confidence=0.5)) != set()


def test_a_poor_picture_joins_nothing() -> None:
    assert selectors(images=(ImageHash(BITS, quality=49),)) == set()
    assert selectors(images=(ImageHash(BITS, quality=50),)) == {("image", BITS)}


def test_a_template_that_is_no_sketch_is_left_out() -> None:
    assert selectors(Selector("template", "some text"), Selector("template", SKETCH[:-1])) == set()


def test_pictures_come_from_the_record_and_not_from_plugins() -> None:
    assert selectors(Selector("image", BITS)) == set()


def test_keys_that_a_plugin_repeats_are_kept_once() -> None:
    (found,) = carried([Selector("template", SKETCH, keys=(5, 3, 5))], ())
    assert found.keys == (3, 5)


def test_the_place_of_the_record_goes_before_the_place_in_its_text() -> None:
    findings = (Selector("place", "Dayton, OH, US", attributes={"lat": 39.76, "lon": -84.19}),)
    place = Place("Columbus, OH", "US", 39.96, -83.0)
    assert list(facts_of("s/1", MOMENT, place, findings).visits) == ["Columbus, OH"]
    visits = facts_of("s/1", MOMENT, None, findings).visits
    assert (visits["Dayton, OH"].lat, visits["Dayton, OH"].lon) == (39.76, -84.19)


def test_a_signal_that_stands_twice_counts_one_record_at_its_strongest() -> None:
    findings = (Signal("pace", 1, strength=0.2), Signal("pace", 1, strength=0.6))
    signal = facts_of("s/1", MOMENT, None, findings).signals["pace"]
    assert (signal.records, signal.strength) == (1, 0.6)


def test_the_facts_of_one_record() -> None:
    facts = facts_of("s/1", MOMENT, None, (Selector("age", "23"),))
    assert (facts.anchor, facts.records, facts.first, facts.last) == ("s/1", 1, MOMENT, MOMENT)
    assert facts.days == (MOMENT.toordinal(),)
    assert facts.ages == {"23": 1}


def test_a_city_has_one_name_however_a_source_and_a_detector_write_it() -> None:
    stated = Selector("place", "New York City, NY, US", field="place", confidence=0.95)
    unsure = Selector("place", "Nowhere, US", field="place", confidence=0.5)
    in_text = Selector("place", "Denver, CO, US", field="body", attributes={"lat": 39.74, "lon": -104.99})
    cases: list[tuple[Place | None, tuple[Finding, ...], str]] = [
        (Place("NYC", "US"), (in_text, stated), "New York City, NY"),
        (Place("Nowhere", "US"), (unsure,), "Nowhere"),
        (Place("Denver, CO", "US"), (), "Denver, CO"),
        (Place("Denver, CO, US", "US"), (), "Denver, CO"),
        (None, (in_text,), "Denver, CO"),
        (
            Place("Paris", "FR"),
            (Selector("place", "Paris, FR", field="place", confidence=0.95),),
            "Paris, FR",
        ),
    ]
    for place, findings, name in cases:
        assert list(facts_of("s/1", MOMENT, place, findings).visits) == [name]
        assert supports_of(place, findings) == (f"place:{name.casefold()}",)


def test_place_prices_and_ages_support_other_evidence() -> None:
    findings = (
        Selector("price", "200 USD/60"),
        Selector("price", "200"),
        Selector("age", "23"),
        Selector("age", "24", confidence=0.3),
    )
    place = Place("Columbus, OH", "US")
    assert supports_of(place, findings) == ("age:23", "place:columbus, oh", "price:200")
    assert supports_of(None, ()) == ()
