"""Members at work for tests of access: three organisations with people, leads, a case and a share.

The pipeline is the real one: detectors, the linker and the assessor run as they do in a worker.
A test module takes the fixture with `pytest_plugins = ["tests.integration.task_force"]` and imports
this module for its types only, since pytest wants to be the first to import it. What tests change they
make for themselves (`lead`, `case`, `share`): the task force lives as long as the run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, update
from tests.conftest import (
    PASSWORD,
    Cluster,
    Databases,
    Member,
    Members,
    databases_of,
    make_members,
    principal_maker,
)
from tests.directory import CLIENT_ID, TestDirectory, serving_directory
from tests.integration.plugin_wheels import plugin_wheel
from werkzeug.test import TestResponse

from accord.app import create_app
from accord.caseload.assessment import assess_stale
from accord.caseload.cases import add_note, find_case, open_case
from accord.detection.service import detect_batch
from accord.host.pool import ProcessPool
from accord.ingestion.models import Batch, Source, Stage, StoredRecord
from accord.ingestion.service import ensure_source, store, validate
from accord.linking.judgements import judge_parts
from accord.linking.models import Lead, LeadRecord, Verdict
from accord.linking.service import link_ready
from accord.markings import Marking
from accord.publishing import versions
from accord.publishing.grant_checks import ask_for_check
from accord.registry.grants import Allowed
from accord.registry.models import VersionState
from accord.sharing.deliveries import deliver, prepare_case, prepare_share
from accord.sharing.document import ShareTerms
from accord.sharing.service import Basis, create_share, find_share
from accord.web.request import AccordFlask
from accord_auth.audit.keys import KEY_FILE, SigningKeyFile
from accord_auth.audit.sealing import seal_waiting
from accord_auth.directory.models import DirectoryMapping, DirectoryToken
from accord_auth.emergencies import service as emergencies
from accord_auth.invitations.service import invite
from accord_auth.joining import applying, vetting
from accord_auth.joining.acting import PLATFORM_OPERATOR
from accord_auth.joining.models import CheckState
from accord_auth.joining.schemas import CHECKED_BY_PEOPLE, Details
from accord_auth.joining.vetting import SignedAgreement, Terms
from accord_auth.oauth.models import AuthMethod, GrantType, OAuthClient, OAuthGrant
from accord_auth.organisations.models import OrganisationKind
from accord_auth.organisations.service import create_organisation
from accord_auth.people.models import Person
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import IN_AN_EMERGENCY, ROLES, Permission
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.provisioning.configuring import map_group
from accord_auth.provisioning.tokens import make_token
from accord_auth.reviews.models import AccessReview, ItemKind, ReviewItem
from accord_auth.reviews.service import start_review
from accord_auth.sessions.models import EmergencyReading
from accord_auth.sessions.service import resolve_session
from accord_auth.signals.models import DeliveryState, Direction, SignalStream, SubjectFormat
from accord_auth.sso.drafts import Draft
from accord_auth.sso.models import ProofMethod
from accord_auth.sso.service import configure
from accord_auth.streams.service import StreamDraft, add_stream, verify_stream
from accord_config.database import NOBODY, Role
from accord_config.home import Home
from accord_sdk.host.launch import ProcessLauncher

PLATFORM = {
    "admin": PersonRole.PLATFORM_ADMIN,
    "watcher": PersonRole.PLATFORM_AUDITOR,
    "second admin": PersonRole.PLATFORM_ADMIN,
    "reader": PersonRole.PLATFORM_ADMIN,
}
"""People who act for the platform itself."""
READER = "reader"
"""One of them, who reads the police's case data in an emergency."""
BEGIN = datetime(2026, 5, 1, 12, tzinfo=UTC)
NO_NAME_SERVER = "127.0.0.1:9"
"""Nothing answers there, and nothing leaves this machine."""
RENEWED_AFTER_S = 300
_numbers = count(1)
_CASEWORK = ("lead_id", "case_id", "share_id", "delivery_id")
"""Each is made of the one before."""


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


