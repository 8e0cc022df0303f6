"""Signing out here is told to the directory, and signing out there ends the sessions here."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.directory import LOGOUT_EVENT, link_in, signed_by_a_stranger, unsigned

from accord_auth.audit.service import AuditTag

if TYPE_CHECKING:
    from tests.sso_parts import Browser, Club, SsoSite

pytest_plugins = ["tests.integration.sso_site"]


DISCOVERY = "/.well-known/openid-configuration"


def signed_in(site: SsoSite, club: Club, name: str = "ines", **claims: object) -> Browser:
    browser = site.browser()
    browser.sign_in(club, club.account(name, **claims))
    assert browser.signed_in is not None
    return browser


def told(site: SsoSite, club: Club, token: str) -> int:
    """The directory says that somebody signed out there."""
    answer = site.app.test_client().post(f"/sso/{club.slug}/logout", data={"logout_token": token})
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code


def test_signing_out_here_leads_to_the_directory_s_own_sign_out(site: SsoSite) -> None:
    club = site.club()
    browser = signed_in(site, club)
    url = link_in(browser.post("/sign-out"))
    assert browser.signed_in is None
    asked = parse_qs(urlsplit(url).query)
    assert url.startswith(f"{site.directory.issuer}/end?")
    assert asked["post_logout_redirect_uri"] == [f"{site.app.issuer}/sign-in"]
    assert asked["client_id"] == ["accord"]
    assert asked["id_token_hint"][0].count(".") == 2


def test_a_directory_without_sign_out_and_one_that_is_away_keep_nobody_in(site: SsoSite) -> None:
    club = site.club()
    site.directory.document = lambda document: {**document, "end_session_endpoint": None}
    club.forget_keys()
    browser = signed_in(site, club)
    assert browser.post("/sign-out").status_code == 303
    assert browser.signed_in is None
    browser = signed_in(site, club)
    club.forget_keys()
    site.directory.raw[DISCOVERY] = lambda handler: handler.send(b"", 503)  # type: ignore[attr-defined] # ours
    assert browser.post("/sign-out").status_code == 303
    assert browser.signed_in is None


def test_signing_out_there_ends_the_sessions_of_that_person_here(site: SsoSite) -> None:
    club, other = site.club(), site.club()
    one, another, somebody = signed_in(site, club), signed_in(site, club), signed_in(site, club, "sam")
    elsewhere = signed_in(site, other)
    site.directory.account = club.account()
    assert told(site, club, site.directory.logout_token()) == 200
    assert (one.signed_in, another.signed_in) == (None, None)
    assert somebody.signed_in is not None
    assert elsewhere.signed_in is not None
    assert club.entries(AuditTag.SSO_LOGOUT)[0].detail["sessions"] == 2
    assert club.entries(AuditTag.ACCESS_END)[0].detail["cause"] == "back_channel_logout"


def test_a_sid_names_the_one_session_that_ends(site: SsoSite) -> None:
    club = site.club()
    one, another = signed_in(site, club, sid="first"), signed_in(site, club, sid="second")
    token = site.directory.logout_token(sub=None, sid="first")
    assert told(site, club, token) == 200
    assert one.signed_in is None
    assert another.signed_in is not None
    # It counts once; the answer tells nothing.
    assert told(site, club, token) == 400
    assert "jti" in club.reasons()[0]


LIES: dict[str, tuple[dict[str, object], str]] = {
    "another issuer": ({"iss": "https://other.example.org"}, "another issuer"),
    "another audience": ({"aud": "other"}, "another client"),
    "no end": ({"exp": None}, "exp"),
    "expired": ({"exp": int(time()) - 600}, "expired"),
    "made long ago": ({"iat": int(time()) - 7_200}, "iat"),
    "no time of making": ({"iat": None}, "iat"),
    "no name of its own": ({"jti": None}, "jti"),
    "another event": ({"events": {"https://example.org/other": {}}}, "signed out"),
    "no event": ({"events": None}, "signed out"),
    "an event that is no object": ({"events": {LOGOUT_EVENT: "yes"}}, "signed out"),
    "a nonce": ({"nonce": "n"}, "nonce"),
    "nobody": ({"sub": None}, "neither who"),
    "a subject that is no text": ({"sub": 7}, "neither who"),
}


@pytest.fixture(scope="module")
def club(shared_site: SsoSite) -> Club:
    return shared_site.club()


@pytest.mark.parametrize("lie", LIES)
def test_a_logout_token_that_does_not_hold_ends_nothing(lie: str, site: SsoSite, club: Club) -> None:
    changes, reason = LIES[lie]
    browser = signed_in(site, club)
    assert told(site, club, site.directory.logout_token(**changes)) == 400
    assert reason in club.reasons()[0]
    assert browser.signed_in is not None


NAMED = {"iss": "https://directory.example.org"}
SIGNED = {
    "none": unsigned(NAMED),
    "a stranger": signed_by_a_stranger(NAMED),
    "no token": "",
    "endless": "x" * 70_000,
    "NUL": "a\x00.b.c",
}


@pytest.mark.parametrize("way", SIGNED)
def test_a_logout_token_that_is_not_signed_by_the_directory_ends_nothing(
    way: str, site: SsoSite, club: Club
) -> None:
    assert told(site, club, SIGNED[way]) == 400


def test_an_id_token_is_no_logout_token_nor_the_other_way_round(site: SsoSite, club: Club) -> None:
    browser = signed_in(site, club)
    seen: list[str] = []
    sign = site.directory.sign
    site.directory.token = lambda claims: seen.append(sign(claims)) or seen[-1]  # type: ignore[func-returns-value]
    signed_in(site, club)
    assert told(site, club, seen[0]) == 400
    assert browser.signed_in is not None
    answers = [
        site.app.test_client().post(f"/sso/{slug}/logout", data=sent).text
        for slug in (club.slug, "no-such")
        for sent in ({}, {"logout_token": ["a", "b"]}, {"logout_token": "a.b.c"})
    ]
    assert len(set(answers)) == 1
