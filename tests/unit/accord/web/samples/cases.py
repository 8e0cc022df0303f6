"""Cases, their notes, documents and the form to share them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.unit.accord.web.samples.evidence import REASONS
from tests.unit.accord.web.samples.frame import NOW, Context, ago
from tests.unit.accord.web.samples.leads import LEAD_HEADER
from tests.unit.accord.web.samples.verdicts import VERDICT

from accord.caseload.presentation import (
    CaseHeader,
    CasePage,
    CaseRow,
    CasesPage,
    ChoiceForm,
    DeliveryRow,
    DocumentView,
    EventView,
    NoteForm,
    ShareForm,
    ShareRow,
)
from accord.web.presentation import FormState, NoteView, Option

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

PAGES: dict[str, tuple[str, Context]] = {
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
}
