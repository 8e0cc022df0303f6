"""Writing the audit log. Tags are `thing.verb`, alphabetised; every tag is used by some service.

An entry is one insert in the transaction of what it tells of, without any lock; sealing comes later
(`accord_auth.audit.sealing`).
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from accord_auth.audit.models import AuditEntry
from accord_auth.principal import Principal

LONGEST_USER_AGENT = 300


class AuditTag(StrEnum):
    """What can be seen in the audit log."""

    ACCESS_END = "access.end"
    ACCESS_EXPLAIN = "access.explain"
    ACCESS_REOPEN = "access.reopen"
    AGREEMENT_RENEW = "agreement.renew"
    AGREEMENT_WARN = "agreement.warn"
    APPLICATION_AMEND = "application.amend"
    APPLICATION_APPROVE = "application.approve"
    APPLICATION_CHECK = "application.check"
    APPLICATION_DOMAIN = "application.domain"
    APPLICATION_INVITE = "application.invite"
    APPLICATION_LAPSE = "application.lapse"
    APPLICATION_RECEIVE = "application.receive"
    APPLICATION_REFUSE = "application.refuse"
    APPLICATION_TERMS = "application.terms"
    APPLICATION_WITHDRAW = "application.withdraw"
    AUDIT_EXPORT = "audit.export"
    AUDIT_READ = "audit.read"
    CASE_ASSIGN = "case.assign"
    CASE_NOTE = "case.note"
    CASE_OPEN = "case.open"
    CASE_STATUS = "case.status"
    CLIENT_CHANGE = "client.change"
    CLIENT_EXEMPT = "client.exempt"
    CLIENT_REGISTER = "client.register"
    CLIENT_SECRET = "client.secret"  # noqa: S105 - a tag, not a secret
    DELIVERY_DOWNLOAD = "delivery.download"
    DELIVERY_FORGET = "delivery.forget"
    DELIVERY_PREPARE = "delivery.prepare"
    DIRECTORY_GROUP = "directory.group"
    DIRECTORY_MAPPING = "directory.mapping"
    DIRECTORY_SETTINGS = "directory.settings"
    DIRECTORY_TOKEN = "directory.token"  # noqa: S105 - a tag, not a token
    DIRECTORY_USER = "directory.user"
    EMERGENCY_APPROVE = "emergency.approve"
    EMERGENCY_ASK = "emergency.ask"
    EMERGENCY_BEGIN = "emergency.begin"
    EMERGENCY_END = "emergency.end"
    EMERGENCY_READ = "emergency.read"
    FACTOR_ADD = "factor.add"
    FACTOR_CODES = "factor.codes"
    FACTOR_REFUSE = "factor.refuse"
    FACTOR_REMOVE = "factor.remove"
    FACTOR_RENAME = "factor.rename"
    FACTOR_RESET = "factor.reset"
    FACTOR_RULE = "factor.rule"
    FACTOR_SUSPECT = "factor.suspect"
    GRANT_DENY = "grant.deny"
    GRANT_GIVE = "grant.give"
    INVITATION_ACCEPT = "invitation.accept"
    INVITATION_CREATE = "invitation.create"
    INVITATION_RESEND = "invitation.resend"
    INVITATION_WITHDRAW = "invitation.withdraw"
    JUDGEMENT_MAKE = "judgement.make"
    JUDGEMENT_WITHDRAW = "judgement.withdraw"
    MINORS_CONFIRM = "minors.confirm"
    MINORS_LIFT = "minors.lift"
    MINORS_READ = "minors.read"
    MINORS_TAKE = "minors.take"
    ORGANISATION_EXPIRE = "organisation.expire"
    ORGANISATION_JOIN = "organisation.join"
    ORGANISATION_LEAVE = "organisation.leave"
    ORGANISATION_RESUME = "organisation.resume"
    ORGANISATION_SUSPEND = "organisation.suspend"
    PASSWORD_CHANGE = "password.change"  # noqa: S105 - a tag, no password
    PERSON_REMOVE = "person.remove"
    PERSON_ROLES = "person.roles"
    PERSON_STATUS = "person.status"
    PLUGIN_ACTIVATE = "plugin.activate"
    PLUGIN_ADVISE = "plugin.advise"
    PLUGIN_APPROVE = "plugin.approve"
    PLUGIN_CHECK = "plugin.check"
    PLUGIN_CONFIGURE = "plugin.configure"
    PLUGIN_DEACTIVATE = "plugin.deactivate"
    PLUGIN_NETWORK = "plugin.network"
    PLUGIN_PROMOTE = "plugin.promote"
    PLUGIN_PUBLISH = "plugin.publish"
    PLUGIN_REFUSE = "plugin.refuse"
    PLUGIN_RERUN = "plugin.rerun"
    PLUGIN_RESUME = "plugin.resume"
    PLUGIN_RETRY = "plugin.retry"
    PLUGIN_ROLL_BACK = "plugin.roll_back"
    PLUGIN_START = "plugin.start"
    PLUGIN_SUSPEND = "plugin.suspend"
    PLUGIN_UNADVISE = "plugin.unadvise"
    PLUGIN_WITHDRAW = "plugin.withdraw"
    PRIORITIES_FIT = "priorities.fit"
    PRIORITIES_USE = "priorities.use"
    RECORDS_UPLOAD = "records.upload"
    RECORDS_WITHDRAW = "records.withdraw"
    REVIEW_CLOSE = "review.close"
    REVIEW_DECIDE = "review.decide"
    REVIEW_ESCALATE = "review.escalate"
    REVIEW_EXPORT = "review.export"
    REVIEW_REMIND = "review.remind"
    REVIEW_START = "review.start"
    SELECTORS_UNMASK = "selectors.unmask"
    SESSION_EMERGENCY = "session.emergency"
    SESSION_PROVE = "session.prove"
    SESSION_START = "session.start"
    SESSION_SWITCH = "session.switch"
    SHARE_CHANGE = "share.change"
    SHARE_CREATE = "share.create"
    SHARE_READ = "share.read"
    SHARE_REVOKE = "share.revoke"
    SIGNAL_RECEIVE = "signal.receive"
    SIGNAL_SEND = "signal.send"
    SIGNAL_STREAM = "signal.stream"
    SOURCE_SCHEDULE = "source.schedule"
    SSO_CONFIGURE = "sso.configure"
    SSO_DOMAIN = "sso.domain"
    SSO_EMERGENCY = "sso.emergency"
    SSO_ENFORCE = "sso.enforce"
    SSO_FAIL = "sso.fail"
    SSO_LINK = "sso.link"
    SSO_LOGOUT = "sso.logout"
    SSO_REMOVE = "sso.remove"
    SSO_TEST = "sso.test"
    VERDICT_GIVE = "verdict.give"
    VERDICT_WITHDRAW = "verdict.withdraw"


@dataclass(frozen=True)
class Where:
    """From where somebody acts: the client's network address and program."""

    address: str | None = None
    user_agent: str | None = None


