"""The main job in a browser: from the queue over a lead to a case, a share, a file and its end."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from stix2validator import ValidationOptions, validate_instance
from tests.browser.conftest import INES, MAYA, ROSA, NextLead, Site, Visit, Visitor
from tests.browser.world import ROUTE_RECORDS

pytestmark = pytest.mark.browser
PURPOSE = "Support for the people concerned"
NOTE = "The hotline knows the second number."


def open_case(visitor: Visitor, lead: str) -> str:
    """Open a lead as a case; returns the case's path."""
    visitor.go(lead)
    visitor.page.get_by_role("button", name="Open as case").click()
    visitor.page.wait_for_url("**/cases/*")
    return visitor.page.url.removeprefix(visitor.site.address)


def add_note(page: Page) -> None:
    """Write a note on the case that the page shows."""
    page.get_by_label("Add a note").fill(NOTE)
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_text("The note is saved.")).to_be_visible()


def preview(page: Page, *, newest: int | None = None) -> None:
    """Fill the share form of the case that the page shows, and ask for the preview."""
    page.get_by_label("With", exact=True).select_option(label="Harbor Light")
    page.get_by_label(re.compile("Purpose")).fill(PURPOSE)
    page.get_by_label("Legal basis").select_option(index=1)
    if newest is not None:
        page.get_by_label("Only the newest").check()
        page.get_by_label("How many of the newest records").fill(str(newest))
    page.get_by_role("button", name="Preview what they will see").click()
    expect(page.get_by_role("heading", name="What Harbor Light will see")).to_be_visible()


def confirm(page: Page) -> None:
    """Make the share that the page previews."""
    page.get_by_role("button", name="Share with Harbor Light").click()
    expect(page.get_by_text("The case is shared.")).to_be_visible()


def test_the_queue_begins_with_the_most_pressing_lead_and_says_why(visit: Visit) -> None:
    page = visit(INES).page
    expect(page.get_by_role("heading", name="Queue", level=1)).to_be_visible()
    texts = page.locator(".queue .score-number").all_inner_texts()
    scores = [int(found[0]) for text in texts if (found := re.findall(r"\d+", text))]
    assert len(scores) == 25
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]
    first = page.locator(".queue-row").first
    reason = first.locator(".reason").first
    expect(reason).to_contain_text(re.compile(r"\+[\d.]+\s+Seen in 4 places in 17 days"))
    expect(reason).to_contain_text("(raises the rank)")
    expect(first).to_contain_text(f"{ROUTE_RECORDS} records")


def test_the_queue_is_paged_and_counts(visit: Visit, site: Site) -> None:
    page = visit(INES).page
    total = site.rows("SELECT count(*) AS n FROM leads WHERE merged_into IS NULL")[0].n
    shown = page.locator(".queue-bar")
    expect(shown).to_contain_text(f"Leads 1\N{EN DASH}25 of {total}")
    before = page.locator(".queue-title a").all_inner_texts()
    page.get_by_role("link", name="Next").click()
    expect(shown).to_contain_text("Leads 26\N{EN DASH}50")
    page.get_by_role("link", name="Previous").click()
    expect(shown).to_contain_text("Leads 1\N{EN DASH}25")
    assert page.locator(".queue-title a").all_inner_texts() == before


@pytest.mark.parametrize(
    "written",
    ["614-555-0103", "(614) 555 0103", "+1 614.555.0103", "0016145550103", "ROUTE3@example.org"],
)
def test_a_contact_value_is_found_however_it_is_written(visit: Visit, site: Site, written: str) -> None:
    visitor = visit(INES)
    visitor.page.get_by_label("Search", exact=True).fill(written)
    expect(visitor.page.locator(".queue-row")).to_have_count(1)
    expect(visitor.page.locator(".queue-bar")).to_contain_text("Lead 1 of 1 in the filter")
    href = visitor.page.locator(".queue-title a").get_attribute("href") or ""
    anchors = site.rows("SELECT anchor FROM leads WHERE id = :id", id=href.rpartition("/")[2])
    assert anchors[0].anchor.startswith("board/route-3-")


def test_the_queue_is_narrowed_by_words_place_and_state_and_the_filter_is_cleared(visit: Visit) -> None:
    page = visit(INES).page
    page.get_by_label("Place", exact=True).fill("akron")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".queue-row")).to_have_count(1)
    page.get_by_label("Search", exact=True).fill("akron nowhere")
    expect(page.get_by_text("No lead matches")).to_be_visible()
    page.get_by_role("link", name="Clear the filter").first.click()
    expect(page.locator(".queue-row")).to_have_count(25)


def test_a_lead_marks_its_evidence_and_masks_contacts_in_text_that_is_blurred_until_asked_for(
    visit: Visit, next_lead: NextLead
) -> None:
    visitor = visit(INES)
    visitor.go(next_lead())
    page, record = visitor.page, visitor.page.locator("#records .record").first
    veil = record.locator("[data-veil]")
    assert "blur" in veil.evaluate("each => getComputedStyle(each).filter")
    expect(veil).to_have_attribute("aria-hidden", "true")
    record.get_by_text("Show text").click()
    expect(veil).to_have_attribute("aria-hidden", "false")
    expect(veil).to_have_css("filter", "none")
    expect(record.locator("mark.hit-masked").first).to_contain_text("•••••")
    expect(record.locator("mark.hit-plus, mark.hit-minus").first).to_be_visible()
    everything = page.content()
    for value in ("555-01", "55501", "555 01", "@example.org"):
        assert value not in everything
    expect(page.locator("#selectors")).to_contain_text("•••••")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#records-title")).to_contain_text(f"11\N{EN DASH}{ROUTE_RECORDS} of {ROUTE_RECORDS}")


