"""Deliveries: a case-sharing hook carries a share out; for `stix` that is a file to download."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from accord.caseload.cases import tell
from accord.caseload.models import Case
from accord.host.errors import PluginFailed, PluginMisbehaved
from accord.host.pool import ActivePlugin, ProcessPool
from accord.registry.service import active_plugin
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

STIX = "stix"
DELIVER = "sharing:deliver"
LARGEST_DOCUMENT = 64 * 1024 * 1024


def party(organisation: Organisation) -> Party:
    """A member as the contract names it."""
    return Party(organisation.slug, organisation.name, organisation.kind)


def prepare_case(session: Session, principal: Principal, case: Case) -> Delivery:
    """Have a STIX file made of an own case, contact values and notes included."""
    principal.require(Permission.SHARES_CREATE)
    terms = ShareTerms(
        recipient_id=principal.organisation,
        marking=case.marking,
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
        marking=case.marking,
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
    known = session.scalars(select(Delivery).where(Delivery.share_id == share.id)).first()
    if known is not None and known.status != DeliveryStatus.FAILED:
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
    enqueue(session, DELIVER, organisation_id=principal.organisation, delivery_id=str(delivery.id))
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
    if delivery.share_id is not None and session.get(Share, delivery.share_id) is None:
        # The share was taken back or has expired: what was made of it is gone for us, too.
        raise NotFound
    record(session, principal, AuditTag.DELIVERY_DOWNLOAD, f"delivery {delivery.id}")
    return delivery


def deliver(database: Database, pool: ProcessPool, organisation_id: UUID, delivery_id: UUID) -> None:
    """Carry one delivery out. Runs any number of times; the share's key makes it one delivery."""
    scope = Scope(organisation_id=organisation_id)
    with database.transaction(scope) as session:
        delivery = session.get(Delivery, delivery_id)
        if delivery is None or delivery.status == DeliveryStatus.DELIVERED:
            return
        payload = msgspec.convert(delivery.payload, ContractShare)
        plugin = active_plugin(session, organisation_id, delivery.plugin)
    try:
        answer = _ask(pool, plugin, payload)
        problem = answer.reason if isinstance(answer, Rejected | Deferred) else ""
    except PluginFailed as error:
        answer, problem = None, str(error)
    with database.transaction(scope) as session:
        delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
        delivery.error = problem
        delivery.status = DeliveryStatus.FAILED if problem else DeliveryStatus.DELIVERED
        if isinstance(answer, Delivered):
            delivery.receipt = msgspec.to_builtins(answer.receipt)
            if answer.document is not None:
                delivery.filename = answer.document.filename
                delivery.media_type = answer.document.media_type
                delivery.content = answer.document.content


def _ask(pool: ProcessPool, plugin: ActivePlugin, payload: ContractShare) -> Delivered | Deferred | Rejected:
    (name, *_) = plugin.manifest.provides.sharing
    with pool.lend(plugin) as process:
        answers = process.call(wire.Deliver(name, payload))
    if len(answers) != 1 or not isinstance(answers[0], Delivered | Deferred | Rejected):
        raise PluginMisbehaved(f"{plugin.name} answered a delivery with {answers}"[:300])
    answer = answers[0]
    if isinstance(answer, Delivered) and answer.document and len(answer.document.content) > LARGEST_DOCUMENT:
        raise PluginMisbehaved(f"{plugin.name} made a document of more than {LARGEST_DOCUMENT} bytes")
    return answer
