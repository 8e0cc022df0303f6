"""Leads that are not as one expects: empty, merged, strange letters, more than a page can hold."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import INES, Made, Site, Visit
from tests.browser.world import HOSTILE, RIGHT_TO_LEFT, SPREAD_PHONES, single

pytestmark = pytest.mark.browser


def test_a_lead_of_one_record_without_text_or_place_says_so(visit: Visit, site: Site) -> None:
    visitor = visit(INES)
    visitor.go(made_of(site, "odd-empty"))
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_contain_text("Place unknown · 1 May 2026")
    expect(page.get_by_text("This record has no text.")).to_be_visible()
    expect(page.locator(".head-facts")).to_contain_text("1 record")
    assert page.get_by_text("Show text").count() == 0


def test_a_lead_without_findings_has_no_selectors_and_no_graph(visit: Visit, site: Site) -> None:
    visitor = visit(INES)
    visitor.go(made_of(site, "odd-plain"))
    expect(visitor.page.locator("#selectors")).to_contain_text("No selector was found")
    assert visitor.page.locator("#graph").count() == 0
    assert visitor.page.locator("mark.hit").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_strange_letters_and_endless_words_are_shown_as_they_are(
    visit: Visit, made: Made, width: int
) -> None:
    visitor = visit(INES, width=width)
    visitor.go(made.odd)
    page = visitor.page
    page.get_by_text("Show all text here").click()
    body = page.locator(".record-body").first
    expect(body).to_contain_text(RIGHT_TO_LEFT)
    expect(body).to_contain_text(HOSTILE)
    assert body.evaluate("each => getComputedStyle(each).direction") == "rtl"
    assert "taken" not in page.title()
    assert visitor.overflow() <= 0


def test_many_selectors_are_folded_and_hashes_are_counted(visit: Visit, made: Made) -> None:
    visitor = visit(INES)
    visitor.go(made.spread)
    panel = visitor.page.locator("#selectors")
    expect(panel.locator("> table tbody tr")).to_have_count(25)
    panel.get_by_text(f"{SPREAD_PHONES - 25} more").click()
    expect(panel.locator("details table tbody tr")).to_have_count(SPREAD_PHONES - 25)
    expect(panel).to_contain_text(f"{SPREAD_PHONES} image hashes")
    assert visitor.page.evaluate("document.documentElement.scrollHeight") < 6_000


def test_a_lead_that_was_merged_leads_to_the_one_that_it_is_part_of(visit: Visit, site: Site) -> None:
    before = {made_of(site, f"single-{number}") for number in (20, 24)}
    both = [single(number)["contacts"][0] for number in (20, 24)]
    words = {
        "title": "Both numbers",
        "body": "A notice in words that no other notice has, under two numbers.",
    }
    site.ingest([{**single(39), **words, "external_id": "zz-joins", "contacts": both}], "joins")
    visitor = visit(INES)
    after = set()
    for path in before:
        assert visitor.go(path) == 200
        after.add(visitor.page.url.removeprefix(site.address))
        expect(visitor.page.locator(".head-facts")).to_contain_text("3 records")
    assert len(after) == 1
    assert after < before


def made_of(site: Site, key: str) -> str:
    """The address of the lead whose first record is this one."""
    [row] = site.rows("SELECT id FROM leads WHERE anchor = :anchor", anchor=f"board/{key}")
    return f"/leads/{row.id}"
