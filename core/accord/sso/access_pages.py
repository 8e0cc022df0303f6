"""Who may sign in how: the organisation's domains, its emergency accounts, the directory as the only way."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.sso.leaving import outside
from accord.sso.showing import directory_page
from accord.web.fields import LONGEST_ID, takes, text
from accord.web.signing import fresh_with
from accord_auth.errors import Conflict, Invalid
from accord_auth.joining.domains import Dns
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_auth.sso import domains, enforcing
from accord_config.database import NOBODY, ScopedSession

blueprint = Blueprint("sso_access", __name__, template_folder="templates")
LONGEST_DOMAIN = 253


@blueprint.post("/single-sign-on/enforce")
@takes()
def enforce() -> ResponseReturnValue:
    """Make the directory the only way to sign in."""

    def act(session: ScopedSession, who: Principal) -> str:
        ended = enforcing.enforce(session, who)
        counted = f"Sessions and grants to programs that ended: {ended}."
        return f"From now on people sign in with the directory alone. {counted}"

    return _done(act)


@blueprint.post("/single-sign-on/relax")
@takes()
def relax() -> ResponseReturnValue:
    """Let people sign in with passwords again."""

    def act(session: ScopedSession, who: Principal) -> str:
        enforcing.relax(session, who)
        return "People can sign in with passwords again."

    return _done(act)


@blueprint.post("/single-sign-on/emergency")
@takes(first=text(LONGEST_ID, required=True), second=text(LONGEST_ID, required=True))
def emergency() -> ResponseReturnValue:
    """Name the two emergency accounts."""

    def act(session: ScopedSession, who: Principal) -> str:
        enforcing.name_emergency_accounts(session, who, [_id("first"), _id("second")])
        return "The emergency accounts are named."

    return _done(act)


@blueprint.post("/single-sign-on/domains")
@takes(domain=text(LONGEST_DOMAIN, required=True))
def add_domain() -> ResponseReturnValue:
    """Name a further domain."""

    def act(session: ScopedSession, who: Principal) -> str:
        made = domains.add_domain(session, who, request.form["domain"])
        return f"Publish the TXT record that stands beside {made.domain}, then have it looked for."

    return _done(act)


@blueprint.post("/single-sign-on/domains/<domain>/check")
@takes()
def check_domain(domain: str) -> ResponseReturnValue:
    """Look for the TXT record of a domain."""
    dns = Dns(current_app.config["DNS_SERVER"])

    def act(session: ScopedSession, who: Principal) -> str:
        return domains.check_domain(session, who, domain, dns).problem or f"{domain} is proved."

    return _done(act)


@blueprint.post("/single-sign-on/domains/<domain>/remove")
@takes()
def remove_domain(domain: str) -> ResponseReturnValue:
    """Take a domain away."""

    def act(session: ScopedSession, who: Principal) -> str:
        domains.remove_domain(session, who, domain)
        return f"{domain} is removed."

    return _done(act)


def _id(name: str) -> UUID:
    try:
        return UUID(request.form[name])
    except ValueError as error:
        raise Invalid("some fields cannot be used", {name: ["choose one of the list"]}) from error


def _done(act: Callable[[ScopedSession, Principal], str]) -> ResponseReturnValue:
    """Do it, say what was done; a refusal comes back on the page of the directory."""
    who = fresh_with(Permission.SSO_MANAGE)
    try:
        with outside().gate.transaction(NOBODY) as session:
            said = act(session, who)
    except (Conflict, Invalid) as error:
        words = " ".join(error.by_field.values()) if isinstance(error, Invalid) else str(error)
        page = directory_page(who, {}, {}, words)
        return render_template("sso/directory.html", page=page), 409 if isinstance(error, Conflict) else 422
    flash(said, "success")
    return redirect(url_for("sso.settings"), 303)
