"""The main steps with the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import INES, NextLead, Visit
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser
MOST_TABS = 150


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, which must be seen."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate("each => each === document.activeElement"):
            shown = target.evaluate(
                "each => [each, each.nextElementSibling].filter(Boolean)"
                ".some(one => getComputedStyle(one).outlineStyle !== 'none')"
            )
            assert shown, "the focus is not seen"
            return
    pytest.fail(f"{target} cannot be reached with Tab")


def test_the_main_job_is_done_with_the_keyboard_alone(visit: Visit, next_lead: NextLead) -> None:
    visitor = visit()
    page = visitor.page
    visitor.go("/")
    expect(page.get_by_label("E-mail", exact=True)).to_be_focused()
    page.keyboard.type(INES)
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    tab_to(page, page.locator(".queue-title a").first)
    page.keyboard.press("Enter")
    page.wait_for_url("**/leads/*")

    visitor.go(next_lead())
    tab_to(page, page.locator("#records [data-unveil]").first)
    page.keyboard.press("Space")
    expect(page.locator("#records [data-veil]").first).to_have_css("filter", "none")
    tab_to(page, page.locator("#selectors summary", has_text="Unmask"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Purpose"))
    page.keyboard.type("Call back through the hotline")
    page.keyboard.press("Enter")
    expect(page.locator(".unmasked")).to_be_focused()
    visitor.go(page.url.removeprefix(visitor.site.address))
    tab_to(page, page.get_by_role("button", name="Open as case"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*")


def test_a_case_is_shared_and_revoked_with_the_keyboard_alone(visit: Visit, next_lead: NextLead) -> None:
    visitor = visit(INES)
    page = visitor.page
    visitor.go(next_lead())
    page.get_by_role("button", name="Open as case").press("Enter")
    page.wait_for_url("**/cases/*")
    tab_to(page, page.get_by_label("With", exact=True))
    page.keyboard.type("Harbor")
    tab_to(page, page.get_by_label("Purpose"))
    page.keyboard.type("Support by keyboard")
    tab_to(page, page.get_by_label("Legal basis"))
    page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_role("button", name="Preview what they will see"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What Harbor Light will see")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Share with Harbor Light"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("The case is shared.")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    tab_to(page, page.get_by_role("button", name="Revoke"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("The share was taken back")).to_be_visible()


def test_the_menu_opens_and_closes_with_the_keyboard(visit: Visit) -> None:
    page = visit(INES).page
    summary = page.locator("details[data-menu] summary", has_text="Acting for")
    tab_to(page, summary)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(summary).to_be_focused()
