"""Programs: registering one, letting it in, and the code of one without a browser; wide and narrow."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import ADMIN, HANNA, INES, NARROW, Visit, Visitor
from tests.browser.faults import faults, looked_at

pytestmark = pytest.mark.browser
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def registered(hanna: Visitor, name: str) -> str:
    """Register a program with the form; its identifier."""
    hanna.go("/clients/new")
    page = hanna.page
    page.get_by_label("Name").fill(name)
    page.get_by_label("Kind").select_option(value="native")
    for scope in ("openid", "leads:read", "cases:write"):
        page.get_by_label(scope, exact=True).check()
    page.get_by_label("Addresses that people come back to").fill("http://127.0.0.1/cb")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return page.locator("code.token-value").first.inner_text()


def test_the_pages_of_programs_are_without_fault(visit: Visit) -> None:
    hanna = visit(HANNA, width=NARROW)
    assert looked_at(hanna, ["/clients/new", "/clients"]) == {}
    registered(hanna, "Reader")
    assert faults(hanna) == []
    assert looked_at(hanna, ["/clients"]) == {}
    admin = visit(ADMIN, width=NARROW)
    assert looked_at(admin, ["/client-exceptions"]) == {}


def test_a_person_reads_what_a_program_wants_and_decides(visit: Visit) -> None:
    client = registered(visit(HANNA), "Desk")
    ines = visit(INES, width=NARROW, refused={404})
    asked = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": "http://127.0.0.1:9/cb",
        "scope": "openid leads:read cases:write",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    ines.go(f"/oauth/authorize?{urlencode(asked)}")
    expect(ines.page.get_by_role("heading", name="Let Desk in?")).to_be_visible()
    assert faults(ines) == []
    assert looked_at(ines, ["/oauth/device", "/oauth/device?user_code=BCDF-GHJK"]) == {}
