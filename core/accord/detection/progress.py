"""How far each detector is: records that it looked at, skipped, failed on, and that wait for it.

Counted batch by batch when a plugin's turn is over, so that asking costs the same with many records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from accord.detection.models import DetectionTally
from accord.detection.running import Ran
from accord.registry.models import Activation, Plugin
from accord.web.presentation import ProgressRow
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_sdk import Manifest

_COUNTED = text(
    """
    INSERT INTO detection_tallies (batch_id, plugin, organisation_id, looked, skipped, failed)
    VALUES (:batch, :plugin, :organisation, :looked, :skipped, :failed)
    ON CONFLICT (batch_id, plugin) DO UPDATE
    SET looked = excluded.looked, skipped = excluded.skipped, failed = excluded.failed
    """
)
_COUNT = text(
    """
    INSERT INTO detection_tallies (batch_id, plugin, organisation_id, looked, skipped, failed)
    SELECT CAST(:batch AS bigint), CAST(:plugin AS text), CAST(:organisation AS uuid),
           count(*) FILTER (WHERE said.error IS NULL AND said.skipped IS NULL),
           count(*) FILTER (WHERE said.skipped IS NOT NULL), count(said.error)
    FROM records AS record JOIN record_findings AS said ON said.record_id = record.id
    WHERE record.batch_id = :batch AND record.organisation_id = :organisation
      AND said.plugin = CAST(:plugin AS text)
      AND NOT EXISTS (
          SELECT FROM pending_detections AS pending
          WHERE pending.batch_id = record.batch_id AND pending.plugin = said.plugin
            AND record.id = ANY(pending.records)
      )
    ON CONFLICT (batch_id, plugin) DO UPDATE
    SET looked = excluded.looked, skipped = excluded.skipped, failed = excluded.failed
    """
)
_DONE = """
    SELECT tally.plugin, sum(tally.looked), sum(tally.skipped), sum(tally.failed)
    FROM detection_tallies AS tally JOIN batches AS batch ON batch.id = tally.batch_id
    WHERE tally.organisation_id = :organisation AND batch.organisation_id = :organisation
      AND (CAST(:source AS uuid) IS NULL OR batch.source_id = :source)
      AND NOT EXISTS (
          SELECT FROM pending_detections AS pending
          WHERE pending.batch_id = batch.id AND pending.plugin = tally.plugin AND pending.records IS NULL
      )
    GROUP BY tally.plugin
"""
_WAITING = """
    SELECT pending.plugin, sum(coalesce(cardinality(pending.records), batch.records))
    FROM pending_detections AS pending JOIN batches AS batch ON batch.id = pending.batch_id
    WHERE pending.organisation_id = :organisation
      AND (CAST(:source AS uuid) IS NULL OR batch.source_id = :source)
    GROUP BY pending.plugin
"""
_ALL = """
    SELECT coalesce(sum(records), 0), coalesce(sum(records) FILTER (WHERE stage = 'stored'), 0)
    FROM batches
    WHERE organisation_id = :organisation AND (CAST(:source AS uuid) IS NULL OR source_id = :source)
"""


@dataclass(frozen=True)
class Progress:
    """How many records a detector looked at, chose not to look at, failed on, and has yet to look at.

    `records` are all there are. The rest is not for it: marked above its ceiling, or stored before it was
    started and not looked at since.
    """

    plugin: str
    title: str
    records: int
    looked: int = 0
    skipped: int = 0
    failed: int = 0
    waiting: int = 0

    @property
    def done(self) -> int:
        """Records that it is through with."""
        return self.looked + self.skipped + self.failed

    @property
    def others(self) -> int:
        """Records that are not for it."""
        return max(0, self.records - self.done - self.waiting)


def shown(one: Progress) -> ProgressRow:
    """A detector's progress as pages show it."""
    counted = (
        (one.waiting, "waiting"),
        (one.skipped, "skipped"),
        (one.failed, "failed"),
        (one.others, "not for it: marked above what it may see, or from before it was started"),
    )
    words = tuple(f"{count:,} {word}" for count, word in counted if count)
    return ProgressRow(one.title, one.done, one.done + one.waiting, words)


def tally(session: Session, organisation_id: UUID, plugin: str, batch_id: int, ran: Ran) -> None:
    """Keep how far a plugin is with a batch, after a turn over all that it may see of the batch."""
    values = {"batch": batch_id, "plugin": plugin, "organisation": organisation_id}
    if not ran.complete:
        recount(session, organisation_id, plugin, batch_id)
        return
    skipped = sum(said.skipped is not None for said in ran.said.values())
    failed = sum(said.error is not None for said in ran.said.values())
    counted = {"looked": len(ran.said) - skipped - failed, "skipped": skipped, "failed": failed}
    session.execute(_COUNTED, values | counted)


def recount(session: Session, organisation_id: UUID, plugin: str, batch_id: int) -> None:
    """Likewise, after a turn over some of its records, or one that is not complete."""
    session.flush()
    session.execute(_COUNT, {"batch": batch_id, "plugin": plugin, "organisation": organisation_id})


def wait_again(session: Session, organisation_id: UUID, plugin: str, failed: Mapping[int, int]) -> None:
    """Count no more as failed so many records of these batches, which the plugin is to look at again."""
    for batch_id, count in failed.items():
        mine = (DetectionTally.batch_id == batch_id, DetectionTally.plugin == plugin)
        again = update(DetectionTally).where(*mine, DetectionTally.organisation_id == organisation_id)
        session.execute(again.values(failed=func.greatest(DetectionTally.failed - count, 0)))


def progress(
    session: Session, principal: Principal, *, plugin: str | None = None, source_id: UUID | None = None
) -> list[Progress]:
    """How far the organisation's detectors are, by name: with all records, or with those of a source."""
    principal.require(Permission.PLUGINS_READ)
    values = {"organisation": principal.organisation_id, "source": source_id}
    records, undetected = session.execute(text(_ALL), values).one()
    done = {name: tuple(map(int, counts)) for name, *counts in session.execute(text(_DONE), values)}
    waiting: Mapping[str, int] = dict(session.execute(text(_WAITING), values).all())
    used = (
        select(Plugin)
        .join(Activation, Activation.plugin_id == Plugin.id)
        .where(Activation.organisation_id == principal.organisation_id, Activation.active)
        .where(Activation.closed_at.is_(None))
        .order_by(Plugin.name)
    )
    found = []
    for one in session.scalars(used if plugin is None else used.where(Plugin.name == plugin)):
        manifest = msgspec.convert(one.manifest, Manifest)
        if manifest.provides.detectors:
            looked, skipped, failed = done.get(one.name, (0, 0, 0))
            waits = int(waiting.get(one.name, 0)) + undetected
            found.append(
                Progress(one.name, manifest.title, int(records), looked, skipped, failed, int(waits))
            )
    return found
