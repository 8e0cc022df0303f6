"""Who looks at the pages, when, and what stands around every one of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from accord.web.presentation import Frame, NavItem, Option

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
