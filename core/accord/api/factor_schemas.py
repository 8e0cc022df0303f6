"""What the API takes and gives about second factors."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from accord.api.schemas import Strict
from accord.web.fields import storable


class ProofBody(Strict):
    """One's own password; of who has a second factor, the code of the authenticator app instead."""

    password = fields.String(load_default="", validate=[validate.Length(max=1000), storable])
    code = fields.String(load_default="", validate=[validate.Length(max=60), storable])

    @validates_schema
    def one_of_them(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse none, and both."""
        if bool(data["password"]) == bool(data["code"]):
            raise ValidationError("send the password, or the code of the authenticator app", "password")


class FactorReply(Schema):
    """One of one's second factors; one that is suspect proves nothing any more."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["app", "passkey"]))
    name = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    last_used_at = fields.AwareDateTime(allow_none=True, required=True)
    suspect = fields.Boolean(required=True)


class FactorsReply(Schema):
    """One's second factors, and how many recovery codes are left."""

    items = fields.List(fields.Nested(FactorReply), required=True)
    recovery_codes_left = fields.Integer(required=True)


class CodesReply(Schema):
    """New recovery codes, told this once."""

    codes = fields.List(fields.String(), required=True)


class FactorRuleBody(Strict):
    """Whether all people need a second factor."""

    second_factor = fields.Boolean(required=True)


class FactorRuleReply(Schema):
    """Whether all people need a second factor, and the names of those who have none."""

    second_factor = fields.Boolean(required=True)
    without = fields.List(fields.String(), required=True)
