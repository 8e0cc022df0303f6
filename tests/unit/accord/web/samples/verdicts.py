"""What people decided about leads: verdicts, and suspected minors."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.accord.web.samples.frame import NOW, Context

from accord.caseload.minor_pages import MinorRow, MinorsPage
from accord.caseload.minor_presentation import MinorPanel
from accord.caseload.verdict_presentation import PastVerdict, VerdictMark, VerdictPanel
from accord.web.presentation import Option

VERDICT = VerdictPanel(
    VerdictMark(
        "lawful", "Lawful or independent", "Ines Okafor", NOW, "Spoken to both.", "40 records more since"
    ),
    (PastVerdict("Cannot tell", "Robin Vale", NOW, "", "Ines Okafor", NOW),),
    "/leads/l1/verdict",
    "/leads/l1/verdict/withdraw",
    (
        Option("exploitation", "Confirmed exploitation"),
        Option("lawful", "Lawful or independent", selected=True),
    ),
)
MINOR = MinorPanel(
    "suspected",
    "stated age under 18 in 2 of 9 records",
    NOW,
    24.0,
    "Ines Okafor",
    "",
    "",
    "/leads/l1/minor",
    True,
    True,
    True,
    "/suspected-minors",
)
MINORS = MinorsPage(
    (
        MinorRow("/leads/l1", "Denver, CO", "suspected", MINOR.why, 9, NOW, NOW, True, "", "/leads/l1/minor"),
        MinorRow("/leads/l2", "Dayton, OH", "confirmed", MINOR.why, 3, NOW, NOW, False, "Robin Vale", None),
    ),
    1,
    24.0,
    "/queue",
)

PAGES: dict[str, tuple[str, Context]] = {
    "suspected minors": ("caseload/minors.html", {"page": MINORS}),
    "suspected minors, none": ("caseload/minors.html", {"page": replace(MINORS, rows=(), overdue=0)}),
}
