"""Storing records once, in batches; each batch's first job is enqueued in the same transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from marshmallow import ValidationError
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.ingestion.models import Batch, Source, Stage
from accord.ingestion.plain_records import PlainRecords
from accord.ingestion.schemas import LONGEST_ID, RecordSchema, reason
from accord.markings import Marking
from accord_auth.errors import Invalid
from accord_auth.organisations.service import SLUG
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.arrays import texts
from accord_config.queue import enqueue

DETECT = "detection:detect"
"""Name of the job that a stored batch needs next."""
LARGEST_RECORD = 1024 * 1024
"""Bytes of a record in JSON: a batch of records must fit into a database statement and a plugin's pipe."""
IN_CONTENT = ("prices", "place", "contacts", "images", "extra")

_schema = RecordSchema()
_plain = PlainRecords(_schema)
_encoder = msgspec.json.Encoder()

_LOOK_UPS_ONLY = text("SELECT set_config('enable_seqscan', 'off', true)")
"""The foreign key looks up each record's batch; planned while there were few batches, it read all of them."""
# A batch travels as one JSON parameter: sent value by value, it took most of the time of storing.
_DIGESTS = text(
    """
    SELECT external_id, digest FROM records
    WHERE source_id = :source
      AND external_id = ANY(ARRAY(SELECT jsonb_array_elements_text(CAST(:ids AS jsonb))))
    """
)
_INSERT = text(
    """
    INSERT INTO records (
        organisation_id, source_id, batch_id, marking, external_id, digest, observed_at, posted_at,
        url, title, body, language, content
    )
    SELECT :organisation, :source, :batch, :marking, line.external_id, decode(line.digest, 'hex'),
        line.observed_at, line.posted_at, line.url, line.title, line.body, line.language, line.content
    FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS line(
        external_id text, digest text, observed_at timestamptz, posted_at timestamptz, url text,
        title text, body text, language text, content jsonb
    )
    ON CONFLICT (source_id, external_id) DO NOTHING
    RETURNING external_id
    """
)


@dataclass(frozen=True)
class Incoming:
    """A validated record on its way in; `position` is where it stood (a line, an index)."""

    position: int
    values: dict[str, Any]
    digest: bytes
    size: int = 0
    """Bytes of the record in JSON."""


@dataclass(frozen=True)
class Reject:
    """A record that was not stored, where it stood, and why."""

    position: int
    reason: str
    external_id: str | None = None


@dataclass
class Outcome:
    """What became of records."""

    stored: int = 0
    unchanged: int = 0
    rejects: list[Reject] = field(default_factory=list)
    batch_id: int | None = None


def validate(position: int, line: dict[str, Any]) -> Incoming | Reject:
    """A record line as an incoming record, or why it is none."""
    plain = _plain.take(line)
    if plain is not None:
        values, canonical = plain
    else:
        try:
            values = _schema.load(line)
        except ValidationError as error:
            return Reject(position, reason(error.messages), _quotable(line.get("external_id")))
        canonical = msgspec.json.encode(values, order="deterministic")
    if len(canonical) > LARGEST_RECORD:
        why = f"the record is larger than {LARGEST_RECORD} bytes: shorten it"
        return Reject(position, why, values["external_id"])
    return Incoming(position, values, hashlib.sha256(canonical).digest(), len(canonical))


def _quotable(external_id: Any) -> str | None:
    """The id of a refused record, where it can be written down."""
    if not isinstance(external_id, str):
        return None
    return external_id[:LONGEST_ID].replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()


def ensure_source(
    session: Session,
    principal: Principal,
    slug: str,
    *,
    marking: Marking = Marking.AMBER,
    plugin: str | None = None,
    config: dict[str, Any] | None = None,
) -> Source:
    """The organisation's source of this slug, made when there is none yet.

    :raises Invalid: when the slug is none.
    """
    principal.require(Permission.RECORDS_WRITE)
    if not SLUG.fullmatch(slug):
        raise Invalid(f"{slug!r} is no slug: use up to 40 of a-z, 0-9 and -", {"source": ["not a slug"]})
    query = select(Source).where(Source.organisation_id == principal.organisation, Source.slug == slug)
    if known := session.scalar(query):
        return known
    row = {
        "organisation_id": principal.organisation,
        "slug": slug,
        "marking": marking,
        "plugin": plugin,
        "config": config or {},
    }
    session.execute(insert(Source).values(row).on_conflict_do_nothing())
    return session.scalars(query).one()


def store(
    session: Session,
    principal: Principal,
    source: Source,
    incoming: Sequence[Incoming],
    *,
    marking: Marking | None = None,
) -> Outcome:
    """Store what is new as one batch and enqueue its detection.

    A record whose id is known is unchanged when its content is the same, and rejected when it is not.
    Doing it again changes nothing.
    """
    principal.require(Permission.RECORDS_WRITE)
    outcome = Outcome()
    fresh = _first_of_each_id(incoming, outcome)
    known = _digests(session, source, list(fresh))
    new = [record for key, record in sorted(fresh.items()) if key not in known]
    if new:
        stored = _insert(session, principal, source, new, outcome, marking or Marking(source.marking))
        # Another transaction may have stored the same ids between our look and our insert.
        known |= _digests(session, source, [key for key in fresh if key not in stored and key not in known])
    for key, digest in known.items():
        _compare(fresh[key], digest, outcome)
    if outcome.batch_id is not None:
        enqueue(session, DETECT, organisation_id=principal.organisation, batch_id=outcome.batch_id)
    return outcome


def _first_of_each_id(incoming: Sequence[Incoming], outcome: Outcome) -> dict[str, Incoming]:
    fresh: dict[str, Incoming] = {}
    for record in incoming:
        first = fresh.setdefault(record.values["external_id"], record)
        if first is not record:
            _compare(record, first.digest, outcome)
    return fresh


def _compare(record: Incoming, digest: bytes, outcome: Outcome) -> None:
    if record.digest == digest:
        outcome.unchanged += 1
        return
    external_id = record.values["external_id"]
    why = f"external_id: {external_id!r} is already stored with different content; records do not change"
    outcome.rejects.append(Reject(record.position, why, external_id))


def _digests(session: Session, source: Source, external_ids: list[str]) -> dict[str, bytes]:
    if not external_ids:
        return {}
    rows = session.execute(_DIGESTS, {"source": source.id, "ids": texts(external_ids)})
    return {row.external_id: row.digest for row in rows}


def _insert(
    session: Session,
    principal: Principal,
    source: Source,
    new: list[Incoming],
    outcome: Outcome,
    marking: Marking,
) -> set[str]:
    session.execute(_LOOK_UPS_ONLY)
    with session.begin_nested() as savepoint:
        batch = Batch(
            organisation_id=principal.organisation, source_id=source.id, records=len(new), stage=Stage.STORED
        )
        session.add(batch)
        session.flush()
        parameters = {
            "organisation": principal.organisation,
            "source": source.id,
            "batch": batch.id,
            "marking": marking.value,
            "lines": _encoder.encode([_line(record) for record in new]).decode(),
        }
        stored = set(session.execute(_INSERT, parameters).scalars())
        if not stored:
            savepoint.rollback()
            return stored
        batch.records = len(stored)
    outcome.stored += len(stored)
    outcome.batch_id = batch.id
    return stored


def _line(record: Incoming) -> dict[str, Any]:
    values = record.values
    line = {name: value for name, value in values.items() if name not in IN_CONTENT}
    line["content"] = {name: values[name] for name in IN_CONTENT if values[name]}
    line["digest"] = record.digest.hex()
    return line
