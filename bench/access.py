"""What row security costs: a list of 50 cases, of 100,000 of 50 organisations, over the web application.

    python bench/access.py            about two minutes
    python bench/access.py --quick    fewer requests, under a minute

The same route is asked in turn through two applications on one database: Accord as it is (the role
`accord_web`, policies, a scope set for each transaction), and one whose database role owns the tables, so
that no policy applies, and that sets no scope: there the WHERE of the query, which names the organisation,
gives the same rows.
`overhead_ratio` is the ratio of the medians; both orders of asking take turns, so that a busy machine slows
both alike. Requests go through WSGI in this process: a network's time would only hide the difference.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.app import create_app
from accord.setup import open_home
from accord.web.request import AccordFlask
from accord_auth.sessions.service import Choice, resolve, start_session
from accord_config.database import NOBODY, Database, Role, Scope
from accord_config.home import Home
from accord_config.settings import Settings

ORGANISATIONS = 50
CASES = 100_000
ROWS = 50
REQUESTS, QUICK = 1_500, 300

MAKE = (
    "INSERT INTO organisations (slug, name, kind, status)"
    " SELECT 'bench-' || i, 'Bench ' || i, 'ngo', 'active' FROM generate_series(1, :organisations) AS i",
    "INSERT INTO people (email, name, status)"
    " SELECT slug || '@example.org', name, 'active' FROM organisations WHERE slug LIKE 'bench-%'",
    "INSERT INTO role_assignments (organisation_id, person_id, role)"
    " SELECT o.id, p.id, 'investigator' FROM organisations AS o JOIN people AS p"
    " ON p.email = o.slug || '@example.org'",
    "CREATE TEMPORARY TABLE made AS SELECT gen_random_uuid() AS lead_id, o.id AS organisation_id, i,"
    " now() - i * interval '7 seconds' AS at FROM generate_series(1, :cases) AS i JOIN ("
    " SELECT id, row_number() OVER (ORDER BY slug) AS n FROM organisations WHERE slug LIKE 'bench-%') AS o"
    " ON o.n = i % :organisations + 1",
    "INSERT INTO leads"
    " (id, organisation_id, anchor, records, first_seen, last_seen, facts, stale, title, score)"
    " SELECT lead_id, organisation_id, 'a' || i, 3, at, at, '{}', false, 'Notice ' || i, i % 100 FROM made",
    "INSERT INTO cases (organisation_id, lead_id, title, status, marking, created_at, updated_at)"
    " SELECT organisation_id, lead_id, 'Notice ' || i, 'open', 'TLP:AMBER', at, at FROM made"
    " ORDER BY random()",
)


class Unscoped(Database):
    """The same database without a scope: the transaction as it would be without row security."""

    @contextmanager
    def transaction(self, scope: Scope) -> Iterator[Session]:  # type: ignore[override]  # without a scope
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session


@dataclass(frozen=True)
class Figures:
    """Times in milliseconds."""

    overhead_ratio: float
    list_p50_ms: float
    list_p95_ms: float
    plain_p50_ms: float
    plain_p95_ms: float
    context_ms: float
    context_p5_ms: float
    """What it takes when nothing else wants the processors."""
    context_cpu_ms: float
    """This process's share; the rest is PostgreSQL's, and waiting."""
    count_p50_ms: float
    count_plain_p50_ms: float
    requests: int


def fill(home: Home) -> list[UUID]:
    """Organisations, a person of each, and their cases; gives the organisations."""
    owner = home.database(Role.OWNER)
    with owner.engine.begin() as connection:
        for statement in MAKE:
            sizes = {"organisations": ORGANISATIONS, "cases": CASES}
            connection.execute(
                text(statement), {name: sizes[name] for name in sizes if f":{name}" in statement}
            )
        query = text("SELECT id FROM organisations WHERE slug LIKE 'bench-%'")
        found = list(connection.execute(query).scalars())
    with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    owner.close()
    return found


def tokens_of(app: AccordFlask, organisations: list[UUID]) -> list[str]:
    """A session of each organisation's person."""
    tokens = []
    for organisation in organisations:
        with app.gate.transaction(NOBODY) as session:
            query = text("SELECT person_id FROM role_assignments WHERE organisation_id = :id")
            person = session.scalars(query, {"id": organisation}).one()
            choice = Choice(organisation, "", "")
            tokens.append(start_session(session, person_id=person, choice=choice, hours=1).token)
    return tokens


def timed(act: Callable[[], object]) -> float:
    """Milliseconds that it takes."""
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def in_turn(
    first: Callable[[int], object], second: Callable[[int], object], times: int
) -> tuple[list[float], list[float]]:
    """Milliseconds of both, done in turn, each first every second time."""
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(times + 20):
        order = ((0, first), (1, second)) if number % 2 else ((1, second), (0, first))
        for index, act in order:
            spent = timed(lambda act=act, number=number: act(number))  # type: ignore[misc]  # bound as defaults
            if number >= 20:
                found[index].append(spent)
    return found


