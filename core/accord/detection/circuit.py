"""When a plugin that keeps failing is left alone, and when it is tried again. Pure: no database, no clock.

A circuit is closed (it is called), open (it is not), or half open (its time is up: it is called once, and
that decides). It opens at once where nothing of it can be started, after `MOST_FAILURES` in a row, or after
`MOST_RESTARTS` of its process in `RESTARTS_WITHIN`, and rests longer each time, up to `LONGEST_REST`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accord.detection.models import CircuitState

MOST_FAILURES = 12
"""One more than it takes to split a batch of 500 down to one bad record: two tries, and nine halvings."""
MOST_RESTARTS = 30
RESTARTS_WITHIN = timedelta(minutes=10)
FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(hours=1)
NOTHING_STARTED = frozenset({"changed", "environment", "no_sandbox"})
"""Codes of what is so until a person does something: to try it again at once only fills the log."""


@dataclass(frozen=True)
class Trouble:
    """What went wrong: reason code, what is responsible, and in the words of whoever noticed."""

    code: str
    about: str = ""
    message: str = ""


@dataclass(frozen=True)
class Circuit:
    """How an activation is doing; see `PluginCircuit`."""

    state: CircuitState = CircuitState.CLOSED
    failures: int = 0
    restarts: tuple[float, ...] = ()
    openings: int = 0
    until: datetime | None = None
    slow: bool = False
    trouble: Trouble = Trouble("")

    def rests(self, now: datetime) -> bool:
        """Whether it is not to be called now."""
        return self.state == CircuitState.OPEN and self.until is not None and now < self.until

    def later(self) -> bool:
        """Whether nobody is to wait for it."""
        return self.slow or self.state != CircuitState.CLOSED

    @property
    def why_later(self) -> str:
        """The reason code for that."""
        return "late" if self.state == CircuitState.CLOSED else self.trouble.code

    def slowed(self) -> Circuit:
        """After others would have had to wait for it."""
        return replace(self, slow=True)

    def quickened(self) -> Circuit:
        """After it was quick enough for others to wait for it."""
        return replace(self, slow=False)

    def tried(self, now: datetime) -> Circuit:
        """As it is while it is called: open becomes half open once its time is up."""
        if self.state == CircuitState.OPEN and not self.rests(now):
            return replace(self, state=CircuitState.HALF_OPEN)
        return self

    def succeeded(self) -> Circuit:
        """After a call that went well. Restarts count on: one good call between two crashes mends nothing."""
        if self.state == CircuitState.CLOSED:
            return replace(self, failures=0) if self.failures else self
        return replace(self, state=CircuitState.CLOSED, failures=0, restarts=(), until=None)

    def failed(self, now: datetime, trouble: Trouble, *, restart: bool) -> Circuit:
        """After a call that failed; `restart` when its process has to be started again."""
        since = (now - RESTARTS_WITHIN).timestamp()
        restarts = tuple(moment for moment in self.restarts if moment > since)
        if restart:
            restarts = (*restarts, now.timestamp())
        after = replace(self, failures=self.failures + 1, restarts=restarts, trouble=trouble)
        if trouble.code in NOTHING_STARTED:
            return after.opened(now, trouble)
        said = ": ".join(part for part in (trouble.code, trouble.message) if part)
        if self.state != CircuitState.CLOSED or after.failures >= MOST_FAILURES:
            limit = f"{after.failures} failures in a row"
            return after.opened(now, Trouble("failures", trouble.about or limit, said))
        if len(restarts) > MOST_RESTARTS:
            limit = f"{len(restarts)} starts in {RESTARTS_WITHIN.seconds // 60} minutes"
            return after.opened(now, Trouble("restarts", trouble.about or limit, said))
        return after

    def opened(self, now: datetime, trouble: Trouble) -> Circuit:
        """Open, for longer each time that it opens without having gone well for long."""
        rest = min(FIRST_REST * 2**self.openings, LONGEST_REST)
        return replace(
            self,
            state=CircuitState.OPEN,
            openings=min(self.openings + 1, 10),
            until=now + rest,
            trouble=trouble,
        )
