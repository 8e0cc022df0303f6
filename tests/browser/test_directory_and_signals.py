"""The pages of an organisation's directory and of its signals, filled in and empty; wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import HANNA, Visit
from tests.browser.test_every_page import WAYS, faults, looked_at

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "scheme"), WAYS)
def test_an_admin_connects_a_directory(visit: Visit, width: int, scheme: str) -> None:
    hanna = visit(HANNA, width=width, color_scheme=scheme)
    assert looked_at(hanna, ["/provisioning"]) == {}
    page, group = hanna.page, f"Investigators {width}"
    page.get_by_label("Group", exact=True).fill(group)
    page.get_by_label("Role", exact=True).select_option(label="investigator")
    page.get_by_role("button", name="Have it give this role").click()
    expect(page.get_by_role("row", name=group)).to_be_visible()
    page.get_by_label("Name", exact=True).fill(f"Our directory {width}")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_role("heading", name="The new token")).to_be_visible()
    assert page.locator("code.token-value").first.inner_text().startswith("acc_scim_")
    assert faults(hanna) == []
    hanna.go("/provisioning")
    expect(page.get_by_role("heading", name="The new token")).not_to_be_visible()
    page.get_by_role("button", name=f"Revoke Our directory {width}").click()
    expect(page.get_by_text("The token is revoked")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), WAYS)
def test_an_admin_opens_streams_in_both_directions(visit: Visit, width: int, scheme: str) -> None:
    hanna = visit(HANNA, width=width, color_scheme=scheme)
    assert looked_at(hanna, ["/signals"]) == {}
    page = hanna.page
    page.get_by_label("Name", exact=True).fill(f"Provider {width}")
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
    page.get_by_label("Name", exact=True).fill(f"Receiver {width}")
    page.get_by_label("Direction").select_option(value="send")
    page.get_by_label("Audience").fill("https://idp.example.org")
    page.get_by_label("Address to push to").fill("https://idp.example.org/push")
    page.get_by_label("Authorization header").fill("Bearer a-token-of-theirs")
    page.get_by_role("button", name="Open it").click()
    page.get_by_role("button", name=f"Verify Receiver {width}").click()
    expect(page.get_by_text("A verification is on its way.")).to_be_visible()
    assert "a-token-of-theirs" not in page.content()
    assert faults(hanna) == []
