"""Pulling: each page's records, its rejects and the new cursor are stored in one transaction.

So a pull may be cut off anywhere: what is stored and where to go on always fit together. The source's row
is locked for each page, and a job that finds the cursor moved by another one stops.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord.host.pool import ActivePlugin, ProcessPool
from accord.ingestion.changes import request_linking, withdraw
from accord.ingestion.models import Source
from accord.ingestion.service import Outcome, store
from accord.registry.service import as_used
from accord.sources.models import SourcePull
from accord.sources.pages import check_page, plain
from accord.sources.rejects import keep_rejects
from accord.sources.scheduling import after_pull
from accord.sources.service import enqueue_pull, forget_old_pulls, usable_plugin
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import AccordError, NotFound
from accord_auth.organisations.models import Organisation, OrganisationStatus
from accord_auth.organisations.service import operator_of
from accord_auth.principal import Principal
from accord_config.database import Database, Scope
from accord_sdk import Manifest, Page
from accord_sdk.host.errors import PluginFailed, PluginMisbehaved
from accord_sdk.host.pulling import SourceProcess

PAGE_RECORDS = 500
"""Records of a page: one transaction and one batch. A plugin whose manifest says less is asked for less."""
JOB_RECORDS = 20_000
"""After about so many records a job ends and enqueues the next one, so that other work gets its turn."""
JOB_PAGES = 1_000
"""Likewise, for a source of small pages."""

PROGRESS_EVERY_S = 1.0
MOST_SAID = 10**15

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trouble:
    """Why a pull ended early: reason code, what is responsible, in the words of whoever noticed."""

    code: str
    about: str
    message: str


@dataclass(frozen=True)
class _Plan:
    """What a job needs to know to go on with a pull."""

    pull_id: int
    source_id: UUID
    principal: Principal
    plugin: ActivePlugin
    name: str
    cursor: bytes | None
    backfill: bool = False

    @property
    def manifest(self) -> Manifest:
        """What the host holds the plugin to."""
        return self.plugin.manifest

    @property
    def folders(self) -> list[Path]:
        """What the plugin sees of this machine's files: what the source's settings name."""
        settings = self.manifest.config.items()
        paths = (self.plugin.config.get(name, field.default) for name, field in settings if field.path)
        return [Path(str(path)) for path in paths if path]

    @property
    def limit(self) -> int:
        return min(PAGE_RECORDS, self.manifest.limits.batch_records)


class _Overtaken(Exception):
    """The source's cursor is no longer the one that this job went on from; another job does the work."""


@dataclass
class _Progress:
    """How far a job is."""

    cursor: bytes | None
    records: int = 0
    pages: int = 0
    more: bool = False

    @property
    def enough(self) -> bool:
        return self.records >= JOB_RECORDS or self.pages >= JOB_PAGES


@dataclass
class _Says:
    """Keeps what the plugin says of how far it is, at most once in `PROGRESS_EVERY_S`."""

    database: Database
    plan: _Plan
    _next: float = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + PROGRESS_EVERY_S
        # Numbers of a stranger's, and nothing but numbers.
        words = f"{_figure(done)} of {_figure(total)}" if total > 0 else _figure(done)
        with self.database.transaction(self.plan.principal.scope) as session:
            session.get_one(SourcePull, self.plan.pull_id).progress = words


def _figure(number: int) -> str:
    return f"{max(0, min(number, MOST_SAID)):,}"


def pull_source(
    database: Database,
    pool: ProcessPool,
    organisation_id: UUID,
    source_id: UUID,
    *,
    on_page: Callable[[int], None] | None = None,
) -> None:
    """Go on with the source's oldest open pull; where more is to do afterwards, enqueue the next job.

    A plugin that fails ends the pull, which then says why; the cursor stays behind the last page that
    was stored. `on_page` is told how many pages this job has stored, after each. `pool` starts the
    process: it knows where the plugin's packages lie and what it may ask for, and ends the process when the
    plugin is to stop at once.
    """
    scope = Scope(organisation_id=organisation_id)
    with database.transaction(scope) as session:
        plan = _begin(session, organisation_id, source_id)
    if plan is None:
        return
    progress = _Progress(plan.cursor)
    error: Trouble | None = None
    try:
        process = pool.start(plan.plugin, folders=plan.folders, kind=SourceProcess)
        _run(database, process, plan, progress, on_page)
    except _Overtaken:
        logger.warning("pull %s of source %s goes on in another job", plan.pull_id, source_id)
        return
    except PluginFailed as failure:
        logger.warning(
            "pull %s: plugin %s failed (%s): %s", plan.pull_id, plan.manifest.name, failure.code, failure
        )
        error = Trouble(failure.code, failure.about, plain(str(failure)))
    with database.transaction(scope) as session:
        _end(session, plan.source_id, plan.pull_id, error, more=progress.more and error is None)


