"""Running the detectors of an organisation's plugins over a batch, and keeping what they found.

A batch waits for no plugin that is slow, fails or rests: what such a plugin has to say comes later
(`accord.detection.late`), and the records are linked again then.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from accord.detection.contract import Readable, read_batch
from accord.detection.health import circuits_of
from accord.detection.keeping import keep
from accord.detection.pending import put_off, request_late, settle
from accord.detection.progress import tally
from accord.detection.running import Ran, run_detectors, visible
from accord.host.pool import ActivePlugin, ProcessPool
from accord.ingestion.changes import request_linking
from accord.ingestion.models import Batch, Stage
from accord.registry.service import active_plugins
from accord_config.database import Database, Scope

PATIENCE_S = 30.0
"""How long a batch waits for its plugins, in seconds of wall time."""


def detect_batch(
    database: Database,
    pool: ProcessPool,
    organisation_id: UUID,
    batch_id: int,
    *,
    patience_s: float = PATIENCE_S,
) -> None:
    """Look at every record of a batch with every active detector, then hand the batch to the linker.

    Runs any number of times: the findings of a batch are stored once, in the transaction that moves it on.
    """
    scope = Scope(organisation_id=organisation_id)
    with database.transaction(scope) as session:
        batch = session.get(Batch, batch_id)
        if batch is None or batch.stage != Stage.STORED:
            return
        records = read_batch(session, organisation_id, batch_id)
        circuits = circuits_of(session, organisation_id)
        detecting = [
            plugin
            for plugin in active_plugins(session, organisation_id)
            if plugin.manifest.provides.detectors and visible(plugin, records)
        ]
    waited_for = [plugin for plugin in detecting if not circuits[plugin.activation_id].later()]
    ran = _run_all(pool, waited_for, records, patience_s)
    with database.transaction(scope) as session:
        locked = session.get_one(Batch, batch_id, with_for_update=True)
        if locked.stage != Stage.STORED:
            return
        for plugin in detecting:
            if plugin.activation_id in ran:
                one = ran[plugin.activation_id]
                keep(session, organisation_id, plugin, one.said)
                circuit = circuits[plugin.activation_id]
                settle(session, organisation_id, plugin, batch_id, one, circuit=circuit)
                tally(session, organisation_id, plugin.name, batch_id, one)
            else:
                code = circuits[plugin.activation_id].why_later
                put_off(session, organisation_id, plugin.name, batch_id, None, code)
        for plugin in detecting:
            done = ran.get(plugin.activation_id)
            if done is None or not done.complete:
                request_late(session, organisation_id, plugin.name)
        locked.stage = Stage.DETECTED
        request_linking(session, organisation_id)


def _run_all(
    pool: ProcessPool, plugins: Sequence[ActivePlugin], records: Sequence[Readable], patience_s: float
) -> dict[UUID, Ran]:
    until = time.monotonic() + patience_s

    def run(plugin: ActivePlugin) -> Ran:
        return run_detectors(pool, plugin, visible(plugin, records), until=until)

    with ThreadPoolExecutor(max_workers=max(1, len(plugins))) as threads:
        return {
            plugin.activation_id: one for plugin, one in zip(plugins, threads.map(run, plugins), strict=True)
        }
