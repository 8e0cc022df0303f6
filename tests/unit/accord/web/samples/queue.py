"""The queue of leads."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.accord.web.samples.evidence import REASONS
from tests.unit.accord.web.samples.frame import Context, ago
from tests.unit.accord.web.samples.verdicts import VERDICT

from accord.caseload.presentation import QueueFilter, QueuePage, QueueRow

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

_EMPTY_QUEUE = replace(QUEUE, rows=(), next_url=None, total=0)

PAGES: dict[str, tuple[str, Context]] = {
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
}
