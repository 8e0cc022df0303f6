"""One of everything by which somebody acts, to be used before access ends and after (`test_ways_out.py`)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import text
from tests.conftest import PASSWORD, Databases, Member, make_members, principal_maker

from accord.refusing import why_refused
from accord.registry.service import activate_all, active_plugins
from accord.sharing.models import Delivery, DeliveryStatus
from accord.web.request import AccordFlask
from accord_auth.errors import SignInFailed
from accord_auth.invitations.accepting import InvitationOver, look_at
from accord_auth.invitations.service import invite
from accord_auth.oauth.issuing import begin_grant, issue_access, issue_refresh
from accord_auth.oauth.models import (
    AuthMethod,
    AuthorizationCode,
    ClientSecret,
    DeviceCode,
    GrantType,
    OAuthClient,
)
from accord_auth.oauth.secret_values import Prefix, hashed, make, make_user_code
from accord_auth.organisations.models import OrganisationKind
from accord_auth.organisations.service import create_organisation, operator_of
from accord_auth.people.models import Person
from accord_auth.people.service import assign_role
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.provisioning.tokens import make_token
from accord_auth.sessions.models import EmergencyReading
from accord_auth.sessions.pending import begin, waiting
from accord_auth.sessions.service import PLATFORM, reading_session, resolve_session, start_session
from accord_auth.signals.events import Event
from accord_auth.signals.models import Direction, SubjectFormat
from accord_auth.streams.service import StreamDraft, add_stream
from accord_config.database import NOBODY, Role
from accord_config.queue import enqueue

BACK = "https://client.example.org/cb"
SCOPE = ["leads:read"]
VERIFIER = "a-verifier-of-forty-three-characters-or-more-0123456789"
_numbers = count(1)


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
    number = next(_numbers)
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


# --- one of everything ---------------------------------------------------------------------------------


def cookie(given: Somebody) -> Use:
    """A page, with the session's cookie."""

    def use() -> bool:
        client = given.site.app.test_client()
        client.set_cookie("accord_session", given.token)
        return client.get("/account").status_code == 200

    return use


def bearer(given: Somebody) -> Use:
    """A call of the API, with the session's token."""
    headers = {"Authorization": f"Bearer {given.token}"}
    return lambda: given.site.app.test_client().get("/api/v1/people", headers=headers).status_code == 200


def pending_sign_in(given: Somebody) -> Use:
    """A sign-in under way that waits for the second factor."""
    begun = given.site.gate(begin, given.person_id, "", ["pwd"])

    def use() -> bool:
        try:
            given.site.gate(waiting, begun.token)
        except SignInFailed:
            return False
        return True

    return use


def download(given: Somebody) -> Use:
    """The link of a file that was made for the person."""
    delivery = Delivery(
        organisation_id=given.member.id,
        plugin="stix",
        status=DeliveryStatus.DELIVERED,
        payload={},
        filename="case.json",
        media_type="application/json",
        content=b"{}",
    )
    with given.site.database(Role.WORKER).transaction(given.member.scope) as session:
        session.add(delivery)
        session.flush()
        path = f"/deliveries/{delivery.id}"

    def use() -> bool:
        client = given.site.app.test_client()
        client.set_cookie("accord_session", given.token)
        return client.get(path).status_code == 200

    return use


def _link(given: Somebody, who: Principal, email: str, organisation_id: UUID) -> Use:
    role = PersonRole.ANALYST
    made = given.site.gate(invite, who, email=email, role=role, organisation_id=organisation_id)

    def use() -> bool:
        try:
            look_at(given.site.database(Role.GATE), made.token)
        except InvitationOver:
            return False
        return True

    return use


def sent_invitation(given: Somebody) -> Use:
    """An invitation that the person sent."""
    return _link(given, given.principal, f"friend{next(_numbers)}@example.org", given.member.id)


def own_invitation(given: Somebody) -> Use:
    """An invitation of the person to a further role there."""
    return _link(given, given.member.operator, given.principal.email, given.member.id)


def queued_job(given: Somebody) -> Use:
    """A job that the person asked for, when a worker comes to it."""
    marker = f"test:{next(_numbers)}"
    with given.site.database(Role.WEB).transaction(given.principal.scope) as session:
        enqueue(session, marker, organisation_id=given.member.id, on_behalf_of=given.person_id)

    def use() -> bool:
        worker = given.site.database(Role.WORKER)
        with worker.transaction(NOBODY) as session:
            query = text("SELECT args FROM procrastinate_jobs WHERE task_name = :task")
            arguments = session.execute(query, {"task": marker}).scalar_one()
        return why_refused(worker, arguments) is None

    return use


def plugin(given: Somebody) -> Use:
    """The organisation's plugins, when a job comes to run them."""

    def use() -> bool:
        with given.site.database(Role.WORKER).transaction(given.member.scope) as session:
            return bool(active_plugins(session, given.member.id))

    return use


