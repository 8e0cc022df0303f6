"""Measures the queue: the page and the API, with a million records and a hundred thousand leads.

    python bench/queue_page.py [--quick] [--records N] [--leads N]

The rows are made in PostgreSQL by SQL, for one organisation among others: leads with reasons and places,
records, strands and their selectors, a case for every fiftieth lead. Requests go through WSGI in this
process, as one person of that organisation; `cpu` is the processor time of this process and of the server
together, which on a busy machine says more than the time on the wall. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from flask.testing import FlaskClient
from pipeline import server_seconds
from sqlalchemy import text

from accord.app import create_app
from accord.setup import open_home
from accord.web.request import AccordFlask
from accord.web.signing import COOKIE
from accord_auth.sessions.service import Choice, start_session
from accord_config.database import NOBODY, Role
from accord_config.home import Home
from accord_config.settings import Settings

RECORDS, LEADS = 1_000_000, 100_000
QUICK_RECORDS, QUICK_LEADS = 50_000, 5_000
REQUESTS, QUICK_REQUESTS = 200, 60
REASONS = json.dumps(
    [
        {
            "indicator": name,
            "sign": 1,
            "weight": 2.0,
            "contribution": 11.5 - number,
            "evidence": "on 7 of 10 records, the same wording in three cities within nine days",
            "source": "a source with a name as long as most have",
        }
        for number, name in enumerate(("movement", "several_people", "pace", "shared_text", "new_cities"))
    ]
)
FACTS = json.dumps(
    {
        "anchor": "board/a",
        "records": 10,
        "first": "2026-01-01T00:00:00Z",
        "last": "2026-03-01T00:00:00Z",
        "days": list(range(739_600, 739_640)),
        "visits": {
            f"Place {number}": [3, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", 40.0, -80.0]
            for number in range(8)
        },
        "signals": {"movement": [1, 7, 0.8, "a source", "a note of some words"]},
        "ages": {"23": 4},
    }
)
MAKE = (
    "INSERT INTO organisations (slug, name, kind, status) VALUES ('bench', 'Bench', 'ngo', 'active')",
    "INSERT INTO people (email, name, status) VALUES ('bench@example.org', 'Bench', 'active')",
    "INSERT INTO role_assignments (organisation_id, person_id, role)"
    " SELECT o.id, p.id, 'investigator' FROM organisations AS o, people AS p"
    " WHERE o.slug = 'bench' AND p.email = 'bench@example.org'",
    "INSERT INTO sources (organisation_id, slug, marking)"
    " SELECT id, 'board', 'TLP:AMBER' FROM organisations WHERE slug = 'bench'",
    "INSERT INTO batches (organisation_id, source_id, records, stage)"
    " SELECT organisation_id, id, :records, 'linked' FROM sources WHERE slug = 'board'",
    "CREATE TEMPORARY TABLE made AS SELECT uuidv7() AS id, uuidv7() AS strand_id, i,"
    " (SELECT id FROM organisations WHERE slug = 'bench') AS organisation_id,"
    " round((100 * (1 - sqrt(i / (1.0 + :leads))))::numeric, 3) AS score"
    " FROM generate_series(1, :leads) AS i",
    "INSERT INTO leads (id, organisation_id, anchor, records, first_seen, last_seen, facts, stale, title,"
    " places, score, reasons)"
    " SELECT id, organisation_id, 'board/' || i, :records / :leads, now() - i * interval '1 minute',"
    " now() - i * interval '30 seconds', CAST(:facts AS jsonb), false,"
    " 'City ' || i % 997 || ' · City ' || i % 89 || ' · ' || 1 + i % 28 || ' Mar 2026',"
    " ARRAY['City ' || i % 997, 'City ' || i % 89], score, CAST(:reasons AS jsonb)"
    " FROM made ORDER BY md5(i::text)",
    "INSERT INTO lead_words (organisation_id, word, lead_id)"
    " SELECT DISTINCT organisation_id, lower(word), id FROM leads,"
    " regexp_split_to_table(title || ' ' || array_to_string(places, ' '), ' +') AS word",
    "INSERT INTO lead_vocabulary (organisation_id, word)"
    " SELECT DISTINCT organisation_id, word FROM lead_words",
    "INSERT INTO strands (id, organisation_id, lead_id, supports)"
    " SELECT strand_id, organisation_id, id, '{}' FROM made",
    "CREATE TEMPORARY TABLE shown AS SELECT organisation_id, strand_id, kind, kind || i || 'n' || n AS value"
    " FROM made, (VALUES ('phone', 1), ('phone', 2), ('handle', 1), ('image', 1), ('image', 2))"
    " AS shown(kind, n)",
    "INSERT INTO selectors (organisation_id, kind, value) SELECT organisation_id, kind, value FROM shown",
    "ANALYZE shown, selectors",
    "INSERT INTO strand_selectors (selector_id, strand_id, organisation_id, records, first_day, last_day)"
    " SELECT node.id, strand_id, organisation_id, 3, CURRENT_DATE - 9, CURRENT_DATE FROM shown"
    " JOIN selectors AS node USING (organisation_id, kind, value)",
    "INSERT INTO records (organisation_id, source_id, batch_id, external_id, digest, observed_at, marking,"
    " title, body, content)"
    " SELECT batch.organisation_id, batch.source_id, batch.id, 'a' || i, sha256(i::text::bytea),"
    " now() - i * interval '3 seconds', 'TLP:AMBER', 'Notice ' || i, repeat('words of a notice ', 15), '{}'"
    " FROM batches AS batch, generate_series(1, :records) AS i",
    "INSERT INTO lead_records (record_id, lead_id, strand_id, organisation_id)"
    " SELECT record.id, made.id, made.strand_id, made.organisation_id FROM made"
    " JOIN (SELECT id, row_number() OVER (ORDER BY id) % :leads + 1 AS i FROM records) AS record USING (i)",
    "INSERT INTO cases (organisation_id, lead_id, title, status, marking)"
    " SELECT organisation_id, id, 'Notice ' || i, 'open', 'TLP:AMBER' FROM made WHERE i % 50 = 0",
)
ASKED = {
    "page": "/queue",
    "page of a contact": "/queue?q=handle77n1",
    "page of words": "/queue?q=City+991",
    "page of nothing": "/queue?q=nowhere",
    "page of a number": "/queue?q=614-555-0134",
    "page of a place": "/queue?place=City+88",
    "page of a rare place": "/queue?place=City+991",
    "page of unopened": "/queue?state=unopened",
    "API": "/api/v1/leads?limit=50",
}


@dataclass(frozen=True)
class Figures:
    """Milliseconds of one request."""

    p50: float
    p95: float
    cpu: float


def fill(home: Home, records: int, leads: int) -> None:
    """Make the rows."""
    values = {"records": records, "leads": leads, "facts": FACTS, "reasons": REASONS}
    owner = home.database(Role.OWNER)
    with owner.engine.begin() as connection:
        # Without statistics yet, the planner would look up rows one by one.
        connection.execute(text("SET LOCAL enable_nestloop = off"))
        for statement in MAKE:
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), used)
    with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    owner.close()


def signed_in(app: AccordFlask) -> FlaskClient:
    """A client with the session of the organisation's person."""
    with app.gate.transaction(NOBODY) as session:
        query = text(
            "SELECT organisation_id, person_id FROM role_assignments"
            " WHERE organisation_id = (SELECT id FROM organisations WHERE slug = 'bench')"
        )
        organisation, person = session.execute(query).one()
        token = start_session(session, person_id=person, choice=Choice(organisation, "", ""), hours=1).token
    client = app.test_client()
    client.set_cookie(COOKIE, token)
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def ask(client: FlaskClient, server: psutil.Process, address: str, times: int) -> Figures:
    """Ask for one address again and again."""
    for _ in range(10):
        answer = client.get(address)
        if answer.status_code != 200:
            raise SystemExit(f"{address} answered {answer.status_code}")
    spent = []
    used = time.process_time() + server_seconds(server)
    for _ in range(times):
        started = time.perf_counter()
        client.get(address)
        spent.append((time.perf_counter() - started) * 1000)
    used = time.process_time() + server_seconds(server) - used
    return Figures(
        p50=round(statistics.median(spent), 2),
        p95=round(statistics.quantiles(spent, n=20)[-1], 2),
        cpu=round(used * 1000 / times, 2),
    )


