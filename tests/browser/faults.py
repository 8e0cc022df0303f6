"""What is wrong with a page: too wide for its window, or hard to use for somebody."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from tests.browser.conftest import Visitor

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NOT_OURS = [["#swagger-ui"]]
"""swagger-ui draws buttons in buttons and a second main landmark; its OpenAPI document is a file besides."""
WAYS = ((1280, "light"), (390, "dark"))
"""Width and colours in which every page is looked at."""
AXE = Axe()
STILL = """
    window.scrollTo({top: 0, behavior: "instant"});
    for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
"""
"""The bar at the top covers what is scrolled below it, which would be taken for small; and what goes from
light to dark has neither's colours on the way."""


def faults(visitor: Visitor) -> list[str]:
    """What is wrong with the page that is shown, wide and light and then narrow and dark: too wide, or hard
    to use for somebody. Afterwards it is shown as before."""
    page, before = visitor.page, visitor.page.viewport_size
    page.wait_for_load_state("networkidle")
    found = []
    for width, scheme in WAYS:
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)
        found += [f"{width} px, {scheme}: {fault}" for fault in faults_now(visitor)]
    page.emulate_media(color_scheme="null")
    assert before is not None
    page.set_viewport_size(before)
    return found


def faults_now(visitor: Visitor) -> list[str]:
    """What is wrong with the page as it is shown."""
    visitor.page.evaluate(STILL)
    found = [f"{visitor.overflow()} px too wide"] if visitor.overflow() > 0 else []
    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    report = AXE.run(visitor.page, context={"exclude": NOT_OURS}, options=options)
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
