"""What number a string of digits is: E.164, where it belongs, how sure that is.

North American numbers are judged by the numbering plan's own shape (area code and exchange begin with
2-9) and by which area codes are assigned; every other number is read by Google's `phonenumbers`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberType

_ASSIGNED = (
    "2345678",
    "7345678",
)
"""Subscriber numbers with which an area code is tried."""

_TRUNK_COUNTRIES = (
    "GB",
    "IN",
    "AU",
    "FR",
    "NL",
    "DE",
    "NZ",
    "ZA",
    "IE",
    "BE",
    "TR",
    "NG",
    "PH",
    "PK",
    "TH",
    "MY",
)
"""Countries whose national numbers begin with 0, tried in this order where the hint does not fit."""

_DIVIDED_DIGITS = 10
"""Fewest digits whose division into groups tells the country."""
_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


NANP = 1
"""The calling code of the North American Numbering Plan."""


class Number(NamedTuple):
    """A telephone number. `assigned` is False where it is only of a possible length and shape."""

    e164: str
    region: str
    assigned: bool
    guessed: bool = False


@lru_cache(maxsize=1024)
def nanp_region(area: str) -> str | None:
    """The country that a North American area code is assigned to, or None."""
    for subscriber in _ASSIGNED:
        number = phonenumbers.parse(f"+1{area}{subscriber}")
        region: str | None = phonenumbers.region_code_for_number(number)
        if region:
            return region
    return None


@lru_cache(maxsize=512)
def calling_code(region: str) -> int:
    """The country calling code of an ISO 3166 alpha-2 region, 0 when there is none."""
    code: int = phonenumbers.country_code_for_region(region)
    return code


def is_calling_code(digits: str) -> bool:
    """Whether digits are a country calling code other than 1."""
    return digits != "1" and int(digits) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE


@lru_cache(maxsize=16_384)
def nanp(digits: str) -> Number | None:
    """Ten digits as a North American number; None where its shape forbids it."""
    if digits[0] < "2" or digits[3] < "2" or digits[1] == "9" or len(set(digits[3:])) == 1:
        return None
    region = nanp_region(digits[:3])
    return Number("+1" + digits, region or "001", region is not None)


def international(digits: str) -> Number | None:
    """Digits that begin with a country code."""
    if digits[0] == "1":
        return nanp(digits[1:]) if len(digits) == 11 else None
    return _read("+" + digits, None)


def national(digits: str, region: str) -> Number | None:
    """Digits as they are dialled within a country (`region` outside the North American plan)."""
    return _read(digits, region)


def trunk_guess(digits: str, groups: tuple[str, ...], *, anywhere: bool) -> Number | None:
    """Digits with a leading 0 that the hinted country does not know: the likeliest other country.

    Mobiles only, unless `anywhere` or, ten digits and more, divided into `groups` as is usual there.
    """
    if digits[1] == "0" or not 9 <= len(digits) <= 12:
        return None
    # Indian subscribers write a 0 before any mobile number; British mobiles all begin with 07.
    order = ("IN", *_TRUNK_COUNTRIES) if digits[1] in "689" and len(digits) == 11 else _TRUNK_COUNTRIES
    for region in order:
        if not _may_be(digits[1:], region, mobile=not anywhere and len(digits) < _DIVIDED_DIGITS):
            continue
        number = _read(digits, region)
        if number is None or not number.assigned:
            continue
        divided = len(digits) >= _DIVIDED_DIGITS and _usual_groups(number.e164) == groups
        if anywhere or divided or _is_mobile(number.e164):
            return Number(number.e164, number.region, assigned=True, guessed=True)
    return None


def _may_be(significant: str, region: str, *, mobile: bool) -> bool:
    """A first look that refuses most: whether the numbering plan has such digits, or has them for mobiles."""
    patterns = _plan(region)
    return patterns[mobile].fullmatch(significant) is not None


@lru_cache(maxsize=len(_TRUNK_COUNTRIES))
def _plan(region: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What a country's numbers look like behind the 0, and its mobile numbers."""
    plan = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if plan is None:
        raise ValueError(f"phonenumbers knows no numbering plan of {region}")
    return _pattern(plan.general_desc), _pattern(plan.mobile)


def _pattern(described: phonenumbers.PhoneNumberDesc | None) -> re.Pattern[str]:
    return re.compile((described and described.national_number_pattern) or ".*")


def bare_international(digits: str, *, anywhere: bool) -> Number | None:
    """Digits that begin with a country code without any sign of it; mobiles only unless `anywhere`."""
    number = international(digits)
    if number is None or not number.assigned:
        return None
    if not anywhere and not _is_mobile(number.e164):
        return None
    return Number(number.e164, number.region, assigned=True, guessed=True)


@lru_cache(maxsize=4096)
def _usual_groups(e164: str) -> tuple[str, ...]:
    """The digits of a number as its country divides them, as (020, 7946, 0872)."""
    form = phonenumbers.PhoneNumberFormat.NATIONAL
    return tuple(re.findall("[0-9]+", phonenumbers.format_number(phonenumbers.parse(e164), form)))


@lru_cache(maxsize=4096)
def _is_mobile(e164: str) -> bool:
    return phonenumbers.number_type(phonenumbers.parse(e164)) in _MOBILE


@lru_cache(maxsize=16_384)
def _read(digits: str, region: str | None) -> Number | None:
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    assigned = phonenumbers.is_valid_number(number)
    where = phonenumbers.region_code_for_number(number) if assigned else None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    home = where or region or phonenumbers.region_code_for_country_code(number.country_code or 0)
    return Number(e164, home, assigned)
