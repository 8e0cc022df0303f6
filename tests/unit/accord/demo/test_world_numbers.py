"""Handing out numbers, and the ways in which they are written."""

from __future__ import annotations

import unicodedata
from random import Random

import pytest

from accord.demo.world import WorldError
from accord.demo.world.numbers import ANSWERING_SERVICES, Numbers, is_fictitious
from accord.demo.world.places import CITIES, City
from accord.demo.world.writing import STYLES, groups, obscured, plain

DAY = 86_400.0
WORDS = {
    "en": "zero one two three four five six seven eight nine".split(),
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve".split(),
}


def city(name: str) -> City:
    return next(one for one in CITIES if one.name == name)


def numbers(reassigned: float = 0.0) -> Numbers:
    return Numbers("test", reassigned=reassigned, silence_s=45 * DAY)


def test_a_number_is_the_citys_and_nobody_elses() -> None:
    given = numbers()
    columbus = [given.take(city("Columbus, OH"), 0, DAY, owner) for owner in range(150)]
    assert len(set(columbus)) == 150
    assert all(number.startswith(("+161455501", "+138055501")) for number in columbus)


def test_a_full_city_gets_numbers_from_elsewhere() -> None:
    given = numbers()
    louisville = [given.take(city("Louisville, KY"), 0, DAY, owner) for owner in range(130)]
    assert sum(number.startswith("+150255501") for number in louisville) == 100
    assert len(set(louisville)) == 130
    assert all(is_fictitious(number) for number in louisville)


def test_a_given_up_number_goes_to_a_stranger_after_the_silence() -> None:
    given = numbers(reassigned=1.0)
    first = given.take(city("Columbus, OH"), 0, 10 * DAY, 1)
    too_soon = given.take(city("Columbus, OH"), 54 * DAY, 55 * DAY, 2)
    same_actor = given.take(city("Columbus, OH"), 56 * DAY, 60 * DAY, 1)
    later = given.take(city("Cleveland, OH"), 56 * DAY, 60 * DAY, 3)
    assert first not in (too_soon, same_actor)
    assert later == first


def test_the_answering_services_numbers_are_never_given_out() -> None:
    given = numbers()
    new_york = {given.take(city("New York, NY"), 0, DAY, owner) for owner in range(900)}
    assert not new_york & set(ANSWERING_SERVICES)


def test_running_out_of_fictitious_numbers_is_an_error() -> None:
    given = numbers()

    def take_all() -> None:
        for owner in range(400_000):
            given.take(CITIES[owner % len(CITIES)], 0, DAY, owner)

    with pytest.raises(WorldError, match="kept for fiction"):
        take_all()


@pytest.mark.parametrize(
    "number",
    ["+16145550134", "+442079460123", "+441214960123", "+447700900123", "+33261911234", "+61255501234"],
)
def test_plain_writing_keeps_the_digits(number: str) -> None:
    rng = Random(5)
    for _ in range(30):
        digits = "".join(letter for letter in plain(number, rng) if letter.isdecimal())
        assert digits.endswith(number[3:] if not number.startswith("+1") else number[2:])


LETTERS = {"o": "0", "i": "1", "l": "1", "!": "1", "z": "2", "e": "3", "a": "4", "s": "5", "b": "6", "g": "9"}


def read_back(text: str, language: str) -> str:
    """Digits of an obscured number, by undoing each trick; B stands for 8, b for 6."""
    text = unicodedata.normalize("NFKC", text)
    lower = text.lower()
    for digit, word in enumerate(WORDS[language]):
        lower = lower.replace(word, str(digit)) if word in lower else lower
    if lower != text.lower():
        return "".join(one for one in lower.replace("oh", "0").replace("o", "0") if one.isdecimal())
    swapped = text.replace("oh", "0").replace("Oh", "0").replace("OH", "0").replace("B", "8")
    return "".join(one for one in (LETTERS.get(one.lower(), one) for one in swapped) if one.isdecimal())


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("language", ["en", "es"])
def test_an_obscured_number_can_be_read_back(style: str, language: str) -> None:
    rng = Random(7)
    for line in range(100):
        number = f"+1614555{line + 100:04d}"
        written = obscured(number, style, language, rng)
        assert read_back(written, language) == "".join(groups(number)), written
        assert written not in ("".join(groups(number)), "-".join(groups(number)))
