"""The pages of an organisation's directory, sign-in and signals, filled in and empty; wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import HANNA, NARROW, Visit
from tests.browser.faults import faults, looked_at

pytestmark = pytest.mark.browser


def test_an_admin_connects_a_directory(visit: Visit) -> None:
    hanna = visit(HANNA, width=NARROW)
    assert looked_at(hanna, ["/provisioning"]) == {}
    page, group = hanna.page, "Investigators"
    page.get_by_label("Group", exact=True).fill(group)
    page.get_by_label("Role", exact=True).select_option(label="investigator")
    page.get_by_role("button", name="Have it give this role").click()
    expect(page.get_by_role("row", name=group)).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Our directory")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_role("heading", name="The new token")).to_be_visible()
    assert page.locator("code.token-value").first.inner_text().startswith("acc_scim_")
    assert faults(hanna) == []
    hanna.go("/provisioning")
    expect(page.get_by_role("heading", name="The new token")).not_to_be_visible()
    page.get_by_role("button", name="Revoke Our directory").click()
    expect(page.get_by_text("The token is revoked")).to_be_visible()


def test_an_admin_opens_streams_in_both_directions(visit: Visit) -> None:
    hanna = visit(HANNA, width=NARROW, refused={422})
    assert looked_at(hanna, ["/signals"]) == {}
    page = hanna.page
    page.get_by_label("Name", exact=True).fill("Provider")
    page.get_by_label("Direction").select_option(value="receive")
    page.get_by_label("Audience").fill("https://accord.example.org")
    page.get_by_label("Its issuer").fill("http://idp.example.org")
    page.get_by_label("Address of its public keys").fill("https://idp.example.org/keys")
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_text("an address that begins with https://")).to_be_visible()
    assert faults(hanna) == []
    page.get_by_label("Its issuer").fill("https://idp.example.org")
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_role("heading", name="For the other system")).to_be_visible()
    hanna.go("/signals")
    page.get_by_label("Name", exact=True).fill("Receiver")
    page.get_by_label("Direction").select_option(value="send")
    page.get_by_label("Audience").fill("https://idp.example.org")
    page.get_by_label("Address to push to").fill("https://idp.example.org/push")
    page.get_by_label("Authorization header").fill("Bearer a-token-of-theirs")
    page.get_by_role("button", name="Open it").click()
    page.get_by_role("button", name="Verify Receiver").click()
    expect(page.get_by_text("A verification is on its way.")).to_be_visible()
    assert "a-token-of-theirs" not in page.content()
    assert faults(hanna) == []


def test_an_admin_sets_single_sign_on_up(visit: Visit) -> None:
    hanna = visit(HANNA, width=NARROW, refused={422})
    assert looked_at(hanna, ["/single-sign-on"]) == {}
    page = hanna.page
    page.get_by_label("A further domain").fill("further.example.org")
    page.get_by_role("button", name="Add the domain").click()
    expect(page.get_by_text("_accord-challenge.further.example.org")).to_be_visible()
    page.get_by_label("Issuer").fill("http://login.example.org")
    page.get_by_label("Client identifier").fill("accord")
    page.get_by_label("Which value gives which role").fill("staff = investigator")
    page.get_by_role("button", name="Set up the directory").click()
    expect(page.get_by_text("what is wrong stands beside each")).to_be_visible()
    assert faults(hanna) == []
    page.get_by_label("Issuer").fill("https://login.example.org")
    page.get_by_role("button", name="Set up the directory").click()
    expect(page.get_by_text("The directory is set up.")).to_be_visible()
    # Nobody is named for emergencies and nobody came in by it: it cannot be the only way yet.
    expect(page.get_by_text("There are not two such admins yet")).to_be_visible()
    expect(page.get_by_role("button", name="Make the directory the only way")).to_be_disabled()
    assert faults(hanna) == []
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("The directory is removed")).to_be_visible()
    page.get_by_role("button", name="Remove further.example.org").click()
    expect(page.get_by_text("further.example.org is removed")).to_be_visible()
