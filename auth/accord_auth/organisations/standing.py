"""Whether an organisation may act: the one condition, asked at every use.

It is active, and one of its agreements is in force today. Dates are read at every use, so that access
closes on the day even where no worker runs.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_

from accord_auth.organisations.models import Agreement, Organisation, OrganisationStatus

WARNING = timedelta(days=30)
"""So long before its last agreement ends, an organisation and the platform are warned."""

TODAY = func.date(func.timezone("UTC", func.now()))
"""SQL of the day in UTC."""


def may_act() -> ColumnElement[bool]:
    """The condition on `organisations` for acting now; nothing else decides it anywhere.

    An organisation without any agreement (one that the operator made by hand) is not bound by dates.
    """
    own = Agreement.organisation_id == Organisation.id
    in_force = and_(own, Agreement.starts_on <= TODAY, Agreement.ends_on > TODAY)
    return and_(
        Organisation.status == OrganisationStatus.ACTIVE,
        or_(
            ~exists().where(own).correlate(Organisation),
            exists().where(in_force).correlate(Organisation),
        ),
    )
