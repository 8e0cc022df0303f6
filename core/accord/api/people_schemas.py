"""What the API takes and gives about people and invitations."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from accord.api.schemas import Strict
from accord.web.fields import storable
from accord_auth.permissions import Role as PersonRole


class PersonReply(Schema):
    """Somebody who belongs where one acts."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True)
    active = fields.Boolean(required=True)
    roles = fields.List(fields.Enum(PersonRole, by_value=True), required=True)
    since = fields.AwareDateTime(required=True)
    last_sign_in_at = fields.AwareDateTime(allow_none=True, required=True)
    idle = fields.Boolean(required=True)


class PeopleReply(Schema):
    """Everybody who belongs where one acts."""

    items = fields.List(fields.Nested(PersonReply), required=True)


class RolesBody(Strict):
    """Which roles somebody shall have; all others are taken."""

    roles = fields.List(
        fields.Enum(PersonRole, by_value=True), required=True, validate=validate.Length(1, len(PersonRole))
    )
    reason = fields.String(load_default=None, allow_none=True, validate=[validate.Length(max=500), storable])


class ReasonQuery(Strict):
    """Why, for the audit log."""

    reason = fields.String(load_default=None, validate=[validate.Length(max=500), storable])


class InvitationBody(Strict):
    """Whom to invite, to which role."""

    email = fields.String(required=True, validate=[validate.Length(3, 320), storable])
    role = fields.Enum(PersonRole, by_value=True, required=True)


class AcceptBody(Strict):
    """An invitation's token; the name and password of a new account, or the password of the one there is."""

    token = fields.String(required=True, validate=[validate.Length(1, 200), storable])
    name = fields.String(load_default="", validate=[validate.Length(max=200), storable])
    password = fields.String(required=True, validate=[validate.Length(1, 1000), storable])


class InvitationReply(Schema):
    """An invitation that waits."""

    id = fields.UUID(required=True)
    email = fields.String(required=True)
    role = fields.Enum(PersonRole, by_value=True, required=True)
    invited_by = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    sent_at = fields.AwareDateTime(allow_none=True, required=True)
    expires_at = fields.AwareDateTime(required=True)
    expired = fields.Boolean(required=True)


class InvitationsReply(Schema):
    """The invitations that wait, the newest first."""

    items = fields.List(fields.Nested(InvitationReply), required=True)


class InvitedReply(Schema):
    """What became of an invitation: it was mailed, or its link is here, this once, to hand over."""

    id = fields.UUID(required=True)
    email = fields.String(required=True)
    role = fields.Enum(PersonRole, by_value=True, required=True)
    expires_at = fields.AwareDateTime(required=True)
    sent = fields.Boolean(required=True)
    link = fields.String(allow_none=True, required=True)
