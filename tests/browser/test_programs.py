"""Programs: registering one, letting it in, and the code of one without a browser; wide and narrow."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import ADMIN, HANNA, INES, Visit, Visitor
from tests.browser.test_every_page import WAYS, faults, looked_at

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


@pytest.mark.parametrize(("width", "scheme"), WAYS)
def test_the_pages_of_programs_are_without_fault(visit: Visit, width: int, scheme: str) -> None:
    hanna = visit(HANNA, width=width, color_scheme=scheme)
    assert looked_at(hanna, ["/clients/new", "/clients"]) == {}
    registered(hanna, f"Reader {width}")
    assert faults(hanna) == []
    assert looked_at(hanna, ["/clients"]) == {}
    admin = visit(ADMIN, width=width, color_scheme=scheme)
    assert looked_at(admin, ["/client-exceptions"]) == {}


@pytest.mark.parametrize(("width", "scheme"), WAYS)
def test_a_person_reads_what_a_program_wants_and_decides(visit: Visit, width: int, scheme: str) -> None:
    client = registered(visit(HANNA), f"Desk {width}")
    ines = visit(INES, width=width, color_scheme=scheme)
    asked = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": "http://127.0.0.1:9/cb",
        "scope": "openid leads:read cases:write",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    ines.go(f"/oauth/authorize?{urlencode(asked)}")
    expect(ines.page.get_by_role("heading", name=f"Let Desk {width} in?")).to_be_visible()
    assert faults(ines) == []
    assert looked_at(ines, ["/oauth/device", "/oauth/device?user_code=BCDF-GHJK"]) == {}
