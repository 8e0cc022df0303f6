"""What two strands have in common, and when it is enough to join them."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from accord.linking.bonds import Supports, bond, bonds

NOTHING = Supports()
CITY = Supports(places=frozenset({"columbus, oh"}))
PRICED = Supports(prices=frozenset({"200"}))
CITY_AND_PRICE = Supports(frozenset({"columbus, oh"}), frozenset({"200", "120"}))
A, B, C = (UUID(int=number) for number in range(1, 4))

shared_kinds = st.lists(st.sampled_from(["template", "image", "phone"]), max_size=6)
stated = st.builds(
    Supports,
    *(st.frozensets(st.sampled_from("xyz"), max_size=2) for _ in range(3)),
)


def test_what_a_strand_states_is_read_by_kind() -> None:
    found = Supports.of(["place:a: b", "price:200", "age:23"])
    assert found == Supports(frozenset({"a: b"}), frozenset({"200"}), frozenset({"23"}))


def test_one_shared_thing_alone_joins_nothing() -> None:
    for kind in ("template", "image", "phone"):
        assert not bond([kind], NOTHING, NOTHING).joins


def test_a_place_and_prices_alone_join_nothing() -> None:
    assert not bond([], CITY_AND_PRICE, CITY_AND_PRICE).joins


def test_a_text_and_a_picture_join_whatever_the_place() -> None:
    assert bond(["template", "image"], CITY, Supports(frozenset({"dayton, oh"}))).joins


def test_three_pictures_join() -> None:
    assert not bond(["image"] * 2, NOTHING, NOTHING).joins
    assert bond(["image"] * 3, NOTHING, NOTHING).joins


def test_a_text_in_the_same_places_joins_unless_the_prices_differ() -> None:
    assert bond(["template"], CITY, CITY).joins
    assert bond(["template"], CITY_AND_PRICE, CITY_AND_PRICE).joins
    dearer = Supports(CITY.places, frozenset({"350"}))
    assert not bond(["template"], CITY_AND_PRICE, dearer).joins


def test_a_text_in_one_of_many_places_does_not_join() -> None:
    touring = Supports(frozenset({"columbus, oh", "dayton, oh", "toledo, oh"}))
    assert not bond(["template"], CITY, touring).joins
    assert bond(["template"], touring, Supports(frozenset({"columbus, oh", "dayton, oh"}))).joins


def test_a_picture_in_the_same_city_at_the_same_price_joins() -> None:
    same = Supports(CITY.places, PRICED.prices)
    assert bond(["image"], same, same).joins


def test_a_silent_number_joins_again_with_the_old_text() -> None:
    assert bond(["phone", "template"], NOTHING, NOTHING).joins


def test_other_prices_speak_against() -> None:
    other = Supports(prices=frozenset({"350"}))
    assert bond(["phone", "template"], PRICED, PRICED).joins
    assert not bond(["phone", "template"], PRICED, other).joins


def test_a_bond_says_why() -> None:
    made = bond(["template", "image", "image"], CITY, CITY)
    assert [(one.what, one.shared) for one in made.evidence] == [
        ("the same text", 1),
        ("the same image", 2),
        ("the same places", 1),
    ]


def test_only_bonds_that_join_are_kept() -> None:
    shared = {(A, B): ["template", "image"], (B, C): ["image"]}
    assert list(bonds(shared, dict.fromkeys((A, B, C), NOTHING))) == [(A, B)]


@given(kinds=shared_kinds, one=stated, other=stated)
def test_a_bond_is_the_same_from_both_sides(kinds: list[str], one: Supports, other: Supports) -> None:
    assert bond(kinds, one, other) == bond(kinds, other, one)


@given(kinds=shared_kinds, more=st.sampled_from(["template", "image", "phone"]), one=stated, other=stated)
def test_more_in_common_never_says_less(kinds: list[str], more: str, one: Supports, other: Supports) -> None:
    assert bond([*kinds, more], one, other).weight >= bond(kinds, one, other).weight
