"""Deliveries: a case-sharing hook carries a share out; for `stix` that is a file to download."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord.caseload.cases import marking_of, tell
from accord.caseload.models import Case
from accord.host.pool import ActivePlugin, ProcessPool
from accord.registry.service import active_plugins
from accord.sharing.document import ShareTerms, digest, make_document
from accord.sharing.models import Delivery, DeliveryStatus, Share
from accord.sharing.service import document_of
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import NotFound
from accord_auth.organisations.models import Organisation
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.database import Database, Scope
from accord_config.queue import enqueue
from accord_sdk import Deferred, Delivered, Party, Rejected, wire
from accord_sdk import Share as ContractShare
from accord_sdk.host.errors import PluginFailed, PluginMisbehaved

STIX = "stix"
DELIVER = "sharing:deliver"
LARGEST_DOCUMENT = 64 * 1024 * 1024
LONGEST_ERROR = 300
FILENAME = re.compile(r"[\w][\w. ()+,-]{0,199}")
MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,80}(; ?[a-z]+=[\w.-]{1,40})*")
"""Both go into headers of a download."""
TAKEN_BACK = "the share was taken back, has expired, or a record of it was withdrawn since"


def party(organisation: Organisation) -> Party:
    """A member as the contract names it."""
    return Party(organisation.slug, organisation.name, organisation.kind)


def prepare_case(session: Session, principal: Principal, case: Case) -> Delivery:
    """Have a STIX file made of an own case, contact values and notes included."""
    principal.require(Permission.SHARES_CREATE)
    terms = ShareTerms(
        recipient_id=principal.organisation,
        marking=marking_of(session, principal, case),
        purpose="own use",
        basis="",
        expires_on=datetime.now(UTC).date(),
        include_notes=True,
        include_contacts=True,
    )
    document = make_document(session, principal, case, terms)
    owner = party(session.get_one(Organisation, principal.organisation))
    payload = ContractShare(
        key=f"{case.id}-{digest(document)[:16]}",
        created_at=datetime.now(UTC),
        sender=owner,
        recipient=owner,
        marking=terms.marking,
        purpose=terms.purpose,
        basis=terms.basis,
        case=document,
    )
    delivery = _enqueue(session, principal, payload, case_id=case.id)
    tell(session, principal, case, AuditTag.DELIVERY_PREPARE, {"delivery": str(delivery.id)})
    return delivery


def prepare_share(session: Session, principal: Principal, share: Share) -> Delivery:
    """Have a STIX file made of a share, exactly of its document."""
    principal.require(Permission.SHARES_READ)
    # Two people may press the button at once: the second waits here and then finds the first's file.
    session.execute(select(func.pg_advisory_xact_lock(share.id.int >> 65)))
    known = latest_of_share(session, share)
    if known is not None and known.status != DeliveryStatus.FAILED and not _outdated(known, share):
        return known
    payload = ContractShare(
        key=str(share.id),
        created_at=share.created_at,
        sender=party(session.get_one(Organisation, share.organisation_id)),
        recipient=party(session.get_one(Organisation, share.recipient_id)),
        marking=share.marking,
        purpose=share.purpose,
        basis=share.basis,
        case=document_of(share),
        expires_at=share.expires_at,
    )
    record(session, principal, AuditTag.DELIVERY_PREPARE, f"share {share.id}")
    return _enqueue(session, principal, payload, share_id=share.id)


def _enqueue(
    session: Session,
    principal: Principal,
    payload: ContractShare,
    *,
    case_id: UUID | None = None,
    share_id: UUID | None = None,
) -> Delivery:
    delivery = Delivery(
        organisation_id=principal.organisation,
        case_id=case_id,
        share_id=share_id,
        plugin=STIX,
        status=DeliveryStatus.PENDING,
        payload=msgspec.to_builtins(payload),
    )
    session.add(delivery)
    session.flush()
    enqueue(
        session,
        DELIVER,
        organisation_id=principal.organisation,
        on_behalf_of=principal.person_id,
        delivery_id=str(delivery.id),
    )
    return delivery


def latest_of_case(session: Session, case: Case) -> Delivery | None:
    """The newest delivery of a case's own document."""
    query = select(Delivery).where(Delivery.case_id == case.id).order_by(Delivery.created_at.desc()).limit(1)
    return session.scalar(query)


def latest_of_share(session: Session, share: Share) -> Delivery | None:
    """The newest delivery of a share by the principal's organisation."""
    query = (
        select(Delivery).where(Delivery.share_id == share.id).order_by(Delivery.created_at.desc()).limit(1)
    )
    return session.scalar(query)


def download(session: Session, principal: Principal, delivery_id: UUID) -> Delivery:
    """A delivery whose file is ready.

    :raises NotFound: when there is none that the principal may have.
    """
    principal.require(Permission.SHARES_READ)
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.organisation_id != principal.organisation or delivery.content is None:
        raise NotFound
    if _withdrawn(session, delivery):
        # The share was taken back, has expired or has changed: what was made of it is gone for us, too.
        raise NotFound
    if delivery.share_id is None and Permission.SHARES_CREATE not in principal.permissions:
        # A case's own file holds contact values in plain form.
        raise NotFound
    record(session, principal, AuditTag.DELIVERY_DOWNLOAD, f"delivery {delivery.id}")
    return delivery


