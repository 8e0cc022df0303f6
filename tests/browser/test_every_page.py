"""What holds on every page, wide and light and narrow and dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import ADMIN, HANNA, INES, ROSA, SEVERAL, Made, Site, Visit
from tests.browser.faults import STILL, WAYS, faults, looked_at

pytestmark = pytest.mark.browser


def test_the_pages_of_an_investigator_are_without_fault(visit: Visit, made: Made) -> None:
    visitor = visit(INES)
    paths = ["/queue", "/queue?q=nothing", made.lead, made.spread, made.odd, made.case, "/cases", made.share]
    assert looked_at(visitor, paths) == {}


def test_a_page_follows_the_system_from_light_to_dark_while_it_is_open(visit: Visit) -> None:
    page, papers = visit(INES).page, set()
    for _, scheme in WAYS:
        page.emulate_media(color_scheme=scheme)
        page.evaluate(STILL)
        papers.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(papers) == 2
    assert "rgba(0, 0, 0, 0)" not in papers


def test_the_pages_of_everybody_else_are_without_fault(visit: Visit, made: Made) -> None:
    stranger = visit(refused={404})
    assert looked_at(stranger, ["/sign-in", "/invitation/of-nothing"]) == {}
    recipient = visit(ROSA, refused={403, 404})
    missing = "/leads/00000000-0000-0000-0000-000000000000"
    paths = ["/queue", "/cases", "/shares", made.share, missing, "/admin/organisations", "/api/docs"]
    assert looked_at(recipient, paths) == {}
    admin = visit(ADMIN)
    assert looked_at(admin, ["/admin/organisations", "/people", "/account", "/confirm?next=/people"]) == {}


def test_the_pages_of_who_reaches_what_are_without_fault(visit: Visit, made: Made) -> None:
    hanna = visit(HANNA)
    paths = ["/access", *(f"/access{path}" for path in (made.case, made.lead, made.share))]
    assert looked_at(hanna, paths) == {}
    hanna.go("/access")
    hanna.page.get_by_role("link", name="Ines Okafor").click()
    expect(hanna.page.get_by_role("heading", name="Ines Okafor")).to_be_visible()
    assert faults(hanna) == []
    admin = visit(ADMIN)
    assert looked_at(admin, ["/admin/grants"]) == {}


def test_the_pages_of_access_reviews_are_without_fault(visit: Visit) -> None:
    hanna = visit(HANNA)
    hanna.go("/reviews")
    assert faults(hanna) == []
    start = hanna.page.get_by_text("Start one now")
    if start.count():
        start.click()
        hanna.page.get_by_label("Reason").fill("Somebody left in a hurry")
        hanna.page.get_by_role("button", name="Start the review").click()
    else:
        hanna.page.get_by_role("table").get_by_role("link").first.click()
    expect(hanna.page.get_by_role("heading", name="To decide")).to_be_visible()
    hanna.page.get_by_role("button", name="Still needed").first.click()
    expect(hanna.page.get_by_role("status")).to_contain_text("goes on")
    expect(hanna.page.get_by_role("heading", name="Decided")).to_be_visible()
    hanna.page.get_by_text("End it").first.click()
    assert faults(hanna) == []


def test_the_pages_of_plugins_and_sources_are_without_fault(visit: Visit) -> None:
    hanna = visit(HANNA)
    assert looked_at(hanna, ["/plugins", "/plugins/selectors", "/sources/new", "/sources"]) == {}
    hanna.page.get_by_role("table").get_by_role("link").first.click()
    expect(hanna.page.get_by_role("heading", name="What it is")).to_be_visible()
    assert faults(hanna) == []


def test_a_case_is_explained_by_its_number(visit: Visit, made: Made) -> None:
    hanna = visit(HANNA)
    hanna.go("/access")
    hanna.page.get_by_label("Explain a").select_option(label="case")
    hanna.page.get_by_label("Number").fill(made.case.rpartition("/")[2])
    hanna.page.get_by_role("button", name="Explain").click()
    members = hanna.page.get_by_role("table", name="Other members")
    expect(members).to_contain_text("Harbor Light")
    expect(members).to_contain_text("Support for the people concerned")


def test_the_preview_of_a_share_is_without_fault(visit: Visit, made: Made) -> None:
    visitor = visit(INES)
    visitor.go(f"{made.case}#share")
    page = visitor.page
    page.get_by_label("With", exact=True).select_option(label="Marlin Social")
    page.get_by_label("Purpose").fill("To remove what is theirs")
    page.get_by_label("Legal basis").select_option(index=1)
    page.get_by_role("button", name="Preview what they will see").click()
    expect(page.get_by_role("heading", name="What Marlin Social will see")).to_be_focused()
    assert faults(visitor) == []
    assert page.evaluate("document.documentElement.scrollHeight") < 6_000


def test_a_chosen_theme_outlives_the_page_and_the_system(visit: Visit) -> None:
    visitor = visit(INES, color_scheme="light")
    page = visitor.page

    def paper() -> str:
        colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return colour

    light = paper()
    page.get_by_role("button", name="Dark").click()
    dark = paper()
    assert dark != light
    visitor.go("/cases")
    assert paper() == dark
    page.get_by_role("button", name="System").click()
    assert paper() == light


def test_somebody_who_wants_no_motion_gets_none(visit: Visit, made: Made) -> None:
    visitor = visit(INES, reduced_motion="reduce")
    visitor.go(made.lead)
    veil = visitor.page.locator("[data-veil]").first
    assert veil.evaluate("each => getComputedStyle(each).transitionDuration") == "0s"


def test_pages_forbid_scripts_and_styles_that_are_not_accords_own(visit: Visit, site: Site) -> None:
    visitor = visit(INES)
    answer = visitor.page.goto(f"{site.address}/queue")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert "unsafe" not in policy
    visitor.page.evaluate(
        "document.head.append(Object.assign(document.createElement('style'), {textContent: 'a{}'}))"
    )
    visitor.page.wait_for_function("() => true")
    assert len(visitor.complaints) == 1
    assert "Content Security Policy" in visitor.complaints.pop()


def test_a_person_of_several_organisations_says_for_which_to_act(visit: Visit) -> None:
    visitor = visit()
    visitor.sign_in(SEVERAL)
    page = visitor.page
    expect(page.get_by_text("Choose the organisation to act for")).to_be_visible()
    assert faults(visitor) == []
    page.get_by_label("Act for").select_option(label="Harbor Light")
    page.get_by_label("Password").fill("a long enough password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".acting-organisation")).to_contain_text("Harbor Light")
    expect(page.get_by_text("No leads yet")).to_be_visible()
