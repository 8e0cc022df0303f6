"""An organisation's data sources: adding, listing, asking for a pull, removing. The caller commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accord.ingestion.changes import LINK, request_linking, withdraw
from accord.ingestion.models import Batch, Source, StoredRecord
from accord.markings import Marking
from accord.registry.models import Activation, Plugin, PluginStatus
from accord.registry.service import plugins
from accord.registry.settings import parted, sealed
from accord.sources.configuration import read_settings
from accord.sources.models import SourcePull, SourceReject
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound
from accord_auth.organisations.service import SLUG
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.queue import FIRST, enqueue
from accord_config.sealing import Seals
from accord_sdk import Manifest

PULL = "sources:pull"
"""Name of the job that a requested pull needs."""
PULLS_KEPT = 20
"""Finished pulls that are kept of one source."""


def add_source(
    session: Session,
    principal: Principal,
    seals: Seals,
    slug: str,
    *,
    plugin: str,
    settings: Mapping[str, Sequence[str]],
    plugin_source: str | None = None,
    marking: Marking = Marking.AMBER,
    folders: bool = False,
) -> Source:
    """Make a source of a plugin, with settings as people write them; secret ones lie sealed.

    `plugin_source` says which of the plugin's sources, where it provides several. `folders`: whether settings
    may name folders of the host, as operators alone may.

    :raises NotFound: when the organisation has no such plugin to use.
    :raises Invalid: when the slug or a setting cannot be used.
    :raises Conflict: when the organisation has a source of this slug.
    """
    principal.require(Permission.RECORDS_WRITE)
    if not SLUG.fullmatch(slug) or slug == "new":
        raise Invalid(f"{slug!r} is no slug: use up to 40 of a-z, 0-9 and -", {"source": ["not a slug"]})
    manifest = manifest_of(usable_plugin(session, principal, plugin))
    if not folders:
        _require_no_folder(manifest, settings)
    config, secrets = parted(manifest, read_settings(manifest.config, settings))
    # What is sealed is bound to the source's id, so the id comes first.
    source_id: UUID = session.execute(select(func.uuidv7())).scalar_one()
    row = {
        "id": source_id,
        "organisation_id": principal.organisation,
        "slug": slug,
        "marking": marking,
        "plugin": plugin,
        "plugin_source": _choose(manifest, plugin_source),
        "config": config,
        "secrets": sealed(seals, source_id, secrets),
    }
    statement = insert(Source).values(row).on_conflict_do_nothing().returning(Source)
    added = session.scalar(statement)
    if added is None:
        raise Conflict(f"there is a source {slug!r} already; choose another slug, or remove it first")
    return added


def usable_plugin(session: Session, principal: Principal, name: str) -> Plugin:
    """A plugin with data sources that the organisation may use.

    A source has settings of its own, so the plugin need not be active; but one that the organisation
    made inactive is not used.

    :raises NotFound: naming the plugins that there are.
    """
    found = {plugin.name: plugin for plugin in plugins(session) if _usable(session, principal, plugin)}
    if name not in found:
        raise NotFound(
            f"no plugin {name!r} with a data source can be used; there are: {', '.join(found) or 'none'}"
        )
    return found[name]


def source_by_slug(
    session: Session,
    principal: Principal,
    slug: str,
    *,
    permission: Permission = Permission.RECORDS_READ,
    lock: bool = False,
) -> Source:
    """The organisation's source of this slug.

    :raises NotFound: naming those there are.
    """
    principal.require(permission)
    query = select(Source).where(Source.organisation_id == principal.organisation, Source.slug == slug)
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        own = (
            select(Source.slug).where(Source.organisation_id == principal.organisation).order_by(Source.slug)
        )
        raise NotFound(f"there is no source {slug!r}; there are: {', '.join(session.scalars(own)) or 'none'}")
    return found


def pulls_of(session: Session, source: Source) -> list[SourcePull]:
    """A source's pulls, the newest first."""
    query = select(SourcePull).where(SourcePull.source_id == source.id)
    return list(session.scalars(query.order_by(SourcePull.id.desc()).limit(PULLS_KEPT)))


def request_pull(
    session: Session, principal: Principal, slug: str, *, backfill: bool = False, once: bool = True
) -> SourcePull:
    """Ask for what is new in a source; one waiting pull serves everybody who asks before it starts.

    A back-fill asks for everything from the source's start, beside what is new: what is known already changes
    nothing, and where the source goes on stays as it is. `once`: see `enqueue_pull`.

    :raises NotFound: when there is no such source.
    :raises Invalid: when its records do not come from a plugin.
    """
    source = source_by_slug(session, principal, slug, permission=Permission.RECORDS_WRITE, lock=once)
    if source.plugin is None:
        raise Invalid(f"source {slug!r} has no plugin to pull with; its records come by `accord ingest`")
    waiting = select(SourcePull).where(
        SourcePull.source_id == source.id,
        SourcePull.started_at.is_(None),
        SourcePull.backfill == backfill,
    )
    pull = session.scalar(waiting.limit(1))
    if pull is None:
        pull = SourcePull(organisation_id=source.organisation_id, source_id=source.id, backfill=backfill)
        session.add(pull)
        session.flush()
    enqueue_pull(session, source, once=once)
    return pull


