"""An organisation's directory by the API: set up, checked, made the only way, taken away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update
from tests.conftest import PASSWORD
from tests.directory import CLIENT_ID, CLIENT_SECRET
from tests.name_server import NameServer, name_server

from accord_auth.audit.service import AuditTag
from accord_auth.permissions import Role as PersonRole
from accord_auth.sessions.models import SignedInSession

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sso_parts import Club, SsoSite
    from werkzeug.test import TestResponse

pytest_plugins = ["tests.integration.sso_site"]
HERE = "/api/v1/single-sign-on"
ADMIN = PersonRole.ORGANISATION_ADMIN


@dataclass
class Program:
    """A program with the token of one of a club's people."""

    site: SsoSite
    token: str

    def ask(self, method: str, path: str = "", body: Any = None) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.site.app.test_client().open(HERE + path, method=method, headers=headers, json=body)

    @property
    def told(self) -> dict[str, Any]:
        answer = self.ask("GET")
        assert answer.status_code == 200, answer.text
        return dict(answer.json)


def program_of(club: Club, role: PersonRole = ADMIN, name: str = "robin") -> Program:
    person = club.person(role, name=name)
    sent = {"email": person.email, "password": PASSWORD}
    return Program(club.site, club.site.app.test_client().post("/api/v1/sessions", json=sent).json["token"])


def provider(site: SsoSite, **changes: Any) -> dict[str, Any]:
    given = {"issuer": site.directory.issuer, "client_id": CLIENT_ID, "method": "client_secret"}
    return given | {"secret": CLIENT_SECRET, "role_map": {"cases": "investigator", "admins": ADMIN}} | changes


def test_it_is_set_up_read_checked_and_taken_away(site: SsoSite) -> None:
    club, other = site.club(directory=False), site.club()
    robin = program_of(club)
    assert robin.told["directory"] is None
    assert robin.ask("POST", "/directory/check").status_code == 404
    assert robin.ask("DELETE", "/directory").status_code == 404
    made = robin.ask("PUT", "/directory", provider(site))
    assert made.status_code == 200, made.text
    told = robin.told
    assert told["directory"] == made.json
    assert (told["directory"]["issuer"], told["directory"]["has_secret"]) == (site.directory.issuer, True)
    assert CLIENT_SECRET not in made.text
    assert told["addresses"]["redirect_uri"] == f"{site.app.issuer}/sso/{club.slug}/callback"
    assert [one["domain"] for one in told["domains"]] == [club.domain]
    checked = robin.ask("POST", "/directory/check").json
    assert (checked["works"], checked["problem"]) == (True, "")
    assert checked["authorization_endpoint"] == f"{site.directory.issuer}/authorize"
    # Without a secret the one that is there stays; it works.
    assert robin.ask("PUT", "/directory", provider(site, secret="")).status_code == 200
    ines = site.browser()
    assert ines.sign_in(club).status_code == 303
    assert ines.signed_in is not None
    assert robin.ask("DELETE", "/directory").status_code == 204
    assert ines.signed_in is None
    assert robin.told["directory"] is None
    assert program_of(other, name="otto").told["directory"]["issuer"] == site.directory.issuer


def test_what_will_not_do_is_told_by_field_or_in_a_sentence(site: SsoSite) -> None:
    club = site.club()
    robin = program_of(club)
    wrong = provider(site, issuer="http://plain.example.org", role_map={"all": "platform_admin"})
    refused = robin.ask("PUT", "/directory", wrong)
    assert refused.status_code == 422
    assert set(refused.json["errors"]) == {"issuer", "role_map"}
    site.directory.document = lambda document: document | {"issuer": "https://other.example.org"}
    checked = robin.ask("POST", "/directory/check").json
    assert (checked["works"], checked["authorization_endpoint"]) == (False, None)
    assert "another issuer" in checked["problem"]
    assert site.browser().get(f"/sso/{club.slug}").status_code == 400
    assert "another issuer" in robin.told["failures"][0]["reason"]


