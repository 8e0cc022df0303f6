"""Whether an organisation may act: the one condition, asked at every use."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from accord_auth.organisations.models import Organisation, OrganisationStatus


def may_act() -> ColumnElement[bool]:
    """The condition on `organisations` for acting now; nothing else decides it anywhere."""
    return Organisation.status == OrganisationStatus.ACTIVE
