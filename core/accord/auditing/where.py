"""From where a request comes, for the audit log's entries."""

from __future__ import annotations

from flask import Flask, request

from accord_auth.audit.service import NOWHERE, Where, act_from


def register(app: Flask) -> None:
    """Have each request's entries say its client's address and program, and nothing after it."""

    @app.before_request
    def begin() -> None:
        act_from(Where(request.remote_addr, request.user_agent.string or None))

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        # Threads serve one request after another; a job or a thread's next work comes from elsewhere.
        act_from(NOWHERE)
