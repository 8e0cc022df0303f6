"""Synthetic view models for every page: what templates are drawn with in tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from accord.caseload.decided_leads import Figures, Step
from accord.caseload.graph_presentation import GraphLink, GraphView
from accord.caseload.minor_pages import MinorRow, MinorsPage
from accord.caseload.minor_presentation import MinorPanel
from accord.caseload.parts_pages import JoiningRow, JudgementsPage, LinkRow, PartRow, PartsPage, Word
from accord.caseload.presentation import (
    CaseHeader,
    CasePage,
    CaseRow,
    CasesPage,
    ChoiceForm,
    DeliveryRow,
    DocumentView,
    EventView,
    LeadHeader,
    LeadPage,
    NoteForm,
    QueueFilter,
    QueuePage,
    QueueRow,
    RecordList,
    SelectorList,
    SelectorTable,
    ShareForm,
    ShareRow,
    SignalRow,
    TimelineBar,
)
from accord.caseload.priority_pages import (
    ComparePage,
    MovedRow,
    PrioritiesPage,
    VersionRow,
    WeightRow,
)
from accord.caseload.text_presentation import LeadTextsPage, TextSlot, TextView
from accord.caseload.verdict_presentation import PastVerdict, VerdictMark, VerdictPanel
from accord.sharing.presentation import (
    PreviewPage,
    ReceivedPage,
    ReceivedRow,
    ReviewView,
    SharedCaseView,
    SharePage,
)
from accord.web.presentation import (
    ApiDocsPage,
    FormState,
    Frame,
    LeavingPage,
    NavItem,
    NoteView,
    Option,
    PasskeyForm,
    Reason,
    RecordView,
    Segment,
    SelectorRow,
    SignInPage,
    problem,
)

NOW = datetime(2026, 5, 20, 9, 30, tzinfo=UTC)
Context = dict[str, Any]


def ago(**spans: float) -> datetime:
    return NOW - timedelta(**spans)


PRINCIPAL = SimpleNamespace(
    person_name="Robin Vale",
    organisation_name="Harbour Light Helpline",
    organisation_kind="hotline",
    permissions=frozenset({"cases:read", "cases:write", "leads:read", "shares:create"}),
)
NAV = (
    NavItem("Queue", "/queue", True, "list-numbers"),
    NavItem("Cases", "/cases", False, "briefcase"),
    NavItem("Shared with us", "/shared", False, "inbox", count=2),
    NavItem("API", "/api/docs", False, "code"),
)
FRAME = Frame(
    home_url="/queue",
    theme_url="/theme",
    here="/queue?q=",
    sign_in_url="/sign-in",
    sign_out_url="/sign-out",
    switch_url="/switch",
    organisations=(
        Option("harbour-light", "Harbour Light Helpline", selected=True),
        Option("example-platform", "Example Platform Trust & Safety"),
    ),
)

REASONS = (
    Reason(
        "Several places in a short time",
        1,
        2.1,
        27.4,
        "Seen in 5 places in 12 days, never two on one day.",
        "Portnoff et al., KDD 2017",
    ),
    Reason(
        "Several people, one contact",
        1,
        1.8,
        21.6,
        "One phone stands on texts that describe 4 different people.",
        "Portnoff et al., KDD 2017, doi 10.1145/3097983.3098082",
    ),
    Reason(
        "Obscured phone number",
        1,
        0.9,
        9.2,
        "31 of 38 records write the number partly in words.",
        "JRSA/NIJ study, doi 10.1080/23322705.2024.2349447",
    ),
    Reason(
        "Movement wording",
        -1,
        0.6,
        -4.8,
        "12 records say that the person is new in town.",
        "JRSA/NIJ study, doi 10.1080/23322705.2024.2349447",
    ),
    Reason("Stated age", 0, 0.0, 0.0, "Ages from 21 to 26 are stated; this says nothing either way."),
)
ROWS = (
    QueueRow(
        1,
        "l1",
        "/leads/l1",
        "Shared text template across five cities",
        91.4,
        REASONS[:3],
        38,
        ago(days=47),
        ago(hours=5),
        ("Columbus, OH", "Dayton, OH", "Louisville, KY", "Lexington, KY", "Indianapolis, IN"),
        3,
        urgent_word="Urgent",
    ),
    QueueRow(
        2,
        "l2",
        "/leads/l2",
        "Phone ending 0172 and one handle, two states",
        84.0,
        (REASONS[1], REASONS[3]),
        1204,
        ago(days=210),
        ago(hours=19),
        ("Pittsburgh, PA", "Cleveland, OH"),
        2,
        "/cases/c1",
        "Robin Vale",
        urgent_word="Urgent",
    ),
    QueueRow(
        3,
        "l3",
        "/leads/l3",
        "Wallet and three phones, one source",
        66.5,
        (REASONS[2], REASONS[4]),
        12,
        ago(days=9),
        ago(days=2),
        ("Toledo, OH",),
        3,
        "/cases/c2",
    ),
    QueueRow(
        4,
        "l4",
        "/leads/l4",
        "Image hash seen under two names",
        41.2,
        (REASONS[3],),
        2,
        ago(days=80),
        ago(days=71),
        (),
        0,
    ),
    QueueRow(
        5,
        "l5",
        "/leads/l5",
        "A single record with a very long title that runs over the line as its source writes them",
        8.3,
        (),
        1,
        ago(minutes=12),
        ago(minutes=12),
        ("Akron, OH",),
        1,
    ),
)
PLACES = ("Columbus, OH", "Dayton, OH", "Pittsburgh, PA")
QUEUE = QueuePage(ROWS, QueueFilter("/queue", places=PLACES), "/queue?after=5", None, total=128, waiting=3)

RECORDS = (
    RecordView(
        "r1",
        "Example Listings",
        ago(hours=5),
        "Columbus, OH",
        (Segment("Two of us, "), Segment("new in town", "movement", "Movement wording", "minus")),
        (
            Segment("Ask for either of us. Call "),
            Segment(
                "six one four ••• ••34", "phone", "Phone number, partly in words", "selector", masked=True
            ),
            Segment(" or write to "),
            Segment("•••••@example.org", "email", "E-mail", "selector", masked=True),
            Segment(".\nOur friends "),
            Segment("A., B. and C. are here too", "several-people", "Several people, one contact", "plus"),
            Segment(", "),
            Segment("23", "age", "Age", "info"),
            Segment(". By appointment."),
        ),
        ("200 USD for 60 min", "120 USD for 30 min"),
        3,
        "listings.example.com",
        "TLP:AMBER",
    ),
    RecordView(
        "r2",
        "Example Forum",
        ago(days=2, hours=3),
        "Dayton, OH",
        (Segment("Back in Dayton"),),
        (
            Segment("Short stay, until Sunday. "),
            Segment("@•••••le", "handle", "Handle", "selector", masked=True),
        ),
        (),
        1,
        "forum.example.net",
        "TLP:AMBER+STRICT",
    ),
    RecordView("r3", "Partner feed", ago(days=6)),
)
SELECTORS = (
    SelectorRow("phone", "+1 614-•••-••34", 31, first_seen=ago(days=47), last_seen=ago(hours=5)),
    SelectorRow("phone", "+1 937-•••-••72", 6, first_seen=ago(days=20), last_seen=ago(days=2)),
    SelectorRow("handle", "exampleapp:•••••le", 4, first_seen=ago(days=12), last_seen=ago(days=2)),
    SelectorRow("email", "•••••@example.org", 2),
    SelectorRow("image", "f1c8…09ae", 9, masked=False, first_seen=ago(days=47), last_seen=ago(days=1)),
    SelectorRow(
        "url",
        "listings.example.com/•••",
        38,
        hub=True,
        hub_note="It stands on 4,310 leads: the site's own address.",
        first_seen=ago(days=47),
        last_seen=ago(hours=5),
    ),
    SelectorRow("licence-plate", "••••••", 1),
)
TABLE = SelectorTable(SELECTORS[:4], SELECTORS[4:], ("143 image hashes", "1 text template"))
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

PEOPLE = (Option("", "Nobody"), Option("p1", "Robin Vale", selected=True), Option("p2", "Sam Osei"))
STATES = (Option("open", "Open", selected=True), Option("waiting", "Waiting"), Option("closed", "Closed"))
NOTES = (
    NoteView(
        "Robin Vale",
        ago(days=1),
        "Spoke with the helpline in Dayton.\nThey know the second number.",
        "Harbour Light Helpline",
    ),
    NoteView("Sam Osei", ago(hours=3), "Text of r1 and r2 is the same apart from the place."),
)
SHARE_FORM = ShareForm(
    "/cases/c1/share/preview",
    (Option("ohio-unit", "Example State Police, Special Unit"), Option("river-ngo", "River Support Network")),
    (
        Option("agreement", "Task force agreement, article 4"),
        Option("consent", "Consent of the person concerned"),
    ),
    (
        Option("TLP:AMBER", "TLP:AMBER", selected=True),
        Option("TLP:AMBER+STRICT", "TLP:AMBER+STRICT"),
        Option("TLP:RED", "TLP:RED"),
    ),
    38,
)
SHARES = (
    ShareRow(
        "Example State Police, Special Unit",
        "TLP:AMBER",
        "Locate the person in the records of the last week.",
        "Task force agreement, article 4",
        ago(days=1),
        "active",
        NOW + timedelta(days=29),
        "/shares/s1",
        "/shares/s1/revoke",
    ),
    ShareRow(
        "River Support Network",
        "TLP:RED",
        "Offer services.",
        "Consent",
        ago(days=40),
        "revoked",
        ago(days=10),
    ),
)
DOCUMENT = DocumentView(
    "ready",
    "/cases/c1/document",
    "/cases/c1/document",
    "/cases/c1/document/file",
    "case-c1.json",
    ago(minutes=4),
)
CASE = CasePage(
    CaseHeader(
        "c1",
        "Shared text template across five cities",
        "open",
        "TLP:AMBER",
        "Harbour Light Helpline",
        ago(days=2),
        "Robin Vale",
        "Robin Vale",
    ),
    "/cases",
    LEAD_HEADER,
    "/leads/l1",
    REASONS[:3],
    NOTES,
    (
        EventView(ago(hours=3), "Sam Osei", "Added a note.", "note"),
        EventView(ago(days=1), "Robin Vale", "Shared with Example State Police, Special Unit.", "share-2"),
        EventView(ago(days=2), "Robin Vale", "Assigned to Robin Vale.", "user-check"),
        EventView(ago(days=2), "Robin Vale", "Opened the case from rank 1.", "briefcase"),
    ),
    SHARES,
    (
        DeliveryRow("Example State Police, Special Unit", "stix", "delivered", ago(hours=20), "bundle--5c1a"),
        DeliveryRow(
            "River Support Network",
            "webhook",
            "failed",
            ago(days=3),
            error="The other side answered 503 five times.",
        ),
    ),
    DOCUMENT,
    ChoiceForm("/cases/c1/assign", PEOPLE),
    ChoiceForm("/cases/c1/status", STATES),
    NoteForm("/cases/c1/notes"),
    SHARE_FORM,
)
CASES = CasesPage(
    (
        CaseRow("c1", "/cases/c1", CASE.case.title, "open", "TLP:AMBER", ago(hours=3), "Robin Vale", 91.4),
        CaseRow(
            "c2",
            "/cases/c2",
            "Wallet and three phones, one source",
            "waiting",
            "TLP:AMBER+STRICT",
            ago(days=3),
            score=66.5,
        ),
        CaseRow("c3", "/cases/c3", "Earlier template", "closed", "TLP:GREEN", ago(days=90), "Sam Osei"),
    ),
    "/queue",
    "/cases",
    "/cases?after=c3",
    None,
    (Option("", "All", selected=True), *STATES[1:]),
)
SHARED = SharedCaseView(
    CASE.case.title,
    "The same text with small edits moves between five cities.",
    91.4,
    REASONS[:2],
    RECORDS[:2],
    SelectorTable(
        tuple(
            replace(row, masked=False, display=row.display.replace("•••-••", "555-01"))
            for row in SELECTORS[:2]
        )
    ),
    NOTES[:1],
    records_total=12,
    next_url="/shares/s1?record=3",
)
PREVIEW = PreviewPage(
    SHARED,
    "Example State Police, Special Unit",
    "TLP:AMBER",
    SHARES[0].purpose,
    SHARES[0].basis,
    "/cases/c1#share",
    (("recipient", "ohio-unit"), ("purpose", SHARES[0].purpose), ("include_notes", "1")),
    "/cases/c1/share",
    NOW + timedelta(days=30),
    (
        ReviewView("Policy check", "redact", "Web addresses are left out below TLP:AMBER+STRICT."),
        ReviewView("Text check", "ask", "A note names a street."),
    ),
)
RECEIVED = ReceivedPage(
    (
        ReceivedRow(
            "/shared/s1",
            "Example State Police",
            "law_enforcement",
            "Three phones, one wallet",
            "TLP:RED",
            "Tell us whether callers named this number.",
            ago(hours=2),
            NOW + timedelta(days=13),
            seen=False,
        ),
        ReceivedRow(
            "/shared/s2",
            "River Support Network",
            "ngo",
            "Handle on two platforms",
            "TLP:GREEN",
            "For your information.",
            ago(days=12),
        ),
    ),
    "/shared?after=s2",
)
SHARE = SharePage(
    "Harbour Light Helpline",
    "hotline",
    "Example State Police, Special Unit",
    "TLP:AMBER",
    SHARES[0].purpose,
    SHARES[0].basis,
    ago(days=1),
    SHARED,
    "/shared",
    expires_at=NOW + timedelta(days=29),
    digest="9f" * 32,
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
SIGN_IN = SignInPage(
    "/sign-in",
    "robin@harbour-light.example",
    "The e-mail address or the password is wrong.",
    "/queue",
    FRAME.organisations,
    PasskeyForm("/sign-in/passkey/options", "/sign-in/passkey", "https://accord.example.org"),
    "/sign-in/directory",
)

_EMPTY_QUEUE = replace(QUEUE, rows=(), next_url=None, total=0)
PAGES: dict[str, tuple[str, Context]] = {
    "sign in": ("sign_in.html", {"page": SIGN_IN, "principal": None, "nav": ()}),
    "API": ("api_docs.html", {"page": ApiDocsPage("/api/openapi.json")}),
    **{
        f"problem {status}": ("errors/problem.html", {"problem": problem(status, "7f3a-0192")})
        for status in (400, 401, 403, 404, 405, 409, 413, 418, 422, 429, 500, 503)
    },
    "queue": ("caseload/queue.html", {"page": QUEUE}),
    "queue, decided": (
        "caseload/queue.html",
        {"page": replace(QUEUE, rows=tuple(replace(row, verdict=VERDICT.stands) for row in ROWS))},
    ),
    "queue, filtered": (
        "caseload/queue.html",
        {
            "page": replace(
                QUEUE,
                prev_url="/queue?before=1",
                filter=QueueFilter("/queue", "0172", "Dayton, OH", 50, "opened", PLACES, VERDICT.options),
            )
        },
    ),
    "queue, no match": (
        "caseload/queue.html",
        {"page": replace(_EMPTY_QUEUE, filter=QueueFilter("/queue", "nothing"))},
    ),
    "queue, not counted to its end": (
        "caseload/queue.html",
        {"page": replace(QUEUE, total=10_000, more_than_total=True)},
    ),
    "queue, no records yet": ("caseload/queue.html", {"page": _EMPTY_QUEUE}),
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
    "suspected minors": ("caseload/minors.html", {"page": MINORS}),
    "suspected minors, none": ("caseload/minors.html", {"page": replace(MINORS, rows=(), overdue=0)}),
    "lead, suspected minor": ("caseload/lead.html", {"page": replace(LEAD, minor=MINOR)}),
    "lead, no minor": (
        "caseload/lead.html",
        {"page": replace(LEAD, minor=replace(MINOR, state="", why="", since=None, may_take=False))},
    ),
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
    "judgements": (
        "caseload/judgements.html",
        {"page": JudgementsPage((SAID, replace(SAID, contradicted=True)), "/queue")},
    ),
    "judgements, none": ("caseload/judgements.html", {"page": JudgementsPage((), "/queue")}),
    "on the way to another site": (
        "leaving.html",
        {"page": LeavingPage("Sign in", "Your organisation signs you in.", "/away", "id.example.org")},
    ),
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
    "cases": ("caseload/cases.html", {"page": CASES}),
    "no cases": ("caseload/cases.html", {"page": replace(CASES, rows=(), next_url=None)}),
    "case": ("caseload/case.html", {"page": CASE}),
    "case, decided": ("caseload/case.html", {"page": replace(CASE, verdict=VERDICT)}),
    "case, read only": (
        "caseload/case.html",
        {
            "page": replace(
                CASE,
                notes=(),
                events=(),
                shares=(),
                deliveries=(),
                document=None,
                assign=None,
                status=None,
                note=None,
                share=None,
            )
        },
    ),
    "share form fragment": ("caseload/_share_form.html", {"page": CASE}),
    "case, share refused": (
        "caseload/case.html",
        {
            "page": replace(
                CASE,
                share=replace(
                    SHARE_FORM,
                    form=FormState(
                        {"purpose": "x", "records": "first", "records_first": "5"},
                        {
                            "": "Correct the marked fields.",
                            "purpose": "Say more.",
                            "expires_on": "Choose a day ahead.",
                            "records": "At most 38.",
                        },
                    ),
                ),
            )
        },
    ),
    **{
        f"document {state}": (
            "caseload/_document.html",
            {
                "document": replace(
                    DOCUMENT,
                    state=state,
                    download_url=None,
                    error="The plugin ran out of time." if state == "failed" else "",
                )
            },
        )
        for state in ("none", "pending", "failed")
    },
    "preview": ("sharing/preview.html", {"page": PREVIEW}),
    "preview fragment, refused": (
        "sharing/_preview.html",
        {
            "page": replace(
                PREVIEW,
                confirm_url=None,
                reviews=(
                    ReviewView("Policy check", "refuse", "TLP:RED may not leave."),
                    ReviewView("Text check", "allow"),
                ),
            )
        },
    ),
    "received": ("sharing/received.html", {"page": RECEIVED}),
    "nothing received": ("sharing/received.html", {"page": ReceivedPage(())}),
    "share": ("sharing/share.html", {"page": SHARE}),
}
"""Page in words -> template and context; the frame, navigation and principal come on top."""
