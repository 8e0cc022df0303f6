"""Taking a try from a limit, in a transaction of its own: what then fails and rolls back has still counted.

The method is the generic cell rate algorithm (ITU-T I.371, the leaky bucket as a virtual schedule): a
limit of N tries in a time T lets N come at once and then one each T/N. A key needs one row, and one
statement takes a try, so that parallel requests on any number of hosts cannot slip through together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil

from sqlalchemy import text
from sqlalchemy.orm import Session

from accord_auth.errors import AccordError
from accord_config.database import NOBODY, Database

SWEPT = 20
"""Rows without meaning that each try takes away, so that the table does not grow."""


class TooManyTries(AccordError):
    """There were too many tries in a short time. Wait, then try again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after
        """Whole seconds after which one more try will be heard."""


@dataclass(frozen=True)
class Limit:
    """So many tries in so long a time, under a name of its own."""

    name: str
    tries: int
    per: timedelta

    @property
    def step(self) -> timedelta:
        """What one try adds."""
        return self.per / self.tries

    def of(self, *whom: str) -> Held:
        """This limit for somebody: an address, an account. Upper and lower case are the same."""
        told = "\0".join((self.name, *whom)).lower().encode(errors="replace")
        return Held(self, hashlib.sha256(told).digest())


@dataclass(frozen=True)
class Held:
    """A limit and whom it holds for."""

    limit: Limit
    key: bytes


_TAKE = text(
    """
    INSERT INTO throttles AS known (key, clear_at) VALUES (:key, now() + :step)
    ON CONFLICT (key) DO UPDATE SET clear_at = greatest(known.clear_at, now()) + :step
    WHERE greatest(known.clear_at, now()) + :step <= now() + :per
    RETURNING key
    """
)
_WAIT = text("SELECT extract(epoch FROM clear_at + :step - :per - now()) FROM throttles WHERE key = :key")
_GIVE_BACK = text("UPDATE throttles SET clear_at = clear_at - :step WHERE key = :key")
_FORGET = text("DELETE FROM throttles WHERE key = :key")
_SWEEP = text(
    """
    DELETE FROM throttles WHERE key IN (
        SELECT key FROM throttles WHERE clear_at < now() LIMIT :most FOR UPDATE SKIP LOCKED)
    """
)


def take(database: Database, *held: Held) -> None:
    """Take one try from each of the limits, or from none.

    :raises TooManyTries: when one of them allows no more for now; it says how long to wait.
    """
    # Always in one order: two requests for the same keys must not wait for each other.
    ordered = sorted(held, key=lambda one: one.key)
    with database.transaction(NOBODY) as session:
        for one in ordered:
            if session.execute(_TAKE, _values(one)).first() is None:
                raise TooManyTries(_wait(session, one))
        # Last, because its rows come in no order: who holds them must wait for nobody any more.
        session.execute(_SWEEP, {"most": SWEPT})


def _wait(session: Session, one: Held) -> int:
    seconds = session.scalar(_WAIT, _values(one))
    return max(1, ceil(seconds or 0))


def give_back(session: Session, *held: Held) -> None:
    """Give one try back to each: it was no guess."""
    for one in sorted(held, key=lambda one: one.key):
        session.execute(_GIVE_BACK, {"key": one.key, "step": one.limit.step})


def forget(session: Session, *held: Held) -> None:
    """Forget all tries: somebody proved who it is."""
    for one in sorted(held, key=lambda one: one.key):
        session.execute(_FORGET, {"key": one.key})


def settle(session: Session, *, forgotten: Collection[Held], back: Collection[Held]) -> None:
    """Forget all tries of some and give one back to others, in the one order in which tries are taken: who
    succeeds and who tries at the same moment must not wait for each other.
    """
    for one in sorted((*forgotten, *back), key=lambda one: one.key):
        if one in forgotten:
            forget(session, one)
        else:
            give_back(session, one)


def network_of(address: str | None) -> str:
    """Whom a limit on a network address holds for: the address, or the /64 that one IPv6 customer has."""
    if not address:
        return "unknown"
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(IPv6Address(int(found) >> 64 << 64))
    return str(found)


def _values(one: Held) -> dict[str, object]:
    return {"key": one.key, "step": one.limit.step, "per": one.limit.per}
