"""Bundles: one organisation's own entries with the proofs that they are in the log, to check anywhere.

A bundle is one JSON object, written piece by piece:

    format        "accord-audit-bundle/1"
    organisation  {"id": UUID or null for the platform, "slug": ..., "name": ...}
    head          the signed checkpoint that everything is proved against
    public_key    the key that signed it, as the log says; compare it with what you were given
    consistency   [{"size": N, "path": [hex, ...]}]: that the log of N entries is its beginning
    entries       [{"entry": {...}, "path": [hex, ...]}], by number; `accord_auth.audit.document`
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from accord_auth.audit.document import BUNDLE_FORMAT
from accord_auth.audit.merkle import consistency_path, inclusion_path
from accord_auth.audit.models import AuditHead
from accord_auth.audit.tree import ENTRY_COLUMNS, StoredHashes, document_of, last_head
from accord_auth.errors import Invalid, NotFound
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

ROWS = 500

Begin = Callable[[], AbstractContextManager[Session]]
"""Begins a transaction in the organisation's scope; a long bundle is read in several."""

_OWN = text(
    f"""
    SELECT s.sequence, s.number, s.salt, {ENTRY_COLUMNS}
    FROM audit_seals AS s JOIN audit_entries AS e ON e.id = s.entry_id
    WHERE s.organisation_id IS NOT DISTINCT FROM CAST(:organisation AS uuid)
      AND s.number >= :number AND s.sequence < :size
    ORDER BY s.number LIMIT :limit
    """  # noqa: S608 - the columns are a constant
)


def bundle_head(session: Session, principal: Principal, earlier: int | None = None) -> AuditHead:
    """The checkpoint that a bundle of the principal's organisation would be proved against.

    :raises PermissionDenied: without `audit:read`.
    :raises NotFound: while nothing is sealed.
    :raises Invalid: when `earlier` is no size that the log had.
    """
    principal.require(Permission.AUDIT_READ)
    head = last_head(session)
    if head is None:
        raise NotFound("nothing is sealed yet: `accord audit seal`, or wait for the worker")
    if earlier is not None and not 1 <= earlier <= head.size:
        why = f"the log has {head.size} entries, an earlier checkpoint has from 1 to as many"
        raise Invalid(why, {"earlier": [why]})
    return head


def write_bundle(
    begin: Begin, principal: Principal, head: AuditHead, *, earlier: int | None = None, since: int = 0
) -> Iterator[str]:
    """The pieces of the bundle of the principal's organisation: its entries from number `since` on."""
    with begin() as session:
        proofs = []
        if earlier is not None:
            path = consistency_path(StoredHashes(session), earlier, head.size)
            proofs.append({"size": earlier, "path": _hex(path)})
    organisation_id = principal.organisation_id
    first = {
        "format": BUNDLE_FORMAT,
        "organisation": {
            "id": str(organisation_id) if organisation_id else None,
            "slug": principal.organisation_slug,
            "name": principal.organisation_name,
        },
        "head": head.note,
        "public_key": head.public_key,
        "consistency": proofs,
    }
    yield json.dumps(first, ensure_ascii=False)[:-1] + ', "entries": ['
    separator, number = "\n", since
    while True:
        with begin() as session:
            lines = list(_entries(session, organisation_id, number, head.size))
        for line in lines:
            yield separator + line
            separator = ",\n"
        number += len(lines)
        if len(lines) < ROWS:
            break
    yield "\n]}\n"


def _entries(session: Session, organisation_id: UUID | None, number: int, size: int) -> Iterator[str]:
    hashes = StoredHashes(session)
    wanted = {"organisation": organisation_id, "number": number, "size": size, "limit": ROWS}
    for row in session.execute(_OWN, wanted).mappings().all():
        entry = document_of(row, sequence=row["sequence"], number=row["number"], salt=row["salt"])
        path = inclusion_path(hashes, row["sequence"], size)
        yield json.dumps({"entry": entry, "path": _hex(path)}, ensure_ascii=False)


def _hex(path: list[bytes]) -> list[str]:
    return [found.hex() for found in path]
