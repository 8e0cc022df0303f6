"""Entries as the page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from flask import url_for

from accord.auditing.presentation import EntryRow, Fact
from accord_auth.audit.reading import SeenEntry
from accord_auth.audit.service import AuditTag

TAG_WORDS: Mapping[str, str] = {
    AuditTag.ACCESS_END: "Ended access",
    AuditTag.ACCESS_EXPLAIN: "Looked at who can reach something",
    AuditTag.ACCESS_REOPEN: "Let an organisation act again",
    AuditTag.AGREEMENT_RENEW: "Recorded a new agreement",
    AuditTag.AGREEMENT_WARN: "Warned that an agreement ends soon",
    AuditTag.APPLICATION_AMEND: "Changed an application",
    AuditTag.APPLICATION_APPROVE: "Approved an application",
    AuditTag.APPLICATION_CHECK: "Looked at part of an application",
    AuditTag.APPLICATION_DOMAIN: "Looked for the proof of a domain",
    AuditTag.APPLICATION_INVITE: "Invited an organisation",
    AuditTag.APPLICATION_LAPSE: "An application lapsed",
    AuditTag.APPLICATION_RECEIVE: "Received an application",
    AuditTag.APPLICATION_REFUSE: "Refused an application",
    AuditTag.APPLICATION_TERMS: "Set the terms of an application",
    AuditTag.APPLICATION_WITHDRAW: "Withdrew an application",
    AuditTag.AUDIT_EXPORT: "Exported the audit log",
    AuditTag.AUDIT_READ: "Read the audit log",
    AuditTag.CASE_ASSIGN: "Assigned a case",
    AuditTag.CASE_NOTE: "Noted on a case",
    AuditTag.CASE_OPEN: "Opened a case",
    AuditTag.CASE_STATUS: "Changed a case's status",
    AuditTag.CLIENT_CHANGE: "Changed a client",
    AuditTag.CLIENT_EXEMPT: "Allowed a client a shared secret",
    AuditTag.CLIENT_REGISTER: "Registered a client",
    AuditTag.CLIENT_SECRET: "Made a client's secret",
    AuditTag.DELIVERY_DOWNLOAD: "Downloaded a document",
    AuditTag.DELIVERY_PREPARE: "Had a document made",
    AuditTag.EMERGENCY_APPROVE: "Approved an emergency reading",
    AuditTag.EMERGENCY_ASK: "Asked for an emergency reading",
    AuditTag.EMERGENCY_BEGIN: "Began an emergency reading",
    AuditTag.EMERGENCY_END: "An emergency reading ended",
    AuditTag.EMERGENCY_READ: "Read case data in an emergency",
    AuditTag.GRANT_DENY: "Did not let a program in",
    AuditTag.GRANT_GIVE: "Let a program in",
    AuditTag.ORGANISATION_EXPIRE: "An organisation's agreement ended",
    AuditTag.ORGANISATION_JOIN: "An organisation joined",
    AuditTag.ORGANISATION_LEAVE: "An organisation left",
    AuditTag.ORGANISATION_RESUME: "Let an organisation act again",
    AuditTag.ORGANISATION_SUSPEND: "Suspended an organisation",
    AuditTag.INVITATION_ACCEPT: "Accepted an invitation",
    AuditTag.INVITATION_CREATE: "Invited somebody",
    AuditTag.INVITATION_RESEND: "Sent an invitation again",
    AuditTag.INVITATION_WITHDRAW: "Withdrew an invitation",
    AuditTag.PASSWORD_CHANGE: "Changed the password",
    AuditTag.PERSON_REMOVE: "Removed somebody",
    AuditTag.PERSON_ROLES: "Changed somebody's roles",
    AuditTag.PERSON_STATUS: "Disabled or enabled an account",
    AuditTag.RECORDS_UPLOAD: "Uploaded records",
    AuditTag.REVIEW_CLOSE: "Closed an access review",
    AuditTag.REVIEW_DECIDE: "Decided in an access review",
    AuditTag.REVIEW_ESCALATE: "Handed an item of a review to the platform",
    AuditTag.REVIEW_EXPORT: "Exported an access review",
    AuditTag.REVIEW_REMIND: "Reminded of an access review",
    AuditTag.REVIEW_START: "Started an access review",
    AuditTag.SELECTORS_UNMASK: "Unmasked contact values",
    AuditTag.SESSION_PROVE: "Entered the password again",
    AuditTag.SESSION_START: "Signed in",
    AuditTag.SESSION_SWITCH: "Switched to this organisation",
    AuditTag.SHARE_CREATE: "Shared a case",
    AuditTag.SHARE_READ: "Read a shared case",
    AuditTag.SHARE_REVOKE: "Revoked a share",
}


def tag_words(tag: str) -> str:
    """What an entry's tag says, in words; a tag without words stands for itself."""
    return TAG_WORDS.get(tag, tag.replace(".", ": ").replace("_", " "))


def entry_row(seen: SeenEntry, names: Mapping[UUID, str]) -> EntryRow:
    """An entry; `names` are the organisation's people today."""
    entry = seen.entry
    actor = entry.actor or (names.get(entry.person_id, "") if entry.person_id else "") or "the operator"
    return EntryRow(
        number=entry.id,
        at=entry.at,
        actor=actor,
        actor_url=url_for("auditing.log", person=entry.person_id) if entry.person_id else None,
        tag=tag_words(entry.tag),
        subject=entry.subject,
        subject_url=url_for("auditing.log", subject=entry.subject),
        why=entry.why,
        facts=tuple(Fact(name, _text(value)) for name, value in sorted(entry.detail.items())),
        changes=_changes(entry.before, entry.after),
        address=entry.address,
        user_agent=entry.user_agent,
        sequence=seen.sequence,
    )


def _changes(before: dict[str, Any] | None, after: dict[str, Any] | None) -> tuple[Fact, ...]:
    was, now = before or {}, after or {}
    return tuple(
        Fact(name, _text(now.get(name)), before=_text(was.get(name)))
        for name in sorted(was.keys() | now.keys())
        if was.get(name) != now.get(name)
    )


def _text(value: Any) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
