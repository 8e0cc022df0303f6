"""The audit log by the API: an organisation's own part, or the platform's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from flask import Response
from marshmallow import Schema, fields, validate

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import PageQuery, Strict, Values
from accord.web.fields import storable
from accord.web.request import decode_cursor, encode_cursor, principal, this_app, unit
from accord_auth.audit.bundles import bundle_head, write_bundle
from accord_auth.audit.exports import FORMS, values, whole_export
from accord_auth.audit.reading import AuditFilter, begin_export, read_page
from accord_auth.audit.service import AuditTag, record
from accord_auth.audit.tree import last_head
from accord_auth.errors import NotFound
from accord_auth.permissions import Permission

blueprint = ApiBlueprint("api_audit", __name__, description="The audit log: who did what, when and why.")

LONGEST_SUBJECT = 200
LARGEST_LOG = 2**53 - 1
A_LINE = {"type": "string"}


class Narrowing(Strict):
    """Which entries: all where nothing is named. Days are whole days in UTC, both included."""

    person_id = fields.UUID(load_default=None)
    tag = fields.Enum(AuditTag, by_value=True, load_default=None)
    subject = fields.String(load_default="", validate=[validate.Length(0, LONGEST_SUBJECT), storable])
    since = fields.Date(load_default=None)
    until = fields.Date(load_default=None)


class EntriesQuery(Narrowing, PageQuery):
    """A page of the entries that the filter leaves."""


class ExportQuery(Narrowing):
    """What to export, and as what."""

    format = fields.String(load_default="jsonl", validate=validate.OneOf(sorted(FORMS)))


class BundleQuery(Strict):
    """`earlier`: the size of a checkpoint of before, which the bundle proves to be a beginning of the log."""

    earlier = fields.Integer(load_default=None, validate=validate.Range(1, LARGEST_LOG))


class EntryReply(Schema):
    """Who did what to which thing, when, from where and why; `sequence` is null until it is sealed."""

    id = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    person_id = fields.UUID(allow_none=True, required=True)
    actor = fields.String(required=True)
    tag = fields.String(required=True)
    subject = fields.String(required=True)
    why = fields.String(allow_none=True, required=True)
    detail = fields.Dict(required=True)
    before = fields.Dict(allow_none=True, required=True)
    after = fields.Dict(allow_none=True, required=True)
    address = fields.String(allow_none=True, required=True)
    user_agent = fields.String(allow_none=True, required=True)
    sequence = fields.Integer(allow_none=True, required=True)


class EntriesReply(Schema):
    """A page of entries, the newest first; `next` is null on the last one."""

    items = fields.List(fields.Nested(EntryReply), required=True)
    next = fields.String(allow_none=True, required=True)


class CheckpointReply(Schema):
    """The latest signed head of the whole log (`note`), to keep outside of Accord."""

    size = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    root = fields.String(required=True)
    public_key = fields.String(required=True)
    note = fields.String(required=True)


@blueprint.get("/audit")
@problems(blueprint)
@blueprint.arguments(EntriesQuery, location="query")
@blueprint.response(200, EntriesReply)
def entries(query: Values) -> Values:
    """What was done, the newest first. Reading the log is an entry, too: one an hour."""
    principal().require(Permission.AUDIT_READ)
    after = decode_cursor(query["cursor"], tuple[datetime, int])
    page = read_page(unit(), principal(), _filter(query), position=after, limit=query["limit"])
    last = page.rows[-1].entry if page.rows and page.after else None
    return {
        "items": [values(seen) for seen in page.rows],
        "next": encode_cursor(last.at, last.id) if last else None,
    }


@blueprint.get("/audit/export")
@problems(blueprint)
@blueprint.arguments(ExportQuery, location="query")
@blueprint.response(200, A_LINE, content_type="application/jsonl")
@blueprint.alt_response(200, schema=A_LINE, content_type="text/csv", success=True)
def export(query: Values) -> Response:
    """All entries that the filter leaves, the oldest first, as JSON lines or CSV."""
    who, narrowed = principal(), _filter(query)
    newest = begin_export(unit(), who, narrowed, query["format"])
    media_type, write = FORMS[query["format"]]
    rows = whole_export(partial(this_app().web.transaction, who.scope), who, narrowed, newest)
    return Response(write(rows), content_type=media_type)


@blueprint.get("/audit/checkpoint")
@problems(blueprint, 404)
@blueprint.response(200, CheckpointReply)
def checkpoint() -> Values:
    """The latest signed head of the log."""
    principal().require(Permission.AUDIT_READ)
    head = last_head(unit())
    if head is None:
        raise NotFound("nothing is sealed yet")
    return {
        "size": head.size,
        "at": head.at,
        "root": head.root.hex(),
        "public_key": head.public_key,
        "note": head.note,
    }


@blueprint.get("/audit/bundle")
@problems(blueprint, 404)
@blueprint.arguments(BundleQuery, location="query")
@blueprint.response(200, {"type": "object"})
def bundle(query: Values) -> Response:
    """The own entries with the proofs that they are in the log; `accord audit check` checks it anywhere."""
    who = principal()
    head = bundle_head(unit(), who, query["earlier"])
    record(unit(), who, AuditTag.AUDIT_EXPORT, "audit log", {"format": "bundle"})
    pieces = write_bundle(partial(this_app().web.transaction, who.scope), who, head, earlier=query["earlier"])
    return Response(_encoded(pieces), content_type="application/json")


def _encoded(pieces: Iterator[str]) -> Iterator[bytes]:
    return (piece.encode() for piece in pieces)


def _filter(query: Values) -> AuditFilter:
    return AuditFilter(
        person_id=query["person_id"],
        tag=query["tag"] or "",
        subject=query["subject"],
        since=query["since"],
        until=query["until"],
    )
