"""The weights that rank leads, as published and as fitted to verdicts."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.accord.web.samples.frame import NOW, Context

from accord.caseload.decided_leads import Figures, Step
from accord.caseload.priority_pages import ComparePage, MovedRow, PrioritiesPage, VersionRow, WeightRow
from accord.web.presentation import Option

FIGURES = Figures(60, 20, 0.75, 0.81, 7, 30, 0.41)
PRIORITIES = PrioritiesPage(
    versions=(
        VersionRow("published", "Published", True, 4, None, "", None, None, (), None, None),
        VersionRow(
            "fit-1",
            "Fitted 1",
            False,
            4,
            NOW,
            "Robin Vale",
            FIGURES,
            FIGURES,
            (Step(4.0, 31.0, 24, 3, 0.125, 0.04, 0.31), Step(33.0, 92.0, 36, 17, 0.47, 0.32, 0.63)),
            "/priorities/use",
            "/priorities/compare?after=fit-1",
        ),
    ),
    weights=(
        WeightRow("Independent worker", (3.5, 3.1), "T-Net, AAAI 2024"),
        WeightRow("Any other", (0.2, 0.2), ""),
    ),
    confirmed=20,
    others=40,
    least=20,
    queue_url="/queue",
    fit_url="/priorities/fit",
)
COMPARED = ComparePage(
    "published",
    "fit-1",
    (MovedRow("/leads/l1", "Denver, CO · 15 Jan 2026", 40, 3),),
    12,
    2_000,
    (Option("published", "Published"), Option("fit-1", "Fitted 1")),
    "/priorities",
    "/priorities/compare",
)

PAGES: dict[str, tuple[str, Context]] = {
    "priorities": ("caseload/priorities.html", {"page": PRIORITIES}),
    "priorities, too few verdicts": (
        "caseload/priorities.html",
        {
            "page": replace(
                PRIORITIES,
                versions=PRIORITIES.versions[:1],
                weights=(WeightRow("Independent worker", (3.5,), "T-Net, AAAI 2024"),),
                confirmed=1,
                fit_url=None,
            )
        },
    ),
    "priorities, compared": ("caseload/priorities_compared.html", {"page": COMPARED}),
    "priorities, the same": ("caseload/priorities_compared.html", {"page": replace(COMPARED, rows=())}),
}
