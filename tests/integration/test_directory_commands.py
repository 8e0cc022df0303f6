"""What the installation's operator does for an organisation's directory: single sign-on, SCIM, signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from tests.directory import CLIENT_ID, CLIENT_SECRET
from tests.name_server import name_server

from accord.cli import cli
from accord_auth.permissions import Role as PersonRole

if TYPE_CHECKING:
    from tests.sso_parts import Club, SsoSite

pytest_plugins = ["tests.integration.sso_site"]
ADMIN = PersonRole.ORGANISATION_ADMIN
Run = Callable[..., Result]


@pytest.fixture
def run(site: SsoSite, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command for a club; what it prints to both sides, and how it ended."""
    monkeypatch.setenv("ACCORD_HOME", str(site.home.path))
    monkeypatch.setenv("ACCORD_DATABASE_URL", str(site.home.settings.database_url))
    monkeypatch.setattr("accord.cli.sso.fetcher_of", lambda _: site.directory.fetcher)

    def invoke(club: Club, *words: str, sent: str = "") -> Result:
        return CliRunner().invoke(cli, [*words, "--organisation", club.slug], input=sent)

    return invoke


def said(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def refused(result: Result) -> str:
    """Why a command did not do it; the command line prints the message of what is raised."""
    assert result.exit_code != 0, result.output
    return f"{result.output} {result.exception}"


def set_up(run: Run, club: Club, *more: str) -> Result:
    words = ("sso", "set", "--issuer", club.site.directory.issuer, "--client-id", CLIENT_ID, "--secret-stdin")
    roles = ("--role", "cases=investigator", "--role", "admins=organisation_admin")
    return run(club, *words, *roles, *more, sent=CLIENT_SECRET)


def test_a_directory_is_set_up_shown_checked_used_and_taken_away(site: SsoSite, run: Run) -> None:
    club, other = site.club(directory=False), site.club(directory=False)
    assert said(run(club, "sso", "show")).startswith("no directory\n")
    assert "has no directory" in refused(run(club, "sso", "check"))
    said(set_up(run, club))
    shown = said(run(club, "sso", "show"))
    assert f"issuer {site.directory.issuer}\nclient {CLIENT_ID} (client_secret)" in shown
    assert "role groups=admins -> organisation_admin" in shown
    assert f"domain {club.domain}\npasswords yes" in shown
    assert CLIENT_SECRET not in shown
    assert said(run(club, "sso", "check")) == f"ok: people sign in at {site.directory.issuer}/authorize"
    assert site.browser().sign_in(club).status_code == 303
    assert said(run(other, "sso", "show")).startswith("no directory\n")
    site.directory.document = lambda document: document | {"issuer": "https://other.example.org"}
    assert "names another issuer" in refused(run(club, "sso", "check"))
    assert said(run(club, "sso", "remove")) == "removed"
    assert refused(run(club, "sso", "remove"))


def test_the_directory_is_made_the_only_way_and_the_way_back(site: SsoSite, run: Run) -> None:
    club = site.club()
    people = [club.person(ADMIN, name=name) for name in ("glass", "hammer")]
    emails = [one.email for one in people]
    assert "a password and a passkey" in refused(run(club, "sso", "emergency", *emails))
    for email in emails:
        site.local_sign_in(email).add_passkey()
    assert said(run(club, "sso", "emergency", *emails)) == "named"
    assert "first an admin signs in" in refused(run(club, "sso", "enforce"))
    site.browser().sign_in(club, club.account("chief", groups=["admins"]))
    assert said(run(club, "sso", "enforce")).startswith("the only way from now on")
    shown = said(run(club, "sso", "show"))
    assert "passwords no\n" in shown
    assert {line for line in shown.splitlines() if line.startswith("emergency")} == {
        f"emergency {email}" for email in emails
    }
    assert "let people sign in with passwords first" in refused(run(club, "sso", "remove"))
    assert said(run(club, "sso", "relax")) == "passwords count again"
    assert "passwords yes" in said(run(club, "sso", "show"))


def test_a_further_domain_is_proved_by_its_record(
    site: SsoSite, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    club = site.club()
    domain = f"further.{club.domain}"
    with name_server() as server:
        monkeypatch.setenv("ACCORD_DNS_SERVER", server.address)
        record, kind, challenge = said(run(club, "sso", "add-domain", domain)).split()
        assert (record, kind) == (f"_accord-challenge.{domain}", "TXT")
        assert f"domain {domain} not proved: {record} TXT {challenge}" in said(run(club, "sso", "show"))
        assert "There is no TXT record" in refused(run(club, "sso", "check-domain", domain))
        server.records[record] = [challenge]
        assert said(run(club, "sso", "check-domain", domain)) == "proved"
    assert site.browser().sign_in(club, club.account(email=f"ines@{domain}")).status_code == 303
    assert said(run(club, "sso", "remove-domain", domain)) == "removed"
    assert refused(run(club, "sso", "remove-domain", domain))


def test_provisioning_is_set_up_by_commands(site: SsoSite, run: Run) -> None:
    club = site.club()
    token = said(run(club, "provisioning", "make-token", "Entra", "--days", "30"))
    asked = {"Authorization": f"Bearer {token}"}
    answer = site.app.test_client().get("/scim/v2/Users", headers=asked)
    assert answer.status_code == 200
    assert said(run(club, "provisioning", "map", "Detectives", "analyst")) == "noted"
    assert said(run(club, "provisioning", "defaults", "--domain", club.domain)) == "noted"
    assert "choose one of the domains" in refused(
        run(club, "provisioning", "defaults", "--domain", "other.example.com")
    )
    shown = said(run(club, "provisioning", "show"))
    assert f"domains: {club.domain}" in shown
    mapping = next(line for line in shown.splitlines() if line.startswith("mapping")).split()
    assert mapping[2:] == ["'Detectives'", "gives", "analyst", "to", "0"]
    made = next(line for line in shown.splitlines() if line.startswith("token")).split()[1]
    newer = said(run(club, "provisioning", "replace-token", made))
    assert newer != token
    assert said(run(club, "provisioning", "revoke-token", made)) == "revoked"
    assert site.app.test_client().get("/scim/v2/Users", headers=asked).status_code == 401
    assert said(run(club, "provisioning", "unmap", mapping[1])) == "noted"
    assert "no such id" in refused(run(club, "provisioning", "unmap", "x"))


def test_streams_are_opened_and_closed_by_commands(site: SsoSite, run: Run) -> None:
    club, other = site.club(), site.club()
    where = ("https://idp.example.org/push", "--audience", "https://idp.example.org")
    stream = said(run(club, "signals", "send-to", "Okta", *where))
    assert f"stream {stream} 'Okta' send https://idp.example.org/push" in said(run(club, "signals", "list"))
    signal = said(run(club, "signals", "verify", stream))
    assert f"signal {signal}" in said(run(club, "signals", "list"))
    assert refused(run(other, "signals", "verify", stream))
    keys = (
        "--issuer",
        "https://idp.example.org",
        "--keys",
        "https://idp.example.org/keys",
        "--audience",
        "a",
    )
    address, token = said(run(club, "signals", "receive-from", "Okta too", *keys)).splitlines()
    assert address.startswith(f"{site.home.settings.issuer}/signals/push/")
    assert token
    assert said(run(club, "signals", "close", stream)) == "closed"
    assert f"stream {stream}" not in said(run(club, "signals", "list"))
