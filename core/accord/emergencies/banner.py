"""The line at the top of every page: one reads in an emergency, or one's own data is read in one."""

from __future__ import annotations

from flask import url_for

from accord.web.presentation import ReadingBanner
from accord.web.request import gate
from accord_auth.emergencies.service import in_sight
from accord_auth.principal import Principal
from accord_auth.sessions.models import EmergencyReading
from accord_auth.standing import PLATFORM_SLUG


def reading_banner(who: Principal) -> ReadingBanner | None:
    """Of the reader: whose data it is, until when, and the way out."""
    if who.emergency_id is None:
        return None
    with gate().statements() as session:
        reading = session.get_one(EmergencyReading, who.emergency_id)
        ends_at = reading.ends_at
    return ReadingBanner(who.organisation_name, ends_at, url_for("account.act_for"), PLATFORM_SLUG)


def waiting(who: Principal) -> int:
    """How many emergency readings somebody should look at now."""
    with gate().statements() as session:
        return in_sight(session, who)
