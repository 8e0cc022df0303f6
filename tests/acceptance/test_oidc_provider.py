"""oidc-provider 9, a certified OpenID provider, as a member's directory."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from joserfc.jwk import RSAKey
from tests.acceptance.ports import free_port
from tests.conftest import Cluster, databases_of
from tests.directory import link_in
from tests.loopback import LOOPBACK, NAME, always, certificate
from tests.sso_parts import Browser, Club, SsoSite
from werkzeug.serving import make_server

from accord.app import create_app
from accord_auth.audit.service import AuditTag
from accord_auth.permissions import Role as PersonRole
from accord_auth.sso.models import ProofMethod
from accord_config.fetching import Fetcher

SECRET = "a-secret-of-forty-characters-or-even-more"
STARTS_WITHIN_S = 60


@dataclass
class Elsewhere:
    """The same person's browser at the directory: cookies, forms and redirects, until it is sent back."""

    port: int
    tls: ssl.SSLContext
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, url: str, form: dict[str, str] | None = None) -> tuple[int, str | None, str]:
        """Status, where it leads, and the page."""
        connection = http.client.HTTPSConnection(NAME, self.port, context=self.tls, timeout=30)
        # The name is nobody's here; its certificate is.
        connection._create_connection = lambda *_, **__: socket.create_connection(("127.0.0.1", self.port))  # type: ignore[attr-defined] # as urllib3 does
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if form is None:
            connection.request("GET", path, headers=headers)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST", path, urlencode(form), headers)
        answer = connection.getresponse()
        page = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        connection.close()
        where = answer.headers["Location"]
        return answer.status, urljoin(url, where) if where else None, page

    def sign_in(self, url: str, login: str) -> str:
        """Sign in at the directory, allow what it asks for; where it sends the browser in the end."""
        where, form = url, None
        for _ in range(12):
            _, leads, page = self.ask(where, form)
            if leads is not None and urlsplit(leads).netloc != f"{NAME}:{self.port}":
                return leads
            if leads is not None:
                where, form = leads, None
                continue
            found = re.search(r'<form[^>]* action="([^"]+)"', page)
            assert found, page
            where = urljoin(where, unescape(found[1]))
            form = {"prompt": "login", "login": login, "password": "x"}
            form = form if 'name="login"' in page else {"prompt": "consent"}
        raise AssertionError("the directory sent the browser in circles")

    def sign_out(self, url: str) -> str:
        """Sign out at the directory; where it sends the browser in the end."""
        _, _, page = self.ask(url)
        action = re.search(r'action="([^"]+)"', page)
        xsrf = re.search(r'name="xsrf" value="([^"]+)"', page)
        assert action, page
        assert xsrf, page
        _, leads, _ = self.ask(unescape(action[1]), {"xsrf": xsrf[1], "logout": "yes"})
        assert leads is not None
        return leads


