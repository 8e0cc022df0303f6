"""The keys by which like images and texts are found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from accord.linking.carried import Carried
from accord.linking.keyed import SIDE, keyed

hashes = st.integers(0, (1 << 256) - 1)


def as_hex(bits: int) -> str:
    return f"{bits:064x}"


def image_keys(*values: int) -> list[list[int]]:
    found = keyed("image", [Carried("image", as_hex(bits)) for bits in values])
    assert found.counts.tolist() == [2 * SIDE] * len(values)
    return found.keys.reshape(len(values), 2 * SIDE).tolist()  # type: ignore[no-any-return]


@given(first=hashes, second=hashes)
def test_an_image_has_a_key_for_each_row_and_each_column_of_its_square(first: int, second: int) -> None:
    for bits, keys in zip((first, second), image_keys(first, second), strict=True):
        assert [key >> 16 for key in keys] == list(range(2 * SIDE))
        square = [[bits >> (255 - row * SIDE - column) & 1 for column in range(SIDE)] for row in range(SIDE)]
        lines = [*square, *zip(*square, strict=True)]
        assert [key & 0xFFFF for key in keys] == [int("".join(map(str, line)), 2) for line in lines]


@given(bits=hashes, flipped=st.sets(st.integers(0, 255), max_size=SIDE - 1))
def test_images_that_differ_in_fewer_bits_than_rows_share_a_key(bits: int, flipped: set[int]) -> None:
    one, other = image_keys(bits, bits ^ sum(1 << bit for bit in flipped))
    assert set(one) & set(other)


def test_a_text_has_the_keys_that_its_plugin_gave_it() -> None:
    texts = [
        Carried("template", "0f" * 64, (3, 1 << 62)),
        Carried("template", "f0" * 64),
        Carried("template", "ff" * 64, (5,)),
    ]
    found = keyed("template", texts)
    assert (found.keys.tolist(), found.counts.tolist()) == ([3, 1 << 62, 5], [2, 0, 1])
    assert found.bits.shape == (3, 8)