def test_the_directory_becomes_the_only_way_and_is_it_no_more(site: SsoSite) -> None:
    club = site.club()
    robin = program_of(club)
    people = [club.person(ADMIN, name=name) for name in ("glass", "hammer")]
    ids = [str(one.person_id) for one in people]
    assert {one["email"]: one["passkey"] for one in robin.told["accounts"]}[people[0].email] is False
    refused = robin.ask("PUT", "/emergency-accounts", {"people": ids})
    assert refused.status_code == 422
    assert "a password and a passkey" in refused.text
    keys = [site.local_sign_in(one.email).add_passkey() for one in people]
    assert robin.ask("PUT", "/emergency-accounts", {"people": ids}).status_code == 204
    assert {one["email"] for one in robin.told["accounts"] if one["named"]} == {one.email for one in people}
    early = robin.ask("PUT", "/only-way", {"only_way": True})
    assert (early.status_code, robin.told["tried"]) == (409, False)
    assert "first an admin signs in with the directory" in early.json["detail"]
    chief = site.browser()
    chief.sign_in(club, club.account("chief", groups=["admins"]))
    assert robin.told["tried"] is True
    done = robin.ask("PUT", "/only-way", {"only_way": True})
    assert (done.status_code, done.json["only_way"]) == (200, True)
    assert done.json["ended"] >= 1
    # The program's own session began with a password: that was one of them.
    assert robin.ask("GET").status_code == 401
    glass = site.browser()
    glass.use_passkey(keys[0])
    assert glass.signed_in is not None
    robin.token = glass.token
    assert robin.ask("DELETE", "/directory").status_code == 409
    assert robin.ask("PUT", "/only-way", {"only_way": False}).json == {"only_way": False, "ended": 0}
    assert robin.told["only_way"] is False


def test_only_admins_of_the_organisation_with_a_recent_proof(site: SsoSite) -> None:
    club, other = site.club(), site.club(directory=False)
    analyst, robin = program_of(club, PersonRole.ANALYST, "ana"), program_of(club)
    for method, path, body in (
        ("GET", "", None),
        ("PUT", "/directory", provider(site)),
        ("DELETE", "/directory", None),
        ("PUT", "/only-way", {"only_way": False}),
        ("POST", "/domains", {"domain": "more.example.org"}),
    ):
        assert analyst.ask(method, path, body).status_code == 403, path
    # Somebody else's people are no emergency accounts, and read like nobody.
    foreign = other.person(ADMIN, name="foreign")
    site.local_sign_in(foreign.email).add_passkey()
    told = [
        robin.ask("PUT", "/emergency-accounts", {"people": [one, two]})
        for one, two in (
            (str(foreign.person_id), str(foreign.person_id)),
            ("00000000-0000-7000-8000-000000000000", "00000000-0000-7000-8000-000000000000"),
        )
    ]
    assert [answer.status_code for answer in told] == [422, 422]
    assert told[0].json == told[1].json
    hour_ago = update(SignedInSession).values(proved_at=SignedInSession.proved_at - timedelta(hours=1))
    of_club = SignedInSession.organisation_id == club.member.id
    site.gate(lambda session: session.execute(hour_ago.where(of_club)))
    stale = robin.ask("DELETE", "/directory")
    assert stale.status_code == 401
    assert "insufficient_user_authentication" in stale.headers["WWW-Authenticate"]
    assert not club.entries(AuditTag.SSO_REMOVE)


@pytest.fixture
def dns(site: SsoSite, monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    with name_server() as server:
        monkeypatch.setitem(site.app.config, "DNS_SERVER", server.address)
        yield server


def test_a_further_domain_is_named_proved_and_taken_away(site: SsoSite, dns: NameServer) -> None:
    club, other = site.club(), site.club(directory=False)
    robin, domain = program_of(club), f"further.{club.domain}"
    path = f"/domains/{domain}"
    made = robin.ask("POST", "/domains", {"domain": domain.upper()})
    assert (made.status_code, made.json["domain"], made.json["proved"]) == (201, domain, False)
    assert robin.ask("POST", "/domains", {"domain": domain}).status_code == 409
    ines = club.account(email=f"ines@{domain}")
    assert robin.ask("POST", f"{path}/check").json["problem"]
    assert site.browser().sign_in(club, ines).status_code == 400
    dns.records[made.json["record"]] = [made.json["challenge"]]
    proved = robin.ask("POST", f"{path}/check").json
    assert (proved["proved"], proved["problem"]) == (True, "")
    assert site.browser().sign_in(club, ines).status_code == 303
    # Another member's domain is none of one's own: it answers like one that nobody named.
    foreign = program_of(other, name="otto")
    for method, end in (("POST", "/check"), ("DELETE", "")):
        there, absent = (foreign.ask(method, f"/domains/{one}{end}") for one in (domain, "no.example.org"))
        assert there.status_code == absent.status_code == 404
        assert there.json == absent.json
    assert robin.ask("DELETE", path).status_code == 204
    assert site.browser().sign_in(club, ines).status_code == 400
