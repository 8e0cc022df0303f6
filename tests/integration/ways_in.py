"""One of everything by which somebody acts, to be used before access ends and after (`test_ways_out.py`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from tests.integration.somebody import Somebody, Use, numbers
from tests.integration.ways_by_program import (
    access_token,
    device_code,
    directory_token,
    pending_code,
    refresh_token,
    service,
    signal_stream,
)

from accord.refusing import why_refused
from accord.registry.service import active_plugins
from accord.sharing.models import Delivery, DeliveryStatus
from accord_auth.errors import SignInFailed
from accord_auth.invitations.accepting import InvitationOver, look_at
from accord_auth.invitations.service import invite
from accord_auth.people.models import Person
from accord_auth.people.service import assign_role
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.sessions.models import EmergencyReading
from accord_auth.sessions.pending import begin, waiting
from accord_auth.sessions.service import PLATFORM, reading_session, resolve_session, start_session
from accord_config.database import NOBODY, Role
from accord_config.queue import enqueue


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
    return _link(given, given.principal, f"friend{next(numbers)}@example.org", given.member.id)


def own_invitation(given: Somebody) -> Use:
    """An invitation of the person to a further role there."""
    return _link(given, given.member.operator, given.principal.email, given.member.id)


def queued_job(given: Somebody) -> Use:
    """A job that the person asked for, when a worker comes to it."""
    marker = f"test:{next(numbers)}"
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
        second = Person(email=f"second{next(numbers)}@example.org", name="Second")
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
