"""Three organisations and their people, each with a browser or a program in hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import select
from tests.conftest import PASSWORD, Databases, Member, Members, make_members, principal_maker
from tests.directory import TestDirectory
from werkzeug.test import TestResponse

from accord.app import create_app
from accord.host.pool import ProcessPool
from accord.web.request import AccordFlask
from accord_auth.audit.keys import KEY_FILE, SigningKeyFile
from accord_auth.audit.sealing import seal_waiting
from accord_auth.emergencies import service as emergencies
from accord_auth.joining.acting import PLATFORM_OPERATOR
from accord_auth.people.models import Person
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import IN_AN_EMERGENCY, ROLES, Permission
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.sessions.models import EmergencyReading
from accord_auth.sessions.service import resolve_session
from accord_config.database import NOBODY, Role
from accord_config.home import Home

PLATFORM = {
    "admin": PersonRole.PLATFORM_ADMIN,
    "watcher": PersonRole.PLATFORM_AUDITOR,
    "second admin": PersonRole.PLATFORM_ADMIN,
    "reader": PersonRole.PLATFORM_ADMIN,
}
"""People who act for the platform itself."""
READER = "reader"
"""One of them, who reads the police's case data in an emergency."""
RENEWED_AFTER_S = 300


@dataclass(frozen=True)
class Caller:
    """Somebody, or nobody, with a browser or a program in hand."""

    client: FlaskClient
    token: str | None = None

    def ask(self, method: str, path: str, **given: Any) -> TestResponse:
        headers = dict(given.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        return self.client.open(path, method=method, headers=headers, **given)

    def get(self, path: str, **given: Any) -> TestResponse:
        return self.ask("GET", path, **given)

    def post(self, path: str, **given: Any) -> TestResponse:
        return self.ask("POST", path, **given)

    def patch(self, path: str, **given: Any) -> TestResponse:
        return self.ask("PATCH", path, **given)

    def delete(self, path: str, **given: Any) -> TestResponse:
        return self.ask("DELETE", path, **given)


class PeopleAtWork:
    """The members, their people by what they are, and the application."""

    def __init__(self, home: Home, database: Databases, pool: ProcessPool, directory: TestDirectory) -> None:
        self.home = home
        self.identity_provider = directory
        self.database = database
        self.pool = pool
        self.members: Members = make_members(database)
        self.police, self.ngo, self.company = self.members.police, self.members.ngo, self.members.company
        person = principal_maker(database)
        self.people: dict[str, Principal] = {
            "investigator": person(self.police, PersonRole.INVESTIGATOR),
            "analyst": person(self.police, PersonRole.ANALYST),
            "auditor": person(self.police, PersonRole.AUDITOR),
            "developer": person(self.police, PersonRole.PLUGIN_DEVELOPER),
            "manager": person(self.police, PersonRole.ORGANISATION_ADMIN),
            "recipient": person(self.ngo, PersonRole.INVESTIGATOR),
            "stranger": person(self.company, PersonRole.INVESTIGATOR),
            "foreign manager": person(self.company, PersonRole.ORGANISATION_ADMIN),
        }
        with database(Role.GATE).transaction(NOBODY) as session:
            for who, role in PLATFORM.items():
                made = create_person(session, email=self.email(who), name=who, password=PASSWORD)
                assign_role(session, person_id=made.id, role=role, organisation_id=None)
        self.app: AccordFlask = create_app(home, fetcher=directory.fetcher)
        self._tokens: dict[str, tuple[str, float]] = {}
        # The sign-in is an entry of the log: a checkpoint there is from the start.
        self.token("auditor")
        seal_waiting(database(Role.WORKER), SigningKeyFile(home.path / KEY_FILE))

    def email(self, who: str) -> str:
        if who in PLATFORM:
            return f"{who.replace(' ', '-')}@platform.example.org"
        return self.people[who].email

    def permissions(self, who: str) -> frozenset[Permission]:
        if who == READER:
            return IN_AN_EMERGENCY
        return ROLES[PLATFORM[who]] if who in PLATFORM else self.people[who].permissions

    def browser(self, who: str | None = None) -> Caller:
        """A browser on our own pages, signed in as one of the people, or as nobody."""
        client = self.app.test_client()
        client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        if who is not None:
            client.set_cookie("accord_session", self.token(who))
        return Caller(client)

    def program(self, who: str | None = None) -> Caller:
        """A program with the bearer token of one of the people, or with none."""
        return Caller(self.app.test_client(), self.token(who) if who else None)

    def token(self, who: str) -> str:
        """A token of a session that the person started once."""
        token, since = self._tokens.get(who, ("", 0.0))
        # Dangerous acts need a proof from the last ten minutes; a run lasts longer.
        if not token or monotonic() - since > RENEWED_AFTER_S:
            token = self.fresh_token(who)
            self._tokens[who] = token, monotonic()
        return token

    def fresh_token(self, who: str) -> str:
        """A token of a session of its own."""
        body = {"email": self.email(who), "password": PASSWORD}
        reply = self.app.test_client().post("/api/v1/sessions", json=body)
        assert reply.status_code == 201, reply.text
        token: str = reply.json["token"]
        return self.reading(self.emergency(READER), token) if who == READER else token

    def reading(self, emergency_id: UUID, token: str) -> str:
        """A token that reads in an emergency, for one of the platform; another admin approves it before."""
        with self.database(Role.GATE).transaction(NOBODY) as session:
            approver = session.scalars(select(Person).where(Person.email == self.email("second admin"))).one()
            second = replace(PLATFORM_OPERATOR, person_id=approver.id, person_name=approver.name)
            emergencies.approve(session, second, emergency_id)
            signed_in = resolve_session(session, token)
            assert signed_in is not None
            return emergencies.begin(session, signed_in, emergency_id).token

    def emergency(self, asked_by: str, affected: Member | None = None) -> UUID:
        """An emergency reading that is asked for, of the police's data unless somebody else is named."""
        with self.database(Role.GATE).transaction(NOBODY) as session:
            asker = session.scalars(select(Person).where(Person.email == self.email(asked_by))).one()
            found = EmergencyReading(
                organisation_id=(affected or self.police).id,
                asked_by=asker.id,
                asked_name=asker.name,
                reason="A person may be in danger tonight",
                ends_at=datetime.now(UTC) + timedelta(hours=4),
            )
            session.add(found)
            session.flush()
            return found.id

    def member_of(self, who: str) -> Member:
        """The member that somebody acts for."""
        wanted = self.people[who].organisation
        return next(one for one in (self.police, self.ngo, self.company) if one.id == wanted)