def _client(given: Somebody, **changes: Any) -> OAuthClient:
    values: dict[str, Any] = {
        "organisation_id": given.member.id,
        "client_id": f"acc_client_{uuid4().hex}",
        "name": "A reader",
        "auth_method": AuthMethod.NONE,
        "grant_types": [*GrantType],
        "redirect_uris": [BACK],
        "scopes": SCOPE,
        "networks": [],
    }
    client = OAuthClient(**(values | changes))
    given.site.gate(lambda session: (session.add(client), session.flush()))
    return client


def _ask_token(given: Somebody, **form: str) -> Any:
    return given.site.app.test_client().post("/oauth/token", data=form)


def access_token(given: Somebody) -> Use:
    """A call of the API, with an OAuth access token."""
    client = _client(given)

    def make_it(session: Any) -> str:
        grant = begin_grant(session, client=client, scope=SCOPE, principal=given.principal)
        return issue_access(session, grant, SCOPE)

    headers = {"Authorization": f"Bearer {given.site.gate(make_it)}"}
    return lambda: given.site.app.test_client().get("/api/v1/leads", headers=headers).status_code == 200


def refresh_token(given: Somebody) -> Use:
    """The next access token, for a refresh token; each use gives another one."""
    client = _client(given)

    def make_it(session: Any) -> str:
        grant = begin_grant(session, client=client, scope=SCOPE, principal=given.principal)
        return issue_refresh(session, grant)

    tokens = [given.site.gate(make_it)]

    def use() -> bool:
        form = {"grant_type": "refresh_token", "client_id": client.client_id, "refresh_token": tokens[-1]}
        answer = _ask_token(given, **form)
        if answer.status_code == 200:
            tokens.append(answer.json["refresh_token"])
        return bool(answer.status_code == 200)

    return use


def pending_code(given: Somebody) -> Use:
    """A code on its way to the program; each use takes another one."""
    client = _client(given)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()

    def make_it(session: Any) -> list[str]:
        codes = [make(Prefix.AUTHORIZATION_CODE) for _ in range(2)]
        for code in codes:
            grant = begin_grant(session, client=client, scope=SCOPE, principal=given.principal)
            session.add(
                AuthorizationCode(
                    code_hash=hashed(code),
                    grant_id=grant.id,
                    redirect_uri=BACK,
                    code_challenge=challenge,
                    expires_at=datetime.now(UTC) + timedelta(minutes=5),
                )
            )
        return codes

    codes = given.site.gate(make_it)

    def use() -> bool:
        form = {"grant_type": "authorization_code", "client_id": client.client_id, "redirect_uri": BACK}
        answer = _ask_token(given, **form, code=codes.pop(), code_verifier=VERIFIER)
        return bool(answer.status_code == 200)

    return use


def service(given: Somebody) -> Use:
    """A token for the organisation's own program, by its shared secret."""
    later = datetime.now(UTC) + timedelta(days=1)
    client = _client(
        given, auth_method=AuthMethod.SHARED_SECRET, scopes=["records:write"], secret_until=later
    )
    secret = make(Prefix.CLIENT_SECRET)
    kept = ClientSecret(client_id=client.id, secret_hash=hashed(secret), expires_at=later)
    given.site.gate(lambda session: session.add(kept))

    def use() -> bool:
        answer = given.site.app.test_client().post(
            "/oauth/token",
            data={"grant_type": "client_credentials", "scope": "records:write"},
            auth=(client.client_id, secret),
        )
        return answer.status_code == 200

    return use


def device_code(given: Somebody) -> Use:
    """A program that waits to be let in: it is told to go on waiting, or that it waits for nothing."""
    client, code = _client(given), make(Prefix.DEVICE_CODE)
    waits = DeviceCode(
        client_id=client.id,
        device_hash=hashed(code),
        user_code_hash=hashed(make_user_code()),
        scope=SCOPE,
        expires_at=datetime.now(UTC) + timedelta(minutes=5),
        interval_s=0,
    )
    given.site.gate(lambda session: session.add(waits))

    def use() -> bool:
        form = {"grant_type": GrantType.DEVICE_CODE.value, "client_id": client.client_id}
        answer = _ask_token(given, **form, device_code=code)
        return bool(answer.json["error"] in ("authorization_pending", "slow_down"))

    return use


def shared_case(given: Somebody) -> Use:
    """What the organisation shares with another member: it outlives the people who made it."""
    query = text(
        "INSERT INTO shares (organisation_id, recipient_id, title, marking, purpose, basis, document, digest)"
        " VALUES (:owner, :recipient, 't', 'TLP:AMBER', 'p', 'b', '{}', 'd') RETURNING id"
    )
    recipient = given.site.members.ngo
    with given.site.database(Role.WEB).transaction(given.member.scope) as session:
        share_id = session.scalar(query, {"owner": given.member.id, "recipient": recipient.id})

    def use() -> bool:
        with given.site.database(Role.WEB).transaction(recipient.scope) as session:
            seen = text("SELECT count(*) FROM shares WHERE id = :id AND revoked_at IS NULL")
            return bool(session.scalar(seen, {"id": share_id}))

    return use


