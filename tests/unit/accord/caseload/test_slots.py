"""What near-duplicate texts have in common, and what varies."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from accord.caseload.slots import Common, Slot, Variant, shared_text

LINES = [
    "New in Columbus this week, two friends, ask for Ana, call before ten",
    "New in Dayton this week, two friends, ask for Ana, call before ten",
    "New in Columbus this week, two friends, ask for Mia please, call before ten!",
]


def test_what_all_texts_say_stands_and_what_varies_is_a_slot() -> None:
    shared = shared_text(LINES)
    assert shared is not None
    assert [part.words if isinstance(part, Common) else part.number for part in shared.parts] == [
        "New in",
        1,
        "this week, two friends, ask for",
        2,
        "call before ten",
    ]
    assert shared.slots[0].variants == (Variant("Columbus", 2), Variant("Dayton", 1))
    assert {variant.words for variant in shared.slots[1].variants} == {"Ana,", "Mia please,"}


def test_letters_of_any_case_and_marks_make_no_slot() -> None:
    shared = shared_text(["Call me now!", "call ME, now"])
    assert shared is not None
    assert shared.slots == ()
    assert shared.common_words == 3


def test_a_word_that_one_text_adds_is_a_slot_that_the_others_leave_empty() -> None:
    shared = shared_text(["one two three four", "one two three four", "one two really three four"])
    assert shared is not None
    assert shared.slots == (Slot(1, (Variant("", 2), Variant("really", 1))),)


def test_strangers_have_nothing_in_common_and_one_text_is_no_template() -> None:
    assert shared_text(["alpha beta", "gamma delta"]) is None
    assert shared_text(["alpha beta"]) is None
    assert shared_text(["", "  "]) is None


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=12).map(" ".join), max_size=8), st.randoms())
def test_order_does_not_show_and_each_text_can_be_read_from_the_parts(
    texts: list[str], random: object
) -> None:
    shared = shared_text(texts)
    turned = list(texts)
    random.shuffle(turned)  # type: ignore[attr-defined] # hypothesis gives a random.Random
    assert shared_text(turned) == shared
    if shared is not None:
        for slot in shared.slots:
            assert sum(variant.texts for variant in slot.variants) <= shared.texts
            assert len({variant.words for variant in slot.variants}) == len(slot.variants)
