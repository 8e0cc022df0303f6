"""Two installations of Accord tell each other over TLS on loopback: the real servers, the real workers."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.acceptance.conftest import free_port
from tests.conftest import Cluster, databases_of
from tests.integration.directories import Directory, directory_of
from tests.integration.somebody import Site, sign_in
from tests.loopback import NAME, certificate
from werkzeug.serving import make_server

from accord.app import create_app
from accord.worker import run_worker
from accord_auth.joining.acting import PLATFORM_OPERATOR
from accord_auth.memberships.service import remove_person, set_disabled
from accord_auth.oauth.addresses import PATHS
from accord_auth.people.models import Person
from accord_auth.permissions import Role as PersonRole
from accord_auth.signals.events import CHOICES
from accord_auth.signals.models import Direction, SignalDelivery, SignalStream, SubjectFormat
from accord_auth.streams import receiving
from accord_auth.streams.service import StreamDraft, add_stream, send_again, verify_stream
from accord_config.home import Home

EMAIL = "both@both.example.org"
pytestmark = pytest.mark.timeout(600)


@dataclass
class Accord:
    """One of them, with one member in it."""

    home: Home
    site: Site
    member: Directory
    issuer: str

    def person(self, email: str) -> str:
        """An investigator of the member with this address; a token of a session."""
        self.site.principal_of(self.member.member, PersonRole.INVESTIGATOR, email=email)
        return sign_in(self.site, email)

    def person_id(self, email: str) -> Any:
        return self.site.gate(lambda session: session.scalar(select(Person.id).where(Person.email == email)))

    def work(self) -> None:
        """Have a worker do what waits."""
        run_worker(self.home, until_empty=True)

    def stream(self) -> SignalStream:
        query = select(SignalStream).where(SignalStream.organisation_id == self.member.member.id)
        found: SignalStream = self.site.gate(lambda session: session.scalars(query).one())
        return found

    def sent(self) -> list[tuple[str, str]]:
        """State and event of each signal, oldest first."""
        query = select(SignalDelivery).order_by(SignalDelivery.created_at, SignalDelivery.event)
        rows = self.site.gate(lambda session: session.scalars(query).all())
        return [(row.state, row.event.rpartition("/")[2]) for row in rows]


@contextmanager
def accord(cluster: Cluster, path: Path, port: int, ports: str, pem: Path) -> Iterator[Accord]:
    """An installation that answers at a port, and reaches the other one as its settings say."""
    issuer = f"https://{NAME}:{port}"
    settings = {
        "public_url": issuer,
        "fetch_networks": "127.0.0.0/8",
        "fetch_ports": ports,
        "fetch_ca": str(pem),
        "plugins_require_sandbox": False,
    }
    with ExitStack() as stack:
        home = stack.enter_context(cluster.home(path, **settings))
        database = stack.enter_context(databases_of(home))
        app = create_app(home)
        stack.callback(app.close)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server = make_server("127.0.0.1", port, app, threaded=True, ssl_context=context)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        site = Site(database, app)
        yield Accord(home, site, directory_of(site), issuer)
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def two(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Accord, Accord]]:
    """One that tells, and one that is told."""
    path = tmp_path_factory.mktemp("two")
    pem = certificate(path)
    ports = (free_port(), free_port())
    resolve = socket.getaddrinfo

    def resolver(name: Any, *given: Any, **more: Any) -> Any:
        # What a name server would say.
        return resolve("127.0.0.1" if name == NAME else name, *given, **more)

    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(socket, "getaddrinfo", resolver)
        allowed = ",".join(map(str, ports))
        first, second = (
            stack.enter_context(accord(cluster, path / name, port, allowed, pem))
            for name, port in zip(("one", "two"), ports, strict=True)
        )
        connect(first, second)
        yield first, second


def connect(sender: Accord, receiver: Accord) -> None:
    """What the admins of both agree."""
    audience = receiver.issuer
    taken = StreamDraft(
        name="The other Accord",
        direction=Direction.RECEIVE,
        events=tuple(CHOICES),
        subject_format=SubjectFormat.EMAIL,
        audience=audience,
        issuer=sender.issuer,
        jwks_uri=sender.issuer + PATHS["keys"],
    )
    made = receiver.site.gate(add_stream, receiver.member.admin, taken, receiver.site.app.outside.seals)
    told = StreamDraft(
        name="The other Accord",
        direction=Direction.SEND,
        events=tuple(CHOICES),
        subject_format=SubjectFormat.EMAIL,
        audience=audience,
        endpoint_url=f"{receiver.issuer}/signals/push/{made.stream.id}",
        authorization=f"Bearer {made.secret}",
    )
    sent = sender.site.gate(add_stream, sender.member.admin, told, sender.site.app.outside.seals)
    assert made.secret.encode() not in (sent.stream.sealed_authorization or b"")


def test_a_verification_comes_through(two: tuple[Accord, Accord]) -> None:
    sender, receiver = two
    sender.site.gate(verify_stream, sender.member.admin, sender.stream().id)
    sender.work()
    assert receiver.stream().verified_at is not None
    assert sender.stream().verified_at is not None
    assert sender.sent()[-1] == ("delivered", "verification")


def test_who_is_removed_here_is_signed_out_there_and_nothing_comes_back(two: tuple[Accord, Accord]) -> None:
    sender, receiver = two
    sender.person(EMAIL)
    token = receiver.person(EMAIL)
    assert receiver.member.works(token)
    before = len(sender.sent())
    sender.site.gate(remove_person, sender.member.admin, sender.person_id(EMAIL))
    # Noted in the transaction that removed the person, and sent by the worker.
    assert sender.sent()[before:] == [("waiting", "session-revoked"), ("waiting", "account-disabled")]
    assert receiver.member.works(token)
    sender.work()
    assert [state for state, _ in sender.sent()] == ["delivered"] * (before + 2)
    assert not receiver.member.works(token)
    assert receiver.sent() == []


def test_a_change_that_is_rolled_back_tells_nobody(two: tuple[Accord, Accord]) -> None:
    sender, _ = two
    email = "kept@both.example.org"
    token, before = sender.person(email), len(sender.sent())

    def regret(session: Any) -> None:
        remove_person(session, sender.member.admin, sender.person_id(email))
        raise LookupError

    with pytest.raises(LookupError):
        sender.site.gate(regret)
    assert len(sender.sent()) == before
    assert sender.member.works(token)


def test_a_disabled_account_and_a_new_signing_key_come_through(
    two: tuple[Accord, Accord], monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, receiver = two
    email = "closed@both.example.org"
    sender.person(email)
    token = receiver.person(email)
    sender.site.app.keys.rotate()
    monkeypatch.setattr(receiving, "KEYS_AGAIN", receiving.KEYS_AGAIN * 0)
    sender.site.gate(set_disabled, PLATFORM_OPERATOR, email, disabled=True)
    sender.work()
    assert not receiver.member.works(token)
    assert (
        receiver.site.gate(lambda session: session.scalar(select(Person.status).where(Person.email == email)))
        == "active"
    )


def test_what_the_receiver_refuses_is_parked_in_sight_and_sent_again(two: tuple[Accord, Accord]) -> None:
    sender, receiver = two

    def expect(audience: str) -> None:
        changed = update(SignalStream).where(SignalStream.id == receiver.stream().id)
        receiver.site.gate(lambda session: session.execute(changed.values(audience=audience)))

    expect("https://somebody-else.example.org")
    delivery = sender.site.gate(verify_stream, sender.member.admin, sender.stream().id)
    sender.work()
    assert sender.sent()[-1] == ("parked", "verification")
    assert "invalid_audience" in sender.stream().last_words
    assert sender.stream().failed_at is not None
    expect(receiver.issuer)
    sender.site.gate(send_again, sender.member.admin, delivery.id)
    sender.work()
    assert sender.sent()[-1] == ("delivered", "verification")
    assert sender.stream().failed_at is None
