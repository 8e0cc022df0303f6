"""Measures how long a batch of texts takes to find its templates among many that are stored.

    python bench/templates.py [--quick] [--leaders N ...]

Leaders of texts are made in PostgreSQL, each with sixteen random keys. Of a batch of 500 texts half are
copies of stored ones with some bits flipped and half of the keys changed, half are new. A batch's time is
that of `accord.linking.leaders.Leaders.known`, which reads what has come since the batch before (another 500
leaders), and of `accord.linking.sketches.nearest_stored`, on the wall and of the processor (this process and
the server together): the middle of several batches. Also the time that a worker needs to read all leaders
when it links for an organisation first, and the memory that they take. The last line is one JSON object.
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
from accord.linking.leaders import Leaders
from accord.linking.sketches import nearest_stored
from accord.setup import open_home
from accord_config.database import Role, Scope
from accord_config.home import Home
from accord_config.settings import Settings

LEADERS, QUICK_LEADERS = 1_000_000, 20_000
BATCH, BATCHES = 500, 7
BITS, KEYS, FLIPPED = 512, 16, 40
MAKE = """
    INSERT INTO selectors (organisation_id, kind, value, keys)
    SELECT CAST(:organisation AS uuid), 'template',
        (SELECT string_agg(lpad(to_hex((random() * 4294967295)::bigint), 8, '0'), '')
         FROM generate_series(1, 16) WHERE i = i),
        (SELECT array_agg((random() * 9e18)::bigint) FROM generate_series(1, 16) WHERE i = i)
    FROM generate_series(1, CAST(:leaders AS bigint)) AS i
"""
SOME = """
    SELECT value, keys FROM selectors WHERE kind = 'template' AND organisation_id = :organisation
    ORDER BY random() LIMIT :some
"""
Known = list[tuple[int, list[int]]]


def organisation_of(home: Home) -> UUID:
    """The home's own organisation."""
    owner = home.database(Role.OWNER)
    with owner.engine.connect() as connection:
        found: UUID = connection.execute(
            text("SELECT id FROM organisations WHERE slug = 'local'")
        ).scalar_one()
    owner.close()
    return found


def fill(home: Home, organisation: UUID, leaders: int) -> Known:
    """Make so many more leaders; gives some of all back, with their bits and keys."""
    whose = {"organisation": organisation}
    owner = home.database(Role.OWNER)
    with owner.engine.begin() as connection:
        connection.execute(text(MAKE), whose | {"leaders": leaders})
    with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE selectors"))
        rows = connection.execute(text(SOME), whose | {"some": BATCH * BATCHES // 2}).all()
    owner.close()
    return [(int(digits, 16), list(keys)) for digits, keys in rows]


def batches(known: Known, rng: random.Random) -> list[list[Carried]]:
    """Batches of texts, half of them copies of known leaders."""
    made = []
    for at in range(BATCHES):
        batch = []
        for bits, keys in known[at * BATCH // 2 : (at + 1) * BATCH // 2]:
            mask = sum(1 << bit for bit in rng.sample(range(BITS), FLIPPED))
            batch.append((bits ^ mask, rng.sample(keys, KEYS // 2)))
        batch += [(rng.getrandbits(BITS), []) for _ in range(BATCH - len(batch))]
        made.append([_text(bits, kept, rng) for bits, kept in batch])
    return made


def _text(bits: int, kept: list[int], rng: random.Random) -> Carried:
    keys = (*kept, *(rng.getrandbits(62) for _ in range(KEYS - len(kept))))
    return Carried("template", f"{bits:0{BITS // 4}x}", keys)


def measure(home: Home, organisation: UUID, asked: list[list[Carried]]) -> dict[str, float]:
    """Milliseconds of a batch, of reading all leaders, and the part of the copies that were found."""
    server = psutil.Process(int((home.path / "database" / "postmaster.pid").read_text("utf-8").split()[0]))
    database, leaders = home.database(Role.WORKER), Leaders()

    def taken(batch: list[Carried]) -> tuple[float, float, int]:
        used, started = time.process_time() + server_seconds(server), time.perf_counter()
        with database.transaction(Scope(organisation_id=organisation)) as session:
            found = len(nearest_stored(leaders.known(session, organisation), batch))
        wall = time.perf_counter() - started
        return wall * 1000, (time.process_time() + server_seconds(server) - used) * 1000, found

    first, first_processor, _ = taken([])
    walls, processor, found = [], [], 0
    for batch in asked:
        with home.database(Role.OWNER).engine.begin() as connection:
            connection.execute(text(MAKE), {"organisation": organisation, "leaders": BATCH})
        wall, used, some = taken(batch)
        walls.append(wall)
        processor.append(used)
        found += some
    with database.transaction(Scope(organisation_id=organisation)) as session:
        memory = leaders.known(session, organisation).bytes
    database.close()
    return {
        "wall": round(statistics.median(walls), 1),
        "processor": round(statistics.median(processor), 1),
        "all read, wall": round(first),
        "all read, processor": round(first_processor),
        "mib": memory >> 20,
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
                known = fill(home, organisation, size - have)
                figures[size] = measure(home, organisation, batches(known, random.Random(size)))
                have = size + BATCHES * BATCH
                print(f"{size:,} stored: {figures[size]}", flush=True)
        finally:
            home.close()
    print(json.dumps({"bench": "templates", "batch": BATCH, "ms": figures}))


if __name__ == "__main__":
    main()
