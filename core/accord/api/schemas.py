"""What the API takes and gives. Unknown fields are refused; ids and owners are never taken."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from accord.caseload.models import CaseStatus
from accord.markings import Marking
from accord.sharing.service import Basis
from accord.web.fields import LONGEST_CURSOR
from accord.web.fields import storable as _storable

LARGEST_PAGE = 200


class Strict(Schema):
    """Refuses what it does not know."""

    class Meta:
        """Unknown fields are errors."""

        unknown = RAISE


class PageQuery(Strict):
    """Keyset paging: `cursor` is the `next` of the page before."""

    cursor = fields.String(load_default=None, validate=[validate.Length(1, LONGEST_CURSOR), _storable])
    limit = fields.Integer(load_default=50, validate=validate.Range(1, LARGEST_PAGE))


class SignInBody(Strict):
    """Who it is, and for which organisation to act (needed where there are several); `code` is the second
    factor of accounts that have one: of the authenticator app, or for recovery."""

    email = fields.String(required=True, validate=[validate.Length(3, 320), _storable])
    password = fields.String(required=True, validate=[validate.Length(1, 1000), _storable])
    organisation = fields.String(load_default="", validate=[validate.Length(max=60), _storable])
    code = fields.String(load_default="", validate=[validate.Length(max=60), _storable])


class SessionReply(Strict):
    """A bearer token, until when it holds, and for which organisation it acts."""

    token = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    organisation = fields.String(required=True)


class NewPasswordBody(Strict):
    """The password as it is, and as it shall be."""

    current_password = fields.String(required=True, validate=[validate.Length(1, 1000), _storable])
    new_password = fields.String(required=True, validate=[validate.Length(12, 1000), _storable])


class EndedReply(Schema):
    """How many things ended, by their kind."""

    ended = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class OwnSessionReply(Schema):
    """One of one's own sessions; `current` is the one that asks."""

    id = fields.UUID(required=True)
    organisation = fields.String(required=True)
    user_agent = fields.String(required=True)
    address = fields.String(allow_none=True, required=True)
    created_at = fields.AwareDateTime(required=True)
    authenticated_at = fields.AwareDateTime(required=True)
    amr = fields.List(fields.String(), required=True)
    last_used_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    current = fields.Boolean(required=True)


class OwnSessionsReply(Schema):
    """One's own open sessions."""

    items = fields.List(fields.Nested(OwnSessionReply), required=True)


class PrincipalReply(Strict):
    """Who is asking. `client_id` is the OAuth client, where one acts; its permissions are the token's."""

    person = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True)
    client_id = fields.String(required=True, allow_none=True)
    permissions = fields.List(fields.String(), required=True)


class RecordsBody(Strict):
    """A batch of record lines; each is validated by itself."""

    source = fields.String(required=True, validate=[validate.Length(1, 40), _storable])
    records = fields.List(fields.Dict(keys=fields.String()), required=True, validate=validate.Length(1, 1000))
    marking = fields.Enum(Marking, by_value=True, load_default=None, allow_none=True)


class RejectReply(Strict):
    """A record that was not stored: its index in the batch, and why."""

    index = fields.Integer(required=True)
    external_id = fields.String(allow_none=True)
    reason = fields.String(required=True)


class RecordsReply(Strict):
    """What became of a batch."""

    stored = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    rejected = fields.List(fields.Nested(RejectReply), required=True)


class RecordReply(Schema):
    """A record of a lead. Contact values in its text are masked."""

    source = fields.String(required=True)
    external_id = fields.String(required=True)
    observed_at = fields.AwareDateTime(required=True)
    marking = fields.String(required=True)
    title = fields.String(allow_none=True)
    body = fields.String(allow_none=True)
    place = fields.String(allow_none=True)
    selectors = fields.List(fields.Dict())
    signals = fields.List(fields.Dict())


class RecordPageReply(Schema):
    """A page of records."""

    items = fields.List(fields.Nested(RecordReply), required=True)
    next = fields.String(allow_none=True, required=True)


class CaseBody(Strict):
    """Which lead to open."""

    lead_id = fields.UUID(required=True)


