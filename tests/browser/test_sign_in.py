"""Signing in, failing to, and out."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import INES, Made, Visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("email", "password"),
    [(INES, "not the password"), ("nobody@police.example.org", "not the password")],
    ids=["wrong password", "unknown person"],
)
def test_a_failed_sign_in_says_the_same_whoever_it_was(visit: Visit, email: str, password: str) -> None:
    visitor = visit(refused={401})
    visitor.sign_in(email, password)
    page = visitor.page
    expect(page.get_by_role("alert")).to_have_text(
        "The e-mail address and the password do not belong together."
    )
    expect(page.get_by_label("E-mail", exact=True)).to_have_value(email)
    expect(page.get_by_label("Password")).to_be_focused()
    expect(page.get_by_label("Password")).to_have_value("")
    visitor.go("/queue")
    assert page.url.partition("?")[0].endswith("/sign-in")


def test_after_signing_in_a_person_is_where_they_wanted_to_go(visit: Visit, made: Made) -> None:
    visitor = visit()
    visitor.go(made.lead)
    page = visitor.page
    page.get_by_label("E-mail", exact=True).fill(INES)
    page.get_by_label("Password").fill("a long enough password")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{visitor.site.address}{made.lead}")


def test_who_signs_out_is_out_on_every_page(visit: Visit, made: Made) -> None:
    visitor = visit()
    visitor.sign_in(INES)
    page = visitor.page
    page.locator("details[data-menu] summary", has_text="Acting for").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    visitor.go(made.lead)
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    page.go_back()
    expect(page.locator("#records")).to_have_count(0)
