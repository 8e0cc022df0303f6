"""The page of an organisation's directory: its tokens, what its groups give, when it was last heard of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from accord.inviting import hand_over
from accord.scim.endpoint import BASE
from accord.scim.presentation import DirectoryPage, MappingRow, TokenRow
from accord.web.fields import asks, takes, text
from accord.web.presentation import Option
from accord.web.request import principal, this_app
from accord.web.signing import fresh_with
from accord_auth.errors import Conflict, Invalid
from accord_auth.permissions import ROLE_NAMES, Permission, Role
from accord_auth.principal import Principal
from accord_auth.provisioning import configuring, tokens
from accord_auth.provisioning.configuring import Mapped, may_map
from accord_auth.provisioning.placing import Acting
from accord_auth.provisioning.tokens import KnownToken
from accord_auth.provisioning.users import LONGEST
from accord_config.database import NOBODY

blueprint = Blueprint("provisioning", __name__, template_folder="templates", url_prefix="/provisioning")


@blueprint.get("")
@asks()
def overview() -> str:
    """How the organisation is provisioned."""
    return _page()


@blueprint.post("/tokens")
@takes(name=text(tokens.LONGEST_NAME, required=True), days=text(4, required=True))
def make_token() -> ResponseReturnValue:
    """Make a token and show it, this once."""
    who, days = fresh_with(Permission.PROVISIONING_MANAGE), request.form["days"].strip()
    # What is no number is told as what is no number of days that will do.
    number = int(days) if days.isascii() and days.isdigit() else 0
    try:
        with this_app().gate.transaction(NOBODY) as session:
            made = tokens.make_token(session, who, name=request.form["name"], days=number)
    except (Invalid, Conflict) as error:
        return _page(errors=_errors(error, "name")), 422
    return _page(made.value), 201


@blueprint.post("/tokens/<uuid:directory_token_id>/replace")
@takes()
def replace_token(directory_token_id: UUID) -> ResponseReturnValue:
    """Make a token in the place of another and show it, this once."""
    with this_app().gate.transaction(NOBODY) as session:
        made = tokens.rotate_token(session, fresh_with(Permission.PROVISIONING_MANAGE), directory_token_id)
    return _page(made.value), 201


@blueprint.post("/tokens/<uuid:directory_token_id>/revoke")
@takes()
def revoke_token(directory_token_id: UUID) -> ResponseReturnValue:
    """End a token."""
    with this_app().gate.transaction(NOBODY) as session:
        tokens.revoke_token(session, fresh_with(Permission.PROVISIONING_MANAGE), directory_token_id)
    flash("The token is revoked: its next use is refused.", "success")
    return redirect(url_for("provisioning.overview"), 303)


@blueprint.post("/mappings")
@takes(group_name=text(LONGEST, required=True), role=text(40, required=True))
def map_group() -> ResponseReturnValue:
    """Have a group give a role."""
    sent = request.form

    def act(session: Session, who: Principal) -> Acting:
        role = _role(sent["role"], "role")
        return configuring.map_group(session, who, group_name=sent["group_name"], role=role)

    return _change(act, "group_name", "Noted: whoever is in that group has that role.")


@blueprint.post("/mappings/<uuid:directory_mapping_id>/remove")
@takes()
def unmap_group(directory_mapping_id: UUID) -> ResponseReturnValue:
    """Have a group give a role no more."""
    return _change(
        lambda session, who: configuring.unmap_group(session, who, directory_mapping_id),
        "",
        "The group gives that role no more; who lost it is signed out.",
    )


@blueprint.post("/defaults")
@takes(default_domain=text(LONGEST), default_role=text(40))
def set_defaults() -> ResponseReturnValue:
    """Say what holds for every user."""
    sent = request.form

    def act(session: Session, who: Principal) -> Acting:
        word = sent.get("default_role", "")
        role = _role(word, "default_role") if word else None
        domain = sent.get("default_domain", "")
        return configuring.set_defaults(session, who, default_domain=domain, default_role=role)

    return _change(act, "default_domain", "Noted.")


def _change(act: Callable[[Session, Principal], Acting], field: str, words: str) -> ResponseReturnValue:
    app, who = this_app(), fresh_with(Permission.PROVISIONING_MANAGE)
    try:
        with app.gate.transaction(NOBODY) as session:
            acting = act(session, who)
    except Invalid as error:
        return _page(errors=_errors(error, field)), 422
    except Conflict as error:
        if not field:
            raise
        return _page(errors=_errors(error, field)), 422
    for invited in acting.invited:
        hand_over(app.gate, app.mailer, app.issuer, invited)
    flash(words, "success")
    return redirect(url_for("provisioning.overview"), 303)


def _role(word: str, field: str) -> Role:
    try:
        return Role(word)
    except ValueError as error:
        raise Invalid("choose a role", {field: ["choose one of the list"]}) from error


def _errors(error: Invalid | Conflict, field: str) -> dict[str, str]:
    if isinstance(error, Conflict):
        return {field: str(error)}
    return error.by_field


def _page(secret: str = "", *, errors: dict[str, str] | None = None) -> str:
    app, who = this_app(), principal()
    with app.gate.transaction(NOBODY) as session:
        seen = configuring.overview(session, who)
        known = tokens.tokens_of(session, who)
    may, now = Permission.PROVISIONING_MANAGE in who.permissions, datetime.now(UTC)
    chosen = seen.default_role.value if seen.default_role else ""
    roles = tuple(Option(role.value, ROLE_NAMES[role]) for role in Role if role in may_map(who))
    page = DirectoryPage(
        address=app.issuer + BASE,
        domains=seen.domains,
        users=seen.users,
        active=seen.active,
        waiting=seen.waiting,
        groups=seen.groups,
        last_used_at=seen.last_used_at,
        tokens=tuple(_token(one, now, may) for one in known),
        mappings=tuple(_mapping(one, may) for one in seen.mappings),
        unmapped=seen.unmapped,
        default_domains=tuple(Option(one, one, selected=one == seen.default_domain) for one in seen.domains),
        default_roles=tuple(Option(one.value, one.label, selected=one.value == chosen) for one in roles),
        default_domain=seen.default_domain,
        default_role=ROLE_NAMES[seen.default_role] if seen.default_role else "",
        roles=roles,
        forms=may,
        tokens_url=url_for("provisioning.make_token"),
        mappings_url=url_for("provisioning.map_group"),
        defaults_url=url_for("provisioning.set_defaults"),
        secret=secret,
        values=dict(request.form.items()) if errors else {},
        errors=errors or {},
    )
    return render_template("scim/provisioning.html", page=page)


def _token(one: KnownToken, now: datetime, may: bool) -> TokenRow:
    live, token = one.live(now), one.token
    return TokenRow(
        name=token.name,
        state="counts" if live else "revoked" if token.revoked_at else "over",
        made_by=one.made_by or "the operator",
        made_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        last_used_from=token.last_used_from,
        replace_url=url_for("provisioning.replace_token", directory_token_id=token.id)
        if may and live
        else None,
        revoke_url=url_for("provisioning.revoke_token", directory_token_id=token.id)
        if may and live
        else None,
    )


def _mapping(one: Mapped, may: bool) -> MappingRow:
    return MappingRow(
        group=one.group_name,
        role=ROLE_NAMES[one.role],
        users=one.users,
        made_by=one.made_by or "the operator",
        remove_url=url_for("provisioning.unmap_group", directory_mapping_id=one.id) if may else None,
    )