class CaseChange(Strict):
    """What to change of a case; what is left out stays."""

    assignee_id = fields.UUID(allow_none=True)
    status = fields.Enum(CaseStatus, by_value=True)


class CasesQuery(PageQuery):
    """The case list's filter."""

    status = fields.Enum(CaseStatus, by_value=True, load_default=None)


class CaseReply(Schema):
    """A case."""

    id = fields.UUID(required=True)
    lead_id = fields.UUID(required=True)
    title = fields.String(required=True)
    status = fields.String(required=True)
    marking = fields.String(required=True)
    assignee_id = fields.UUID(allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)


class CasesReply(Schema):
    """A page of cases."""

    items = fields.List(fields.Nested(CaseReply), required=True)
    next = fields.String(allow_none=True, required=True)


class NoteBody(Strict):
    """A note."""

    body = fields.String(required=True, validate=[validate.Length(1, 10_000), _storable])


class NoteReply(Schema):
    """A note as it was written."""

    id = fields.UUID(required=True)
    author = fields.String(attribute="author_name", required=True)
    body = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)


class NotesReply(Schema):
    """All notes of a case, the oldest first."""

    items = fields.List(fields.Nested(NoteReply), required=True)


class ShareBody(Strict):
    """With whom, what for and until when to share a case."""

    recipient = fields.String(required=True, validate=[validate.Length(1, 60), _storable])
    marking = fields.Enum(Marking, by_value=True, required=True)
    purpose = fields.String(required=True, validate=[validate.Length(5, 500), _storable])
    basis = fields.Enum(Basis, by_value=True, required=True)
    expires_on = fields.Date(required=True)
    include_notes = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    include_contacts = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    records = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 500))


class ShareReply(Schema):
    """A share without its document."""

    id = fields.UUID(required=True)
    sender = fields.String(required=True)
    recipient = fields.String(required=True)
    title = fields.String(required=True)
    marking = fields.String(required=True)
    purpose = fields.String(required=True)
    basis = fields.String(required=True)
    digest = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(allow_none=True)
    revoked_at = fields.AwareDateTime(allow_none=True)
    withdrawn_records = fields.Integer(
        required=True,
        metadata={"description": "Records that were withdrawn since, and are in the document no more."},
    )
    changed_at = fields.AwareDateTime(allow_none=True)


class SharesReply(Schema):
    """A page of shares."""

    items = fields.List(fields.Nested(ShareReply), required=True)
    next = fields.String(allow_none=True, required=True)


class SharedCaseReply(ShareReply):
    """A share with its document: exactly what the recipient sees."""

    document = fields.Dict(required=True)


class ReacherReply(Schema):
    """Somebody who can reach a thing or cannot, and why."""

    who = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    may_read = fields.Boolean(required=True)
    what = fields.String(required=True)
    why = fields.String(required=True)


class ExplainedReply(Schema):
    """A thing and everybody who can reach it; whoever is not named reaches nothing of it."""

    kind = fields.String(required=True)
    id = fields.UUID(required=True)
    title = fields.String(required=True, allow_none=True)
    owner = fields.String(required=True)
    people = fields.List(fields.Nested(ReacherReply), required=True)
    members = fields.List(fields.Nested(ReacherReply), required=True)
    platform = fields.List(fields.Nested(ReacherReply), required=True)


class AmountReply(Schema):
    """How many rows of a kind a person can read, and why, or why none."""

    what = fields.String(required=True)
    number = fields.Integer(required=True)
    may_read = fields.Boolean(required=True)
    why = fields.String(required=True)


class PersonReachReply(Schema):
    """What a person of the organisation can reach in it."""

    id = fields.UUID(required=True, attribute="person.id")
    name = fields.String(required=True, attribute="person.name")
    roles = fields.List(fields.String(), required=True, attribute="person.roles")
    permissions = fields.List(fields.String(), required=True)
    amounts = fields.List(fields.Nested(AmountReply), required=True)


class OrganisationReply(Schema):
    """A member that a case can be shared with."""

    slug = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)


class OrganisationsReply(Schema):
    """The other members."""

    items = fields.List(fields.Nested(OrganisationReply), required=True)


Values = dict[str, Any]
