"""Which values of a batch are leaders, and which follow one."""

from accord.linking.carried import Carried
from accord.linking.sketches import Stored, led


def image(bits: int) -> Carried:
    value = f"{bits:064x}"
    return Carried("image", value)


def test_a_value_within_the_radius_of_one_before_it_in_the_batch_follows_it():
    leader, near, far = image(0), image(0b111), image((1 << 40) - 1)
    found = led([leader, near, far], {})
    assert found.leaders == [leader, far]
    assert found.following == {near: leader}


def test_of_a_stored_and_a_new_leader_the_nearer_one_is_followed_and_of_equals_the_stored_one():
    leader, value = image(0), image(0b11)
    assert led([leader, value], {value: Stored(3, 7)}).following == {value: leader}
    stored = Stored(2, 7)
    assert led([leader, value], {value: stored}).stored == {value: stored}


def test_without_a_common_key_a_near_value_is_not_found():
    # One bit of each row and of each column of the square.
    flipped = sum(1 << 17 * at for at in range(16))
    found = led([image(0), image(flipped)], {})
    assert len(found.leaders) == 2


def test_equal_keys_of_different_kinds_are_not_the_same_key():
    found = led([image(0), Carried("template", "00" * 64, (0,))], {})
    assert len(found.leaders) == 2


def test_a_value_follows_the_nearest_leader_of_its_batch_and_not_another_follower():
    first, second, third = (
        Carried("template", f"{bits:0128x}", (5,)) for bits in (0, (1 << 60) - 1, (1 << 90) - 1)
    )
    found = led([first, second, third], {})
    # The third is nearer to the second, which follows the first itself, and too far from the first.
    assert (found.leaders, found.following) == ([first, third], {second: first})
