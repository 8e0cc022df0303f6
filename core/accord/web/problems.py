"""Errors as answers: a page for people, problem details (RFC 9457) for programs."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from flask import Flask, Response, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException, InternalServerError

from accord.web.presentation import problem
from accord.web.request import FactorAsked, wants_fragment
from accord_auth.errors import (
    AccordError,
    Conflict,
    InsufficientScope,
    Invalid,
    NotFound,
    NotSignedIn,
    PermissionDenied,
    SignInFailed,
)
from accord_auth.factors.service import SecondFactorNeeded
from accord_auth.invitations.accepting import InvitationOver
from accord_auth.oauth.addresses import PATHS
from accord_auth.sessions.freshness import FRESH, ProofNeeded
from accord_auth.sso.failure import SsoFailed
from accord_auth.throttling.service import TooManyTries

STATUS: dict[type[AccordError], int] = {
    Conflict: 409,
    Invalid: 422,
    InvitationOver: 404,
    NotFound: 404,
    NotSignedIn: 401,
    PermissionDenied: 403,
    ProofNeeded: 401,
    SecondFactorNeeded: 401,
    SignInFailed: 401,
    SsoFailed: 400,
    TooManyTries: 429,
}
API = "/api/"
PROTOCOL = frozenset(PATHS.values()) - {PATHS["authorization"], PATHS["device_page"]}
"""Where OAuth clients call."""
SCIM = "/scim/"
SIGN_IN = "/sign-in"
CONFIRM = "/confirm"
FACTORS = "/account/factors"
LONGEST_NAME = 100
"""Characters of a field's name that an error page repeats: anybody can make names up."""

logger = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Answer every error of this application."""
    app.register_error_handler(AccordError, _domain)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(ValidationError, _validation)
    app.register_error_handler(Exception, _unexpected)


def _domain(error: AccordError) -> ResponseReturnValue:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    if isinstance(error, FactorAsked) and not _program():
        return _lead_to(FACTORS)
    if isinstance(error, NotSignedIn) and not _program():
        return redirect(f"{SIGN_IN}?next={quote(_here())}", code=303)
    if isinstance(error, ProofNeeded) and not _program():
        return _ask_for_proof()
    fields = error.fields if isinstance(error, Invalid) else None
    # What somebody may not see reads like what is not there, in every word.
    detail = str(NotFound()) if isinstance(error, NotFound) else str(error)
    answer = _answer(status, detail, fields)
    if isinstance(error, InsufficientScope):
        answer.headers["WWW-Authenticate"] = (
            f'Bearer realm="accord", error="insufficient_scope", scope="{error.scope}"'
        )
    if isinstance(error, ProofNeeded):
        # RFC 9470: a program learns that the same token will do after a new proof.
        answer.headers["WWW-Authenticate"] = (
            'Bearer realm="accord", error="insufficient_user_authentication",'
            f' error_description="prove again who you are", max_age={int(FRESH.total_seconds())}'
        )
    if isinstance(error, TooManyTries):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _ask_for_proof() -> ResponseReturnValue:
    """Lead to the form that asks for a proof, and from there back to the page with the dangerous act."""
    return _lead_to(f"{CONFIRM}?next={quote(_came_from())}")


def _lead_to(address: str) -> ResponseReturnValue:
    if wants_fragment():
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, code=303)


def _came_from() -> str:
    """This page; for a form that was sent, the page with the form (browsers name it, see `web.security`)."""
    if request.method == "GET":
        return _here()
    page = urlsplit(request.headers.get("Referer", ""))
    return urlunsplit(("", "", page.path, page.query, "")) if page.netloc == request.host else "/"


def _http(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, InternalServerError) and error.original_exception is not None:
        return _unexpected(error.original_exception)
    response = error.get_response()
    if response.status_code < 400:
        return Response(response.get_data(), response.status_code, dict(response.headers))
    messages = getattr(error, "data", {}).get("messages") if hasattr(error, "data") else None
    answer = _answer(error.code or 500, error.description or "", messages)
    for name in ("Allow", "Retry-After"):
        if name in response.headers:
            answer.headers[name] = response.headers[name]
    return answer


def _validation(error: ValidationError) -> ResponseReturnValue:
    messages = error.normalized_messages()  # type: ignore[no-untyped-call]  # marshmallow leaves it untyped
    return _answer(422, "some fields cannot be used", messages)


def _unexpected(error: BaseException) -> ResponseReturnValue:
    reference = secrets.token_hex(6)
    logger.error("error %s at %s %s", reference, request.method, request.path, exc_info=error)
    return _answer(
        500, "Something went wrong on our side; the reference finds it in the log.", None, reference
    )


def _answer(status: int, detail: str, fields: Any, reference: str | None = None) -> Response:
    reference = reference or secrets.token_hex(6)
    if request.path in PROTOCOL:
        return _standard(status, detail)
    if request.path.startswith(SCIM):
        return _scim(status, detail)
    if _program():
        return _details(status, detail, fields, reference)
    words = _words(fields)
    if wants_fragment():
        lines = [detail, *(f"{name}: {why}" for name, why in words.items())]
        return Response("\n".join(lines), status, mimetype="text/plain")
    page = render_template("errors/problem.html", problem=problem(status, reference, fields=words))
    return Response(page, status, mimetype="text/html")


def _standard(status: int, detail: str) -> Response:
    """An error of the OAuth protocol before its own code saw the request (RFC 6749, 5.2)."""
    plain = "".join(
        letter for letter in detail if letter.isascii() and letter.isprintable() and letter != '"'
    )
    response = jsonify(error="server_error" if status >= 500 else "invalid_request", error_description=plain)
    response.status_code = status
    return response


def _scim(status: int, detail: str) -> Response:
    """An error of SCIM before its own code saw the request (RFC 7644, 3.12)."""
    schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"]
    response = jsonify(schemas=schemas, status=str(status), detail=detail)
    response.status_code, response.mimetype = status, "application/scim+json"
    return response


def _words(fields: Any) -> dict[str, str]:
    """What is wrong by field, each in one line; a nested field's name is its path."""
    if not isinstance(fields, dict):
        return {}
    words: dict[str, str] = {}
    for name, why in fields.items():
        if isinstance(why, dict):
            words |= {f"{name}.{inner}": line for inner, line in _words(why).items()}
        else:
            words[str(name)[:LONGEST_NAME]] = " ".join(map(str, why)) if isinstance(why, list) else str(why)
    return words


def _details(status: int, detail: str, fields: Any, reference: str) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if status >= 500:
        body["instance"] = f"urn:accord:error:{reference}"
    if fields:
        body["errors"] = fields
    response = jsonify(body)
    response.status_code = status
    response.mimetype = "application/problem+json"
    if status == 401:
        refusal = g.get("refusal")
        response.headers["WWW-Authenticate"] = (refusal and refusal.challenge) or 'Bearer realm="accord"'
        if refusal and refusal.nonce:
            response.headers["DPoP-Nonce"] = refusal.nonce
    return response


def _program() -> bool:
    return request.path.startswith(API)


def _here() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else "/"
