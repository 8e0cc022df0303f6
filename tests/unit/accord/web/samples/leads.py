"""A lead: its evidence, texts and parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.unit.accord.web.samples.evidence import REASONS, RECORDS, SELECTORS, TABLE
from tests.unit.accord.web.samples.frame import NOW, Context, ago
from tests.unit.accord.web.samples.queue import ROWS
from tests.unit.accord.web.samples.verdicts import MINOR, VERDICT

from accord.caseload.graph_presentation import GraphLink, GraphView
from accord.caseload.parts_pages import JoiningRow, JudgementsPage, LinkRow, PartRow, PartsPage, Word
from accord.caseload.presentation import (
    LeadHeader,
    LeadPage,
    RecordList,
    SelectorList,
    SelectorTable,
    SignalRow,
    TimelineBar,
)
from accord.caseload.text_presentation import LeadTextsPage, TextSlot, TextView
from accord.web.presentation import FormState

WEEKS = (3, 5, 0, 8, 14, 9, 6)
TIMELINE = tuple(
    TimelineBar(
        ago(weeks=7 - index), f"Week of {ago(weeks=7 - index):%-d %b}", records, min(records, 1 + index % 4)
    )
    for index, records in enumerate(WEEKS)
)
LEAD_HEADER = LeadHeader(
    "l1",
    "Shared text template across five cities",
    91.4,
    1,
    38,
    ago(days=47),
    ago(hours=5),
    ROWS[0].places,
    3,
    "Urgent",
    open_url="/leads/l1/open",
)
LEAD = LeadPage(
    LEAD_HEADER,
    "/queue?state=unopened",
    REASONS,
    RecordList(RECORDS, 38, 1, "/leads/l1?after=r3", None),
    SelectorList(TABLE, "/leads/l1/unmask"),
    (
        SignalRow(
            "Obscured phone number",
            1,
            31,
            0.9,
            "JRSA/NIJ study, doi 10.1080/23322705.2024.2349447",
            "digits in words",
        ),
        SignalRow("Movement wording", -1, 12, 0.7),
        SignalRow("Stated age", 0, 22, 1.0),
    ),
    TIMELINE,
    "/leads/l1/parts",
    "/leads/l1/texts",
    GraphView(
        "/leads/l1/graph.json",
        (
            GraphLink("phone", "+1 614-•••-••34", ("Columbus, OH", "Dayton, OH", "Louisville, KY"), 31),
            GraphLink("url", "listings.example.com/•••", ("Columbus, OH", "Dayton, OH"), 38, hub=True),
        ),
    ),
)
TEXTS = LeadTextsPage(
    "/leads/l1",
    "Denver, CO · 15 Jan 2026",
    (
        TextView(
            12,
            12,
            ("New in", 1, "for this week only"),
            (TextSlot(1, (("Denver", 8), ("", 4)), more=2),),
        ),
        TextView(3, 2, ("Always the same",), (), hub="8 groups use it"),
    ),
)
SAID = Word(
    "Not the same people", "Ines Okafor", NOW, "Two people, both spoken to.", True, "/judgements/j1/withdraw"
)
PARTS = PartsPage(
    lead_url="/leads/l1",
    lead_title="Denver, CO · 15 Jan 2026",
    parts=(
        PartRow(1, 12, NOW - timedelta(days=9), NOW, ("denver, co",), (("phone", "+1•••••34"),)),
        PartRow(2, 3, NOW, NOW, (), ()),
    ),
    left_out=4,
    links=(
        LinkRow(
            "Part 1 and part 2", (("the same text", 0.6), ("the same places", 0.4)), 1.0, "p1", "p2", SAID
        ),
        LinkRow("Part 1 and part 3", (), 0.0, "p1", "p3", None),
    ),
    questions=(
        LinkRow(
            "Part 1 and another lead",
            (("the same image, 2 times", 0.75),),
            0.75,
            "p1",
            "p9",
            None,
            "/leads/l9",
        ),
    ),
    selectors=(JoiningRow(7, "phone", "+1•••••34", 12), JoiningRow(8, "image", "a1b2c3d4…", 5)),
    judge_url="/leads/l1/judge",
    judgements_url="/judgements",
)

PAGES: dict[str, tuple[str, Context]] = {
    "lead": ("caseload/lead.html", {"page": LEAD}),
    "lead, decided": ("caseload/lead.html", {"page": replace(LEAD, verdict=VERDICT)}),
    "lead, to be decided": (
        "caseload/lead.html",
        {"page": replace(LEAD, verdict=replace(VERDICT, stands=None, past=(), withdraw_url=None))},
    ),
    "lead, bare": (
        "caseload/lead.html",
        {
            "page": LeadPage(
                replace(
                    LEAD_HEADER,
                    rank=None,
                    places=(),
                    phones=0,
                    urgent_word=None,
                    open_url=None,
                    case_url="/cases/c1",
                ),
                "/queue",
                (),
                RecordList((), 0),
                SelectorList(SelectorTable()),
                (),
                (),
                "/leads/l1/parts",
                "/leads/l1/texts",
            )
        },
    ),
    "lead, texts": ("caseload/texts.html", {"page": TEXTS}),
    "lead, texts fragment": ("caseload/_texts.html", {"page": TEXTS}),
    "lead, without texts": ("caseload/texts.html", {"page": replace(TEXTS, texts=())}),
    "lead, parts": ("caseload/parts.html", {"page": PARTS}),
    "lead, one part": (
        "caseload/parts.html",
        {"page": replace(PARTS, parts=PARTS.parts[:1], links=(), questions=(), judge_url=None)},
    ),
    "lead, suspected minor": ("caseload/lead.html", {"page": replace(LEAD, minor=MINOR)}),
    "lead, no minor": (
        "caseload/lead.html",
        {"page": replace(LEAD, minor=replace(MINOR, state="", why="", since=None, may_take=False))},
    ),
    "judgements": (
        "caseload/judgements.html",
        {"page": JudgementsPage((SAID, replace(SAID, contradicted=True)), "/queue")},
    ),
    "judgements, none": ("caseload/judgements.html", {"page": JudgementsPage((), "/queue")}),
    "lead, records fragment": ("caseload/_records.html", {"page": LEAD}),
    "lead, unmasked": (
        "caseload/_selectors.html",
        {
            "page": replace(
                LEAD,
                selectors=SelectorList(
                    SelectorTable(tuple(replace(row, masked=False) for row in SELECTORS)),
                    "/leads/l1/unmask",
                    "Check the number with the helpline",
                ),
            )
        },
    ),
    "lead, purpose missing": (
        "caseload/_selectors.html",
        {
            "page": replace(
                LEAD,
                selectors=SelectorList(
                    TABLE,
                    "/leads/l1/unmask",
                    form=FormState(errors={"purpose": "Say what you need the values for."}),
                ),
            )
        },
    ),
}