def deliver(database: Database, pool: ProcessPool, organisation_id: UUID, delivery_id: UUID) -> None:
    """Carry one delivery out. Runs any number of times; the share's key makes it one delivery.

    What goes wrong stands in the delivery's `error`; what is not the plugin's doing is raised, too.
    """
    scope = Scope(organisation_id=organisation_id)
    with database.transaction(scope) as session:
        delivery = session.get(Delivery, delivery_id)
        if delivery is None or delivery.status == DeliveryStatus.DELIVERED or not delivery.payload:
            return
        payload = msgspec.convert(delivery.payload, ContractShare)
        plugins = [one for one in active_plugins(session, organisation_id) if one.name == delivery.plugin]
        gone = _withdrawn(session, delivery)
    answer: Delivered | str
    try:
        answer = TAKEN_BACK if gone else _carried(pool, plugins, payload)
    except PluginFailed as error:
        answer = str(error) or "the plugin failed and does not say why"
    except Exception as error:
        _finish(database, scope, delivery_id, f"it could not be made: {type(error).__name__}")
        raise
    _finish(database, scope, delivery_id, answer)


def refuse(database: Database, organisation_id: UUID, delivery_id: UUID, reason: str) -> None:
    """Say in a delivery why nobody carries it out."""
    _finish(database, Scope(organisation_id=organisation_id), delivery_id, reason)


def _withdrawn(session: Session, delivery: Delivery) -> bool:
    """Whether the delivery is of a share that the organisation may not see any more, or not as it was."""
    if delivery.share_id is None:
        return False
    share = session.get(Share, delivery.share_id)
    return share is None or _outdated(delivery, share)


def _outdated(delivery: Delivery, share: Share) -> bool:
    """Whether records of the share were withdrawn since the delivery was asked for."""
    return share.changed_at is not None and delivery.created_at <= share.changed_at


def _carried(pool: ProcessPool, plugins: Sequence[ActivePlugin], payload: ContractShare) -> Delivered | str:
    """What the plugin answers; words where it did not deliver."""
    if not plugins:
        return "your organisation does not use the plugin that makes this"
    answer = _ask(pool, plugins[0], payload)
    if isinstance(answer, Deferred):
        return f"not now: {answer.reason}".rstrip(": ")
    if isinstance(answer, Rejected):
        return answer.reason or f"{plugins[0].name} rejects it and does not say why"
    return answer


def _ask(pool: ProcessPool, plugin: ActivePlugin, payload: ContractShare) -> Delivered | Deferred | Rejected:
    if not plugin.manifest.provides.sharing:
        raise PluginMisbehaved(f"{plugin.name} provides no case-sharing hook")
    (name, *_) = plugin.manifest.provides.sharing
    with pool.lend(plugin) as process:
        answers = process.call(wire.Deliver(name, payload))
    if len(answers) != 1 or not isinstance(answers[0], Delivered | Deferred | Rejected):
        raise PluginMisbehaved(f"{plugin.name} answered a delivery with {answers}"[:300])
    answer = answers[0]
    if isinstance(answer, Delivered):
        _check(plugin, answer, payload.key)
    return answer


def _check(plugin: ActivePlugin, answer: Delivered, key: str) -> None:
    """Hold an answer to what can be kept and given out.

    :raises PluginMisbehaved: when it cannot.
    """
    if answer.receipt.key != key:
        raise PluginMisbehaved(f"{plugin.name} gave a receipt for another share")
    if "\x00" in answer.receipt.reference:
        raise PluginMisbehaved(f"{plugin.name} gave a receipt with a NUL character")
    document = answer.document
    if document is None:
        if plugin.name == STIX:
            raise PluginMisbehaved(f"{plugin.name} delivered without a document to download")
        return
    if not FILENAME.fullmatch(document.filename):
        raise PluginMisbehaved(f"{plugin.name} gave its document a name that is no file name")
    if not MEDIA_TYPE.fullmatch(document.media_type):
        raise PluginMisbehaved(f"{plugin.name} gave its document something that is no media type")
    if len(document.content) > LARGEST_DOCUMENT:
        raise PluginMisbehaved(f"{plugin.name} made a document of more than {LARGEST_DOCUMENT} bytes")


def _finish(database: Database, scope: Scope, delivery_id: UUID, answer: Delivered | str) -> None:
    with database.transaction(scope) as session:
        delivery = session.get(Delivery, delivery_id, with_for_update=True)
        if delivery is None or delivery.status == DeliveryStatus.DELIVERED:
            return
        if isinstance(answer, Delivered) and _withdrawn(session, delivery):
            answer = TAKEN_BACK
        if isinstance(answer, str):
            delivery.status = DeliveryStatus.FAILED
            delivery.error = answer.replace("\x00", "")[:LONGEST_ERROR]
            return
        delivery.status, delivery.error = DeliveryStatus.DELIVERED, ""
        delivery.receipt = msgspec.to_builtins(answer.receipt)
        if answer.document is not None:
            delivery.filename = answer.document.filename
            delivery.media_type = answer.document.media_type
            delivery.content = answer.document.content
