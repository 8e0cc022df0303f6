"""Closed records and the network: pairs of a plugin and a marking that two admins allow. The caller commits.

What leaves by HTTP is a disclosure. Without an allowance a process that sees TLP:RED or TLP:AMBER+STRICT is
refused every request. One admin asks, giving a reason; another one allows it; any admin ends it at once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord.grants.models import NetworkAllowance
from accord.markings import Marking
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

CLOSED = frozenset({Marking.RED, Marking.AMBER_STRICT})
"""Markings of records that no process with a network grant sees."""
LONGEST_REASON = 500


def is_allowed(session: Session, organisation_id: UUID, plugin: str, marking: Marking | None) -> bool:
    """Whether two admins of the organisation allowed this pair, and nobody ended it since.

    Who may see TLP:RED so may see TLP:AMBER+STRICT so.
    """
    found = select(NetworkAllowance.id).where(
        NetworkAllowance.organisation_id == organisation_id,
        NetworkAllowance.plugin == plugin,
        NetworkAllowance.marking.in_({marking, Marking.RED}),
        NetworkAllowance.allowed_at.is_not(None),
        NetworkAllowance.ended_at.is_(None),
    )
    return session.scalar(found.limit(1)) is not None


def allowances(session: Session, principal: Principal, plugin: str) -> list[NetworkAllowance]:
    """What was asked for and allowed of a plugin, the newest first."""
    principal.require(Permission.PLUGINS_READ)
    query = select(NetworkAllowance).where(
        NetworkAllowance.organisation_id == principal.organisation_id, NetworkAllowance.plugin == plugin
    )
    return list(session.scalars(query.order_by(NetworkAllowance.id.desc())))


def ask(
    session: Session, principal: Principal, plugin: str, marking: Marking, reason: str
) -> NetworkAllowance:
    """Ask another admin to let a plugin reach the network while it sees records of this marking.

    Asked again in the same words, it is the request that there is.

    :raises Invalid: when the marking is not a closed one, or no reason is given.
    :raises Conflict: when it was asked for or allowed already.
    """
    person = _admin(principal)
    if marking not in CLOSED:
        raise Invalid("only closed markings need this", {"marking": ["TLP:RED or TLP:AMBER+STRICT"]})
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Invalid("say why", {"reason": [f"1 to {LONGEST_REASON} characters"]})
    for one in allowances(session, principal, plugin):
        if one.marking != marking or one.ended_at is not None:
            continue
        if one.allowed_at is None and (one.asked_by, one.reason) == (person, reason.strip()):
            return one
        raise Conflict("this was asked for already: another admin allows it, or it is ended first")
    made = NetworkAllowance(
        organisation_id=principal.organisation,
        plugin=plugin,
        marking=marking,
        reason=reason.strip(),
        asked_by=person,
        asked_name=principal.person_name,
    )
    session.add(made)
    session.flush()
    _log(session, principal, made, "asked")
    return made


def allow(session: Session, principal: Principal, plugin: str, allowance_id: UUID) -> NetworkAllowance:
    """Allow what another admin asked for.

    :raises NotFound: when there is no such request.
    :raises PermissionDenied: to the one who asked.
    :raises Conflict: when it was allowed or ended meanwhile.
    """
    person = _admin(principal)
    found = _find(session, principal, plugin, allowance_id)
    if found.allowed_at is not None or found.ended_at is not None:
        raise Conflict("it was decided about already")
    if found.asked_by == person:
        raise PermissionDenied("you asked for it: another admin allows it")
    found.allowed_by, found.allowed_name = person, principal.person_name
    found.allowed_at = datetime.now(UTC)
    session.flush()
    _log(session, principal, found, "allowed")
    return found


def end(session: Session, principal: Principal, plugin: str, allowance_id: UUID) -> NetworkAllowance:
    """End an allowance, or a request for one; the plugin's next request is refused.

    :raises NotFound: when there is none.
    :raises Conflict: when it ended already.
    """
    _admin(principal)
    found = _find(session, principal, plugin, allowance_id)
    if found.ended_at is not None:
        raise Conflict("it ended already")
    found.ended_at, found.ended_name = datetime.now(UTC), principal.person_name
    session.flush()
    _log(session, principal, found, "ended")
    return found


def _admin(principal: Principal) -> UUID:
    principal.require(Permission.PLUGINS_ACTIVATE)
    if principal.person_id is None:
        raise PermissionDenied("two people decide about this: sign in as one of them")
    return principal.person_id


def _find(session: Session, principal: Principal, plugin: str, allowance_id: UUID) -> NetworkAllowance:
    found = session.scalar(
        select(NetworkAllowance)
        .where(
            NetworkAllowance.id == allowance_id,
            NetworkAllowance.plugin == plugin,
            NetworkAllowance.organisation_id == principal.organisation,
        )
        .with_for_update()
    )
    if found is None:
        raise NotFound
    return found


def _log(session: Session, principal: Principal, one: NetworkAllowance, what: str) -> None:
    detail = {"marking": one.marking, "reason": one.reason, "what": what}
    record(session, principal, AuditTag.PLUGIN_NETWORK, f"plugin {one.plugin}", detail)
