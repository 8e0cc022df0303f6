"""Every page in words: what it is drawn from."""

from __future__ import annotations

from tests.unit.accord.web.samples import cases, entry, leads, priorities, queue, shares, verdicts
from tests.unit.accord.web.samples.frame import Context

PAGES: dict[str, tuple[str, Context]] = {
    **verdicts.PAGES,
    **entry.PAGES,
    **queue.PAGES,
    **leads.PAGES,
    **cases.PAGES,
    **priorities.PAGES,
    **shares.PAGES,
}
"""Page in words -> template and context; the frame, navigation and principal come on top."""
