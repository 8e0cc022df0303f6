"""What the API takes and gives of OAuth clients."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from accord.api.schemas import Strict
from accord.web.fields import storable
from accord_auth.clients.drafts import (
    LONGEST_ADDRESS,
    LONGEST_NAME,
    MOST_ADDRESSES,
    MOST_KEYS,
    MOST_NETWORKS,
    ClientKind,
)
from accord_auth.clients.service import LONGEST_REASON
from accord_auth.oauth.redirects import LONGEST as LONGEST_REDIRECT
from accord_auth.oauth.scopes import SCOPES

LONGEST_NETWORK = 60


class KeySetBody(Strict):
    """Public keys (RFC 7517)."""

    keys = fields.List(
        fields.Dict(keys=fields.String()), required=True, validate=validate.Length(1, MOST_KEYS)
    )


class ClientBody(Strict):
    """A client as an admin describes it."""

    name = fields.String(required=True, validate=[validate.Length(1, LONGEST_NAME), storable])
    kind = fields.Enum(ClientKind, by_value=True, required=True)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(SCOPES)),
        required=True,
        validate=validate.Length(1, len(SCOPES)),
    )
    redirect_uris = fields.List(
        fields.String(validate=[validate.Length(1, LONGEST_REDIRECT), storable]),
        load_default=list,
        validate=validate.Length(max=MOST_ADDRESSES),
    )
    jwks = fields.Nested(KeySetBody, load_default=None, allow_none=True)
    jwks_uri = fields.String(
        load_default=None, allow_none=True, validate=[validate.Length(1, LONGEST_ADDRESS), storable]
    )
    networks = fields.List(
        fields.String(validate=[validate.Length(1, LONGEST_NETWORK), storable]),
        load_default=list,
        validate=validate.Length(max=MOST_NETWORKS),
    )
    require_par = fields.Boolean(load_default=False)
    shared_secret = fields.Boolean(load_default=False)


class ClientReply(Schema):
    """A registered client; `client_id` is what the protocol knows it by."""

    id = fields.UUID(required=True)
    client_id = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.Enum(ClientKind, by_value=True, required=True)
    scopes = fields.List(fields.String(), required=True)
    redirect_uris = fields.List(fields.String(), required=True)
    jwks = fields.Dict(allow_none=True)
    jwks_uri = fields.String(allow_none=True)
    jwks_read_at = fields.AwareDateTime(allow_none=True)
    networks = fields.List(fields.String(), required=True)
    require_par = fields.Boolean(required=True)
    require_dpop = fields.Boolean(required=True)
    shared_secret = fields.Boolean(required=True)
    secret_until = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    last_used_at = fields.AwareDateTime(allow_none=True)


class ClientsReply(Schema):
    """The organisation's clients."""

    items = fields.List(fields.Nested(ClientReply), required=True)


class SecretReply(Schema):
    """A new shared secret, told once."""

    secret = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)


class GrantReply(Schema):
    """What a client holds; `person` is null where it acts by its own right."""

    id = fields.UUID(required=True)
    person = fields.String(allow_none=True)
    scope = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)


class GrantsReply(Schema):
    """Everything that a client holds right now."""

    items = fields.List(fields.Nested(GrantReply), required=True)


class ExemptionBody(Strict):
    """Until when a client may use a shared secret, and why."""

    until = fields.AwareDateTime(required=True)
    reason = fields.String(required=True, validate=[validate.Length(1, LONGEST_REASON), storable])


class ExemptibleReply(Schema):
    """A client that asks for a shared secret."""

    id = fields.UUID(required=True)
    client_id = fields.String(required=True)
    name = fields.String(required=True)
    organisation = fields.String(required=True)
    secret_until = fields.AwareDateTime(allow_none=True)
    reason = fields.String(allow_none=True)


class ExemptiblesReply(Schema):
    """Clients of all members that ask for a shared secret."""

    items = fields.List(fields.Nested(ExemptibleReply), required=True)