NOWHERE = Where()
_where: ContextVar[Where] = ContextVar("audit_where", default=NOWHERE)


def act_from(where: Where) -> None:
    """Say from where this thread of control acts until further notice; the web layer says it."""
    _where.set(where)


def current_address() -> str | None:
    """The network address from which this thread of control acts; None: not over the network."""
    return _where.get().address


def record(
    session: Session,
    principal: Principal,
    tag: AuditTag,
    subject: str,
    detail: dict[str, Any] | None = None,
    *,
    why: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add an entry in the transaction of what it tells of.

    `subject` is the thing as `kind id`; `why` is the purpose in the person's own words; `before` and
    `after` hold what changed, by the names of the thing's fields. What is done in an emergency reading says
    in which.
    """
    where = _where.get()
    agent = where.user_agent.replace("\x00", "")[:LONGEST_USER_AGENT] if where.user_agent else None
    entry = {
        "organisation_id": principal.organisation_id,
        "person_id": principal.person_id,
        "actor": principal.person_name,
        "tag": tag,
        "subject": subject,
        "why": why,
        "detail": (detail or {}) | _emergency(principal),
        "before": before,
        "after": after,
        "address": where.address or None,
        "user_agent": agent,
    }
    # Inline: the database gives nothing back, so that whoever may only add entries can.
    session.connection().execute(insert(AuditEntry).inline().values(entry))


def _emergency(principal: Principal) -> dict[str, Any]:
    return {} if principal.emergency_id is None else {"emergency": str(principal.emergency_id)}
