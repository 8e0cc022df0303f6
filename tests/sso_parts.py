"""An installation, two members with directories, and browsers that go there and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import select, update
from tests.conftest import PASSWORD, Cluster, Databases, Member, databases_of, principal_maker
from tests.directory import CLIENT_ID, CLIENT_SECRET, Account, TestDirectory, serving_directory
from tests.soft_passkey import SoftPasskey
from werkzeug.test import TestResponse

from accord.app import create_app
from accord.web.request import AccordFlask
from accord_auth.audit.models import AuditEntry
from accord_auth.audit.service import AuditTag
from accord_auth.organisations.models import Membership, OrganisationKind
from accord_auth.organisations.service import create_organisation, operator_of
from accord_auth.people.models import Person, RoleAssignment
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.sessions.service import SignedIn, resolve_session
from accord_auth.sso.drafts import Draft
from accord_auth.sso.models import DirectoryAccount, ProofMethod, Provider
from accord_auth.sso.service import configure
from accord_config.database import NOBODY, Role, Scope
from accord_config.home import Home

ROLE_MAP = {"cases": "investigator", "admins": "organisation_admin", "watch": "auditor"}
_numbers = count(1)


@dataclass
class Club:
    """A member of the test's own: its slug is its domain's first label, its directory the running one."""

    site: SsoSite
    member: Member
    domain: str

    @property
    def slug(self) -> str:
        return self.member.slug

    def account(self, name: str = "ines", **claims: Any) -> Account:
        return Account(sub=f"sub {name} {self.slug}", email=f"{name}@{self.domain}", claims=claims)

    def person(self, *roles: PersonRole, name: str = "keeper") -> Principal:
        """Somebody with a local account."""
        return self.site.principal_of(self.member, *roles, email=f"{name}@{self.domain}")

    def roles(self, email: str) -> set[str]:
        query = (
            select(RoleAssignment.role)
            .join(Person, Person.id == RoleAssignment.person_id)
            .where(Person.email == email, RoleAssignment.organisation_id == self.member.id)
        )
        return set(self.site.gate(lambda session: session.scalars(query).all()))

    def accounts(self) -> list[DirectoryAccount]:
        query = select(DirectoryAccount).where(DirectoryAccount.organisation_id == self.member.id)
        found: list[DirectoryAccount] = self.site.gate(lambda session: session.scalars(query).all())
        return found

    def entries(self, tag: AuditTag) -> list[AuditEntry]:
        """What the organisation's log says, the newest first."""
        query = select(AuditEntry).where(AuditEntry.tag == tag).order_by(AuditEntry.id.desc())
        with self.site.database(Role.WEB).transaction(Scope(organisation_id=self.member.id)) as session:
            return list(session.scalars(query))

    def reasons(self) -> list[str]:
        """Why sign-ins failed, the newest first."""
        return [str(entry.detail["reason"]) for entry in self.entries(AuditTag.SSO_FAIL)]

    def forget_keys(self) -> None:
        """As after an hour."""
        nothing = {"keys_until": None, "keys_asked_at": None, "discovered_until": None}
        of_club = update(Provider).where(Provider.organisation_id == self.member.id)
        self.site.gate(lambda session: session.execute(of_club.values(nothing)))

    def long_ago(self) -> None:
        """The directory was not asked for its keys a moment ago; what is known of them still counts."""
        of_club = update(Provider).where(Provider.organisation_id == self.member.id)
        self.site.gate(lambda session: session.execute(of_club.values(keys_asked_at=None)))


