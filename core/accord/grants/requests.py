"""What plugins sent out: every request is a disclosure, which the organisation of the records sees."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord.grants.models import PluginRequest
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

MOST_SHOWN = 100


def requests_of(session: Session, principal: Principal, plugin: str) -> list[PluginRequest]:
    """The organisation's last requests of a plugin, the newest first; whether it was answered or refused."""
    principal.require(Permission.PLUGINS_READ)
    query = select(PluginRequest).where(
        PluginRequest.organisation_id == principal.organisation_id, PluginRequest.plugin == plugin
    )
    return list(session.scalars(query.order_by(PluginRequest.id.desc()).limit(MOST_SHOWN)))
