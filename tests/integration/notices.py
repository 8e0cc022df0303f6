"""Notices: records of which tests of linking say exactly what they show, stored and linked as one member's.

What plugins would find in them is written down, so that nothing but the linker decides.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from hypothesis import strategies as st
from tests.integration.conftest import clusters_of

from accord.ingestion.models import Batch
from accord.ingestion.service import ensure_source
from accord.linking.service import link_batch
from accord_auth.principal import Principal
from accord_config.database import Role

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
IDENTITIES = (("phone", "+16145550134"), ("email", "a@example.org"), ("email", "b@example.org"))
IMAGES = tuple(letter * 64 for letter in "137")
TEXTS = tuple((number, letter * 128) for number, letter in enumerate("be"))
PLACES = ("Columbus, OH", "Dayton, OH")
PRICES = ("200 USD", "350 USD")


@dataclass(frozen=True)
class Notice:
    """What one record shows, by index into the lists above, and on which day."""

    identities: frozenset[int]
    images: frozenset[int]
    text: int | None
    place: int | None
    price: int | None
    day: int

    def findings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = [
            {"type": "selector", "kind": kind, "value": value}
            for kind, value in (IDENTITIES[index] for index in sorted(self.identities))
        ]
        if self.text is not None:
            key, value = TEXTS[self.text]
            found.append({"type": "selector", "kind": "template", "value": value, "keys": [key]})
        if self.price is not None:
            found.append({"type": "selector", "kind": "price", "value": PRICES[self.price]})
        return found

    def content(self) -> dict[str, Any]:
        images = [{"pdq": IMAGES[image], "quality": 100} for image in sorted(self.images)]
        place = {} if self.place is None else {"place": {"name": PLACES[self.place]}}
        return {"images": images, **place}


def some(number: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(0, number - 1)


notices = st.builds(
    Notice,
    st.frozensets(st.integers(0, len(IDENTITIES) - 1), min_size=1, max_size=2),
    st.frozensets(st.integers(0, len(IMAGES) - 1), max_size=2),
    some(len(TEXTS)),
    some(len(PLACES)),
    some(len(PRICES)),
    st.integers(0, 150),
)


class Linked:
    """Links notices as batches of one member, from nothing each time."""

    def __init__(self, database: Any, principal: Principal) -> None:
        self._database = database
        self.principal = principal
        with database(Role.WORKER).transaction(principal.scope) as session:
            self._source = ensure_source(session, principal, "board").id

    def __call__(self, batches: Sequence[Sequence[tuple[int, Notice]]]) -> set[frozenset[str]]:
        with psycopg.connect(self._database(Role.OWNER).conninfo) as connection:
            connection.execute(
                "TRUNCATE lead_records, leads, strands, strand_selectors, mentions, dropped_leaders,"
                " selectors, record_findings, records, batches, judgements CASCADE"
            )
        return self.more(batches)

    def more(self, batches: Sequence[Sequence[tuple[int, Notice]]]) -> set[frozenset[str]]:
        """Link further batches beside what is there."""
        with psycopg.connect(self._database(Role.OWNER).conninfo) as connection:
            numbers = [self._store(connection, batch) for batch in batches if batch]
        for number in numbers:
            with self._database(Role.WORKER).transaction(self.principal.scope) as session:
                link_batch(session, self.principal.organisation_id, session.get_one(Batch, number))
        return clusters_of(self._database, self.principal)

    def _store(self, connection: psycopg.Connection[Any], batch: Sequence[tuple[int, Notice]]) -> int:
        owner = self.principal.organisation_id
        (number,) = connection.execute(
            "INSERT INTO batches (organisation_id, source_id, records, stage)"
            " VALUES (%s, %s, %s, 'detected') RETURNING id",
            (owner, self._source, len(batch)),
        ).fetchone() or (0,)
        for name, notice in batch:
            connection.execute(
                "WITH made AS ("
                " INSERT INTO records (organisation_id, source_id, batch_id, external_id, digest,"
                " observed_at, marking, content)"
                " VALUES (%s, %s, %s, %s, '', %s, 'TLP:AMBER', %s) RETURNING id)"
                " INSERT INTO record_findings (record_id, plugin, organisation_id, version, findings)"
                " SELECT id, 'selectors', %s, '1', %s FROM made",
                (
                    owner,
                    self._source,
                    number,
                    f"n{name}",
                    BEGIN + timedelta(days=notice.day),
                    json.dumps(notice.content()),
                    owner,
                    json.dumps(notice.findings()),
                ),
            )
        return int(number)


def notice(identity: int, **shown: Any) -> Notice:
    nothing = {"images": frozenset(), "text": None, "place": None, "price": None, "day": 0}
    return Notice(frozenset({identity}), **(nothing | shown))
