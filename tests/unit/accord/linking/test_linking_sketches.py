"""Which values of a batch are leaders, and which follow one."""

from accord.linking.carried import Carried, image_keys
from accord.linking.sketches import Stored, led, sketches_of


def image(bits: int) -> Carried:
    value = f"{bits:064x}"
    return Carried("image", value, image_keys(value))


def test_a_value_within_the_radius_of_one_before_it_in_the_batch_follows_it():
    leader, near, far = image(0), image(0b111), image((1 << 40) - 1)
    found = led(sketches_of([leader, near, far]), {})
    assert [sketch.value for sketch in found.leaders] == [leader, far]
    assert found.following == {near: leader}


def test_of_a_stored_and_a_new_leader_the_nearer_one_is_followed_and_of_equals_the_stored_one():
    leader, value = image(0), image(0b11)
    sketches = sketches_of([leader, value])
    assert led(sketches, {value: Stored(3, 7)}).following == {value: leader}
    stored = Stored(2, 7)
    assert led(sketches, {value: stored}).stored == {value: stored}


def test_without_a_common_key_a_near_value_is_not_found():
    flipped = sum(1 << 16 * chunk for chunk in range(16))
    found = led(sketches_of([image(0), image(flipped)]), {})
    assert len(found.leaders) == 2


def test_equal_keys_of_different_kinds_are_not_the_same_key():
    picture = Carried("image", "00" * 32, (5,))
    found = led(sketches_of([picture, Carried("template", "00" * 64, (5,))]), {})
    assert len(found.leaders) == 2
