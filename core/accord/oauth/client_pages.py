"""An organisation's programs: the pages of its admins, and the platform admin's one of exceptions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.oauth.client_presentation import (
    ClientForm,
    ClientPage,
    ClientRow,
    ClientsPage,
    ExceptionRow,
    ExceptionsPage,
    GrantRow,
    ScopeChoice,
)
from accord.oauth.exchange import application
from accord.web.fields import asks, takes, text
from accord.web.presentation import Option
from accord.web.request import principal
from accord.web.signing import fresh_session
from accord_auth.clients import service
from accord_auth.clients.drafts import LONGEST_ADDRESS, LONGEST_KEYS, LONGEST_NAME, ClientKind, Draft, kind_of
from accord_auth.errors import Invalid
from accord_auth.oauth.models import AuthMethod, OAuthClient
from accord_auth.oauth.scopes import SCOPES, in_words
from accord_auth.permissions import Permission
from accord_config.database import NOBODY

blueprint = Blueprint("clients", __name__, template_folder="templates")
LONGEST_LIST = 6_000
KINDS = {
    ClientKind.SERVICE: "Service: runs by itself for the organisation",
    ClientKind.WEB: "Web application with a server, for people",
    ClientKind.NATIVE: "On people’s own machines",  # noqa: RUF001 - a true apostrophe for the page
}
PROVES = {
    AuthMethod.NONE: "nothing (PKCE or a code)",
    AuthMethod.PRIVATE_KEY_JWT: "its keys",
    AuthMethod.SHARED_SECRET: "a shared secret",
}


def _field(scope: str) -> str:
    return "scope_" + scope.replace(":", "_")


_FORM = {
    "name": text(LONGEST_NAME, required=True),
    "kind": text(20, required=True),
    "redirect_uris": text(LONGEST_LIST),
    "keys": text(LONGEST_KEYS),
    "keys_address": text(LONGEST_ADDRESS),
    "networks": text(LONGEST_LIST),
    "pushed": text(1),
    "shared_secret": text(1),
    **{_field(scope): text(1) for scope in SCOPES},
}


@blueprint.get("/clients")
@asks()
def client_list() -> str:
    """The organisation's programs."""
    who = principal()
    with application().gate.transaction(NOBODY) as session:
        rows = tuple(
            ClientRow(
                url_for("clients.client", client_id=found.id),
                found.name,
                kind_of(found).value,
                PROVES[AuthMethod(found.auth_method)],
                found.last_used_at,
            )
            for found in service.clients_of(session, who)
        )
    may = Permission.CLIENTS_WRITE in who.permissions
    return render_template(
        "oauth/clients.html", page=ClientsPage(rows, url_for("clients.form") if may else None)
    )


@blueprint.get("/clients/new")
@asks()
def form() -> str:
    """The form for another one."""
    principal().require(Permission.CLIENTS_WRITE)
    fresh_session()
    return _form({})


@blueprint.post("/clients/new")
@takes(**_FORM)
def register() -> ResponseReturnValue:
    """Register it."""
    principal().require(Permission.CLIENTS_WRITE)
    who = fresh_session().principal
    try:
        with application().gate.transaction(NOBODY) as session:
            made = service.register(session, who, _draft())
    except Invalid as error:
        return _form(error.by_field), 422
    flash(f"{made.name} is registered. Its identifier is {made.client_id}.", "success")
    return redirect(url_for("clients.client", client_id=made.id), 303)


@blueprint.get("/clients/<uuid:client_id>")
@asks()
def client(client_id: UUID) -> str:
    """One program: what it may do, when it was used, what it holds."""
    return _page(client_id)


@blueprint.post("/clients/<uuid:client_id>/remove")
@takes()
def remove(client_id: UUID) -> ResponseReturnValue:
    """Remove it with all of its tokens."""
    principal().require(Permission.CLIENTS_WRITE)
    who = fresh_session().principal
    with application().gate.transaction(NOBODY) as session:
        service.remove(session, who, client_id)
    flash("The program is removed, and its tokens have ended.", "success")
    return redirect(url_for("clients.client_list"), 303)


@blueprint.post("/clients/<uuid:client_id>/secret")
@takes()
def new_secret(client_id: UUID) -> str:
    """Make a shared secret and show it, this once."""
    principal().require(Permission.CLIENTS_WRITE)
    who = fresh_session().principal
    with application().gate.transaction(NOBODY) as session:
        secret, _ = service.new_secret(session, who, client_id)
    return _page(client_id, secret)


@blueprint.post("/clients/<uuid:client_id>/grants/<uuid:grant_id>/end")
@takes()
def end_grant(client_id: UUID, grant_id: UUID) -> ResponseReturnValue:
    """End one of the things that it holds."""
    with application().gate.transaction(NOBODY) as session:
        service.end_one(session, principal(), client_id, grant_id)
    flash("It has ended, with all of its tokens.", "success")
    return redirect(url_for("clients.client", client_id=client_id), 303)