def enqueue_pull(session: Session, source: Source, *, once: bool = True) -> None:
    """Have a worker go on with the source's pulls; one waiting job serves them all.

    The web server may only add jobs and cannot look for such a one (`once` is false); one too many does
    nothing.
    """
    name = _job_name(source.id)
    if not once:
        enqueue(session, PULL, organisation_id=source.organisation_id, lock=name, source_id=str(source.id))
        return
    enqueue(
        session,
        PULL,
        organisation_id=source.organisation_id,
        lock=name,
        queueing_lock=name,
        source_id=str(source.id),
    )


def withdraw_records(
    session: Session, principal: Principal, slug: str, external_ids: Sequence[str], *, once: bool = True
) -> int:
    """Have records of a source taken out with all that was found in them; how many there are.

    The leads that they were in are looked at anew. `once`: see `enqueue_pull`.

    :raises NotFound: when there is no such source.
    """
    principal.require(Permission.RECORDS_WITHDRAW)
    source = source_by_slug(session, principal, slug)
    count = withdraw(session, source, external_ids)
    detail = {"records": count, "by": "a person"}
    record(session, principal, AuditTag.RECORDS_WITHDRAW, f"source {slug}", detail)
    if once:
        request_linking(session, principal.organisation)
    else:
        lock = f"link:{principal.organisation}"
        enqueue(session, LINK, organisation_id=principal.organisation, lock=lock, priority=FIRST)
    return count


def remove_source(session: Session, principal: Principal, slug: str, *, lock: bool = True) -> None:
    """Remove a source that holds no records, with its rejects and the history of its pulls.

    The web server may not lock it (`lock` is false); the database refuses where records came in meanwhile.

    :raises NotFound: when there is no such source.
    :raises Conflict: when it holds records.
    """
    source = source_by_slug(session, principal, slug, permission=Permission.RECORDS_WRITE, lock=lock)
    held = session.scalar(select(func.count()).where(StoredRecord.source_id == source.id))
    if held or session.scalar(select(Batch.id).where(Batch.source_id == source.id).limit(1)) is not None:
        raise Conflict(f"source {slug!r} holds {held} records; only a source without records can be removed")
    session.execute(delete(SourceReject).where(SourceReject.source_id == source.id))
    session.execute(delete(SourcePull).where(SourcePull.source_id == source.id))
    session.delete(source)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(f"source {slug!r} got records a moment ago, so it stays") from error


def offered_sources(session: Session, principal: Principal) -> list[Manifest]:
    """The plugins with data sources that the organisation may use and set up by itself, by name.

    Those that need a folder of the host are an operator's to set up.
    """
    principal.require(Permission.RECORDS_WRITE)
    found = [manifest_of(one) for one in plugins(session) if _usable(session, principal, one)]
    return [one for one in found if not any(field.path and field.required for field in one.config.values())]


def _require_no_folder(manifest: Manifest, settings: Mapping[str, Sequence[str]]) -> None:
    """Go on only without a setting that names a folder of the host.

    :raises Invalid: naming those that do.
    """
    named = [
        name for name, field in manifest.config.items() if field.path and (name in settings or field.required)
    ]
    if named:
        why = "it names a folder of the host: an operator sets it up, `accord sources add`"
        raise Invalid("the source's settings cannot be used", {name: [why] for name in named})


def _job_name(source_id: UUID) -> str:
    return f"pull:{source_id}"


def _usable(session: Session, principal: Principal, plugin: Plugin) -> bool:
    if plugin.status != PluginStatus.APPROVED or not manifest_of(plugin).provides.sources:
        return False
    active = session.scalar(
        select(Activation.active).where(
            Activation.organisation_id == principal.organisation, Activation.plugin_id == plugin.id
        )
    )
    return active is not False


def _choose(manifest: Manifest, name: str | None) -> str:
    provided = manifest.provides.sources
    if name is None and len(provided) == 1:
        return provided[0]
    if name not in provided:
        raise Invalid(
            f"say which source of plugin {manifest.name!r}",
            {"plugin_source": [f"one of {', '.join(provided)}"]},
        )
    return name


def manifest_of(plugin: Plugin) -> Manifest:
    """What the host holds a plugin to."""
    return msgspec.convert(plugin.manifest, Manifest)


def forget_old_pulls(session: Session, source: Source) -> None:
    old = (
        select(SourcePull.id)
        .where(SourcePull.source_id == source.id, SourcePull.finished_at.is_not(None))
        .order_by(SourcePull.id.desc())
        .offset(PULLS_KEPT)
    )
    session.execute(delete(SourcePull).where(SourcePull.id.in_(old)))
