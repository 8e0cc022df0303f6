"""The audit log's pages: an organisation's own part for its auditors, the platform's for the platform's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for

from accord.auditing.presentation import AuditFilterForm, AuditLogPage, CheckpointView
from accord.auditing.showing import entry_row
from accord.auditing.words import tag_words
from accord.web.fields import LONGEST_CURSOR, asks, text
from accord.web.presentation import Option
from accord.web.request import decode_cursor, encode_cursor, principal, this_app, unit
from accord_auth.audit.bundles import bundle_head, write_bundle
from accord_auth.audit.exports import FORMS, whole_export
from accord_auth.audit.reading import (
    AuditFilter,
    AuditPage,
    SeenEntry,
    begin_export,
    read_page,
)
from accord_auth.audit.service import AuditTag, record
from accord_auth.audit.tree import last_head
from accord_auth.errors import Invalid, NotFound
from accord_auth.people.service import Colleague, people_of
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

blueprint = Blueprint("auditing", __name__, template_folder="templates")

ROWS = 50
LONGEST_SUBJECT = 200
FIELDS = ("person", "tag", "subject", "from", "to")
_FILTER = {name: text(LONGEST_SUBJECT) for name in FIELDS}


@blueprint.get("/audit")
@asks(**_FILTER, cursor=text(LONGEST_CURSOR))
def log() -> str:
    """Who did what to which thing, the newest first."""
    who = principal()
    who.require(Permission.AUDIT_READ)
    narrowed, errors = _narrowed()
    given = decode_cursor(request.args.get("cursor"), tuple[datetime, int, bool])
    page = read_page(
        unit(),
        who,
        narrowed,
        position=given[:2] if given else None,
        backwards=bool(given and given[2]),
        limit=ROWS,
    )
    people = _colleagues(who)
    names = {one.id: one.name for one in people}
    view = AuditLogPage(
        whose=who.organisation_name,
        platform=who.organisation_id is None,
        rows=tuple(entry_row(seen, names) for seen in page.rows),
        filter=_form(narrowed, errors, people, page),
        checkpoint=_checkpoint(),
        jsonl_url=url_for("auditing.export", form="jsonl", **_kept()),
        csv_url=url_for("auditing.export", form="csv", **_kept()),
        prev_url=_page_url(page.rows[0], backwards=True) if page.before and page.rows else None,
        next_url=_page_url(page.rows[-1], backwards=False) if page.after and page.rows else None,
    )
    return render_template("auditing/log.html", page=view)


def _colleagues(who: Principal) -> list[Colleague]:
    return people_of(unit(), who) if who.organisation_id is not None else []


def _narrowed() -> tuple[AuditFilter, dict[str, str]]:
    """The filter of the address. What cannot be read narrows to nothing being left out, and is said."""
    errors: dict[str, str] = {}
    given = {name: request.args.get(name, "").strip() for name in FIELDS}

    def day(name: str) -> date | None:
        try:
            return date.fromisoformat(given[name]) if given[name] else None
        except ValueError:
            errors[name] = "Write the day as 2026-05-01."
            return None

    try:
        person = UUID(given["person"]) if given["person"] else None
    except ValueError:
        person, errors["person"] = None, "Choose a person of the list."
    narrowed = AuditFilter(
        person_id=person,
        tag=given["tag"][:LONGEST_SUBJECT],
        subject=given["subject"][:LONGEST_SUBJECT],
        since=day("from"),
        until=day("to"),
    )
    return narrowed, errors


def _kept() -> dict[str, Any]:
    return {name: value for name in FIELDS if (value := request.args.get(name))}


def _page_url(seen: SeenEntry, *, backwards: bool) -> str:
    cursor = encode_cursor(seen.entry.at, seen.entry.id, backwards)
    return url_for("auditing.log", cursor=cursor, **_kept())


def _form(
    narrowed: AuditFilter, errors: dict[str, str], people: list[Colleague], page: AuditPage
) -> AuditFilterForm:
    names = {one.id: one.name for one in people}
    if narrowed.person_id is not None and narrowed.person_id not in names:
        # Somebody who left: entries know the name.
        seen = next((row.entry.actor for row in page.rows), "")
        names[narrowed.person_id] = seen or "somebody else"
    return AuditFilterForm(
        action_url=url_for("auditing.log"),
        people=tuple(
            Option(str(key), name, selected=key == narrowed.person_id) for key, name in names.items()
        ),
        tags=tuple(Option(tag, tag_words(tag), selected=tag == narrowed.tag) for tag in AuditTag),
        subject=narrowed.subject,
        since=narrowed.since.isoformat() if narrowed.since else request.args.get("from", ""),
        until=narrowed.until.isoformat() if narrowed.until else request.args.get("to", ""),
        used=narrowed != AuditFilter(),
        errors=errors,
    )


def _checkpoint() -> CheckpointView | None:
    head = last_head(unit())
    if head is None:
        return None
    return CheckpointView(
        size=head.size,
        at=head.at,
        root=head.root.hex(),
        public_key=head.public_key,
        note_url=url_for("auditing.checkpoint"),
        bundle_url=url_for("auditing.bundle"),
    )


@blueprint.get("/audit/checkpoint.txt")
@asks()
def checkpoint() -> Response:
    """The latest checkpoint, to keep outside."""
    principal().require(Permission.AUDIT_READ)
    head = last_head(unit())
    if head is None:
        raise NotFound
    return _file(iter([head.note.encode()]), "text/plain; charset=utf-8", f"audit-checkpoint-{head.size}.txt")


@blueprint.get("/audit/export.<any(csv, jsonl):form>")
@asks(**_FILTER)
def export(form: str) -> Response:
    """The entries that the filter leaves, the oldest first."""
    who = principal()
    narrowed, errors = _narrowed()
    if errors:
        raise Invalid("the filter cannot be read", {name: [why] for name, why in errors.items()})
    newest = begin_export(unit(), who, narrowed, form)
    media_type, write = FORMS[form]
    rows = whole_export(partial(this_app().web.transaction, who.scope), who, narrowed, newest)
    return _file(write(rows), media_type, _name("audit", who, form))


@blueprint.get("/audit/bundle.json")
@asks(earlier=text(20))
def bundle() -> Response:
    """The organisation's entries and the proofs that they are in the log; `earlier`: a checkpoint's size."""
    who = principal()
    wanted = request.args.get("earlier", "")
    if wanted and not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 19):
        raise Invalid("`earlier` is a number of entries", {"earlier": ["not a number"]})
    earlier = int(wanted) if wanted else None
    head = bundle_head(unit(), who, earlier)
    record(unit(), who, AuditTag.AUDIT_EXPORT, "audit log", {"format": "bundle"})
    begin = partial(this_app().web.transaction, who.scope)
    pieces = (piece.encode() for piece in write_bundle(begin, who, head, earlier=earlier))
    return _file(pieces, "application/json", _name("audit-bundle", who, "json"))


def _name(what: str, who: Principal, suffix: str) -> str:
    return f"{what}-{who.organisation_slug}-{datetime.now(UTC):%Y%m%d-%H%M%S}.{suffix}"


def _file(pieces: Iterator[bytes], media_type: str, name: str) -> Response:
    response = Response(pieces, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
