"""What the API takes and gives about members and applicants."""

from __future__ import annotations

from marshmallow import Schema, fields


class MemberReply(Schema):
    """A member in numbers; no case data."""

    slug = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    status = fields.String(required=True)
    agreement_ends_on = fields.Date(required=True, allow_none=True)
    people = fields.Integer(required=True)
    clients = fields.Integer(required=True)
    plugins = fields.Integer(required=True)
    shares_made = fields.Integer(required=True)
    shares_received = fields.Integer(required=True)
    last_active_at = fields.AwareDateTime(required=True, allow_none=True)
    would_end = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    """How many of what suspending or leaving would end now."""


class StandingReply(Schema):
    """A member's status after an act, and how many of what ended or came back."""

    slug = fields.String(required=True)
    status = fields.String(required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class RenewedReply(Schema):
    """A member's status and the day on which access closes, after a further agreement."""

    slug = fields.String(required=True)
    status = fields.String(required=True)
    agreement_ends_on = fields.Date(required=True)


class AppliedReply(Schema):
    """A new application: its status page's path, and the TXT record that proves the domain."""

    status_page = fields.String(required=True)
    record = fields.String(required=True, allow_none=True)
    value = fields.String(required=True)


class CheckReply(Schema):
    """An item of the checklist."""

    item = fields.String(required=True)
    state = fields.String(required=True)
    note = fields.String(required=True)


class ApplicationReply(Schema):
    """An application, whose turn it is, and what is met."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    status = fields.String(required=True)
    domain = fields.String(required=True)
    contact_name = fields.String(required=True)
    contact_email = fields.String(required=True)
    purpose = fields.String(required=True)
    legal_basis = fields.String(required=True)
    jurisdiction = fields.String(required=True)
    known_to = fields.String(required=True)
    slug = fields.String(required=True)
    hash_lists = fields.Boolean(required=True)
    reason = fields.String(required=True)
    turn = fields.String(required=True)
    waits_for = fields.List(fields.String(), required=True)
    since = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(required=True, allow_none=True)
    checklist = fields.List(fields.Nested(CheckReply), required=True)
    approved_by = fields.List(fields.String(), required=True)
    approvals_needed = fields.Integer(required=True)


class ApplicationsReply(Schema):
    """The applications that wait, those that wait for the platform first."""

    items = fields.List(fields.Nested(ApplicationReply), required=True)


class ProofReply(Schema):
    """Whether DNS showed the record; if not, why."""

    proved = fields.Boolean(required=True)
    problem = fields.String(required=True)


class DecisionReply(Schema):
    """What came of an approval: the new member's short name, or how many more have to approve."""

    organisation = fields.String(required=True, allow_none=True)
    missing = fields.Integer(required=True)
    invitation = fields.String(required=True, allow_none=True)
    """The link for the first admin, where it was not mailed: to be handed over, and shown only now."""