def measure(home: Home, records: int, leads: int, requests: int) -> dict[str, Figures]:
    """The figures of every address."""
    started = time.monotonic()
    fill(home, records, leads)
    print(f"{records:,} records, {leads:,} leads made in {time.monotonic() - started:.0f} s", flush=True)
    pid = int((home.path / "database" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    server = psutil.Process(pid)
    app = create_app(home)
    client = signed_in(app)
    found = {}
    # The page in the middle of the queue, by the address that a page itself gives.
    asked = ASKED | {"next page": _next_page(client)}
    for name, address in asked.items():
        found[name] = ask(client, server, address, requests)
        print(
            f"{name:18} p50 {found[name].p50:7.2f}  p95 {found[name].p95:7.2f}  cpu {found[name].cpu:6.2f} ms"
        )
    app.close()
    return found


def _next_page(client: FlaskClient) -> str:
    page = client.get("/api/v1/leads?limit=50").json
    return f"/api/v1/leads?limit=50&cursor={page['next']}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_RECORDS:,} records, under a minute")
    parser.add_argument("--records", type=int)
    parser.add_argument("--leads", type=int)
    arguments = parser.parse_args()
    records = arguments.records or (QUICK_RECORDS if arguments.quick else RECORDS)
    leads = arguments.leads or (QUICK_LEADS if arguments.quick else LEADS)
    requests = QUICK_REQUESTS if arguments.quick else REQUESTS
    with tempfile.TemporaryDirectory(prefix="acc-", ignore_cleanup_errors=True) as directory:
        home = open_home(Settings(home=Path(directory)), migrate=True)
        try:
            found = measure(home, records, leads, requests)
        finally:
            home.close()
    figures = {name: asdict(one) for name, one in found.items()}
    print(json.dumps({"bench": "queue", "records": records, "leads": leads, "ms": figures}))


if __name__ == "__main__":
    main()
