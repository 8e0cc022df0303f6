"""When a schedule is due, and how people say it. Pure: no database."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from croniter import croniter

from accord.sources.models import SourceSchedule
from accord_auth.errors import Invalid

_INTERVAL = re.compile(r"([1-9][0-9]{0,5})\s*([mhd])")
_UNITS = {"m": 60, "h": 3_600, "d": 86_400}


def seconds(interval: str) -> int:
    """An interval that people wrote, such as 15m, 6h or 1d.

    :raises Invalid: when it is none.
    """
    found = _INTERVAL.fullmatch(interval.strip())
    if found is None:
        words = "a number and m, h or d, such as 15m, 6h or 1d"
        raise Invalid(f"{interval!r} is no interval: write {words}", {"every": [words]})
    return int(found[1]) * _UNITS[found[2]]


def next_cron(line: str, now: datetime) -> datetime:
    """When a line of cron is due after `now`.

    :raises ValueError: when it never is.
    """
    found: datetime = croniter(line, now).get_next(datetime)
    return found


def next_due(schedule: SourceSchedule, now: datetime) -> datetime:
    """When a schedule is due after a pull that went well."""
    if schedule.every_s is not None:
        return now + timedelta(seconds=schedule.every_s)
    return next_cron(schedule.cron or "", now)


def interval(every_s: int) -> str:
    """An interval as people write it, such as 6h."""
    unit, size = max(
        ((name, size) for name, size in _UNITS.items() if every_s % size == 0),
        key=lambda one: one[1],
        default=("m", 60),
    )
    return f"{every_s // size}{unit}"


def words(schedule: SourceSchedule | None) -> str:
    """A schedule as people say it."""
    if schedule is None:
        return "only when asked"
    if schedule.every_s is None:
        return f"at {schedule.cron} (cron, UTC)"
    for seconds, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if schedule.every_s % seconds == 0:
            count = schedule.every_s // seconds
            return f"every {unit}" if count == 1 else f"every {count} {unit}s"
    return f"every {schedule.every_s} seconds"
