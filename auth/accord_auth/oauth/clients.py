"""Clients: what an organisation's admins register and change, and Accord's own one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord_auth.oauth.models import AuthMethod, GrantType, OAuthClient
from accord_auth.oauth.scopes import SCOPES
from accord_auth.organisations.models import Organisation

COMMAND_LINE = "accord-cli"
"""Accord's own client: the command `accord login`."""


def ensure_command_line_client(session: Session) -> None:
    """Have the client of `accord login`, with the scopes that there are in this version."""
    wanted: dict[str, Any] = {
        "name": "Accord's command line",
        "auth_method": AuthMethod.NONE,
        "grant_types": [GrantType.DEVICE_CODE, GrantType.REFRESH_TOKEN],
        "redirect_uris": [],
        "scopes": list(SCOPES),
        "networks": [],
    }
    known = session.scalar(select(OAuthClient).where(OAuthClient.client_id == COMMAND_LINE))
    if known is None:
        values = {"client_id": COMMAND_LINE, "require_par": False, "require_dpop": False, "status": "active"}
        session.execute(insert(OAuthClient).values(wanted | values).on_conflict_do_nothing())
    elif known.scopes != wanted["scopes"]:
        known.scopes = wanted["scopes"]


def organisation_name(session: Session, client: OAuthClient) -> str:
    """Whose program a client is."""
    owner = session.get(Organisation, client.organisation_id) if client.organisation_id else None
    return owner.name if owner is not None else "Accord itself"
