"""Measures how long a batch of texts takes to find its templates among many that are stored.

    python bench/templates.py [--quick] [--leaders N ...]

Leaders of texts are made in PostgreSQL, each under sixteen random keys. Of a batch of 500 texts half are
copies of stored ones with some bits flipped and half of the keys changed, half are new. Times are of
`accord.linking.sketches.nearest_stored`, on the wall and of the processor (this process and the server
together), the middle of several batches, each of other texts. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from pathlib import Path
from uuid import UUID

import psutil
from pipeline import server_seconds
from sqlalchemy import text

from accord.linking.carried import Carried
from accord.linking.sketches import Sketch, nearest_stored
from accord.setup import open_home
from accord_config.database import Role, Scope
from accord_config.home import Home
from accord_config.settings import Settings

LEADERS, QUICK_LEADERS = 1_000_000, 20_000
BATCH, BATCHES = 500, 7
BITS, KEYS, FLIPPED = 512, 16, 40
MAKE = """
    WITH made AS (
        INSERT INTO selectors (id, organisation_id, kind, value) OVERRIDING SYSTEM VALUE
        SELECT i, CAST(:organisation AS uuid), 'template',
            (SELECT string_agg(lpad(to_hex((random() * 4294967295)::bigint), 8, '0'), '')
             FROM generate_series(1, 16) WHERE i = i)
        FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS i
        RETURNING id, organisation_id, decode(value, 'hex') AS raw
    ), packed AS (
        SELECT organisation_id, int8send(id) || int4send(CAST((
            SELECT bit_or((get_byte(raw, 2 * at) & 1) << (31 - at)) FROM generate_series(0, 31) AS at
        ) AS int)) AS leader
        FROM made
    )
    INSERT INTO sketch_keys (bucket, organisation_id, leaders)
    SELECT (random() * 9e18)::bigint, organisation_id, leader FROM packed, generate_series(1, 16)
"""
"""As `accord.linking.leaders` packs them, each under sixteen keys of its own."""
SOME = """
    SELECT node.id, node.value, stored.bucket FROM selectors AS node
    JOIN sketch_keys AS stored ON substring(stored.leaders FROM 1 FOR 8) = int8send(node.id)
    WHERE node.id = ANY(:some)
"""


def organisation_of(home: Home) -> UUID:
    """The home's own organisation."""
    owner = home.database(Role.OWNER)
    with owner.engine.connect() as connection:
        found: UUID = connection.execute(
            text("SELECT id FROM organisations WHERE slug = 'local'")
        ).scalar_one()
    owner.close()
    return found


def fill(home: Home, organisation: UUID, first: int, last: int) -> dict[int, tuple[int, set[int]]]:
    """Make leaders with these numbers; gives some of them back, with their bits and buckets."""
    owner = home.database(Role.OWNER)
    some = sorted(random.Random(last).sample(range(1, last + 1), min(last, BATCH * BATCHES // 2)))
    found: dict[int, tuple[int, set[int]]] = {}
    with owner.engine.begin() as connection:
        # Sorting sixteen million keys at once takes a fraction of putting each in its place.
        connection.execute(text("ALTER TABLE sketch_keys DROP CONSTRAINT pk_sketch_keys"))
        connection.execute(text(MAKE), {"organisation": organisation, "first": first, "last": last})
        connection.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
        connection.execute(
            text(
                "ALTER TABLE sketch_keys ADD CONSTRAINT pk_sketch_keys PRIMARY KEY (bucket, organisation_id)"
            )
        )
    with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE sketch_keys, selectors"))
        rows = connection.execute(text(SOME), {"some": some})
        for number, digits, bucket in rows:
            found.setdefault(number, (int(digits, 16), set()))[1].add(bucket)
    owner.close()
    return found


def batches(known: dict[int, tuple[int, set[int]]], rng: random.Random) -> list[list[Sketch]]:
    """Batches of texts, half of them copies of known leaders."""
    numbers, made = list(known), []
    for at in range(BATCHES):
        batch = []
        for number in numbers[at * BATCH // 2 : (at + 1) * BATCH // 2]:
            bits, buckets = known[number]
            for bit in rng.sample(range(BITS), FLIPPED):
                bits ^= 1 << bit
            batch.append((bits, rng.sample(sorted(buckets), len(buckets) // 2)))
        batch += [(rng.getrandbits(BITS), []) for _ in range(BATCH - len(batch))]
        made.append(
            [
                Sketch(
                    Carried("template", f"{bits:0{BITS // 4}x}"),
                    bits,
                    (*kept, *(rng.getrandbits(62) for _ in range(KEYS - len(kept)))),
                )
                for bits, kept in batch
            ]
        )
    return made


def measure(home: Home, organisation: UUID, asked: list[list[Sketch]]) -> dict[str, float]:
    """Milliseconds of a batch, and the part of the copies that were found."""
    server = psutil.Process(int((home.path / "database" / "postmaster.pid").read_text("utf-8").split()[0]))
    database = home.database(Role.WORKER)
    walls, processor, found = [], [], 0
    for batch in asked:
        used, started = time.process_time() + server_seconds(server), time.perf_counter()
        with database.transaction(Scope(organisation_id=organisation)) as session:
            found += len(nearest_stored(session, organisation, batch))
        walls.append((time.perf_counter() - started) * 1000)
        processor.append((time.process_time() + server_seconds(server) - used) * 1000)
    database.close()
    return {
        "wall": round(statistics.median(walls), 1),
        "wall of the first": round(walls[0], 1),
        "processor": round(statistics.median(processor), 1),
        "found": round(found / (BATCH * len(asked) / 2), 4),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_LEADERS:,} leaders")
    parser.add_argument("--leaders", type=int, nargs="+", metavar="N", help="rising numbers")
    arguments = parser.parse_args()
    sizes = sorted(arguments.leaders or [QUICK_LEADERS if arguments.quick else LEADERS])
    figures, have = {}, 0
    with tempfile.TemporaryDirectory(prefix="acc-", ignore_cleanup_errors=True) as directory:
        home = open_home(Settings(home=Path(directory)), migrate=True)
        try:
            organisation = organisation_of(home)
            for size in sizes:
                known = fill(home, organisation, have + 1, size)
                figures[size] = measure(home, organisation, batches(known, random.Random(size)))
                have = size
                print(f"{size:,} stored: {figures[size]}", flush=True)
        finally:
            home.close()
    print(json.dumps({"bench": "templates", "batch": BATCH, "ms": figures}))


if __name__ == "__main__":
    main()