def directory_token(given: Somebody) -> Use:
    """The organisation's own directory, which says who belongs."""
    value = given.site.gate(make_token, given.member.operator, name="Directory", days=1).value
    headers = {"Authorization": f"Bearer {value}"}
    return lambda: given.site.app.test_client().get("/scim/v2/Users", headers=headers).status_code == 200


def received_share(given: Somebody) -> Use:
    """What another member shares with the organisation, as that member sees who has it."""
    query = text(
        "INSERT INTO shares (organisation_id, recipient_id, title, marking, purpose, basis, document, digest)"
        " VALUES (:owner, :recipient, 't', 'TLP:AMBER', 'p', 'b', '{}', 'd') RETURNING id"
    )
    owner = given.site.members.ngo
    with given.site.database(Role.WEB).transaction(owner.scope) as session:
        share_id = session.scalar(query, {"owner": owner.id, "recipient": given.member.id})

    def use() -> bool:
        with given.site.database(Role.WEB).transaction(owner.scope) as session:
            held = text("SELECT count(*) FROM shares WHERE id = :id AND revoked_at IS NULL")
            return bool(session.scalar(held, {"id": share_id}))

    return use


def emergency_reading(given: Somebody) -> Use:
    """The case data of another member, which the person reads in an emergency as a platform admin, too."""

    def begin(session: Any) -> str:
        person = session.get_one(Person, given.person_id)
        assign_role(session, person_id=person.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)
        second = Person(email=f"second{next(_numbers)}@example.org", name="Second")
        session.add(second)
        session.flush()
        found = EmergencyReading(
            organisation_id=given.site.members.ngo.id,
            asked_by=person.id,
            asked_name=person.name,
            reason="A person may be in danger tonight",
            ends_at=datetime.now(UTC) + timedelta(hours=4),
            approved_by=second.id,
            approved_at=datetime.now(UTC),
        )
        session.add(found)
        session.flush()
        started = start_session(session, person_id=person.id, choice=PLATFORM, hours=1)
        session.flush()
        signed_in = resolve_session(session, started.token)
        assert signed_in is not None
        return reading_session(session, signed_in, found.id).token

    headers = {"Authorization": f"Bearer {given.site.gate(begin)}"}
    return lambda: given.site.app.test_client().get("/api/v1/cases", headers=headers).status_code == 200


def signal_stream(given: Somebody) -> Use:
    """A system of the organisation that tells us of somebody's sessions; each use is another token."""
    key = ECKey.generate_key("P-256", {"kid": "one"})
    draft = StreamDraft(
        name="Provider",
        direction=Direction.RECEIVE,
        events=("session-revoked",),
        subject_format=SubjectFormat.EMAIL,
        audience="https://accord.example.org",
        issuer="https://idp.example.org",
        jwks_uri="https://idp.example.org/keys",
    )

    def open_one(session: Any) -> tuple[UUID, str]:
        made = add_stream(session, given.member.operator, draft, given.site.app.outside.seals)
        made.stream.keys, made.stream.keys_asked_at = (
            {"keys": [key.as_dict(private=False)]},
            datetime.now(UTC),
        )
        return made.stream.id, made.secret

    stream_id, secret = given.site.gate(open_one)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/secevent+jwt"}

    def use() -> bool:
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": draft.issuer,
            "aud": draft.audience,
            "iat": now,
            "jti": uuid4().hex,
            "sub_id": {"format": "opaque", "id": "stream"},
            "events": {Event.VERIFICATION.value: {}},
        }
        token = jwt.encode({"alg": "ES256", "kid": "one", "typ": "secevent+jwt"}, claims, key)
        client = given.site.app.test_client()
        answer = client.post(f"/signals/push/{stream_id}", data=token, headers=headers)
        return answer.status_code == 202

    return use


USES: Mapping[str, tuple[Callable[[Somebody], Use], ...]] = {
    "client": (service,),
    "device code": (device_code,),
    "directory token": (directory_token,),
    "emergency reading": (emergency_reading,),
    "grant": (access_token, refresh_token, pending_code),
    "invitation": (sent_invitation, own_invitation),
    "plugin": (plugin,),
    "queued job": (queued_job,),
    "session": (cookie, bearer, download),
    "share": (shared_case, received_share),
    "sign-in under way": (pending_sign_in,),
    "signal stream": (signal_stream,),
}
"""By the channel's name, every way to use what it holds."""
OF_THE_PLATFORM = {"emergency reading"}
"""What somebody has by belonging to the platform: leaving a member takes nothing of it away."""
