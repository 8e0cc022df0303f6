"""Second factors in a real browser: a passkey made, used to sign in and to prove, an app's code, recovery."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import CDPSession, Page, expect
from sqlalchemy import text
from tests.browser.conftest import Site, Visit, Visitor
from tests.conftest import PASSWORD

from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role

pytestmark = pytest.mark.browser
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def olga(site: Site) -> Iterator[str]:
    """An admin of the police unit of the test's own."""
    email = "olga@police.example.org"
    with site.database(Role.GATE).transaction(NOBODY) as session:
        person = create_person(session, email=email, name="Olga Brandt", password=PASSWORD)
        organisation = site.members.police.id
        assign_role(
            session, person_id=person.id, role=PersonRole.ORGANISATION_ADMIN, organisation_id=organisation
        )
    yield email
    with site.database(Role.GATE).transaction(NOBODY) as session:
        for table in ("passkeys", "authenticator_apps", "recovery_codes", "sessions"):
            session.execute(text(f"DELETE FROM {table} WHERE person_id = :id"), {"id": person.id})


def device(visitor: Visitor) -> tuple[CDPSession, str]:
    """A device with passkeys in the visitor's browser (the virtual authenticator of WebAuthn, 11)."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return session, made["authenticatorId"]


def grow_old(site: Site, email: str) -> None:
    """As if everybody's last proof were long ago."""
    with site.database(Role.GATE).transaction(NOBODY) as session:
        session.execute(
            text(
                "UPDATE sessions SET proved_at = now() - interval '11 minutes' WHERE person_id ="
                " (SELECT id FROM people WHERE email = :email)"
            ),
            {"email": email},
        )


def sign_out(page: Page) -> None:
    page.locator("details[data-menu] summary").last.click()
    with page.expect_navigation():
        page.get_by_role("button", name="Sign out").click()


def go_on(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name="I have kept them: go on").click()


def add_passkey(visitor: Visitor, name: str = "work laptop") -> None:
    visitor.go("/account/factors")
    page = visitor.page
    page.locator("#passkey-name").fill(name)
    page.get_by_role("button", name="Add a passkey").click()


def test_a_passkey_is_made_signs_in_with_and_without_the_password_and_proves_again(
    visit: Visit, site: Site, olga: str
) -> None:
    visitor = visit(by_name=True)
    page = visitor.page
    session, authenticator = device(visitor)
    visitor.sign_in(olga)
    add_passkey(visitor)
    expect(page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    expect(page.locator(".factor-code-list li")).to_have_count(10)
    assert visitor.overflow() <= 0
    go_on(page)

    sign_out(page)
    visitor.sign_in(olga)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use your passkey").click()
    expect(page).to_have_url(re.compile("/queue"))

    sign_out(page)
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page).to_have_url(re.compile("/queue"))

    grow_old(site, olga)
    visitor.go("/account/factors")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Make new recovery codes").click()
    expect(page.get_by_role("heading", name="Prove again who you are")).to_be_visible()
    expect(page.get_by_label("Password")).to_have_count(0)
    page.get_by_role("button", name="Use your passkey").click()
    expect(page).to_have_url(re.compile("/account/factors"))
    page.get_by_role("button", name="Make new recovery codes").click()
    expect(page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()

    visitor.go("/account")
    expect(page.get_by_text("with passkey")).to_be_visible()
    found = session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})
    assert [one["rpId"] for one in found["credentials"]] == ["localhost"]


def test_a_cancelled_passkey_says_so_and_the_page_goes_on(visit: Visit, olga: str) -> None:
    visitor = visit(by_name=True)
    session, authenticator = device(visitor)
    visitor.sign_in(olga)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    add_passkey(visitor)
    expect(visitor.page.get_by_role("alert").filter(has_text="cancelled")).to_be_visible()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True})
    visitor.page.get_by_role("button", name="Add a passkey").click()
    expect(visitor.page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()


def test_at_another_address_the_page_says_where_passkeys_work(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.go("/sign-in")
    expect(visitor.page.get_by_text(f"Passkeys work at {site.named}")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Use a passkey instead")).to_be_disabled()


def test_an_app_is_set_up_and_asked_for_and_a_recovery_code_stands_in(
    visit: Visit, site: Site, olga: str
) -> None:
    visitor = visit(refused={422})
    page = visitor.page
    visitor.sign_in(olga)
    visitor.go("/account/factors")
    page.locator("#app-name").fill("phone")
    page.get_by_role("button", name="Add an authenticator app").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert visitor.overflow() <= 0
    totp = pyotp.TOTP(page.locator(".factor-secret").inner_text().replace(" ", ""))
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_text("this code is wrong")).to_be_visible()
    page.get_by_role("textbox", name="Code").fill(totp.now())
    page.get_by_role("button", name="Set it up").click()
    expect(page.locator(".factor-code-list code")).to_have_count(10)
    codes = page.locator(".factor-code-list code").all_inner_texts()
    go_on(page)

    sign_out(page)
    visitor.sign_in(olga)
    with site.database(Role.GATE).transaction(NOBODY) as session:
        session.execute(text("UPDATE authenticator_apps SET last_step = 0"))
    page.get_by_label("Code of your authenticator app").fill(totp.now())
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(re.compile("/queue"))

    sign_out(page)
    visitor.sign_in(olga)
    page.get_by_text("Nothing of that is at hand").click()
    page.get_by_label("Recovery code").fill(codes[0])
    page.get_by_role("button", name="Use the recovery code").click()
    expect(page.get_by_text("9 of them are left")).to_be_visible()
