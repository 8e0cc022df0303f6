"""Shares: before they are made, as they arrive, as they are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.unit.accord.web.samples.cases import CASE, NOTES, SHARES
from tests.unit.accord.web.samples.evidence import REASONS, RECORDS, SELECTORS
from tests.unit.accord.web.samples.frame import NOW, Context, ago

from accord.caseload.presentation import SelectorTable
from accord.sharing.presentation import (
    PreviewPage,
    ReceivedPage,
    ReceivedRow,
    ReviewView,
    SharedCaseView,
    SharePage,
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

PAGES: dict[str, tuple[str, Context]] = {
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
