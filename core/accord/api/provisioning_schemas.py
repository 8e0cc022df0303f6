"""What the API takes and gives of an organisation's directory."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from accord.api.schemas import Strict
from accord.web.fields import storable
from accord_auth.permissions import Role
from accord_auth.provisioning.tokens import LONGEST_LIFE, LONGEST_NAME
from accord_auth.provisioning.users import LONGEST


class MappingBody(Strict):
    """A group, as the directory names it, and the role that it gives."""

    group_name = fields.String(required=True, validate=[validate.Length(1, LONGEST), storable])
    role = fields.Enum(Role, by_value=True, required=True)


class DefaultsBody(Strict):
    """What holds for every user: both are said anew."""

    default_domain = fields.String(load_default="", validate=[validate.Length(max=LONGEST), storable])
    default_role = fields.Enum(Role, by_value=True, load_default=None, allow_none=True)


class TokenBody(Strict):
    """A token for the directory."""

    name = fields.String(required=True, validate=[validate.Length(1, LONGEST_NAME), storable])
    days = fields.Integer(required=True, strict=True, validate=validate.Range(1, LONGEST_LIFE.days))


class MappingReply(Schema):
    """A mapping, and how many users are in the group."""

    id = fields.UUID(required=True)
    group_name = fields.String(required=True)
    role = fields.String(required=True)
    users = fields.Integer(required=True)


class TokenReply(Schema):
    """A token; never its value."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    revoked_at = fields.AwareDateTime(allow_none=True)
    last_used_at = fields.AwareDateTime(allow_none=True)
    last_used_from = fields.String(allow_none=True)


class MadeTokenReply(Schema):
    """A token and its value, told this once."""

    token = fields.String(required=True)
    id = fields.UUID(required=True)
    expires_at = fields.AwareDateTime(required=True)


class ProvisioningReply(Schema):
    """How an organisation is provisioned."""

    address = fields.String(required=True)
    domains = fields.List(fields.String(), required=True)
    default_domain = fields.String(required=True)
    default_role = fields.String(allow_none=True, required=True)
    users = fields.Integer(required=True)
    active = fields.Integer(required=True)
    waiting = fields.Integer(required=True)
    groups = fields.Integer(required=True)
    last_used_at = fields.AwareDateTime(allow_none=True, required=True)
    mappings = fields.List(fields.Nested(MappingReply), required=True)
    unmapped = fields.List(fields.String(), required=True)
    tokens = fields.List(fields.Nested(TokenReply), required=True)
