"""Signals that come in: proved, taken once, acted on at once, and about one organisation's people alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select
from tests.conftest import Cluster, databases_of
from tests.integration.directories import Directory, directory_of
from tests.integration.signal_parties import (
    AUDIENCE,
    ISSUER,
    Transmitter,
    as_json,
    key_set,
    new_key,
    transmitter_to,
)
from tests.integration.somebody import Site, sign_in
from tests.loopback import Running, Server, serving

from accord.app import create_app
from accord_auth.audit.models import AuditEntry
from accord_auth.signals.events import Event
from accord_auth.signals.models import SignalDelivery, SignalStream, SubjectFormat
from accord_auth.streams import receiving
from accord_auth.streams.service import close_stream
from accord_auth.throttling.service import Limit
from accord_config.database import Role


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("keys")) as running:
        yield running


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, outside: Running) -> Iterator[Site]:
    with ExitStack() as stack:
        home = stack.enter_context(cluster.home(tmp_path_factory.mktemp("signals")))
        database = stack.enter_context(databases_of(home))
        app = create_app(home, fetcher=outside.fetcher)
        stack.callback(app.close)
        yield Site(database, app)


@pytest.fixture(scope="module")
def directory(site: Site) -> Directory:
    return directory_of(site)


@pytest.fixture(scope="module")
def party(directory: Directory) -> Transmitter:
    return transmitter_to(directory)


def refused(answer: Any, err: str) -> None:
    assert (answer.status_code, answer.json["err"]) == (400, err), answer.text
    assert answer.json["description"]


def test_a_revoked_session_ends_everything_here_at_once(directory: Directory, party: Transmitter) -> None:
    user, token = directory.joined()
    assert directory.works(token)
    answer = party.tell(user["userName"].upper())
    assert (answer.status_code, answer.data) == (202, b"")
    assert not directory.works(token)
    # The roles are as they were: whoever proves who it is comes in again.
    assert directory.works(sign_in(directory.site, user["userName"]))
    seen = party.stream()
    assert seen.last_at is not None
    assert (seen.last_words, seen.failed_at) == ("session-revoked", None)
    query = select(AuditEntry.tag, AuditEntry.detail).where(AuditEntry.actor == "signal (Our provider)")
    with directory.site.database(Role.WEB).transaction(directory.member.scope) as session:
        rows = session.execute(query).all()
    assert {"signal.receive", "access.end"} <= {tag for tag, _ in rows}
    assert "shared_signal" in {detail.get("cause") for _, detail in rows}


def test_a_disabled_account_has_no_role_here_any_more(directory: Directory, party: Transmitter) -> None:
    user, token = directory.joined()
    assert party.tell(user["userName"], Event.ACCOUNT_DISABLED).status_code == 202
    assert not directory.works(token)
    assert directory.roles(user["id"]) == set()
    assert directory.get(f"/Users/{user['id']}").json["active"] is False


def test_the_last_admin_is_signed_out_and_stays_admin(site: Site) -> None:
    alone = directory_of(site)
    party, token = transmitter_to(alone), sign_in(site, alone.admin.email)
    assert party.tell(alone.admin.email, Event.ACCOUNT_DISABLED).status_code == 202
    assert not alone.works(token)
    admin = alone.get("/Users").json["Resources"][0]
    assert alone.roles(admin["id"]) == {"organisation_admin"}


def test_what_is_received_is_not_told_on(directory: Directory, party: Transmitter) -> None:
    before = directory.site.gate(lambda session: len(session.scalars(select(SignalDelivery.id)).all()))
    user, _ = directory.joined()
    party.tell(user["userName"], Event.ACCOUNT_DISABLED)
    after = directory.site.gate(lambda session: len(session.scalars(select(SignalDelivery.id)).all()))
    assert before == after


def test_a_signal_about_somebody_of_another_organisation_changes_nothing_and_looks_the_same(
    site: Site, directory: Directory, party: Transmitter
) -> None:
    elsewhere = directory_of(site)
    user, token = elsewhere.joined()
    answers = [party.tell(email) for email in (user["userName"], "nobody@nowhere.example.org")]
    assert [(one.status_code, one.data) for one in answers] == [(202, b"")] * 2
    assert elsewhere.works(token)
    assert party.stream().last_words == "session-revoked, about nobody here"


def test_a_subject_of_the_issuer_is_whom_the_directory_announced_so(
    directory: Directory,
) -> None:
    party = transmitter_to(directory, subjects=SubjectFormat.ISS_SUB)
    user, token = directory.joined()
    directory.patch(f"/Users/{user['id']}", {"op": "add", "path": "externalId", "value": "subject-7"})
    foreign = {"format": "iss_sub", "iss": "https://other.example.org", "sub": "subject-7"}
    refused(party.push(party.signed(party.claims(sub_id=foreign))), "invalid_request")
    assert directory.works(token)
    named = foreign | {"iss": ISSUER}
    assert party.push(party.signed(party.claims(sub_id=named))).status_code == 202
    assert not directory.works(token)


def test_a_signal_is_taken_once(directory: Directory, party: Transmitter) -> None:
    user, token = directory.joined()
    once = party.signed(party.claims(sub_id={"format": "email", "email": user["userName"]}))
    assert party.push(once).status_code == 202
    token = sign_in(directory.site, user["userName"])
    refused(party.push(once), "invalid_request")
    assert directory.works(token)


def test_a_verification_is_taken_and_changes_nothing(party: Transmitter) -> None:
    about = {"format": "opaque", "id": str(party.stream_id)}
    claims = party.claims(events={Event.VERIFICATION: {"state": "abc"}}, sub_id=about)
    assert party.push(party.signed(claims)).status_code == 202
    assert party.stream().verified_at is not None


def test_an_event_that_was_not_agreed_changes_nothing(directory: Directory) -> None:
    party = transmitter_to(directory, events=("account-disabled",))
    user, token = directory.joined()
    assert party.tell(user["userName"]).status_code == 202
    assert party.tell(user["userName"], "https://example.org/another-event").status_code == 202
    assert directory.works(token)


@pytest.mark.parametrize(
    ("changes", "err"),
    [
        ({"iss": "https://evil.example.org"}, "invalid_issuer"),
        ({"iss": None}, "invalid_issuer"),
        ({"iss": 7}, "invalid_issuer"),
        ({"aud": "https://other.example.org"}, "invalid_audience"),
        ({"aud": None}, "invalid_audience"),
        ({"aud": [{"x": 1}]}, "invalid_audience"),
        ({"iat": None}, "invalid_request"),
        ({"iat": "now"}, "invalid_request"),
        ({"iat": True}, "invalid_request"),
        ({"iat": time.time() - 2 * 86_400}, "invalid_request"),
        ({"iat": time.time() + 3_600}, "invalid_request"),
        ({"iat": 10**30}, "invalid_request"),
        ({"jti": None}, "invalid_request"),
        ({"jti": ""}, "invalid_request"),
        ({"jti": "x" * 513}, "invalid_request"),
        ({"jti": 7}, "invalid_request"),
        ({"events": None}, "invalid_request"),
        ({"events": {}}, "invalid_request"),
        ({"events": []}, "invalid_request"),
        ({"events": {Event.SESSION_REVOKED: {}, Event.ACCOUNT_DISABLED: {}}}, "invalid_request"),
        ({"events": {Event.SESSION_REVOKED: "x"}}, "invalid_request"),
        ({"sub_id": None}, "invalid_request"),
        ({"sub_id": "x"}, "invalid_request"),
        ({"sub_id": {"format": "email"}}, "invalid_request"),
        ({"sub_id": {"format": "email", "email": 7}}, "invalid_request"),
        ({"sub_id": {"format": "email", "email": "x" * 600}}, "invalid_request"),
        ({"sub_id": {"format": "phone_number", "phone_number": "+16145550134"}}, "invalid_request"),
    ],
)
def test_what_a_token_must_say_is_looked_at(party: Transmitter, changes: dict[str, Any], err: str) -> None:
    refused(party.push(party.signed(party.claims(**changes))), err)
    assert party.stream().last_words.startswith(err)


def test_an_audience_of_several_is_taken(party: Transmitter) -> None:
    several = party.claims(aud=[AUDIENCE, "https://other.example.org"])
    assert party.push(party.signed(several)).status_code == 202


def test_what_cannot_be_kept_is_refused(party: Transmitter) -> None:
    for value in ("a\x00b", "a\nb"):
        refused(party.push(party.signed(party.claims(jti=value + uuid4().hex))), "invalid_request")
        subject = {"format": "email", "email": value}
        refused(party.push(party.signed(party.claims(sub_id=subject))), "invalid_request")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"a.b.c",
        b"{}",
        b"\x00\xff",
        b"a" * 70_000,
        as_json({"alg": "none"}),
        b"." * 50,
        "\u00fc".encode(),
    ],
)
def test_what_is_no_token_is_refused(party: Transmitter, body: bytes) -> None:
    refused(party.push(body), "invalid_request")


def test_another_kind_of_token_algorithm_or_media_type_is_refused(party: Transmitter) -> None:
    claims = party.claims()
    for kind in ("JWT", None, "dpop+jwt"):
        refused(party.push(party.signed(claims, typ=kind)), "invalid_request")
    refused(party.push(party.signed(claims), **{"Content-Type": "application/json"}), "invalid_request")
    head, body, _ = party.signed(claims).split(".")
    refused(party.push(f"{head}.{body}."), "authentication_failed")
    refused(party.push(f"{head}.{body}.{'A' * 86}"), "authentication_failed")
    secret = OctKey.import_key("a shared secret of thirty-two chars")
    hmac = jwt.encode({"alg": "HS256", "kid": "one", "typ": "secevent+jwt"}, claims, secret)
    refused(party.push(hmac), "invalid_key")


def test_whoever_does_not_show_the_stream_s_own_token_is_told_nothing(
    site: Site, directory: Directory, party: Transmitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "STRANGERS", Limit(f"few {uuid4()}", 6, timedelta(hours=1)))
    other = transmitter_to(directory_of(site))
    token = party.signed(party.claims())
    answers = [
        party.push(token, Authorization=f"Bearer {other.secret}"),
        party.push(token, Authorization=f"Bearer {directory.token}"),
        party.push(token, Authorization=f"Basic {party.secret}"),
        party.push(token, Authorization=""),
        site.app.test_client().post(f"/signals/push/{uuid4()}", data=token),
    ]
    assert len({(one.status_code, one.data) for one in answers}) == 1
    refused(answers[0], "authentication_failed")
    party.push(token, Authorization="")
    limited = party.push(token, Authorization="")
    assert limited.status_code == 429
    assert int(limited.headers["Retry-After"]) > 0


def test_a_closed_stream_takes_nothing(directory: Directory) -> None:
    party = transmitter_to(directory)
    directory.site.gate(close_stream, directory.admin, party.stream_id)
    refused(party.push(party.signed(party.claims())), "authentication_failed")


def test_keys_are_fetched_when_they_change_and_not_for_every_made_up_name(
    directory: Directory, outside: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    published = [key_set(new_key("first"))]
    monkeypatch.setattr(
        Server, "answer_rotating", lambda self: self.reply(as_json(published[0])), raising=False
    )
    party = transmitter_to(directory, jwks_uri=outside.url("rotating"), known=False)
    party.key = new_key("second")
    asked = len(outside.asked)
    refused(party.push(party.signed(party.claims())), "invalid_key")
    assert len(outside.asked) == asked + 1
    published[0] = key_set(new_key("first"), party.key)
    # A minute has to pass before the transmitter is asked again.
    refused(party.push(party.signed(party.claims())), "invalid_key")
    assert len(outside.asked) == asked + 1

    def later(session: Any) -> None:
        stream = session.get(SignalStream, party.stream_id)
        stream.keys_asked_at = datetime.now(UTC) - timedelta(minutes=2)

    directory.site.gate(later)
    assert party.push(party.signed(party.claims())).status_code == 202
    assert party.push(party.signed(party.claims())).status_code == 202
    assert len(outside.asked) == asked + 2
    # A key that is not published any more counts an hour at most.
    published[0] = key_set(new_key("third"))

    def much_later(session: Any) -> None:
        stream = session.get(SignalStream, party.stream_id)
        stream.keys_asked_at = datetime.now(UTC) - timedelta(hours=2)

    directory.site.gate(much_later)
    refused(party.push(party.signed(party.claims())), "invalid_key")


@pytest.mark.parametrize("path", ["redirect", "large", "garbage", "plain"])
def test_keys_that_cannot_be_fetched_refuse_the_signal(
    directory: Directory, outside: Running, path: str
) -> None:
    party = transmitter_to(directory, jwks_uri=outside.url(path), known=False)
    refused(party.push(party.signed(party.claims())), "invalid_key")
    inside = transmitter_to(directory, jwks_uri="https://localhost.example.org:1/keys", known=False)
    refused(inside.push(inside.signed(inside.claims())), "invalid_key")
