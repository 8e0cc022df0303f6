"""What holds on every page, wide and light or narrow and dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from tests.browser.conftest import ADMIN, HANNA, INES, ROSA, SEVERAL, Made, Site, Visit, Visitor

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NOT_OURS = [["#swagger-ui"]]
"""swagger-ui draws buttons in buttons and a second main landmark; its OpenAPI document is a file besides."""
WAYS = [
    pytest.param(1280, "light", id="wide and light"),
    pytest.param(390, "dark", id="narrow and dark"),
]


def faults(visitor: Visitor) -> list[str]:
    """What is wrong with the page that is shown: too wide, or hard to use for somebody."""
    visitor.page.wait_for_load_state("networkidle")
    # The bar at the top covers what is scrolled below it, which would be taken for small.
    visitor.page.evaluate("window.scrollTo(0, 0)")
    found = [f"{visitor.overflow()} px too wide"] if visitor.overflow() > 0 else []
    report = Axe().run(visitor.page, context={"exclude": NOT_OURS}, options={"runOnly": RULES})
    for violation in report.response["violations"]:
        targets = [node["target"] for node in violation["nodes"]][:3]
        found.append(f"{violation['id']}: {targets}")
    return found


def looked_at(visitor: Visitor, paths: list[str]) -> dict[str, list[str]]:
    """The pages with faults."""
    found = {}
    for path in paths:
        visitor.go(path)
        found[path] = faults(visitor)
    return {path: wrong for path, wrong in found.items() if wrong}


@pytest.mark.parametrize(("width", "scheme"), WAYS)
def test_the_pages_of_an_investigator_are_without_fault(
    visit: Visit, made: Made, width: int, scheme: str
) -> None:
    visitor = visit(INES, width=width, color_scheme=scheme)
    paths = ["/queue", "/queue?q=nothing", made.lead, made.spread, made.odd, made.case, "/cases", made.share]
    assert looked_at(visitor, paths) == {}
    dark = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (visitor.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")) is (scheme == "dark")
    assert dark != "rgba(0, 0, 0, 0)"


@pytest.mark.parametrize(("width", "scheme"), WAYS)
def test_the_pages_of_everybody_else_are_without_fault(
    visit: Visit, made: Made, width: int, scheme: str
) -> None:
    stranger = visit(width=width, color_scheme=scheme)
    assert looked_at(stranger, ["/sign-in", "/invitation/of-nothing"]) == {}
    recipient = visit(ROSA, width=width, color_scheme=scheme)
    missing = "/leads/00000000-0000-0000-0000-000000000000"
    paths = ["/queue", "/cases", "/shares", made.share, missing, "/admin/organisations", "/api/docs"]
    assert looked_at(recipient, paths) == {}
    admin = visit(ADMIN, width=width, color_scheme=scheme)
    assert looked_at(admin, ["/admin/organisations", "/people", "/account", "/confirm?next=/people"]) == {}


@pytest.mark.parametrize(("width", "scheme"), WAYS)
def test_the_pages_of_who_reaches_what_are_without_fault(
    visit: Visit, made: Made, width: int, scheme: str
) -> None:
    hanna = visit(HANNA, width=width, color_scheme=scheme)
    paths = ["/access", *(f"/access{path}" for path in (made.case, made.lead, made.share))]
    assert looked_at(hanna, paths) == {}
    hanna.go("/access")
    hanna.page.get_by_role("link", name="Ines Okafor").click()
    expect(hanna.page.get_by_role("heading", name="Ines Okafor")).to_be_visible()
    assert faults(hanna) == []
    admin = visit(ADMIN, width=width, color_scheme=scheme)
    assert looked_at(admin, ["/admin/grants"]) == {}


@pytest.mark.parametrize(("width", "scheme"), WAYS)
def test_the_pages_of_access_reviews_are_without_fault(visit: Visit, width: int, scheme: str) -> None:
    hanna = visit(HANNA, width=width, color_scheme=scheme)
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


@pytest.mark.parametrize(("width", "scheme"), WAYS)
def test_the_pages_of_plugins_and_sources_are_without_fault(visit: Visit, width: int, scheme: str) -> None:
    hanna = visit(HANNA, width=width, color_scheme=scheme)
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


@pytest.mark.parametrize(("width", "scheme"), WAYS)
def test_the_preview_of_a_share_is_without_fault(visit: Visit, made: Made, width: int, scheme: str) -> None:
    visitor = visit(INES, width=width, color_scheme=scheme)
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
