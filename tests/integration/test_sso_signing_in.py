"""Signing in with an organisation's own directory: who gets in, as whom, and in which roles."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select, update
from tests.directory import CLIENT_ID, link_in

from accord_auth.audit.service import AuditTag
from accord_auth.directory.models import DirectorySettings, DirectoryUser
from accord_auth.invitations.service import invite
from accord_auth.joining.acting import PLATFORM_OPERATOR
from accord_auth.joining.membership import suspend
from accord_auth.memberships.service import remove_person
from accord_auth.people.service import assign_role
from accord_auth.permissions import Role as PersonRole
from accord_auth.provisioning.placing import Acting
from accord_auth.provisioning.users import UserDraft, create_user
from accord_auth.sso.models import ProofMethod

if TYPE_CHECKING:
    from tests.sso_parts import SsoSite

pytest_plugins = ["tests.integration.sso_site"]


def test_somebody_of_the_directory_gets_in_with_the_roles_that_it_says(site: SsoSite) -> None:
    club, browser = site.club(), site.browser()
    answer = browser.sign_in(club)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    signed_in = browser.signed_in
    assert signed_in is not None
    assert signed_in.principal.organisation_id == club.member.id
    assert signed_in.principal.email == club.account().email
    assert signed_in.principal.roles == {PersonRole.INVESTIGATOR}
    assert (signed_in.amr, signed_in.bound) == (("pwd", "otp"), True)
    assert [account.subject for account in club.accounts()] == [club.account().sub]
    assert club.entries(AuditTag.SESSION_START)[0].detail["issuer"] == site.directory.issuer
    again = site.browser()
    again.sign_in(club)
    assert again.signed_in is not None
    assert again.signed_in.person_id == signed_in.person_id


def test_roles_follow_the_directory_at_every_sign_in(site: SsoSite) -> None:
    club, browser = site.club(), site.browser()
    club.person(PersonRole.ORGANISATION_ADMIN)
    browser.sign_in(club, club.account(groups=["admins", "cases", "nothing"]))
    assert club.roles(club.account().email) == {"organisation_admin", "investigator"}
    site.browser().sign_in(club, club.account(groups="watch"))
    assert club.roles(club.account().email) == {"auditor"}
    # What was begun with the higher role is over.
    assert browser.signed_in is None
    ended = club.entries(AuditTag.ACCESS_END)[0]
    assert (ended.detail["cause"], ended.detail["session"]) == ("role_lowered", 1)


def test_somebody_without_a_mapped_role_any_more_loses_everything(site: SsoSite) -> None:
    club, browser = site.club(), site.browser()
    browser.sign_in(club)
    refused = site.browser().sign_in(club, club.account(groups=["other"]))
    assert refused.status_code == 400
    assert club.roles(club.account().email) == set()
    assert browser.signed_in is None
    assert "no role" in club.reasons()[0]
    assert club.entries(AuditTag.ACCESS_END)[0].detail["cause"] == "single_sign_on"
    # The directory gives one again: the person is back.
    back = site.browser()
    back.sign_in(club)
    assert back.signed_in is not None


def test_the_last_admin_stays_one_whatever_the_directory_says(site: SsoSite) -> None:
    club = site.club()
    site.browser().sign_in(club, club.account(groups=["admins"]))
    lowered = site.browser()
    lowered.sign_in(club, club.account(groups=["cases"]))
    assert club.roles(club.account().email) == {"organisation_admin", "investigator"}
    refused = site.browser().sign_in(club, club.account(groups=[]))
    assert refused.status_code == 400
    assert club.roles(club.account().email) == {"organisation_admin"}


def test_somebody_whom_an_admin_removed_here_is_not_let_in_by_the_directory(site: SsoSite) -> None:
    club, browser = site.club(), site.browser()
    club.person(PersonRole.ORGANISATION_ADMIN)
    browser.sign_in(club)
    assert browser.signed_in is not None
    site.gate(remove_person, club.member.operator, browser.signed_in.person_id)
    assert site.browser().sign_in(club).status_code == 400
    assert "removed" in club.reasons()[0]
    # An invitation lets the person in again.
    invited = site.gate(
        invite,
        club.member.operator,
        email=club.account().email,
        role=PersonRole.ANALYST,
        organisation_id=club.member.id,
    )
    back = site.browser()
    page = back.post(f"/invitation/{invited.token}/directory")
    assert back.get(site.directory.authorize(link_in(page), club.account())).status_code == 303
    assert back.signed_in is not None


def test_what_is_provisioned_by_scim_counts_beside_the_claims(site: SsoSite) -> None:
    club = site.club()
    club.person(PersonRole.ORGANISATION_ADMIN)
    settings = DirectorySettings(organisation_id=club.member.id, default_role=PersonRole.AUDITOR)
    site.gate(lambda session: session.add(settings))
    draft = UserDraft(user_name=club.account().email)
    site.gate(lambda session: create_user(Acting(session, club.member.operator), draft))
    browser = site.browser()
    browser.sign_in(club, club.account(groups=[]))
    assert club.roles(club.account().email) == {"auditor"}
    # The person whom single sign-on made is the user of SCIM at once: what SCIM says next is heeded.
    mine = select(DirectoryUser.person_id).where(DirectoryUser.organisation_id == club.member.id)
    assert site.gate(lambda session: session.scalars(mine).all()) == [browser.person_id]
    site.browser().sign_in(club)
    assert club.roles(club.account().email) == {"auditor", "investigator"}
    gone = update(DirectoryUser).where(DirectoryUser.organisation_id == club.member.id)
    site.gate(lambda session: session.execute(gone.values(active=False)))
    assert site.browser().sign_in(club).status_code == 400
    assert "not active" in club.reasons()[0]


def test_an_account_with_the_same_address_is_not_taken_over(site: SsoSite) -> None:
    club, other = site.club(), site.club()
    club.person(PersonRole.ORGANISATION_ADMIN, name="ines")
    assert site.browser().sign_in(club, club.account(groups=["admins"])).status_code == 400
    assert "there is an account with the address" in club.reasons()[0]
    # Nor by the directory of another member, which vouches for its own domain alone.
    assert site.browser().sign_in(other, club.account()).status_code == 400
    assert "proved domains" in other.reasons()[0]
    assert not club.accounts()
    assert not other.accounts()


def test_whoever_is_signed_in_links_the_account_and_signs_in_by_the_directory_from_then_on(
    site: SsoSite,
) -> None:
    club = site.club()
    admin = club.person(PersonRole.ORGANISATION_ADMIN, name="ines")
    browser = site.local_sign_in(admin.email)
    assert "Link this account" in browser.get("/account").text
    page = browser.post("/account/directory")
    answer = browser.get(site.directory.authorize(link_in(page), club.account()))
    assert answer.headers["Location"] == "/account"
    assert club.roles(admin.email) == {"organisation_admin"}
    assert "knows this account" in browser.get("/account").text
    by_directory = site.browser()
    by_directory.sign_in(club, club.account(groups=["admins"]))
    assert by_directory.signed_in is not None
    assert by_directory.signed_in.person_id == admin.person_id


def test_a_link_is_for_the_session_that_asked(site: SsoSite) -> None:
    club = site.club()
    admin = club.person(PersonRole.ORGANISATION_ADMIN, name="ines")
    somebody = club.person(PersonRole.ANALYST, name="somebody")
    browser = site.local_sign_in(admin.email)
    back = site.directory.authorize(link_in(browser.post("/account/directory")), club.account())
    other = site.local_sign_in(somebody.email)
    cookie = browser.client.get_cookie("accord_sso")
    assert cookie is not None
    other.client.set_cookie("accord_sso", cookie.value)
    assert other.get(back).status_code == 400
    assert "session that asked" in club.reasons()[0]
    assert not club.accounts()


def test_an_invitation_is_accepted_by_the_directory_for_the_invited_address_alone(site: SsoSite) -> None:
    club = site.club()
    known = site.club().person(PersonRole.ANALYST, name="elsewhere")
    admin = club.member.operator
    address = club.account().email
    token = site.gate(
        invite, admin, email=address, role=PersonRole.ANALYST, organisation_id=club.member.id
    ).token
    for account in (club.account("somebody"), club.account()):
        browser = site.browser()
        offer = browser.get(f"/invitation/{token}")
        assert "sign-in of its own" in offer.text
        page = browser.post(f"/invitation/{token}/directory")
        answer = browser.get(site.directory.authorize(link_in(page), account))
        assert answer.status_code == (303 if account.email == address else 400)
    assert [account.subject for account in club.accounts()] == [club.account().sub]
    assert browser.post(f"/invitation/{token}/directory").status_code == 404
    assert known.email != address


def test_a_session_of_a_directory_acts_for_its_organisation_alone(site: SsoSite) -> None:
    club, other = site.club(), site.club(directory=False)
    browser = site.browser()
    browser.sign_in(club)
    assert browser.signed_in is not None
    role = PersonRole.ANALYST
    site.gate(assign_role, person_id=browser.person_id, role=role, organisation_id=other.member.id)
    assert other.slug not in browser.get("/account").text
    assert browser.post("/switch", organisation=other.slug).status_code == 404
    assert browser.signed_in is not None
    assert browser.signed_in.principal.organisation_id == club.member.id


def test_a_suspended_organisation_s_directory_lets_nobody_in(site: SsoSite) -> None:
    club, browser = site.club(), site.browser()
    back = site.directory.authorize(browser.leave(club), club.account())
    site.gate(suspend, PLATFORM_OPERATOR, club.slug, "a complaint")
    assert browser.get(back).status_code == 400
    assert browser.get(f"/sso/{club.slug}").status_code == 400


def test_the_way_there_is_found_by_address_domain_or_short_name_whoever_has_an_account(
    site: SsoSite,
) -> None:
    club = site.club()
    club.person(PersonRole.ANALYST, name="known")
    browser = site.browser()
    words = (
        f"known@{club.domain}",
        f"nobody@{club.domain}",
        club.domain,
        club.slug,
        f" {club.slug.upper()} ",
    )
    for word in words:
        page = browser.post("/sign-in/organisation", word=word)
        assert page.status_code == 200, word
        assert link_in(page).startswith(f"{site.directory.issuer}/authorize?")
    without = site.club(directory=False)
    strangers = (
        "nobody@example.org",
        "example.org",
        "no-such",
        without.slug,
        without.domain,
        "@",
        "a@",
        "x" * 300,
    )
    pages = {
        word: browser.post("/sign-in/organisation", word=word).text.replace(word, "") for word in strangers
    }
    assert len(set(pages.values())) == 1


def test_dangerous_acts_ask_the_directory_for_a_new_proof(site: SsoSite) -> None:
    club, browser = site.club(), site.browser()
    account = club.account(groups=["admins"], auth_time=int(time()) - 3_600)
    browser.sign_in(club, account)
    asked = browser.get("/clients/new")
    assert asked.headers["Location"].startswith("/confirm?")
    assert "it asks you again" in browser.get(asked.headers["Location"]).text
    there = browser.get("/confirm/directory?next=/clients/new").headers["Location"]
    assert "prompt=login" in there
    assert "max_age=0" in there
    # A directory that does not ask again is no proof, nor is somebody else.
    assert browser.get(site.directory.authorize(there, account)).status_code == 400
    there = browser.get("/confirm/directory?next=/clients/new").headers["Location"]
    somebody = club.account("somebody", groups=["admins"])
    assert browser.get(site.directory.authorize(there, somebody)).status_code == 400
    assert "somebody else" in club.reasons()[0]
    there = browser.get("/confirm/directory?next=/clients/new").headers["Location"]
    back = browser.get(site.directory.authorize(there, club.account(groups=["admins"])))
    assert back.headers["Location"] == "/clients/new"
    assert browser.get("/clients/new").status_code == 200


def test_claims_that_the_id_token_lacks_come_from_userinfo_of_the_same_person(site: SsoSite) -> None:
    club = site.club()
    said = club.account().said()
    site.directory.document = lambda document: (
        document | {"userinfo_endpoint": f"{site.directory.issuer}/userinfo"}
    )
    site.directory.claims = lambda claims: {
        name: value for name, value in claims.items() if name not in said or name == "sub"
    }
    for userinfo in ({**said, "sub": "somebody else"}, {}):
        site.directory.userinfo = userinfo
        assert site.browser().sign_in(club).status_code == 400
        assert "somebody else" in club.reasons()[0]
    site.directory.userinfo = said
    browser = site.browser()
    browser.sign_in(club)
    assert browser.signed_in is not None


def test_a_directory_whose_client_accord_proves_by_its_own_key(site: SsoSite) -> None:
    club = site.club(method=ProofMethod.PRIVATE_KEY_JWT, secret="")
    browser = site.browser()
    browser.sign_in(club)
    assert browser.signed_in is not None
    assertion = site.directory.bodies[-1]["client_assertion"]
    keys = KeySet.import_key_set(site.app.test_client().get("/oauth/jwks.json").json)
    claims = jwt.decode(assertion, keys, algorithms=["RS256"]).claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == (CLIENT_ID, CLIENT_ID, site.directory.issuer)
    assert claims["exp"] - claims["iat"] <= 120
