"""An organisation with a directory that speaks SCIM, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from tests.conftest import PASSWORD, Member
from tests.integration.somebody import Site, sign_in
from werkzeug.test import TestResponse

from accord_auth.directory.models import DirectoryMapping, DirectoryUser
from accord_auth.invitations.models import Invitation
from accord_auth.invitations.service import hash_of
from accord_auth.organisations.models import Membership, OrganisationKind
from accord_auth.organisations.service import create_organisation, operator_of
from accord_auth.people.models import RoleAssignment
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.provisioning.configuring import map_group
from accord_auth.provisioning.tokens import make_token

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_numbers = count(1)


@dataclass
class Directory:
    """One organisation's directory, with its token in hand."""

    site: Site
    member: Member
    admin: Principal
    domain: str
    token: str

    def ask(self, method: str, path: str, **given: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **given.pop("headers", {})}
        return self.site.app.test_client().open(f"/scim/v2{path}", method=method, headers=headers, **given)

    def get(self, path: str, **given: Any) -> TestResponse:
        return self.ask("GET", path, **given)

    def delete(self, path: str, **given: Any) -> TestResponse:
        return self.ask("DELETE", path, **given)

    def create(self, user_name: str = "", **attributes: Any) -> TestResponse:
        name = user_name or f"user{next(_numbers)}@{self.domain}"
        return self.ask("POST", "/Users", json={"schemas": [USER], "userName": name} | attributes)

    def created(self, user_name: str = "", **attributes: Any) -> dict[str, Any]:
        answer = self.create(user_name, **attributes)
        assert answer.status_code == 201, answer.text
        return dict(answer.json)

    def group(self, name: str = "", members: list[str] | None = None) -> dict[str, Any]:
        body = {
            "schemas": [GROUP],
            "displayName": name or f"Group {next(_numbers)}",
            "members": [{"value": one} for one in members or []],
        }
        answer = self.ask("POST", "/Groups", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json)

    def patch(self, path: str, *operations: dict[str, Any], **given: Any) -> TestResponse:
        return self.ask("PATCH", path, json={"schemas": [PATCH], "Operations": list(operations)}, **given)

    def set_active(self, user_id: str, active: bool) -> TestResponse:
        return self.patch(f"/Users/{user_id}", {"op": "replace", "path": "active", "value": active})

    def map(self, group: str, role: PersonRole) -> UUID:
        """Have a group give a role; the mapping's id."""
        self.site.gate(map_group, self.admin, group_name=group, role=role)
        query = select(DirectoryMapping.id).where(
            DirectoryMapping.organisation_id == self.member.id,
            DirectoryMapping.group_name == group,
            DirectoryMapping.role == role,
        )
        found: UUID = self.site.gate(lambda session: session.scalar(query))
        return found

    def join(self, email: str, *, known: bool = False) -> None:
        """Accept the invitation to an address, whose link only that mailbox has."""
        value = f"link-{next(_numbers)}-{email}"

        def take(session: Any) -> None:
            query = select(Invitation).where(
                Invitation.email == email,
                Invitation.organisation_id == self.member.id,
                Invitation.accepted_at.is_(None),
                Invitation.withdrawn_at.is_(None),
            )
            session.scalars(query).one().token_hash = hash_of(value)

        self.site.gate(take)
        body = {"token": value, "password": PASSWORD} | ({} if known else {"name": "A person"})
        answer = self.site.app.test_client().post("/api/v1/invitations/accept", json=body)
        assert answer.status_code == 201, answer.text

    def joined(self, role: PersonRole = PersonRole.INVESTIGATOR) -> tuple[dict[str, Any], str]:
        """A user in a group that gives a role, who has accepted; and a token of the person's session."""
        group = self.group(members=[(user := self.created())["id"]])
        self.map(group["displayName"], role)
        self.join(user["userName"])
        return user, sign_in(self.site, user["userName"])

    def roles(self, user_id: str) -> set[str]:
        """The roles that a user's person has here."""
        query = (
            select(RoleAssignment.role)
            .join(DirectoryUser, DirectoryUser.person_id == RoleAssignment.person_id)
            .where(DirectoryUser.id == UUID(user_id), RoleAssignment.organisation_id == self.member.id)
        )
        return set(self.site.gate(lambda session: session.scalars(query).all()))

    def works(self, token: str) -> bool:
        """Whether a session's token opens the API."""
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.site.app.test_client().get("/api/v1/sessions/current", headers=headers)
        return answer.status_code == 200


def directory_of(site: Site) -> Directory:
    """A new organisation with an admin, a proved domain and a token."""
    number = next(_numbers)
    slug, domain = f"directory-{number}", f"directory-{number}.example.org"

    def make(session: Any) -> Any:
        made = create_organisation(session, slug=slug, name=f"Directory {number}", kind=OrganisationKind.NGO)
        session.add(Membership(organisation_id=made.id, domain=domain, domain_proved_at=func.now()))
        return made

    organisation = site.gate(make)
    member = Member(organisation, operator_of(organisation))
    admin = site.principal_of(member, PersonRole.ORGANISATION_ADMIN, email=f"admin@{domain}")
    token = site.gate(make_token, admin, name="Test", days=30).value
    return Directory(site, member, admin, domain, token)