def ask_for(client: FlaskClient, tokens: list[str]) -> Callable[[int], object]:
    """Ask for the list as the person of one organisation after the other."""

    def ask(number: int) -> object:
        headers = {"Authorization": f"Bearer {tokens[number % len(tokens)]}"}
        answer = client.get(f"/api/v1/cases?limit={ROWS}", headers=headers)
        if answer.status_code != 200 or len(answer.json["items"]) != ROWS:
            raise SystemExit(f"the list answered {answer.status_code}")
        return answer

    return ask


def check_alike(one: FlaskClient, other: FlaskClient, tokens: list[str]) -> None:
    """Both applications give the same rows."""
    for token in tokens[:5]:
        headers = {"Authorization": f"Bearer {token}"}
        items = [
            client.get(f"/api/v1/cases?limit={ROWS}", headers=headers).json["items"]
            for client in (one, other)
        ]
        if items[0] != items[1]:
            raise SystemExit("the two applications give different rows")


def context_times(app: AccordFlask, tokens: list[str], times: int) -> tuple[list[float], list[float]]:
    """Finding out who asks, and opening the transaction in that scope: what each request does first."""

    def begin(token: str) -> None:
        with app.gate.statements() as session:
            who = resolve(session, token)
        if who is None:
            raise SystemExit("the token stands for nobody")
        with app.web.transaction(who.scope) as session:
            session.connection()

    wall, cpu = [], []
    for _ in range(times):
        token, spent = random.choice(tokens), time.process_time()
        started = time.perf_counter()
        begin(token)
        wall.append((time.perf_counter() - started) * 1000)
        cpu.append((time.process_time() - spent) * 1000)
    return wall, cpu


def measure(home: Home, requests: int) -> Figures:
    """All figures, in a home of their own."""
    organisations = fill(home)
    app, plain = create_app(home), create_app(home)
    plain.web.close()
    plain.web = Unscoped(home.url(Role.OWNER))
    plain.gate.close()
    plain.gate = app.gate
    tokens = tokens_of(app, organisations)
    one, other = app.test_client(), plain.test_client()
    check_alike(one, other, tokens)
    listed, unscoped = in_turn(ask_for(one, tokens), ask_for(other, tokens), requests)
    counted, counted_plain = in_turn(*counts(app, plain, organisations), requests)
    wall, cpu = context_times(app, tokens, requests)
    figures = Figures(
        overhead_ratio=round(statistics.median(listed) / statistics.median(unscoped), 3),
        list_p50_ms=round(statistics.median(listed), 2),
        list_p95_ms=round(statistics.quantiles(listed, n=20)[-1], 2),
        plain_p50_ms=round(statistics.median(unscoped), 2),
        plain_p95_ms=round(statistics.quantiles(unscoped, n=20)[-1], 2),
        context_ms=round(statistics.median(wall), 3),
        context_p5_ms=round(statistics.quantiles(wall, n=20)[0], 3),
        context_cpu_ms=round(statistics.median(cpu), 3),
        count_p50_ms=round(statistics.median(counted), 2),
        count_plain_p50_ms=round(statistics.median(counted_plain), 2),
        requests=requests,
    )
    for database in (app.web, app.gate, plain.web):
        database.close()
    return figures


def counts(
    app: AccordFlask, plain: AccordFlask, organisations: list[UUID]
) -> tuple[Callable[[int], object], Callable[[int], object]]:
    """Count an organisation's cases: by the policies alone, and by a WHERE."""

    def by_policy(number: int) -> object:
        with app.web.transaction(Scope(organisations[number % len(organisations)])) as session:
            return session.scalar(text("SELECT count(*) FROM cases"))

    def by_where(number: int) -> object:
        with plain.web.transaction(NOBODY) as session:
            query = text("SELECT count(*) FROM cases WHERE organisation_id = :id")
            return session.scalar(query, {"id": organisations[number % len(organisations)]})

    return by_policy, by_where


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer requests, under a minute")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="acc-", ignore_cleanup_errors=True) as directory:
        home = open_home(Settings(home=Path(directory)), migrate=True)
        try:
            figures = measure(home, QUICK if arguments.quick else REQUESTS)
        finally:
            home.close()
    print(
        f"{ROWS} of {CASES:,} cases of {ORGANISATIONS} organisations:"
        f" {figures.list_p50_ms} ms (p95 {figures.list_p95_ms}), without policies {figures.plain_p50_ms} ms:"
        f" {figures.overhead_ratio} times; who asks and scope {figures.context_ms} ms"
        f" (p5 {figures.context_p5_ms}, processor {figures.context_cpu_ms});"
        f" count {figures.count_p50_ms} ms, without policies {figures.count_plain_p50_ms} ms"
    )
    print(json.dumps({"bench": "access", **asdict(figures)}))


if __name__ == "__main__":
    main()
