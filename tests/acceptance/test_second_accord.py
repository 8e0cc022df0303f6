"""A second Accord as a member's directory: its OAuth server signs people into the first one."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from tests.acceptance.ports import free_port
from tests.conftest import PASSWORD, Cluster, Databases, databases_of, make_members, principal_maker
from tests.loopback import LOOPBACK, NAME, always, certificate
from tests.sso_parts import Club, SsoSite
from werkzeug.serving import make_server

from accord.app import create_app
from accord.web.request import AccordFlask
from accord_auth.oauth.models import AuthMethod, GrantType, OAuthClient
from accord_auth.organisations.models import Membership
from accord_auth.permissions import Role as PersonRole
from accord_auth.sso.models import ProofMethod
from accord_config.database import NOBODY, Role
from accord_config.fetching import Fetcher


@dataclass
class Two:
    """The first Accord, where somebody wants in, and the second one, which knows them."""

    site: SsoSite
    club: Club
    other: AccordFlask
    database: Databases

    def signed_in_there(self, email: str) -> FlaskClient:
        client = self.other.test_client()
        client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        sent = {"email": email, "password": PASSWORD}
        token = client.post("/api/v1/sessions", json=sent, base_url=self.other.issuer).json["token"]
        client.set_cookie("accord_session", token, domain=NAME)
        return client

    def allow(self, client: FlaskClient, address: str) -> str:
        """Somebody lets the first Accord in at the second one; the path with which the browser comes back."""
        parts = urlsplit(address)
        shown = client.get(f"{parts.path}?{parts.query}", base_url=self.other.issuer)
        assert shown.status_code == 200, shown.text
        sent = {"query": parts.query, "decision": "allow"}
        answer = client.post("/oauth/consent", data=sent, base_url=self.other.issuer)
        back = urlsplit(answer.headers["Location"])
        return f"{back.path}?{back.query}"


@pytest.fixture(scope="module")
def two(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder, port = tmp_path_factory.mktemp("two"), free_port()
    pem = certificate(folder)
    issuer = f"https://{NAME}:{port}"
    with ExitStack() as stack:
        there = stack.enter_context(cluster.home(folder / "there", public_url=issuer))
        database = stack.enter_context(databases_of(there))
        other = create_app(there)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server = make_server("127.0.0.1", port, other, threaded=True, ssl_context=context)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        here = stack.enter_context(cluster.home(folder / "here"))
        fetcher = Fetcher(
            ports=frozenset({port}),
            allowed=LOOPBACK,
            resolver=always("127.0.0.1"),
            tls=ssl.create_default_context(cafile=str(pem)),
        )
        app = create_app(here, fetcher=fetcher)
        for one in (app, other):
            stack.callback(one.close)
        for one in (app, other):
            # Making keys takes a while.
            one.keys.signing()
        site = SsoSite(stack.enter_context(databases_of(here)), app)
        yield _connected(site, other, database, issuer)


def _connected(site: SsoSite, other: AccordFlask, database: Databases, issuer: str) -> Two:
    """The first Accord, registered at the second one by its public keys."""
    club, members = site.club(directory=False), make_members(database)
    client_id = f"acc_client_{uuid4().hex}"
    member = members.police
    client = OAuthClient(
        organisation_id=member.id,
        client_id=client_id,
        name="The other Accord",
        auth_method=AuthMethod.PRIVATE_KEY_JWT,
        grant_types=[GrantType.AUTHORIZATION_CODE],
        redirect_uris=[site.app.outside.callback(club.slug)],
        scopes=["openid", "profile", "email"],
        jwks=site.app.keys.key_set(),
        networks=[],
    )
    proved = Membership(organisation_id=member.id, domain=club.domain, domain_proved_at=datetime.now(UTC))
    with database(Role.GATE).transaction(NOBODY) as session:
        session.add_all([client, proved])
    people = principal_maker(database)
    people(member, PersonRole.ANALYST, email=f"ines@{club.domain}")
    people(member, PersonRole.ANALYST, email="sam@example.org")
    site.configure(
        club,
        issuer=issuer,
        client_id=client_id,
        method=ProofMethod.PRIVATE_KEY_JWT,
        secret="",
        role_claim="organisation",
        role_map={member.slug: "investigator"},
    )
    return Two(site, club, other, database)


def test_one_accord_signs_people_into_another(two: Two) -> None:
    browser = two.site.browser()
    there = two.signed_in_there(f"ines@{two.club.domain}")
    answer = browser.get(two.allow(there, browser.leave(two.club)))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/"), two.club.reasons()
    assert browser.signed_in is not None
    assert browser.signed_in.principal.roles == {PersonRole.INVESTIGATOR}
    assert browser.signed_in.principal.email == f"ines@{two.club.domain}"


def test_an_address_that_the_other_one_does_not_vouch_for_is_none(two: Two) -> None:
    browser = two.site.browser()
    there = two.signed_in_there("sam@example.org")
    assert browser.get(two.allow(there, browser.leave(two.club))).status_code == 400
    assert "verified" in two.club.reasons()[0]


def test_a_refusal_there_lets_nobody_in_here(two: Two) -> None:
    browser = two.site.browser()
    there = two.signed_in_there(f"ines@{two.club.domain}")
    address = urlsplit(browser.leave(two.club))
    sent = {"query": address.query, "decision": "deny"}
    answer = there.post("/oauth/consent", data=sent, base_url=two.other.issuer)
    back = urlsplit(answer.headers["Location"])
    assert browser.get(f"{back.path}?{back.query}").status_code == 400
    assert "access_denied" in two.club.reasons()[0]
