"""A plugin on its way through the pages: handed in, approved, configured, tried out, started, suspended."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import ADMIN, HANNA, Site, Visit, Visitor
from tests.browser.faults import faults
from tests.integration.plugin_wheels import plugin_wheel

pytestmark = pytest.mark.browser
CHECK_MS = 60_000
MORE = """
[config.key]
type = "string"
help = "Key of the service."
secret = true
[config.words]
type = "strings"
help = "Words to mark."
default = ["town"]
"""


def until_shown(visitor: Visitor, words: str) -> None:
    """Load the page again until a worker has done its part."""
    for _ in range(240):
        if visitor.page.get_by_text(words).count():
            return
        visitor.page.wait_for_timeout(250)
        visitor.page.reload()
    pytest.fail(f"{words!r} is not shown: {visitor.page.inner_text('main')[:1_000]}")


def test_a_plugin_goes_from_its_publisher_to_a_member_s_draft_and_is_suspended(
    site: Site, visit: Visit, tmp_path: Path
) -> None:
    name, content = plugin_wheel("acme-browser", word="town", more=MORE)
    (tmp_path / name).write_bytes(content)
    hanna, admin = visit(HANNA), visit(ADMIN)
    hanna.go("/plugin-versions")
    assert faults(hanna) == []
    hanna.page.get_by_label("The plugin’s wheel").set_input_files(tmp_path / name)  # noqa: RUF001 - as shown
    hanna.page.get_by_role("button", name="Publish").click()
    until_shown(hanna, "Waiting")
    path = hanna.page.url.removeprefix(site.address)
    admin.go(path)
    expect(admin.page.get_by_text("without it the contract holds").first).to_be_visible()
    assert faults(admin) == []
    admin.page.get_by_label("reads title").uncheck()
    expect(admin.page.get_by_text("Without reads title: the contract holds.")).to_be_visible(timeout=CHECK_MS)
    admin.page.get_by_role("button", name="Approve with what is ticked").click()
    expect(admin.page.get_by_text("reads body of a member's records up to AMBER").first).to_be_visible()
    hanna.go("/plugins/acme-browser")
    hanna.page.get_by_role("link", name="Our use of it").click()
    hanna.page.get_by_label("key: Key of the service.").fill("open sesame")
    hanna.page.get_by_role("button", name="Save the settings").click()
    expect(hanna.page.get_by_text("it is never shown again")).to_be_visible()
    assert "sesame" not in hanna.page.content()
    hanna.page.get_by_role("button", name="Test connection").click()
    until_shown(hanna, "It starts with these settings")
    hanna.page.get_by_role("button", name="Draft on our last 100 records").click()
    until_shown(hanna, "100 records in")
    assert faults(hanna) == []
    hanna.page.get_by_role("button", name="Start", exact=True).click()
    expect(hanna.page.get_by_role("heading", name="It runs, version 1.0")).to_be_visible()
    admin.go(path)
    admin.page.get_by_text("Suspend it at once").click()
    admin.page.locator("#suspend-reason").fill("It leaks")
    admin.page.get_by_role("button", name="Suspend", exact=True).click()
    expect(admin.page.get_by_text("died on 1 worker, in")).to_be_visible()
    hanna.page.reload()
    expect(hanna.page.get_by_text("An admin suspended it")).to_be_visible()
    expect(hanna.page.get_by_text("It leaks")).to_be_visible()
