"""A request as the OAuth protocol reads it: bytes and headers, and our own address for where it came."""

from __future__ import annotations

from flask import request

from accord_auth.oauth.request import LONGEST_BODY, LONGEST_QUERY, Received


def received(issuer: str, *, query: bytes | None = None, body: bool = False) -> Received:
    """This request; `query` stands for its own one; with `body`, its first bytes, up to one too many."""
    return Received(
        method=request.method,
        uri=issuer + request.path,
        query=request.query_string[: LONGEST_QUERY + 1] if query is None else query,
        body=request.stream.read(LONGEST_BODY + 1) if body else b"",
        headers={name.lower(): value for name, value in request.headers.items()},
        proofs=tuple(request.headers.getlist("DPoP")),
        address=request.remote_addr,
    )
