"""What leads, cases and shares show of their records: reasons, texts, selectors."""

from __future__ import annotations

from tests.unit.accord.web.samples.frame import ago

from accord.caseload.presentation import SelectorTable
from accord.web.presentation import Reason, RecordView, Segment, SelectorRow

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
