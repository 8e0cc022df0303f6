"""An installation with its application, and somebody there whose access can end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

from tests.conftest import PASSWORD, Databases, Member, make_members, principal_maker

from accord.registry.service import activate_all
from accord.web.request import AccordFlask
from accord_auth.organisations.models import OrganisationKind
from accord_auth.organisations.service import create_organisation, operator_of
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.sessions.service import resolve_session
from accord_config.database import NOBODY, Role

numbers = count(1)


class Site:
    """An installation with its application."""

    def __init__(self, database: Databases, app: AccordFlask) -> None:
        self.database = database
        self.app = app
        self.members = make_members(database)
        self.principal_of = principal_maker(database)

    def gate(self, work: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with self.database(Role.GATE).transaction(NOBODY) as session:
            return work(session, *arguments, **named)


@dataclass
class Somebody:
    """An admin of an organisation of the test's own, and what this person was given."""

    site: Site
    member: Member
    principal: Principal
    token: str
    session_id: UUID

    @property
    def person_id(self) -> UUID:
        assert self.principal.person_id is not None
        return self.principal.person_id


def somebody_of(site: Site) -> Somebody:
    """An admin who is not the last one, signed in."""
    number = next(numbers)
    organisation = site.gate(
        create_organisation, slug=f"club-{number}", name=f"Club {number}", kind=OrganisationKind.HOTLINE
    )
    member = Member(organisation, operator_of(organisation))
    with site.database(Role.WORKER).transaction(member.scope) as session:
        activate_all(session, member.id)
    site.principal_of(member, PersonRole.ORGANISATION_ADMIN, email=f"keeper{number}@example.org")
    principal = site.principal_of(
        member, PersonRole.ORGANISATION_ADMIN, email=f"somebody{number}@example.org"
    )
    token = sign_in(site, principal.email)
    return Somebody(site, member, principal, token, site.gate(resolve_session, token).session_id)


def sign_in(site: Site, email: str, organisation: str = "") -> str:
    body = {"email": email, "password": PASSWORD} | ({"organisation": organisation} if organisation else {})
    reply = site.app.test_client().post("/api/v1/sessions", json=body)
    assert reply.status_code == 201, reply.text
    token: str = reply.json["token"]
    return token


Use = Callable[[], bool]
"""Uses a thing once more; whether it was let."""
