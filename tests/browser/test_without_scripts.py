"""The main steps in a browser that runs no scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import INES, ROSA, NextLead, Visit
from tests.browser.world import ROUTE_RECORDS

pytestmark = pytest.mark.browser


def test_the_main_job_is_done_without_scripts(visit: Visit, next_lead: NextLead) -> None:
    visitor = visit(INES, java_script_enabled=False)
    page = visitor.page
    page.get_by_label("Place", exact=True).fill("Akron")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".queue-row")).to_have_count(1)
    visitor.go(next_lead())
    record = page.locator("#records .record").first
    record.get_by_text("Show text").click()
    expect(record.locator("[data-veil]")).to_have_css("filter", "none")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#records-title")).to_contain_text(f"of {ROUTE_RECORDS}")
    page.get_by_text("Unmask the values").click()
    page.get_by_label("Purpose").fill("Call back through the hotline")
    page.get_by_role("button", name="Unmask and log").click()
    expect(page.locator("#selectors")).to_contain_text(re.compile(r"\+161455501\d\d"))
    page.get_by_role("button", name="Open as case").click()
    page.get_by_label("Add a note").fill("Written without scripts.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".notes")).to_contain_text("Written without scripts.")
    page.get_by_label("With", exact=True).select_option(label="Harbor Light")
    page.get_by_label("Purpose").fill("Support without scripts")
    page.get_by_label("Legal basis").select_option(index=1)
    page.get_by_role("button", name="Preview what they will see").click()
    expect(page.get_by_role("heading", name="Preview before sharing")).to_be_visible()
    page.get_by_role("button", name="Share with Harbor Light").click()
    expect(page.get_by_text("The case is shared.")).to_be_visible()

    recipient = visit(ROSA, java_script_enabled=False)
    recipient.go("/shares")
    row = recipient.page.locator(".received li", has_text="Support without scripts")
    row.get_by_role("link").click()
    expect(recipient.page.locator("#records .record")).to_have_count(ROUTE_RECORDS)

    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The share was taken back")).to_be_visible()


def test_the_file_is_made_without_scripts(visit: Visit, next_lead: NextLead) -> None:
    visitor = visit(INES, java_script_enabled=False)
    visitor.go(next_lead())
    page = visitor.page
    page.get_by_role("button", name="Open as case").click()
    page.get_by_role("button", name="Make the STIX file").click()
    link = page.get_by_role("link", name=re.compile("Download"))
    for _ in range(60):
        if link.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.endswith(".json")
