"""SCIM's address: `/scim/v2`. The token in the header decides the organisation; nothing else opens it.

Parameters and errors follow RFC 7644, not `accord.web.fields`.
"""

from __future__ import annotations

import json
import logging
import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import Any, cast

from flask import Blueprint, Response, current_app, request
from scim2_models import (
    InvalidSyntaxException,
    PayloadTooLargeException,
    SCIMException,
    UnauthorizedException,
)
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService

from accord.inviting import hand_over
from accord.scim.resources import PROVIDER
from accord.scim.storage import DirectoryStorage
from accord.web.request import AccordFlask
from accord_auth.oauth.secret_values import Prefix
from accord_auth.principal import Principal
from accord_auth.provisioning.placing import Acting
from accord_auth.provisioning.tokens import resolve_token
from accord_auth.throttling.service import Limit, TooManyTries, give_back, network_of, take
from accord_config.database import NOBODY

blueprint = Blueprint("scim", __name__)

BASE = "/scim/v2"
LARGEST_BODY = 1 << 20
LONGEST_TOKEN = 200
MEDIA_TYPE = "application/scim+json"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

STRANGERS = Limit("scim stranger", 60, timedelta(minutes=15))
"""Requests without a token that counts, from one network. A good token gives its try back."""
REQUESTS = Limit("scim organisation", 3_000, timedelta(minutes=5))
"""Requests of one organisation's directory: ten each second, and a full synchronisation at once."""

logger = logging.getLogger(__name__)


class Service(ScimService):
    """The protocol, with what directories expect beyond it."""

    def patch_response(self, base_url: str, resource: Any, response_parameters: Any) -> ScimResponse:
        """The resource as it is now: clients that take an empty answer for it see old data."""
        return self.replacement_response(base_url, resource, response_parameters)


SERVICE = Service(PROVIDER)


@blueprint.route(BASE, methods=METHODS, defaults={"path": ""}, strict_slashes=False)
@blueprint.route(f"{BASE}/<path:path>", methods=METHODS)
def serve(path: str) -> Response:
    """Answer a directory."""
    app = cast("AccordFlask", current_app)
    try:
        who = _directory(app)
        asked = _request(app, path)
        with app.gate.transaction(NOBODY) as session:
            acting = Acting(session, who)
            told = ScimHandler(SERVICE, DirectoryStorage(acting, app.issuer + BASE)).handle(asked)
    except TooManyTries as error:
        return _busy(error)
    except SCIMException as error:
        return _response(SERVICE.error_response(error))
    except RecursionError:
        return _response(SERVICE.error_response(InvalidSyntaxException(detail="this is nested too deep")))
    except Exception:
        reference = secrets.token_hex(6)
        logger.exception("error %s at %s", reference, request.path)
        return _response(SERVICE.error_response(RuntimeError(reference)))
    for invited in acting.invited:
        hand_over(app.gate, app.mailer, app.issuer, invited)
    return _response(told)


def _directory(app: AccordFlask) -> Principal:
    """Whose directory asks."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    stranger = STRANGERS.of(network_of(request.remote_addr))
    take(app.gate, stranger)
    sound = scheme.lower() == "bearer" and token.startswith(Prefix.DIRECTORY_TOKEN)
    if not sound or len(token) > LONGEST_TOKEN:
        raise UnauthorizedException(detail="show a token of your organisation's directory")
    with app.gate.transaction(NOBODY) as session:
        who = resolve_token(session, token, request.remote_addr)
        if who is None:
            raise UnauthorizedException(detail="show a token of your organisation's directory")
        give_back(session, stranger)
    take(app.gate, REQUESTS.of(str(who.organisation)))
    return who


def _request(app: AccordFlask, path: str) -> ScimRequest:
    body = request.stream.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise PayloadTooLargeException(detail=f"{LARGEST_BODY} bytes at most")
    return ScimRequest(
        method="GET" if request.method == "HEAD" else request.method,
        base_url=app.issuer + BASE,
        path=f"/{path}",
        query=request.args.to_dict(),
        headers=list(request.headers.items()),
        body=body,
    )


def _busy(error: TooManyTries) -> Response:
    answer = _error(429, str(error))
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _error(status: int, detail: str) -> Response:
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": str(status),
        "detail": detail,
    }
    return _response(ScimResponse(HTTPStatus(status), body))


def _response(told: ScimResponse) -> Response:
    body = b"" if told.body is None else json.dumps(told.body).encode()
    return Response(body, told.status.value, told.headers)