class TaskForce:
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

    # --- data ------------------------------------------------------------------------------------

    @staticmethod
    def record_line(number: int, *, phone: str, **changes: Any) -> dict[str, Any]:
        """A neutral record that shows a phone number."""
        return {
            "external_id": f"t{number:05}",
            "observed_at": (BEGIN + timedelta(hours=number % 500)).isoformat(),
            "title": f"Notice {number}",
            "body": f"New in town this week, call {phone}. Notice number {number}.",
            "place": {"name": ("Columbus, OH", "Dayton, OH", "Toledo, OH")[number % 3], "country": "US"},
            "language": "en",
            **changes,
        }

    @staticmethod
    def fresh_phone() -> str:
        """A reserved number that no other test's records show."""
        number = next(_numbers)
        return f"{201 + number // 100:03}-555-01{number % 100:02}"

    @staticmethod
    def terms(recipient: Member, **changes: Any) -> ShareTerms:
        """Terms of a share that will do."""
        given: dict[str, Any] = {
            "recipient_id": recipient.id,
            "marking": Marking.AMBER,
            "purpose": "Joint work on this case",
            "basis": Basis.PUBLIC_TASK,
            "expires_on": (datetime.now(UTC) + timedelta(days=30)).date(),
        }
        return ShareTerms(**(given | changes))

    def ingest(
        self, member: Member, lines: list[dict[str, Any]], *, marking: Marking = Marking.AMBER
    ) -> None:
        """Records through the whole pipeline."""
        with self.database(Role.WORKER).transaction(member.scope) as session:
            source = ensure_source(session, member.operator, "board")
            checked = [validate(index, line) for index, line in enumerate(lines)]
            stored = store(session, member.operator, source, checked, marking=marking)  # type: ignore[arg-type]  # a Reject would fail below
            assert not stored.rejects
        self.work(member)

    def work(self, member: Member) -> None:
        """Do what waits in a member's pipeline."""
        worker = self.database(Role.WORKER)
        with worker.transaction(member.scope) as session:
            waiting = list(session.scalars(select(Batch.id).where(Batch.stage == Stage.STORED)))
        for batch_id in waiting:
            detect_batch(worker, self.pool, member.id, batch_id)
        while link_ready(worker, member.id):
            pass
        assess_stale(worker, self.pool, member.id)

    def lead(
        self,
        member: Member,
        *,
        records: int = 2,
        phone: str | None = None,
        marking: Marking = Marking.AMBER,
        **changes: Any,
    ) -> UUID:
        """A lead of so many records that show one number of their own."""
        number = phone or self.fresh_phone()
        lines = [self.record_line(next(_numbers), phone=number, **changes) for _ in range(records)]
        self.ingest(member, lines, marking=marking)
        with self.database(Role.WORKER).transaction(member.scope) as session:
            return session.scalars(
                select(LeadRecord.lead_id)
                .join(StoredRecord, StoredRecord.id == LeadRecord.record_id)
                .join(Source, Source.id == StoredRecord.source_id)
                .join(Lead, Lead.id == LeadRecord.lead_id)
                .where(StoredRecord.external_id == lines[0]["external_id"])
            ).one()

    def case(self, who: str = "investigator", lead_id: UUID | None = None, *, note: str = "") -> UUID:
        """A case of somebody's organisation, with a note where one is given."""
        person = self.people[who]
        lead_id = lead_id or self.lead(self.member_of(who))
        with self.database(Role.WEB).transaction(person.scope) as session:
            case = open_case(session, person, lead_id)
            if note:
                add_note(session, person, case, note)
            return case.id

    def share(
        self, case_id: UUID, recipient: Member | None = None, who: str = "investigator", **changes: Any
    ) -> UUID:
        """A share of a case, with the NGO unless somebody else is named."""
        person = self.people[who]
        with self.database(Role.WEB).transaction(person.scope) as session:
            case = find_case(session, person, case_id)
            return create_share(session, person, case, self.terms(recipient or self.ngo, **changes)).id

    def file(self, who: str, *, case_id: UUID | None = None, share_id: UUID | None = None) -> UUID:
        """A STIX file of a case or of a share, made by the plugin."""
        person = self.people[who]
        with self.database(Role.WEB).transaction(person.scope) as session:
            if case_id is not None:
                delivery = prepare_case(session, person, find_case(session, person, case_id))
            else:
                assert share_id is not None
                delivery = prepare_share(session, person, find_share(session, person, share_id))
        deliver(self.database(Role.WORKER), self.pool, person.organisation, delivery.id)
        return delivery.id

    def things(
        self,
        who: str = "investigator",
        note: str = "Seen by a neighbour.",
        only: Collection[str] | None = None,
        **changes: Any,
    ) -> dict[str, UUID]:
        """A lead of somebody's organisation (the police's), its case with a note, a share of it with the
        NGO (the NGO's with the company), and the share's file; `changes` are of the lead's records.
        Beside them an application that can be approved, and a member of no use by its short name.

        With `only` those of these names, and what they need: making everything takes half a second.
        """
        makers: dict[tuple[str, ...], Callable[[], dict[str, UUID]]] = {
            _CASEWORK: partial(self.casework, who, note, only, **changes),
            ("person_id",): lambda: {"person_id": self.colleague(who)},
            ("invitation_id",): lambda: {"invitation_id": self.invitation(who)},
            ("client_id", "grant_id", "item_id", "review_id"): partial(self.oauth_client, who),
            ("directory_token_id", "directory_mapping_id"): partial(self.directory, who),
            ("stream_id", "signal_id"): partial(self.signals, who),
            ("version_id", "check_id"): partial(self.plugin_version_checked, who),
            ("provider_id",): lambda: {"provider_id": self.provider(who)},
            ("judgement_id", "part_id", "other_part_id"): partial(self.judgement, who),
            ("application_id",): lambda: {"application_id": self.application()},
            ("slug",): lambda: {"slug": self.spare_member()},
            ("emergency_id",): lambda: {"emergency_id": self.emergency("second admin", self.member_of(who))},
            ("review_id", "item_id"): partial(self.review, who),
        }
        made: dict[str, UUID] = {}
        for names, make in makers.items():
            if only is None or not set(only).isdisjoint(names):
                made |= make()
        return made

    def casework(
        self, who: str, note: str, only: Collection[str] | None = None, **changes: Any
    ) -> dict[str, UUID]:
        """A lead, its case, a share of that and its file, as far as `only` asks for them."""
        steps = [step for step in _CASEWORK if only is None or step in only]
        last = _CASEWORK.index(steps[-1])
        made = {"lead_id": self.lead(self.member_of(who), **changes)}
        if last > 0:
            made["case_id"] = self.case(who, lead_id=made["lead_id"], note=note)
        if last > 1:
            recipient = self.company if self.member_of(who) is self.ngo else self.ngo
            made["share_id"] = self.share(made["case_id"], recipient, who=who)
        if last > 2:
            made["delivery_id"] = self.file(who, share_id=made["share_id"])
        return made

    def plugin_version(self, who: str) -> UUID:
        """A version of a plugin of somebody's organisation that waits for admins."""
        wheel = plugin_wheel(f"sample-{next(_numbers)}")
        with self.database(Role.GATE).transaction(NOBODY) as session:
            made = versions.publish(session, self.member_of(who).operator, *wheel)
            made.state = VersionState.WAITING
            return made.id

    def plugin_version_checked(self, who: str) -> dict[str, UUID]:
        """A version of a plugin of somebody's organisation, and the check of it with fewer grants."""
        version_id = self.plugin_version(who)
        allowed = Allowed(("title",), (), Marking.AMBER)
        with self.database(Role.GATE).transaction(NOBODY) as session:
            check = ask_for_check(session, PLATFORM_OPERATOR, version_id, allowed)
            return {"version_id": version_id, "check_id": check.id}

    def judgement(self, who: str) -> dict[str, UUID]:
        """Two parts of leads of somebody's organisation, and what they said of them."""
        member, person = self.member_of(who), self.people[who]
        leads = self.lead(member, records=1), self.lead(member, records=1)
        with self.database(Role.WEB).transaction(member.scope) as session:
            part, other = (
                session.scalars(select(LeadRecord.strand_id).where(LeadRecord.lead_id == lead)).one()
                for lead in leads
            )
            said = judge_parts(session, person, Verdict.APART, part, other, "As both say.")
            return {"part_id": part, "other_part_id": other, "judgement_id": said.id}

    def colleague(self, who: str) -> UUID:
        """An analyst of somebody's organisation, whom nobody else's test needs."""
        number = next(_numbers)
        with self.database(Role.GATE).transaction(NOBODY) as session:
            person = Person(email=f"colleague{number}@example.org", name=f"Colleague {number}")
            session.add(person)
            session.flush()
            place = {"role": PersonRole.ANALYST, "organisation_id": self.people[who].organisation}
            assign_role(session, person_id=person.id, **place)
            return person.id

    def invitation(self, who: str) -> UUID:
        """An invitation into somebody's organisation that waits."""
        member = self.member_of(who)
        with self.database(Role.GATE).transaction(NOBODY) as session:
            return invite(
                session,
                member.operator,
                email=f"invited{next(_numbers)}@example.org",
                role=PersonRole.ANALYST,
                organisation_id=member.id,
            ).id

    def review(self, who: str = "investigator") -> dict[str, UUID]:
        """A new review of somebody's organisation with a program in it; the platform has one, too."""
        owner = self.member_of(who)
        # With a second admin, so that the platform is asked about nobody.
        principal_maker(self.database)(
            owner, PersonRole.ORGANISATION_ADMIN, email=f"deputy@{owner.slug}.example.org"
        )
        with self.database(Role.GATE).transaction(NOBODY) as session:
            mine = AccessReview.organisation_id == owner.id
            session.execute(update(AccessReview).where(mine).values(closed_at=func.now()))
            found = start_review(session, owner.operator, "Of the sample")
            if session.scalar(select(AccessReview.id).where(AccessReview.organisation_id.is_(None))) is None:
                start_review(session, PLATFORM_OPERATOR, "Of the sample")
            client = select(ReviewItem.id).where(
                ReviewItem.review_id == found.id, ReviewItem.kind == ItemKind.CLIENT
            )
            return {"review_id": found.id, "item_id": session.scalars(client.limit(1)).one()}

    def oauth_client(self, who: str = "investigator") -> dict[str, UUID]:
        """A service of somebody's organisation with a shared secret, and what it holds by its own right."""
        owner, later = self.member_of(who).id, datetime.now(UTC) + timedelta(days=30)
        with self.database(Role.GATE).transaction(NOBODY) as session:
            client = OAuthClient(
                organisation_id=owner,
                client_id=f"acc_client_{uuid4().hex}",
                name="A service",
                auth_method=AuthMethod.SHARED_SECRET,
                grant_types=[GrantType.CLIENT_CREDENTIALS],
                redirect_uris=[],
                scopes=["records:write"],
                networks=[],
                secret_until=later,
            )
            session.add(client)
            session.flush()
            grant = OAuthGrant(
                client_id=client.id, organisation_id=owner, scope=["records:write"], expires_at=later
            )
            session.add(grant)
            session.flush()
            return {"client_id": client.id, "grant_id": grant.id}

    def directory(self, who: str = "investigator") -> dict[str, UUID]:
        """A token of somebody's organisation's directory, and a group that gives a role."""
        operator, number = self.member_of(who).operator, next(_numbers)
        with self.database(Role.GATE).transaction(NOBODY) as session:
            owned = DirectoryToken.organisation_id == operator.organisation
            session.execute(update(DirectoryToken).where(owned).values(revoked_at=func.now()))
            mapped = DirectoryMapping.organisation_id == operator.organisation_id
            session.execute(delete(DirectoryMapping).where(mapped))
            token = make_token(session, operator, name=f"Directory {number}", days=30).token.id
            map_group(session, operator, group_name=f"Group {number}", role=PersonRole.ANALYST)
            name = DirectoryMapping.group_name == f"Group {number}"
            mapping = session.scalars(select(DirectoryMapping.id).where(name)).one()
            return {"directory_token_id": token, "directory_mapping_id": mapping}

    def provider(self, who: str = "investigator") -> UUID:
        """The directory of somebody's organisation, which runs on this machine."""
        operator = self.member_of(who).operator
        draft = Draft(
            issuer=self.identity_provider.issuer,
            client_id=CLIENT_ID,
            method=ProofMethod.PRIVATE_KEY_JWT,
            role_map={"cases": PersonRole.INVESTIGATOR},
        )
        with self.database(Role.GATE).transaction(NOBODY) as session:
            return configure(session, operator, draft, self.app.outside.seals).id

    def signals(self, who: str = "investigator") -> dict[str, UUID]:
        """A stream by which somebody's organisation tells another system, and a signal that is parked."""
        operator = self.member_of(who).operator
        draft = StreamDraft(
            name="A provider",
            direction=Direction.SEND,
            events=("session-revoked",),
            subject_format=SubjectFormat.EMAIL,
            audience="https://idp.example.org",
            endpoint_url="https://idp.example.org/push",
        )
        with self.database(Role.GATE).transaction(NOBODY) as session:
            owned = SignalStream.organisation_id == operator.organisation_id
            session.execute(update(SignalStream).where(owned).values(closed_at=func.now()))
            stream = add_stream(session, operator, draft, self.app.outside.seals).stream
            signal = verify_stream(session, operator, stream.id)
            signal.state = DeliveryState.PARKED
            return {"stream_id": stream.id, "signal_id": signal.id}

    def application(self) -> UUID:
        """An application that only waits to be approved."""
        number = next(_numbers)
        today = datetime.now(UTC).date()
        details = Details(
            name=f"Applicant {number}",
            kind=OrganisationKind.NGO,
            domain=f"applicant-{number}.example.org",
            contact_name="A contact",
            contact_email=f"contact@applicant-{number}.example.org",
            purpose="Support for people who want to leave",
            legal_basis="Consent of the people supported",
            jurisdiction="US-OH",
        )
        agreement = SignedAgreement("folder 7", today, today, today + timedelta(days=365))
        with self.database(Role.GATE).transaction(NOBODY) as session:
            found = applying.apply(session, details).application
            applying.keep_proof(session, PLATFORM_OPERATOR, found, found, "")
            vetting.set_terms(session, PLATFORM_OPERATOR, found.id, Terms(f"applicant-{number}"))
            vetting.set_agreement(session, PLATFORM_OPERATOR, found.id, agreement)
            for item in CHECKED_BY_PEOPLE:
                vetting.check(session, PLATFORM_OPERATOR, found.id, item, CheckState.MET, "seen")
            return found.id

    def spare_member(self) -> UUID:
        """A member that nobody belongs to; its short name is written like an id."""
        slug = uuid4()
        with self.database(Role.GATE).transaction(NOBODY) as session:
            create_organisation(session, slug=str(slug), name="Spare", kind=OrganisationKind.OTHER)
        return slug

    def member_of(self, who: str) -> Member:
        """The member that somebody acts for."""
        wanted = self.people[who].organisation
        return next(one for one in (self.police, self.ngo, self.company) if one.id == wanted)


@pytest.fixture(scope="session")
def task_force(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TaskForce]:
    """The members at work, made once a run."""
    with ExitStack() as stack:
        home = stack.enter_context(
            cluster.home(tmp_path_factory.mktemp("task-force"), dns_server=NO_NAME_SERVER)
        )
        database = stack.enter_context(databases_of(home))
        pool = ProcessPool(ProcessLauncher())
        stack.callback(pool.close)
        directory = stack.enter_context(serving_directory(tmp_path_factory.mktemp("directory")))
        made = TaskForce(home, database, pool, directory)
        stack.callback(made.app.web.close)
        stack.callback(made.app.gate.close)
        yield made
