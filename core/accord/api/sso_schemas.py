"""What the API takes and gives of how an organisation's people sign in."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from accord.api.schemas import Strict
from accord.web.fields import storable
from accord_auth.sso.drafts import (
    LONGEST_CLAIM,
    LONGEST_CLIENT_ID,
    LONGEST_ISSUER,
    LONGEST_SCOPES,
    LONGEST_SECRET,
    LONGEST_VALUE,
    MOST_VALUES,
)
from accord_auth.sso.enforcing import EMERGENCY_ACCOUNTS
from accord_auth.sso.models import ProofMethod

LONGEST_DOMAIN = 253


def _text(shortest: int, longest: int) -> list[Any]:
    return [validate.Length(shortest, longest), storable]


class DirectoryBody(Strict):
    """The directory, described anew: what is left out is as if it had never been said, but for the secret."""

    issuer = fields.String(required=True, validate=_text(1, LONGEST_ISSUER))
    client_id = fields.String(required=True, validate=_text(1, LONGEST_CLIENT_ID))
    method = fields.Enum(ProofMethod, by_value=True, required=True)
    secret = fields.String(load_default="", validate=_text(0, LONGEST_SECRET))
    scopes = fields.List(fields.String(validate=_text(1, LONGEST_SCOPES)), load_default=list)
    role_claim = fields.String(load_default="groups", validate=_text(1, LONGEST_CLAIM))
    role_map = fields.Dict(
        keys=fields.String(validate=_text(1, LONGEST_VALUE)),
        values=fields.String(validate=_text(1, 40)),
        required=True,
        validate=validate.Length(1, MOST_VALUES),
    )


class EmergencyAccountsBody(Strict):
    """The two emergency accounts, by the ids of people."""

    people = fields.List(
        fields.UUID(), required=True, validate=validate.Length(EMERGENCY_ACCOUNTS, EMERGENCY_ACCOUNTS)
    )


class OnlyWayBody(Strict):
    """Whether people sign in with the directory alone."""

    only_way = fields.Boolean(required=True, truthy={True}, falsy={False})


class FurtherDomainBody(Strict):
    """A further domain of the organisation's."""

    domain = fields.String(required=True, validate=_text(1, LONGEST_DOMAIN))


class DirectoryReply(Schema):
    """The directory; its secret never."""

    issuer = fields.String(required=True)
    client_id = fields.String(required=True)
    method = fields.Enum(ProofMethod, by_value=True, required=True)
    has_secret = fields.Boolean(required=True)
    scopes = fields.List(fields.String(), required=True)
    role_claim = fields.String(required=True)
    role_map = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    changed_at = fields.AwareDateTime(required=True)


class SsoAddressesReply(Schema):
    """What to enter at the directory."""

    redirect_uri = fields.String(required=True)
    backchannel_logout_uri = fields.String(required=True)
    post_logout_redirect_uri = fields.String(required=True)
    initiate_login_uri = fields.String(required=True)
    jwks_uri = fields.String(required=True)


class FurtherDomainReply(Schema):
    """A domain; `record` and `challenge` are the TXT record that proves it, null for the one joined with."""

    domain = fields.String(required=True)
    proved = fields.Boolean(required=True)
    record = fields.String(allow_none=True, required=True)
    challenge = fields.String(allow_none=True, required=True)
    problem = fields.String(required=True)


class EmergencyCandidateReply(Schema):
    """An admin with an account apart from the directory; without a passkey it is no emergency account."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True)
    named = fields.Boolean(required=True)
    passkey = fields.Boolean(required=True)


class SsoFailureReply(Schema):
    """Somebody could not sign in."""

    at = fields.AwareDateTime(required=True)
    reason = fields.String(required=True)
    address = fields.String(allow_none=True, required=True)


class SsoReply(Schema):
    """How the people of an organisation sign in."""

    directory = fields.Nested(DirectoryReply, allow_none=True, required=True)
    addresses = fields.Nested(SsoAddressesReply, required=True)
    domains = fields.List(fields.Nested(FurtherDomainReply), required=True)
    only_way = fields.Boolean(required=True)
    tried = fields.Boolean(required=True)
    accounts = fields.List(fields.Nested(EmergencyCandidateReply), required=True)
    failures = fields.List(fields.Nested(SsoFailureReply), required=True)


class DirectoryCheckReply(Schema):
    """What the directory's metadata say, or why they will not do."""

    works = fields.Boolean(required=True)
    problem = fields.String(required=True)
    authorization_endpoint = fields.String(allow_none=True, required=True)
    end_session_endpoint = fields.String(allow_none=True, required=True)


class OnlyWayReply(Schema):
    """Whether people sign in with the directory alone, and how many sessions and grants to programs ended."""

    only_way = fields.Boolean(required=True)
    ended = fields.Integer(required=True)
