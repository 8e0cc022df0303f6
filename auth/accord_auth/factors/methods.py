"""How somebody proved who it is, in the words of RFC 8176 where it has one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum


class Method(StrEnum):
    """One way of proving who one is, as a session keeps it and the claim `amr` says it."""

    HARDWARE_KEY = "hwk"
    """A passkey that never leaves its device."""
    ONE_TIME_CODE = "otp"
    """The code of an authenticator app."""
    PASSWORD = "pwd"  # noqa: S105 - the name of a method, no password
    RECOVERY_CODE = "recovery"
    SINGLE_SIGN_ON = "sso"
    """The directory of the person's organisation; what it asked for is its own matter."""
    SOFTWARE_KEY = "swk"
    """A passkey that is kept in step on several devices."""


SECOND = frozenset({Method.HARDWARE_KEY, Method.ONE_TIME_CODE, Method.RECOVERY_CODE, Method.SOFTWARE_KEY})
"""Each of these is a second factor. A passkey is both at once: the device, and the person that it verified.
"""
PASSKEY = frozenset({Method.HARDWARE_KEY, Method.SOFTWARE_KEY})
WITH_TWO_FACTORS = "https://refeds.org/profile/mfa"
WITH_ONE_FACTOR = "https://refeds.org/profile/sfa"
WITHOUT_PHISHING = "phr"
"""Classes of authentication (`acr`): REFEDS' profiles, and `phr` of OpenID's EAP ACR Values: a passkey."""
CLASSES = (WITHOUT_PHISHING, WITH_TWO_FACTORS, WITH_ONE_FACTOR)


def has_second(methods: Collection[str]) -> bool:
    """Whether these prove two factors."""
    return bool(SECOND.intersection(methods))


def will_do(methods: Collection[str]) -> bool:
    """Whether these do where an organisation asks for a second factor: its own directory decides for
    itself."""
    return has_second(methods) or Method.SINGLE_SIGN_ON in methods


def together(*given: Iterable[str]) -> list[str]:
    """All of these, each once, in a fixed order."""
    return sorted({str(one) for some in given for one in some})


def amr_of(methods: Collection[str]) -> list[str]:
    """The claim `amr`: what was used, and `mfa` where that was more than one factor (RFC 8176, 2)."""
    return [*together(methods), *(["mfa"] if has_second(methods) else [])]


def classes_of(methods: Collection[str]) -> list[str]:
    """Every class of authentication that these reach, the strongest first; none for single sign-on alone."""
    if has_second(methods):
        phishing = [WITHOUT_PHISHING] if PASSKEY.intersection(methods) else []
        return [*phishing, WITH_TWO_FACTORS, WITH_ONE_FACTOR]
    return [WITH_ONE_FACTOR] if Method.PASSWORD in methods else []