@contextmanager
def directory(node: str, packages: Path, told: dict[str, Any]) -> Iterator[None]:
    """oidc-provider in a process of its own, until the block ends."""
    process = subprocess.Popen(
        [node, str(packages / "directory.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()
        while (line := process.stdout.readline().strip()) != "ready":
            assert process.poll() is None, f"the directory ended: {line}"
        yield
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


@dataclass
class Place:
    """Accord, serving; two members, one with a secret and one with Accord's own key; their directory."""

    site: SsoSite
    club: Club
    signing: Club
    port: int
    tls: ssl.SSLContext
    start: Any

    def elsewhere(self) -> Elsewhere:
        return Elsewhere(self.port, self.tls)

    def back(self, browser: Browser, there: Elsewhere, url: str, login: str = "ines") -> Any:
        """Sign in at the directory and come back."""
        leads = there.sign_in(url, login)
        return browser.get(f"{urlsplit(leads).path}?{urlsplit(leads).query}")


def client(club: Club, **changes: Any) -> dict[str, Any]:
    outside = club.site.app.outside
    return {
        "client_id": f"accord-{club.slug}",
        "redirect_uris": [outside.callback(club.slug)],
        "post_logout_redirect_uris": [outside.after_sign_out],
        "backchannel_logout_uri": outside.back_channel(club.slug),
        "backchannel_logout_session_required": True,
        "require_auth_time": True,
        "scope": "openid email profile groups",
    } | changes


@pytest.fixture(scope="module")
def place(
    cluster: Cluster, node: str, node_packages: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    folder, port, own = tmp_path_factory.mktemp("op"), free_port(), free_port()
    pem = certificate(folder)
    tls = ssl.create_default_context(cafile=str(pem))
    issuer = f"https://{NAME}:{port}"
    fetcher = Fetcher(ports=frozenset({port}), allowed=LOOPBACK, resolver=always("127.0.0.1"), tls=tls)
    with ExitStack() as stack:
        home = stack.enter_context(cluster.home(folder / "home", port=own))
        database = stack.enter_context(databases_of(home))
        app = create_app(home, fetcher=fetcher)
        stack.callback(app.close)
        server = make_server("127.0.0.1", own, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        site = SsoSite(database, app)
        club, signing = site.club(directory=False), site.club(directory=False)
        given = {"issuer": issuer, "scopes": ("groups",)}
        site.configure(club, client_id=f"accord-{club.slug}", secret=SECRET, **given)
        own_key = {"method": ProofMethod.PRIVATE_KEY_JWT, "secret": ""}
        site.configure(signing, client_id=f"accord-{signing.slug}", **own_key, **given)
        keys = {"token_endpoint_auth_method": "private_key_jwt", "jwks": app.keys.key_set()}
        accounts = {
            f"{name}-{one.slug}": {
                "email": f"{name}@{one.domain}",
                "email_verified": name != "unverified",
                "name": name.title(),
                "groups": ["cases"] if name != "nobody" else [],
            }
            for one in (club, signing)
            for name in ("ines", "sam", "nobody", "unverified")
        }

        def told(*private: RSAKey) -> dict[str, Any]:
            return {
                "issuer": issuer,
                "port": port,
                "key": pem.read_text(),
                "cert": pem.read_text(),
                "clients": [client(club, client_secret=SECRET), client(signing, **keys)],
                "accounts": accounts,
                "jwks": {"keys": [key.as_dict(private=True) | {"use": "sig"} for key in private]},
            }

        def start(*private: RSAKey) -> Any:
            return directory(node, node_packages, told(*private))

        yield Place(site, club, signing, port, tls, start)


@pytest.fixture(scope="module")
def running(place: Place) -> Iterator[Place]:
    with place.start(RSAKey.generate_key(2048, auto_kid=True)):
        yield place


def test_it_changes_its_keys_and_accord_finds_the_new_one(place: Place) -> None:
    club = place.signing
    for number in range(2):
        with place.start(RSAKey.generate_key(2048, auto_kid=True)):
            browser = place.site.browser()
            place.back(browser, place.elsewhere(), browser.leave(club), f"sam-{club.slug}")
            assert browser.signed_in is not None, (number, club.reasons())
        club.long_ago()


@pytest.mark.parametrize("which", ["club", "signing"])
def test_it_signs_people_in_whichever_way_accord_proves_itself(running: Place, which: str) -> None:
    club: Club = getattr(running, which)
    browser = running.site.browser()
    answer = running.back(browser, running.elsewhere(), browser.leave(club), f"ines-{club.slug}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/"), club.reasons()
    assert browser.signed_in is not None
    assert browser.signed_in.principal.email == f"ines@{club.domain}"
    assert browser.signed_in.principal.roles == {PersonRole.INVESTIGATOR}
    assert f"ines-{club.slug}" in [account.subject for account in club.accounts()]


@pytest.mark.parametrize(("name", "reason"), [("nobody", "no role"), ("unverified", "verified")])
def test_it_lets_nobody_in_whom_the_organisation_s_rules_keep_out(
    running: Place, name: str, reason: str
) -> None:
    club, browser = running.club, running.site.browser()
    answer = running.back(browser, running.elsewhere(), browser.leave(club), f"{name}-{club.slug}")
    assert answer.status_code == 400
    assert reason in club.reasons()[0]
    # Nor does it sign in whom it knows for another member.
    foreign = running.back(browser, running.elsewhere(), browser.leave(club), f"sam-{running.signing.slug}")
    assert foreign.status_code == 400
    assert "proved domains" in club.reasons()[0]


def test_a_sign_in_that_the_person_breaks_off_is_an_error_of_its_own(running: Place) -> None:
    club, browser, there = running.club, running.site.browser(), running.elsewhere()
    _, leads, _ = there.ask(browser.leave(club))
    _, leads, _ = there.ask(f"{leads}/abort")
    while leads is not None and urlsplit(leads).port == running.port:
        _, leads, _ = there.ask(leads)
    assert leads is not None
    answer = browser.get(f"{urlsplit(leads).path}?{urlsplit(leads).query}")
    assert answer.status_code == 400
    assert "access_denied" in club.reasons()[0]


def test_it_asks_again_for_a_dangerous_act(running: Place) -> None:
    club, browser, there = running.club, running.site.browser(), running.elsewhere()
    login = f"sam-{club.slug}"
    running.back(browser, there, browser.leave(club), login)
    there_again = browser.get("/confirm/directory?next=/account").headers["Location"]
    answer = running.back(browser, there, there_again, login)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account"), club.reasons()
    assert club.entries(AuditTag.SESSION_PROVE)


def test_signing_out_goes_both_ways(running: Place) -> None:
    club, other, there = running.club, running.signing, running.elsewhere()
    browser = running.site.browser()
    running.back(browser, there, browser.leave(club), f"sam-{club.slug}")
    second = running.site.browser()
    running.back(second, there, second.leave(club), f"sam-{club.slug}")
    somebody, elsewhere = running.site.browser(), running.elsewhere()
    running.back(somebody, elsewhere, somebody.leave(club), f"ines-{club.slug}")
    assert browser.signed_in is not None
    assert second.signed_in is not None
    url = link_in(browser.post("/sign-out"))
    # The directory tells every client of its session, over the back channel.
    assert there.sign_out(url) == running.site.app.outside.after_sign_out
    assert second.signed_in is None
    assert somebody.signed_in is not None
    assert club.entries(AuditTag.SSO_LOGOUT)[0].detail["sessions"] == 1
    assert other.entries(AuditTag.SSO_LOGOUT) == []
