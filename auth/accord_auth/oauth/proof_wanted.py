"""How recently, and in which way, a client wants the person to have proved who it is: `prompt`, `max_age`,
`acr_values` (OpenID Connect Core, 3.1.2.1; RFC 9470).

`acr_values` are wishes: a person who has no second factor goes on with the class that there is, which the
id_token says. `max_age` and `prompt=login` are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from accord_auth.factors.methods import CLASSES, classes_of
from accord_auth.sessions.service import SignedIn

LONGEST_AGE = 9
"""Digits of `max_age`: more is for ever."""


@dataclass(frozen=True)
class WantedProof:
    """`anew`: a proof is asked whatever there was; `within` of now; `classes`: one of these, if there can
    be."""

    anew: bool
    within: timedelta | None
    classes: tuple[str, ...]

    def is_met(self, signed_in: SignedIn, asked_at: datetime | None) -> bool:
        """Whether the person's last proof will do; one since `asked_at`, when it was asked for, always
        does."""
        if asked_at is not None and signed_in.proved_at >= asked_at:
            return True
        if self.anew:
            return False
        if self.within is not None and signed_in.proved_at < datetime.now(UTC) - self.within:
            return False
        return not self.classes or bool(set(self.classes) & set(classes_of(signed_in.amr)))


def wanted_in(parameters: Mapping[str, str]) -> WantedProof:
    """What an authorization request wants; it was checked to be readable."""
    age = parameters.get("max_age")
    seconds = None if age is None else int(age[:LONGEST_AGE])
    # max_age=0 is prompt=login (3.1.2.1).
    anew = "login" in parameters.get("prompt", "").split() or seconds == 0
    within = timedelta(seconds=seconds) if seconds else None
    known = tuple(word for word in parameters.get("acr_values", "").split() if word in CLASSES)
    return WantedProof(anew, within, known)
