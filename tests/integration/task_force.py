"""Members at work for tests of access: three organisations with people, leads, a case and a share.

A test module takes the fixture with `pytest_plugins = ["tests.integration.task_force"]` and imports
this module for its types only, since pytest wants to be the first to import it. What tests change they
make for themselves (`lead`, `case`, `share`): the task force lives as long as the run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select, update
from tests.conftest import Cluster, databases_of, principal_maker
from tests.directory import CLIENT_ID, serving_directory
from tests.integration.casework import CASEWORK, Casework, numbers
from tests.integration.plugin_wheels import plugin_wheel

from accord.host.pool import ProcessPool
from accord.linking.judgements import judge_parts
from accord.linking.models import LeadRecord, Verdict
from accord.markings import Marking
from accord.publishing import versions
from accord.publishing.grant_checks import ask_for_check
from accord.registry.grants import Allowed
from accord.registry.models import VersionState
from accord_auth.directory.models import DirectoryMapping, DirectoryToken
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
from accord_auth.people.service import assign_role
from accord_auth.permissions import Role as PersonRole
from accord_auth.provisioning.configuring import map_group
from accord_auth.provisioning.tokens import make_token
from accord_auth.reviews.models import AccessReview, ItemKind, ReviewItem
from accord_auth.reviews.service import start_review
from accord_auth.signals.models import DeliveryState, Direction, SignalStream, SubjectFormat
from accord_auth.sso.drafts import Draft
from accord_auth.sso.models import ProofMethod
from accord_auth.sso.service import configure
from accord_auth.streams.service import StreamDraft, add_stream, verify_stream
from accord_config.database import NOBODY, Role
from accord_sdk.host.launch import ProcessLauncher

NO_NAME_SERVER = "127.0.0.1:9"
"""Nothing answers there, and nothing leaves this machine."""


class TaskForce(Casework):
    """The members at work, with one of everything that they can have."""

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
            CASEWORK: partial(self.casework, who, note, only, **changes),
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

    def plugin_version(self, who: str) -> UUID:
        """A version of a plugin of somebody's organisation that waits for admins."""
        wheel = plugin_wheel(f"sample-{next(numbers)}")
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
        number = next(numbers)
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
                email=f"invited{next(numbers)}@example.org",
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
        operator, number = self.member_of(who).operator, next(numbers)
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
        number = next(numbers)
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
        stack.callback(made.app.close)
        yield made
