"""The REST API, version 1, on flask-smorest; errors are problem details (RFC 9457)."""

from __future__ import annotations

from typing import Any

from flask import Flask, request
from flask_smorest import Api

from accord.api import (
    access,
    applications,
    audit,
    cases,
    clients,
    emergencies,
    factors,
    invitations,
    judgements,
    leads,
    minors,
    organisations,
    people,
    plugin_decisions,
    plugin_health,
    plugin_installed,
    plugin_network,
    plugin_use,
    plugin_versions,
    priorities,
    provisioning,
    records,
    reviews,
    sessions,
    shares,
    signals,
    sources,
    sso,
    verdicts,
)
from accord.api.problem import PROBLEM_SCHEMA, register_problems
from accord.web.request import principal

PREFIX = "/api/v1"
OPEN = (sessions.blueprint, applications.blueprint)
"""Their calls may come from somebody who has no credential yet."""
OPEN_CALLS = {"api_invitations.accept_it"}
"""The invitation is the credential."""


def register(app: Flask) -> None:
    """Add the API and its OpenAPI document at /api/openapi.json."""
    app.config.update(
        API_TITLE="Accord",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS=_SPEC,
    )
    api = _Api(app)
    register_problems(api.spec)
    members_only = set()
    for blueprint in (
        sessions.blueprint,
        records.blueprint,
        leads.blueprint,
        judgements.blueprint,
        verdicts.blueprint,
        priorities.blueprint,
        minors.blueprint,
        cases.blueprint,
        clients.blueprint,
        provisioning.blueprint,
        sso.blueprint,
        shares.blueprint,
        access.blueprint,
        people.blueprint,
        factors.blueprint,
        invitations.blueprint,
        organisations.blueprint,
        applications.blueprint,
        reviews.blueprint,
        signals.blueprint,
        plugin_health.blueprint,
        plugin_use.blueprint,
        plugin_installed.blueprint,
        plugin_network.blueprint,
        plugin_versions.blueprint,
        plugin_decisions.blueprint,
        emergencies.blueprint,
        audit.blueprint,
        sources.blueprint,
    ):
        api.register_blueprint(blueprint, url_prefix=PREFIX)
        if blueprint not in OPEN:
            members_only.add(blueprint.name)

    @app.before_request
    def ask_who() -> None:
        # Before the body is looked at: what is wrong with it is nothing to a stranger.
        if request.blueprint in members_only and request.endpoint not in OPEN_CALLS:
            principal()


_SPEC: dict[str, Any] = {
    "info": {
        "description": (
            "Everything that the pages do, for programs. What you may not see answers like what is not there."
        )
    },
    "components": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "schemas": {"Problem": PROBLEM_SCHEMA},
    },
    "security": [{"bearer": []}],
}


class _Api(Api):  # type: ignore[misc]  # flask-smorest publishes no types
    """flask-smorest without its error handlers and answers: `accord.web.problems` answers every error."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        return