def test_the_links_are_drawn_and_said_in_a_table(visit: Visit, next_lead: NextLead) -> None:
    visitor = visit(INES)
    visitor.go(next_lead())
    expect(visitor.page.locator("#graph canvas").first).to_be_visible()
    visitor.page.get_by_text("The same as a table").click()
    expect(visitor.page.locator("#links tbody tr").first).to_contain_text("Columbus, OH")


def test_values_are_unmasked_for_a_purpose_and_it_is_logged(
    visit: Visit, site: Site, next_lead: NextLead
) -> None:
    visitor, lead = visit(INES), next_lead()
    visitor.go(lead)
    page = visitor.page
    page.get_by_text("Unmask the values").click()
    page.get_by_label("Purpose").fill("Call back through the hotline")
    page.get_by_role("button", name="Unmask and log").click()
    expect(page.locator("#selectors")).to_contain_text("Plain values, for: Call back through the hotline")
    expect(page.locator("#selectors")).to_contain_text(re.compile(r"\+161455501\d\d"))
    logged = site.rows(
        "SELECT person_id, row_to_json(audit_entries)::text AS words FROM audit_entries"
        " WHERE tag = 'selectors.unmask' AND subject = :subject",
        subject=f"lead {lead.rpartition('/')[2]}",
    )
    assert len(logged) == 1
    assert logged[0].person_id is not None
    assert "Call back through the hotline" in logged[0].words
    visitor.go(lead)
    assert "+1614555" not in page.content()


def test_a_case_is_opened_assigned_noted_and_moved_on(visit: Visit, next_lead: NextLead) -> None:
    visitor = visit(INES)
    case = open_case(visitor, next_lead())
    page = visitor.page
    page.get_by_label("Assigned to").select_option(label="Tom Brandt")
    page.get_by_role("button", name="Assign").click()
    expect(page.locator(".head-facts")).to_contain_text("Tom Brandt")
    add_note(page)
    expect(page.locator(".notes")).to_contain_text(NOTE)
    page.get_by_label("Status").select_option(label="Waiting")
    page.get_by_role("button", name="Set").click()
    expect(page.locator(".head-facts")).to_contain_text("Waiting")
    expect(page.locator(".events li")).to_have_count(4)
    visitor.go("/queue?state=opened")
    expect(page.locator(f".queue-facts a[href='{case}']").locator("..")).to_contain_text("Tom Brandt")


def test_the_recipient_sees_exactly_the_document_until_it_is_revoked(
    visit: Visit, next_lead: NextLead
) -> None:
    sender, lead = visit(INES), next_lead()
    case = open_case(sender, lead)
    add_note(sender.page)
    preview(sender.page, newest=5)
    frame = sender.page.locator(".preview-frame")
    promised = 5
    expect(frame.locator(".record-line")).to_have_count(promised)
    assert NOTE not in frame.inner_text()
    confirm(sender.page)

    recipient = visit(ROSA, width=390, refused={404})
    recipient.page.get_by_role("link", name="Shared with us").click()
    recipient.page.locator(".received a").first.click()
    page = recipient.page
    page.wait_for_url("**/shares/*")
    share = page.url.removeprefix(recipient.site.address)
    expect(page.get_by_text(PURPOSE)).to_be_visible()
    expect(page.locator("#records .record")).to_have_count(promised)
    assert recipient.overflow() <= 0
    seen = page.content()
    assert NOTE not in seen
    assert not re.search(r"555[- ]?01|@example\.org|Ines", seen)
    for path in (lead, case, f"{lead}/graph.json", f"{case}/document"):
        assert recipient.go(path) == 404
    recipient.go("/queue")
    expect(page.get_by_text("No leads yet")).to_be_visible()
    assert visit(MAYA, refused={404}).go(share) == 404

    sender.page.once("dialog", lambda dialog: dialog.accept())
    sender.page.get_by_role("button", name="Revoke").click()
    expect(sender.page.get_by_text("The share was taken back")).to_be_visible()
    assert recipient.go(share) == 404
    recipient.go("/shares")
    expect(page.locator(f"a[href='{share}']")).to_have_count(0)


def test_contacts_and_notes_are_shared_where_the_sender_says_so(visit: Visit, next_lead: NextLead) -> None:
    sender = visit(INES)
    open_case(sender, next_lead())
    add_note(sender.page)
    sender.page.get_by_label("Contact values in plain form").check()
    sender.page.get_by_label("Your notes").check()
    preview(sender.page)
    frame = sender.page.locator(".preview-frame")
    expect(frame).to_contain_text(NOTE)
    expect(frame.locator(".selectors").first).to_contain_text(re.compile(r"\+161455501\d\d"))
    assert frame.evaluate("each => each.scrollHeight > each.clientHeight && each.clientHeight < 700")


def test_the_stix_file_is_made_by_the_worker_and_is_valid(
    visit: Visit, next_lead: NextLead, tmp_path: Path
) -> None:
    visitor = visit(INES)
    open_case(visitor, next_lead())
    visitor.page.get_by_role("button", name="Make the STIX file").click()
    link = visitor.page.get_by_role("link", name=re.compile("Download"))
    link.wait_for(timeout=30_000)
    with visitor.page.expect_download() as download:
        link.click()
    download.value.save_as(tmp_path / "case.json")
    made = json.loads((tmp_path / "case.json").read_text(encoding="utf-8"))
    assert made["type"] == "bundle"
    report = validate_instance(made, ValidationOptions(version="2.1", enforce_refs=True))
    assert report.is_valid, [str(error) for error in report.errors]
