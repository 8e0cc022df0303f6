"""Uploading records by the API."""

from __future__ import annotations

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import RecordsBody, RecordsReply, Values
from accord.ingestion.service import Reject, ensure_source, store, validate
from accord.markings import Marking
from accord.web.request import principal, unit
from accord_auth.audit.service import AuditTag, record

blueprint = ApiBlueprint("api_records", __name__, description="Records come in.")


@blueprint.post("/records")
@problems(blueprint, 400, 413, 415)
@blueprint.arguments(RecordsBody)
@blueprint.response(200, RecordsReply)
def upload(body: Values) -> Values:
    """Store a batch of records; sending it again changes nothing."""
    source = ensure_source(unit(), principal(), body["source"], marking=body["marking"] or Marking.AMBER)
    checked = [validate(index, line) for index, line in enumerate(body["records"])]
    good = [found for found in checked if not isinstance(found, Reject)]
    outcome = store(unit(), principal(), source, good, marking=body["marking"])
    rejects = [found for found in checked if isinstance(found, Reject)] + outcome.rejects
    record(unit(), principal(), AuditTag.RECORDS_UPLOAD, f"source {source.slug}", {"stored": outcome.stored})
    return {
        "stored": outcome.stored,
        "unchanged": outcome.unchanged,
        "rejected": [
            {"index": reject.position, "external_id": reject.external_id, "reason": reject.reason}
            for reject in sorted(rejects, key=lambda reject: reject.position)
        ],
    }
