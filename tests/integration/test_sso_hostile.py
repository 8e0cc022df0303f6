"""A directory that lies, and browsers that bring what they should not: nobody gets in, and all fail alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from time import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import func, select, update
from tests.directory import (
    TestDirectory,
    signed_by_a_stranger,
    signed_with_public_key,
    signed_with_rsa,
    unsigned,
)

from accord_auth.errors import Invalid
from accord_auth.people.models import Person
from accord_auth.sso.models import PendingSignIn, Provider

if TYPE_CHECKING:
    from tests.sso_parts import Browser, Club, SsoSite

pytest_plugins = ["tests.integration.sso_site"]

OTHER = "https://other.example.org"
Bends = Callable[[TestDirectory], None]


def claims(**changes: Any) -> Bends:
    """The id_token says this; None leaves a claim out."""

    def bend(directory: TestDirectory) -> None:
        directory.claims = lambda said: {
            name: value for name, value in (said | changes).items() if value is not None
        }

    return bend


def signed(how: Callable[[dict[str, Any]], str]) -> Bends:
    """The id_token is signed like this."""

    def bend(directory: TestDirectory) -> None:
        directory.token = how

    return bend


def answered(**changes: Any) -> Bends:
    """The token endpoint answers this; None leaves a member out."""

    def bend(directory: TestDirectory) -> None:
        directory.answer = lambda said: {
            name: value for name, value in (said | changes).items() if value is not None
        }

    return bend


def confused(directory: TestDirectory) -> None:
    directory.token = signed_with_public_key(directory)


def symmetric_key(directory: TestDirectory) -> None:
    directory.keys = [{"kty": "oct", "k": "c2VjcmV0", "kid": "k1"}]


def for_encryption(directory: TestDirectory) -> None:
    directory.keys = [directory.keys[0] | {"use": "enc"}]


def unknown_key(directory: TestDirectory) -> None:
    directory.token = lambda said: directory.sign(said, kid="nobody's")


def of_another_kind(directory: TestDirectory) -> None:
    directory.token = lambda said: directory.sign(said, typ="logout+jwt")


def critical(directory: TestDirectory) -> None:
    directory.token = lambda said: directory.sign(said, crit=["kid"])


def other_code(directory: TestDirectory) -> None:
    directory.raw["/token"] = lambda handler: handler.reply({"error": "invalid_grant"}, 400)  # type: ignore[attr-defined] # ours


NOW = int(time())
LIES: dict[str, tuple[Bends, str]] = {
    "no id_token": (answered(id_token=None), "id_token is missing"),
    "an id_token that is none": (answered(id_token="a.b.c"), "no signed token"),
    "an endless id_token": (answered(id_token="e" * 70_000), "id_token is missing"),
    "alg none": (signed(unsigned), "not accepted"),
    "HS256 with the public key": (confused, "not accepted"),
    "a symmetric key": (symmetric_key, "no key"),
    "a key for encryption": (for_encryption, "no key"),
    "a key of another kind": (signed(signed_with_rsa), "no key"),
    "a stranger's key": (signed(signed_by_a_stranger), "signature does not hold"),
    "an unknown key": (unknown_key, "no key"),
    "a token of another kind": (of_another_kind, "another kind"),
    "a critical header": (critical, "not accepted"),
    "another issuer": (claims(iss=OTHER), "another issuer"),
    "no issuer": (claims(iss=None), "another issuer"),
    "another audience": (claims(aud="other"), "another client"),
    "no audience": (claims(aud=None), "another client"),
    "several audiences without azp": (claims(aud=["accord", "other"]), "azp"),
    "another azp": (claims(azp="other"), "azp"),
    "expired": (claims(exp=NOW - 3_600, iat=NOW - 7_200), "expired"),
    "no end": (claims(exp=None), "exp"),
    "an end that is no number": (claims(exp=float("inf")), "exp"),
    "made long ago": (claims(iat=NOW - 7_200), "iat"),
    "made in the future": (claims(iat=NOW + 7_200), "iat"),
    "no time of making": (claims(iat=None), "iat"),
    "not yet": (claims(nbf=NOW + 7_200), "nbf"),
    "another nonce": (claims(nonce="other"), "nonce"),
    "no nonce": (claims(nonce=None), "nonce"),
    "another access token's hash": (claims(at_hash="x" * 22), "at_hash"),
    "no subject": (claims(sub=None), "subject"),
    "a subject with NUL": (claims(sub="a\x00b"), "subject"),
    "an endless subject": (claims(sub="x" * 256), "subject"),
    "no address": (claims(email=None), "no e-mail address"),
    "no real address": (claims(email="a@b@c"), "no e-mail address"),
    "an unverified address": (claims(email_verified=False), "verified"),
    "a text that says verified": (claims(email_verified="true"), "verified"),
    "a foreign domain": (claims(email="ines@example.com"), "proved domains"),
    "a domain below": (claims(email="ines@sub.harbor.example.org"), "proved domains"),
    "a domain that looks alike": (claims(email="ines@hаrbor.example.org"), "proved domains"),  # noqa: RUF001 - it does
    "no role": (claims(groups=None), "no role"),
    "a platform role": (claims(groups=["platform_admin"]), "no role"),
    "roles that are no texts": (claims(groups=[{"cases": 1}, 7]), "no role"),
    "a code that is refused": (other_code, "invalid_grant"),
}


@pytest.fixture(scope="module")
def club(shared_site: SsoSite) -> Club:
    return shared_site.club()


@pytest.fixture
def browser(site: SsoSite, club: Club) -> Browser:
    club.forget_keys()
    return site.browser()


def told(page: str) -> str:
    """What a page says, but for the reference and the theme."""
    return re.sub(r"/sso/[^\"]*", "", page)


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_lets_nobody_in_and_reads_like_every_other(
    lie: str, site: SsoSite, club: Club, browser: Browser
) -> None:
    bend, reason = LIES[lie]
    bend(site.directory)
    people = site.gate(lambda session: session.scalar(select(func.count()).select_from(Person)))
    answer = browser.sign_in(club)
    assert answer.status_code == 400
    assert told(answer.text) == told(browser.get(f"/sso/{club.slug}/callback?state=made-up").text)
    assert reason in club.reasons()[0]
    assert browser.client.get_cookie("accord_session") is None
    assert not club.accounts()
    assert site.gate(lambda session: session.scalar(select(func.count()).select_from(Person))) == people


BACK: dict[str, tuple[dict[str, str | None], str]] = {
    "another iss": ({"iss": OTHER}, "(iss)"),
    "no iss where it is announced": ({"iss": None}, "(iss)"),
    "an error": ({"code": None, "error": "access_denied"}, "access_denied"),
    "an error of another issuer": ({"iss": OTHER, "error": "access_denied"}, "(iss)"),
    "no code": ({"code": None}, "no code"),
    "a made-up code": ({"code": "made-up"}, "invalid_grant"),
    "an endless code": ({"code": "x" * 5_000}, "no code"),
    "a code with NUL": ({"code": "a\x00b"}, "invalid_grant"),
}


@pytest.mark.parametrize("way", BACK)
def test_an_answer_that_is_wrong_at_the_front_lets_nobody_in(
    way: str, site: SsoSite, club: Club, browser: Browser
) -> None:
    changes, reason = BACK[way]
    assert browser.sign_in(club, **changes).status_code == 400
    assert reason in club.reasons()[0]


def test_an_answer_counts_once_and_for_the_browser_that_was_sent(
    site: SsoSite, club: Club, browser: Browser
) -> None:
    back = site.directory.authorize(browser.leave(club), club.account(groups=[]))
    assert site.browser().get(back).status_code == 400
    assert "another browser" in club.reasons()[0]
    # It is used up, for the right browser too.
    failed = len(club.reasons())
    assert browser.get(back).status_code == 400
    assert len(club.reasons()) == failed
    twice = site.directory.authorize(browser.leave(club), club.account())
    assert browser.get(f"{twice}&code=other").status_code == 400
    assert "twice" in club.reasons()[0]


def test_an_answer_that_comes_twice_starts_one_session(site: SsoSite) -> None:
    club, browser = site.club(), site.browser()
    back = site.directory.authorize(browser.leave(club), club.account())
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 400


def test_an_answer_that_comes_late_or_after_a_change_counts_no_more(
    site: SsoSite, club: Club, browser: Browser
) -> None:
    back = site.directory.authorize(browser.leave(club), club.account())
    site.gate(lambda session: session.execute(update(PendingSignIn).values(expires_at=func.now())))
    assert browser.get(back).status_code == 400
    assert "too long" in club.reasons()[0]
    other = site.club()
    back = site.directory.authorize(browser.leave(other), other.account())
    changed = update(Provider).where(Provider.organisation_id == other.member.id).values(issuer=OTHER)
    site.gate(lambda session: session.execute(changed))
    assert browser.get(back).status_code == 400
    assert "changed meanwhile" in other.reasons()[0]


def test_one_organisation_s_answer_is_none_at_another_s_address(site: SsoSite) -> None:
    club, other, browser = site.club(), site.club(), site.browser()
    back = site.directory.authorize(browser.leave(club), club.account())
    assert browser.get(back.replace(club.slug, other.slug, 1)).status_code == 400
    assert "another organisation's address" in club.reasons()[0]
    assert not other.reasons()


def test_what_a_browser_takes_along_is_new_each_time_and_kept_as_hashes(site: SsoSite, club: Club) -> None:
    browser = site.browser()
    asked = [parse_qs(urlsplit(browser.leave(club)).query) for _ in range(2)]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
    rows = site.gate(lambda session: str(session.execute(select(PendingSignIn.__table__)).all()))
    for values in asked:
        assert values["state"][0] not in rows
        assert values["nonce"][0] not in rows


# --- metadata and keys -------------------------------------------------------------------------------


def large(handler: BaseHTTPRequestHandler) -> None:
    handler.send(b"[" + b'"x",' * 100_000 + b'""]')  # type: ignore[attr-defined] # ours


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x" * 65_536)
    except OSError:
        handler.close_connection = True


def redirecting(handler: BaseHTTPRequestHandler) -> None:
    handler.send(b"", 302, Location="https://169.254.169.254/")  # type: ignore[attr-defined] # ours


def garbage(handler: BaseHTTPRequestHandler) -> None:
    handler.send(b'{"issuer": ' + b"[" * 50_000)  # type: ignore[attr-defined] # ours


def hanging_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


DISCOVERY = "/.well-known/openid-configuration"
ANSWERS = {
    "large": large,
    "endless": endless,
    "redirect": redirecting,
    "garbage": garbage,
    "nothing": hanging_up,
}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("where", [DISCOVERY, "/keys", "/token"])
def test_an_answer_that_cannot_be_used_is_bounded_and_reads_alike(
    kind: str, where: str, site: SsoSite, club: Club, browser: Browser
) -> None:
    there = browser.leave(club) if where != DISCOVERY else ""
    site.directory.raw[where] = ANSWERS[kind]
    if where == DISCOVERY:
        answer = browser.get(f"/sso/{club.slug}")
    else:
        answer = browser.get(site.directory.authorize(there, club.account()))
    assert answer.status_code == 400
    assert told(answer.text) == told(browser.get("/sso/no-such/callback?state=x").text)
    # What a network looks like from here is nobody's business.
    assert not {"Error", "127.0.0.1", "refused", "169.254"} & set(re.findall(r"[\w.]+", club.reasons()[0]))


DOCUMENTS: dict[str, dict[str, Any]] = {
    "another issuer": {"issuer": OTHER},
    "the issuer with a slash": {"issuer": None},
    "plain http": {"token_endpoint": "http://keys.example.org/token"},
    "no token endpoint": {"token_endpoint": None},
    "an address with a user": {"authorization_endpoint": "https://a:b@example.org/"},
    "an address that is none": {"jwks_uri": ["https://example.org"]},
    "algorithms that are not accepted": {"id_token_signing_alg_values_supported": ["HS256", "none"]},
    "no PKCE with S256": {"code_challenge_methods_supported": ["plain"]},
    "no code flow": {"response_types_supported": ["id_token"]},
}


@pytest.mark.parametrize("lie", DOCUMENTS)
def test_metadata_that_will_not_do_lead_nowhere(
    lie: str, site: SsoSite, club: Club, browser: Browser
) -> None:
    issuer = site.directory.issuer
    changes = {"issuer": f"{issuer}/"} if lie.endswith("slash") else DOCUMENTS[lie]
    site.directory.document = lambda document: document | changes
    assert browser.get(f"/sso/{club.slug}").status_code == 400
    assert "directory" in club.reasons()[0] or "discovery document" in club.reasons()[0]


def test_keys_of_another_network_are_not_fetched(site: SsoSite, club: Club, browser: Browser) -> None:
    site.directory.document = lambda document: document | {"jwks_uri": "https://keys.example.org/keys"}
    assert browser.sign_in(club).status_code == 400
    assert "could not be fetched" in club.reasons()[0]


def test_a_new_key_is_found_and_made_up_names_do_not_make_accord_ask_without_end(site: SsoSite) -> None:
    club, directory = site.club(), site.directory
    site.browser().sign_in(club)
    asked = directory.asked.count("/keys")
    new = ECKey.generate_key("P-256", {"kid": "k2", "use": "sig", "alg": "ES256"})
    directory.keys = [new.as_dict(private=False)]
    unknown_key(directory)
    for _ in range(3):
        assert site.browser().sign_in(club).status_code == 400
    # Asked a moment ago: not once more, whatever the token names.
    assert directory.asked.count("/keys") == asked
    provider = update(Provider).where(Provider.organisation_id == club.member.id)
    site.gate(lambda session: session.execute(provider.values(keys_asked_at=None)))
    for number in range(2):
        assert site.browser().sign_in(club).status_code == 400, number
        assert directory.asked.count("/keys") == asked + 1
    site.gate(lambda session: session.execute(provider.values(keys_asked_at=None)))
    old, directory.key = directory.key, new
    directory.token = lambda said: directory.sign(said, kid="k2")
    browser = site.browser()
    browser.sign_in(club)
    assert browser.signed_in is not None
    directory.key = old


def test_metadata_are_kept_for_a_while_and_not_for_ever(site: SsoSite) -> None:
    club = site.club()
    for _ in range(3):
        site.browser().leave(club)
    assert site.directory.asked.count(DISCOVERY) == 1
    club.forget_keys()
    site.browser().leave(club)
    assert site.directory.asked.count(DISCOVERY) == 2


def test_the_secret_lies_encrypted_and_opens_for_its_own_organisation_alone(site: SsoSite) -> None:
    club, other = site.club(), site.club()
    rows = site.gate(
        lambda session: session.execute(select(Provider.organisation_id, Provider.sealed_secret)).all()
    )
    sealed = dict(iter(rows))
    assert b"secret" not in sealed[club.member.id]
    moved = update(Provider).where(Provider.organisation_id == other.member.id)
    site.gate(lambda session: session.execute(moved.values(sealed_secret=sealed[club.member.id])))
    assert site.browser().sign_in(other).status_code == 400
    assert "enter it again" in other.reasons()[0]


@pytest.mark.parametrize("role", ["platform_admin", "platform_auditor", "no_such_role"])
def test_a_mapping_gives_no_role_that_is_none_of_an_organisation(role: str, site: SsoSite) -> None:
    with pytest.raises(Invalid) as raised:
        site.club(role_map={"all": role})
    assert "role" in raised.value.fields["role_map"][0]
    # Nor does one that got into the table by other ways.
    club = site.club()
    forged = update(Provider).where(Provider.organisation_id == club.member.id)
    site.gate(lambda session: session.execute(forged.values(role_map={"cases": role})))
    assert site.browser().sign_in(club).status_code == 400
    assert json.dumps(sorted(club.roles(club.account().email))) == "[]"


@pytest.mark.parametrize(
    "query", ["", "state=", "state=x&state=y", "state=%00", "state=%ff", "code=x", "iss=x&error=%0d%0a"]
)
def test_a_made_up_answer_is_refused_and_leaves_no_trace(query: str, site: SsoSite, club: Club) -> None:
    failed = len(club.reasons())
    for slug in (club.slug, "no-such", "%00", "x" * 200):
        answer = site.browser().get(f"/sso/{slug}/callback?{query}")
        assert answer.status_code == 400
    assert len(club.reasons()) == failed
