"""A remote detector in one file, the other side of the plugin `remote`: Flask and standardwebhooks alone.

    ACCORD_SECRET=whsec_... flask --app remote_detector run --port 8443 --cert adhoc

It finds the word "papers". Put it behind a server with a certificate that browsers trust.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, request
from standardwebhooks import Webhook, WebhookVerificationError


def look_at(record: dict[str, Any], ref: int) -> dict[str, Any]:
    """What we find in one record: put your detector here."""
    body = record.get("body") or ""
    start = body.find("papers")
    if start < 0:
        return {"type": "found", "ref": ref, "findings": []}
    signal = {
        "type": "signal",
        "kind": "papers_held",
        "sign": 1,
        "strength": 0.5,
        "source": "our own experience",
        "field": "body",
        "start": start,
        "end": start + len("papers"),
    }
    return {"type": "found", "ref": ref, "findings": [signal]}


def create_app(secret: str | None = None) -> Flask:
    """The detector as a web application."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    signing = Webhook(secret or os.environ["ACCORD_SECRET"])

    @app.post("/accord")
    def detect() -> Response:
        try:
            asked = signing.verify(request.get_data(), dict(request.headers))
        except WebhookVerificationError:
            return Response("not signed by Accord", 401)
        items = [look_at(record, ref) for ref, record in enumerate(asked["records"])]
        body = json.dumps({"items": items})
        name, now = request.headers["webhook-id"], datetime.now(UTC)
        headers = {
            # The answer names the request that it answers, and is signed like it.
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signing.sign(name, now, body),
        }
        return Response(body, 200, headers, content_type="application/json")

    return app
