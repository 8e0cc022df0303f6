"""What the world models is really in it, in the measure that the settings ask for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Any

from accord.demo.world import WorldSettings, generate
from accord.demo.world.settings import KINDS

SPREAD = 0.08


def share(records: Iterable[Any], wanted: Any) -> float:
    judged = [bool(wanted(record)) for record in records]
    return sum(judged) / len(judged)


def obscured(record: Any) -> bool:
    return any(contact.style in OBSCURED for contact in record.truth.contacts)


OBSCURED = {"words", "mixed", "spaced", "bracketed", "leet", "keycaps", "full_width", "starred", "scattered"}


def actors_by(world: Any, contact: tuple[str, str]) -> set[str]:
    kind, role = contact
    return {
        record.truth.actor
        for record in world.records
        if any(one.kind == kind and one.role == role for one in record.truth.contacts)
    }


def test_kinds_and_sites_have_their_shares(world: Any) -> None:
    kinds = Counter(record.truth.kind for record in world.records)
    for kind, part in world.settings.shares.items():
        assert abs(kinds[kind] / len(world.records) - part) < 0.001
    sites = Counter(record.source for record in world.records)
    for site in world.settings.sites:
        assert abs(sites[site.slug] / len(world.records) - site.share) < SPREAD


def test_sizes_have_a_heavy_tail(world: Any) -> None:
    rings = Counter(record.truth.ring for record in world.of_kind("ring"))
    sizes = sorted(rings.values())
    assert sizes[0] <= 5
    assert sizes[-1] > 100
    assert sizes[len(sizes) // 2] < 15


def test_actors_advertise_on_several_sites(world: Any) -> None:
    sites = defaultdict(set)
    for record in world.records:
        sites[record.truth.actor].add(record.source)
    assert sum(len(seen) == 3 for seen in sites.values()) > 20
    assert sum(len(seen) == 1 for seen in sites.values()) > 300


def test_copies_of_an_image_differ_by_no_more_bits_than_the_settings_say(world: Any, hard_world: Any) -> None:
    for one in (world, hard_world):
        low, high = one.settings.flipped_bits
        copies = defaultdict(set)
        for record in one.records:
            for name, image in zip(record.truth.images, record.record.get("images", []), strict=True):
                if image["quality"] >= 50:
                    copies[name].add(int(image["pdq"], 16))
        shown_often = {name: seen for name, seen in copies.items() if len(seen) >= 3}
        assert len(shown_often) > 100
        distances = [
            (a ^ b).bit_count() for seen in shown_often.values() for a in seen for b in seen if a < b
        ]
        assert max(distances) <= 2 * high
        assert max(distances) > high
        assert min(distances) >= max(1, low - high)


def test_different_images_are_far_apart(world: Any) -> None:
    originals = {}
    for record in world.records[:3000]:
        for name, image in zip(record.truth.images, record.record.get("images", []), strict=True):
            if image["quality"] == 100:
                originals[name] = int(image["pdq"], 16)
    hashes = list(originals.values())[:400]
    assert min((a ^ b).bit_count() for a in hashes for b in hashes if a < b) > 62


def test_poor_images_of_strangers_have_the_same_hash(world: Any) -> None:
    actors = defaultdict(set)
    for record in world.records:
        for image in record.record.get("images", []):
            if image["quality"] <= 10:
                actors[image["pdq"]].add(record.truth.actor)
    assert len(actors) == 6
    assert min(len(seen) for seen in actors.values()) >= 10


def test_hubs_are_shared_by_strangers(world: Any) -> None:
    assert len(actors_by(world, ("phone", "hotline"))) >= 50
    assert len(actors_by(world, ("url", "booking_site"))) >= 20
    assert len(actors_by(world, ("phone", "answering_service"))) >= 5
    stock = defaultdict(set)
    for record in world.records:
        for name in record.truth.images:
            if name.startswith("stock/"):
                stock[name].add(record.truth.actor)
    assert max(len(actors) for actors in stock.values()) >= 5


def test_an_agencys_switchboard_stands_for_several_people(world: Any) -> None:
    people = defaultdict(set)
    for record in world.of_kind("agency"):
        for contact in record.truth.contacts:
            if contact.kind == "phone" and contact.role == "own":
                people[contact.value].update(record.truth.people)
    assert sum(len(seen) >= 3 for seen in people.values()) >= 10


def test_borrowed_texts_and_stolen_pictures_cross_actors(hard_world: Any) -> None:
    assert sum(actor.borrows_text for actor in hard_world.actors.values()) >= 30
    thefts = {
        (record.truth.actor, name)
        for record in hard_world.records
        for name in record.truth.images
        if not name.startswith(("stock/", "flat/", f"{record.truth.actor}/", f"{record.truth.ring}/"))
    }
    assert len({actor for actor, _ in thefts}) >= 15
    assert {actor for actor, _ in thefts} <= {
        actor.actor for actor in hard_world.actors.values() if actor.steals_pictures
    }


def test_given_up_numbers_are_reassigned_after_the_silence(world: Any, hard_world: Any) -> None:
    for one, at_least in ((world, 10), (hard_world, 20)):
        tenures = defaultdict(list)
        for actor in one.actors.values():
            for number, first, last in actor.phones:
                tenures[number].append((date.fromisoformat(first), date.fromisoformat(last), actor.actor))
        passed_on = [sorted(held) for held in tenures.values() if len({actor for _, _, actor in held}) > 1]
        assert len(passed_on) >= at_least
        for held in passed_on:
            for (_, last, before), (first, _, after) in pairwise(held):
                assert before == after or (first - last).days >= one.settings.silence_days - 1


def test_rings_rotate_numbers_some_of_which_overlap(world: Any) -> None:
    large = [actor for actor in world.actors.values() if actor.kind == "ring" and actor.records >= 100]
    assert large
    overlaps = 0
    for actor in large:
        overlaps += sum(later[1] < earlier[2] for earlier, later in pairwise(actor.phones))
    assert sum(len(actor.phones) for actor in large) >= 2 * len(large)
    assert overlaps >= 1


def test_rings_advertise_several_people_in_several_cities_fast(world: Any) -> None:
    def records_a_day(kind: str) -> float:
        days: dict[str, set[str]] = defaultdict(set)
        counts: Counter[str] = Counter()
        for record in world.of_kind(kind):
            days[record.truth.actor].add(record.record["observed_at"][:10])
            counts[record.truth.actor] += 1
        often = [actor for actor in counts if counts[actor] >= 10]
        return sum(counts[actor] / len(days[actor]) for actor in often) / len(often)

    rings = [actor for actor in world.actors.values() if actor.kind == "ring" and actor.records >= 20]
    assert all(len(actor.people) >= 2 for actor in rings)
    assert share(rings, lambda actor: len(actor.cities) >= 2) > 0.7
    assert records_a_day("ring") > 1.5 * records_a_day("independent")


def test_cells_of_a_ring_share_people_and_no_number(world: Any) -> None:
    cells = defaultdict(list)
    for actor in world.actors.values():
        if actor.ring:
            cells[actor.ring].append(actor)
    pairs = [actors for actors in cells.values() if len(actors) == 2]
    assert pairs
    for one, other in pairs:
        assert set(one.people) & set(other.people)
        assert not {phone[0] for phone in one.phones} & {phone[0] for phone in other.phones}


def test_late_records_arrive_after_later_ones(world: Any) -> None:
    latest = ""
    late = 0
    for record in world.records:
        observed = record.record["observed_at"]
        late += observed[:10] < latest[:10]
        latest = max(latest, observed)
    assert 0.01 < late / len(world.records) < 0.06
    arrived = [record.arrived for record in world.records]
    assert arrived == sorted(arrived)


def test_repeats_repeat_word_for_word_under_a_new_id(world: Any) -> None:
    last: dict[str, Any] = {}
    repeats = 0
    for record in world.records:
        if record.truth.repeats:
            repeats += 1
            before = last[record.truth.actor].record
            assert before["body"] == record.record["body"]
            assert before.get("images") == record.record.get("images")
            assert before["external_id"] != record.record["external_id"]
        last[record.truth.actor] = record
    assert 0.01 < repeats / len(world.records) < 0.06


def test_contacts_stand_in_text_in_the_field_in_both_or_nowhere(world: Any) -> None:
    ways = Counter(
        frozenset(
            place for contact in record.truth.contacts for place in contact.where if contact.role == "own"
        )
        for record in world.records
    )
    for way in (frozenset({"body"}), frozenset({"contacts"}), frozenset({"body", "contacts"}), frozenset()):
        assert ways[way] / len(world.records) > 0.01, way
    assert any("title" in way for way in ways)


def test_obscured_numbers_are_commoner_in_rings_and_not_theirs_alone(world: Any) -> None:
    rings, lawful = share(world.of_kind("ring"), obscured), share(world.of_kind("independent"), obscured)
    assert rings > 2 * lawful > 0


def test_indicators_lean_the_published_way_and_decide_nothing(cast: Any) -> None:
    def has(cue: str, kind: str) -> float:
        texts = [text for actor in cast if actor.kind == kind for text in actor.templates]
        return share(texts, lambda text: cue in text.cues)

    for cue in ("trustworthy", "youth", "in_call", "ethnicity"):
        assert has(cue, "ring") > has(cue, "independent") > 0, cue
    for cue in ("movement", "tattoos", "independent"):
        assert 0 < has(cue, "ring") < has(cue, "independent"), cue
    assert abs(has("screening", "ring") - has("screening", "independent")) < 0.05
    assert has("screening", "agency") > 0.4


def test_a_stated_age_says_nothing_of_the_kind(cast: Any) -> None:
    young: dict[bool, list[bool]] = defaultdict(list)
    for actor in cast:
        young[actor.kind == "ring"] += [person.age < 23 for person in actor.people]
    ring, other = (sum(young[kind]) / len(young[kind]) for kind in (True, False))
    assert abs(ring - other) < 0.05


def test_some_write_spanish(world: Any) -> None:
    languages = Counter(actor.language for actor in world.actors.values())
    assert 0.02 < languages["es"] / len(world.actors) < 0.07


def test_edits_follow_the_rate() -> None:
    def bodies(rate: float) -> Counter[str]:
        settings = WorldSettings(
            records=600, seed="edits", edit_rate=(rate, rate), duplicates=0.0, spanish=0.0, hotline=0.0
        )
        return Counter(record.record["body"] for record in generate(settings) if record.truth.kind == "spa")

    unedited, edited = bodies(0.0), bodies(0.2)
    assert sum(unedited.values()) == sum(edited.values())
    assert len(edited) > 1.3 * len(unedited)


def test_a_setting_at_zero_switches_its_phenomenon_off() -> None:
    settings = WorldSettings(
        records=1500, obscured=0.0, late=0.0, duplicates=0.0, hotline=0.0, booking_site=0.0, reassigned=0.0,
        stock_pictures=0.0, stolen_pictures=0.0, borrowed_texts=0.0, answering_service=0.0, no_contact=0.0,
        low_quality=0.0, re_encoded=0.0, missing=0.0,
    )  # fmt: skip
    holders = defaultdict(set)
    for record in generate(settings):
        truth = record.truth
        assert truth.contacts
        assert not truth.repeats
        assert not obscured(record)
        assert {contact.role for contact in truth.contacts} == {"own"}
        assert record.record.keys() >= {"title", "place", "images", "language"}
        for name, image in zip(truth.images, record.record["images"], strict=True):
            holders[image["pdq"]].add(name)
            assert image["quality"] == 100
        for contact in truth.contacts:
            if contact.kind == "phone":
                holders[contact.value].add(truth.actor)
    assert max(len(names) for names in holders.values()) == 1


def test_every_kind_is_there(world: Any) -> None:
    assert {record.truth.kind for record in world.records} == set(KINDS)