def _begin(session: Session, organisation_id: UUID, source_id: UUID) -> _Plan | None:
    source = session.get(Source, source_id, with_for_update=True)
    pull = _oldest_open(session, source_id)
    if source is None or pull is None:
        return None
    pull.started_at = pull.started_at or session.scalar(select(func.now()))
    principal = operator_of(session.get_one(Organisation, organisation_id))
    try:
        plugin = _allowed(session, principal, source)
    except AccordError as error:
        _end(session, source_id, pull.id, Trouble("not_usable", source.plugin or "", str(error)), more=False)
        return None
    cursor = pull.cursor if pull.backfill else source.cursor
    return _Plan(pull.id, source_id, principal, plugin, source.plugin_source or "", cursor, pull.backfill)


def _allowed(session: Session, principal: Principal, source: Source) -> ActivePlugin:
    """Plugins and members are suspended, and plugins change, after a source was added."""
    organisation = session.get_one(Organisation, principal.organisation)
    if organisation.status != OrganisationStatus.ACTIVE:
        raise NotFound(f"organisation {organisation.slug!r} is suspended")
    usable = usable_plugin(session, principal, source.plugin or "")
    plugin = as_used(session, usable, source, organisation.id)
    if source.plugin_source not in plugin.manifest.provides.sources:
        raise NotFound(f"plugin {plugin.name!r} has no source {source.plugin_source!r} any more")
    return plugin


def _run(
    database: Database,
    process: SourceProcess,
    plan: _Plan,
    progress: _Progress,
    on_page: Callable[[int], None] | None,
) -> None:
    try:
        says = _Says(database, plan)
        for page in process.pages(plan.name, plan.cursor, limit=plan.limit, on_progress=says):
            with database.transaction(plan.principal.scope) as session:
                _keep(session, plan, page, progress.cursor)
            progress.cursor = page.cursor
            progress.records += len(page.records) + len(page.rejected)
            progress.pages += 1
            progress.more = page.more
            if on_page is not None:
                on_page(progress.pages)
            if progress.enough:
                break
    except BaseException:
        process.kill()
        raise
    if progress.more:
        # It may be busy with a page that nobody wants; what counts is the cursor, which is stored.
        process.kill()
        if progress.cursor == plan.cursor:
            raise PluginMisbehaved(f"{plan.manifest.name} says that there is more, and does not move on")
    else:
        process.close()


def _keep(session: Session, plan: _Plan, page: Page, cursor: bytes | None) -> None:
    """Store one page, in the caller's transaction.

    :raises _Overtaken: when the page does not follow what is stored.
    :raises PluginMisbehaved: when the page breaks the contract.
    """
    source = session.get(Source, plan.source_id, with_for_update=True)
    pull = session.get(SourcePull, plan.pull_id)
    if source is None or pull is None or pull.finished_at is not None:
        raise _Overtaken
    place = pull if plan.backfill else source
    if place.cursor != cursor:
        raise _Overtaken
    checked = check_page(plan.manifest.name, page, limit=plan.limit)
    outcome = store(session, plan.principal, source, checked.incoming)
    refused = [*checked.rejects, *outcome.rejects]
    removed = withdraw(session, source, page.removed)
    _count(pull, page, outcome, len(page.rejected) + len(refused), removed)
    keep_rejects(session, source, page.rejected, refused, pull_id=pull.id, page=pull.pages)
    place.cursor = page.cursor
    if removed:
        record(
            session,
            plan.principal,
            AuditTag.RECORDS_WITHDRAW,
            f"source {source.slug}",
            {"records": removed, "by": "the source"},
        )
        session.flush()
        request_linking(session, plan.principal.organisation)


def _count(pull: SourcePull, page: Page, outcome: Outcome, rejected: int, removed: int) -> None:
    pull.pages += 1
    pull.read += len(page.records) + len(page.rejected)
    pull.stored += outcome.stored
    pull.unchanged += outcome.unchanged
    pull.rejected += rejected
    pull.removed += removed


def _end(session: Session, source_id: UUID, pull_id: int, error: Trouble | None, *, more: bool) -> None:
    source = session.get(Source, source_id, with_for_update=True)
    pull = session.get(SourcePull, pull_id)
    if source is None or pull is None:
        return
    if not more and pull.finished_at is None:
        pull.finished_at, pull.progress = session.scalar(select(func.now())), ""
        if error is not None:
            pull.code, pull.about, pull.error = error.code, error.about, error.message
        session.flush()
        forget_old_pulls(session, source)
        if not pull.backfill:
            after_pull(session, source_id, failed=error is not None)
    if _oldest_open(session, source_id) is not None:
        enqueue_pull(session, source)


def _oldest_open(session: Session, source_id: UUID) -> SourcePull | None:
    query = select(SourcePull).where(SourcePull.source_id == source_id, SourcePull.finished_at.is_(None))
    return session.scalar(query.order_by(SourcePull.id).limit(1))
