"""Measures linking alone: what a record costs, and how far the order of records and batches matters.

    python bench/linking.py [--quick] [--records N] [--orders N] [--seed S]

A world is ingested once. Then all that linking made is removed, the records are dealt into batches
anew (the first time in their own order, then shuffled), and linked again, by the same function that
the job calls. Times are CPU times of this process and of the database server; `resolve` is the first of
linking's two halves alone, which is done while the batch before is joined. Agreement is between
the first order's clusters and each other one's: B-cubed F1, and the part of records whose cluster has
exactly the same members. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from uuid import UUID

import psutil
import psycopg
from pipeline import ACCORD, SOURCE, make_file, server_of, server_seconds
from sqlalchemy.orm import Session

from accord.demo.world.truth import b_cubed
from accord.ingestion.models import Batch
from accord.linking.leaders import Leaders
from accord.linking.resolving import resolve_batch
from accord.linking.service import link_batch
from accord_config.database import Role, Scope
from accord_config.home import Home

RECORDS = 20_000
QUICK = 2_000
BATCH = 500
MADE = "lead_records, leads, strands, strand_selectors, mentions, dropped_leaders, selectors"
DEAL = """
    UPDATE records SET batch_id = dealt.batch_id
    FROM unnest(%s::bigint[], %s::bigint[]) AS dealt(id, batch_id) WHERE records.id = dealt.id
"""


def deal(conninfo: str, rng: random.Random | None) -> list[int]:
    """Remove what linking made, deal the records into the batches, and return the batches in order."""
    with psycopg.connect(conninfo) as connection:
        connection.execute(f"TRUNCATE {MADE} RESTART IDENTITY CASCADE")
        records = [row[0] for row in connection.execute("SELECT id FROM records ORDER BY id")]
        batches = [row[0] for row in connection.execute("SELECT id FROM batches ORDER BY id")]
        if rng is not None:
            rng.shuffle(records)
            rng.shuffle(batches)
        dealt = [batches[number * len(batches) // len(records)] for number in range(len(records))]
        connection.execute(DEAL, (records, dealt))
        connection.execute("UPDATE batches SET resolved = NULL")
    return batches


def cost(
    home: Home,
    server: psutil.Process,
    batches: list[int],
    step: Callable[[Session, UUID, Batch, Leaders], object],
) -> dict[str, float]:
    """Do a step with each batch in this order; CPU milliseconds a record of Python and of the server."""
    database = home.database(Role.WORKER)
    with psycopg.connect(home.database(Role.OWNER).conninfo) as connection:
        row = connection.execute("SELECT organisation_id, count(*) FROM records GROUP BY 1").fetchone()
    if row is None:
        raise SystemExit("the world has no records")
    organisation, records = row
    leaders = Leaders()
    python, postgresql = time.process_time(), server_seconds(server)
    for number in batches:
        with database.transaction(Scope(organisation_id=organisation)) as session:
            step(session, organisation, session.get_one(Batch, number), leaders)
    used = {"python": time.process_time() - python, "postgresql": server_seconds(server) - postgresql}
    database.close()
    return {part: round(seconds * 1000 / records, 3) for part, seconds in used.items()}


def clusters(conninfo: str) -> dict[int, str]:
    """The lead of each record."""
    with psycopg.connect(conninfo) as connection:
        return {
            row[0]: str(row[1]) for row in connection.execute("SELECT record_id, lead_id FROM lead_records")
        }


def agreement(one: Mapping[int, Hashable], other: Mapping[int, Hashable]) -> dict[str, float]:
    """How far two clusterings of the same records agree."""
    members: tuple[defaultdict[Hashable, set[int]], ...] = (defaultdict(set), defaultdict(set))
    for found, clustering in zip(members, (one, other), strict=True):
        for record, cluster in clustering.items():
            found[cluster].add(record)
    same = sum(members[0][one[record]] == members[1][other[record]] for record in one)
    return {"b3 F1": round(b_cubed(one, other).f1, 4), "same cluster": round(same / len(one), 4)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} records")
    parser.add_argument("--records", type=int)
    parser.add_argument("--orders", type=int, default=2, help="shuffled orders beside the first")
    parser.add_argument("--seed", default="linking")
    arguments = parser.parse_args()
    records = arguments.records or (QUICK if arguments.quick else RECORDS)
    rng = random.Random(arguments.seed)
    costs, agreements = [], []
    with tempfile.TemporaryDirectory(prefix="accord-bench-", ignore_cleanup_errors=True) as directory:
        path, where = Path(directory) / "records.jsonl", Path(directory) / "home"
        make_file(records, path)
        with server_of(where) as (home, server):
            command = [*ACCORD, "ingest", str(path), "--source", SOURCE]
            subprocess.run(
                command, env={**os.environ, "ACCORD_HOME": str(where)}, stdout=subprocess.DEVNULL, check=True
            )
            conninfo = home.database(Role.OWNER).conninfo
            first: dict[int, str] = {}
            resolve = cost(home, server, deal(conninfo, None), resolve_batch)
            print(f"resolve: {resolve} ms a record", flush=True)
            for order in range(1 + arguments.orders):
                costs.append(cost(home, server, deal(conninfo, rng if order else None), link_batch))
                found = clusters(conninfo)
                first = first or found
                agreements.append(agreement(first, found))
                print(f"order {order}: {costs[-1]} ms a record; agreement {agreements[-1]}", flush=True)
    figures = {"resolve": resolve, "cost": costs, "agreement": agreements[1:]}
    print(json.dumps({"bench": "linking", "records": records, **figures}))


if __name__ == "__main__":
    main()