@blueprint.get("/client-exceptions")
@asks()
def exceptions() -> str:
    """Programs of all members that ask for a shared secret."""
    with application().gate.transaction(NOBODY) as session:
        rows = tuple(
            ExceptionRow(
                one.client.name,
                one.organisation.name,
                one.client.secret_until,
                one.client.secret_reason or "",
                url_for("clients.exempt", client_id=one.client.id),
                number,
            )
            for number, one in enumerate(service.exemptible(session, principal()), start=1)
        )
    return render_template("oauth/exceptions.html", page=ExceptionsPage(rows, service.LONGEST_REASON))


@blueprint.post("/client-exceptions/<uuid:client_id>")
@takes(until=text(10, required=True), reason=text(service.LONGEST_REASON, required=True))
def exempt(client_id: UUID) -> ResponseReturnValue:
    """Allow one a shared secret until the end of a day; a day that is over takes it away."""
    principal().require(Permission.CLIENTS_EXEMPT)
    who = fresh_session().principal
    try:
        day = datetime.strptime(request.form["until"], "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise Invalid("some fields cannot be used", {"until": ["a day, as 2026-12-31"]}) from error
    until = datetime.combine(day, time(23, 59, 59), UTC)
    with application().gate.transaction(NOBODY) as session:
        service.exempt(session, who, client_id, until=until, reason=request.form["reason"])
    flash("Noted. The organisation can make a secret now.", "success")
    return redirect(url_for("clients.exceptions"), 303)


def _draft() -> Draft:
    sent = request.form
    kinds = {kind.value: kind for kind in ClientKind}
    if sent["kind"] not in kinds:
        raise Invalid("some fields cannot be used", {"kind": ["choose one of the kinds"]})
    return Draft(
        name=sent["name"],
        kind=kinds[sent["kind"]],
        scopes=tuple(scope for scope in SCOPES if sent.get(_field(scope))),
        redirect_uris=_lines("redirect_uris"),
        jwks=_keys(sent.get("keys", "").strip()),
        jwks_uri=sent.get("keys_address", "").strip() or None,
        networks=_lines("networks"),
        require_par=bool(sent.get("pushed")),
        shared_secret=bool(sent.get("shared_secret")),
    )


def _lines(name: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in request.form.get(name, "").splitlines() if line.strip())


def _keys(given: str) -> dict[str, Any] | None:
    if not given:
        return None
    try:
        found = json.loads(given)
    except (ValueError, RecursionError) as error:
        raise Invalid("some fields cannot be used", {"jwks": ["this is no JSON"]}) from error
    if not isinstance(found, dict):
        raise Invalid("some fields cannot be used", {"jwks": ['paste a JWK set: {"keys": [...]}']})
    return found


def _form(errors: dict[str, str]) -> str:
    sent = request.form
    known = (*ClientKind,)
    page = ClientForm(
        action_url=url_for("clients.register"),
        back_url=url_for("clients.client_list"),
        kinds=tuple(Option(kind.value, KINDS[kind], selected=sent.get("kind") == kind) for kind in known),
        scopes=tuple(
            ScopeChoice(_field(scope), scope, ", ".join(in_words([scope])), bool(sent.get(_field(scope))))
            for scope in SCOPES
        ),
        values=dict(sent.items()),
        errors=errors,
    )
    return render_template("oauth/client_form.html", page=page)


def _page(client_id: UUID, secret: str = "") -> str:
    who = principal()
    may = Permission.CLIENTS_WRITE in who.permissions
    with application().gate.transaction(NOBODY) as session:
        found = service.find_client(session, who, client_id)
        held = service.grants_of(session, who, client_id)
    grants = tuple(
        GrantRow(
            one.person.name if one.person else "its own right",
            ", ".join(one.grant.scope),
            one.grant.created_at,
            url_for("clients.end_grant", client_id=client_id, grant_id=one.grant.id) if may else None,
        )
        for one in held
    )
    return render_template("oauth/client.html", page=_described(found, grants, may, secret))


def _described(found: OAuthClient, grants: tuple[GrantRow, ...], may: bool, secret: str) -> ClientPage:
    by_secret = found.auth_method == AuthMethod.SHARED_SECRET
    return ClientPage(
        name=found.name,
        client_id=found.client_id,
        kind=KINDS[kind_of(found)],
        proves=PROVES[AuthMethod(found.auth_method)],
        allows=tuple(in_words(found.scopes)),
        redirect_uris=tuple(found.redirect_uris),
        networks=tuple(found.networks),
        pushed=found.require_par,
        created_at=found.created_at,
        last_used_at=found.last_used_at,
        last_used_from=found.last_used_from,
        secret_until=found.secret_until if by_secret else None,
        grants=grants,
        back_url=url_for("clients.client_list"),
        remove_url=url_for("clients.remove", client_id=found.id) if may else None,
        secret_url=url_for("clients.new_secret", client_id=found.id) if may and by_secret else None,
        secret=secret,
    )