class Browser:
    """Somebody's browser."""

    def __init__(self, site: SsoSite, token: str | None = None) -> None:
        self.site = site
        self.client: FlaskClient = site.app.test_client()
        self.client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        number = next(_numbers)
        # Of a network of its own: limits on one are not for all tests together.
        self.client.environ_base["REMOTE_ADDR"] = f"198.18.{number >> 8 & 255}.{number & 255}"
        if token is not None:
            self.client.set_cookie("accord_session", token)

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, **form: str) -> TestResponse:
        return self.client.post(path, data=form)

    def leave(self, club: Club, **query: str) -> str:
        """Go to the directory by the organisation's link; the address there."""
        answer = self.client.get(f"/sso/{club.slug}", query_string=query)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def sign_in(self, club: Club, account: Account | None = None, **changes: str | None) -> TestResponse:
        """Go to the directory and come back with what it says."""
        account = account or club.account()
        return self.get(self.site.directory.authorize(self.leave(club), account, **changes))

    def add_passkey(self) -> SoftPasskey:
        """Add a passkey to the account of whoever is signed in."""
        means = self.site.app.means
        key = SoftPasskey(means.origin, means.domain)
        options = self.post("/account/factors/passkeys/options").json
        made = self.post("/account/factors/passkeys", credential=key.make(options), name="key")
        assert made.status_code in (201, 303), made.text
        return key

    def use_passkey(self, key: SoftPasskey) -> TestResponse:
        """Sign in with it, or give it as the second step of a sign-in under way."""
        options = self.post("/sign-in/passkey/options").json
        return self.post("/sign-in/passkey", credential=key.use(options))

    @property
    def person_id(self) -> UUID:
        """Who is signed in."""
        assert self.signed_in is not None
        return self.signed_in.person_id

    @property
    def token(self) -> str:
        """Of its session."""
        cookie = self.client.get_cookie("accord_session")
        assert cookie is not None
        return cookie.value

    @property
    def signed_in(self) -> SignedIn | None:
        cookie = self.client.get_cookie("accord_session")
        found: SignedIn | None = self.site.gate(resolve_session, cookie.value) if cookie else None
        return found


class SsoSite:
    """The installation; each test takes a member of its own."""

    def __init__(
        self,
        database: Databases,
        app: AccordFlask,
        directory: TestDirectory | None = None,
        home: Home | None = None,
    ) -> None:
        self.database = database
        if home is not None:
            self.home = home
        self.app = app
        if directory is not None:
            self.directory = directory
        self.principal_of = principal_maker(database)

    def gate(self, work: Any, *arguments: Any, **named: Any) -> Any:
        with self.database(Role.GATE).transaction(NOBODY) as session:
            return work(session, *arguments, **named)

    def club(self, *, directory: bool = True, **changes: Any) -> Club:
        slug = f"harbor-{next(_numbers)}"
        organisation = self.gate(create_organisation, slug=slug, name=slug.title(), kind=OrganisationKind.NGO)
        domain, now = f"{slug}.example.org", datetime.now(UTC)
        proved = Membership(organisation_id=organisation.id, domain=domain, domain_proved_at=now)
        self.gate(lambda session: session.add(proved))
        club = Club(self, Member(organisation, operator_of(organisation)), domain)
        if directory:
            self.configure(club, **changes)
        return club

    def configure(self, club: Club, **changes: Any) -> Provider:
        values: dict[str, Any] = {
            "client_id": CLIENT_ID,
            "method": ProofMethod.CLIENT_SECRET,
            "secret": CLIENT_SECRET,
            "role_map": ROLE_MAP,
        }
        values |= changes
        draft = Draft(issuer=values.pop("issuer", None) or self.directory.issuer, **values)
        made: Provider = self.gate(configure, club.member.operator, draft, self.app.outside.seals)
        return made

    def person_of(self, email: str) -> UUID:
        """The person with this address."""
        query = select(Person.id).where(Person.email == email)
        found: UUID = self.gate(lambda session: session.scalars(query).one())
        return found

    def local_sign_in(self, email: str) -> Browser:
        sent = {"email": email, "password": PASSWORD}
        answer = self.app.test_client().post("/api/v1/sessions", json=sent)
        assert answer.status_code == 201, answer.text
        return Browser(self, answer.json["token"])

    def browser(self) -> Browser:
        return Browser(self)


@contextmanager
def sso_site(cluster: Cluster, folder: Path) -> Iterator[SsoSite]:
    """The installation with its directory, until the block ends."""
    with ExitStack() as stack:
        directory = stack.enter_context(serving_directory(folder))
        home = stack.enter_context(cluster.home(folder / "home"))
        database = stack.enter_context(databases_of(home))
        app = create_app(home, fetcher=directory.fetcher)
        stack.callback(app.close)
        yield SsoSite(database, app, directory, home)
