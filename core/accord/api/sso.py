"""Single sign-on by the API: an organisation's directory, its domains, and the directory as the only way.

Trying a sign-in takes a browser; metadata are checked here, and `tried` says whether an admin came in by it.
"""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import Values
from accord.api.sso_schemas import (
    DirectoryBody,
    DirectoryCheckReply,
    DirectoryReply,
    EmergencyAccountsBody,
    FurtherDomainBody,
    FurtherDomainReply,
    OnlyWayBody,
    OnlyWayReply,
    SsoReply,
)
from accord.web.request import principal, this_app, unit
from accord.web.signing import fresh_with
from accord_auth.errors import NotFound
from accord_auth.joining.domains import Dns, record_name
from accord_auth.oauth.addresses import PATHS
from accord_auth.organisations.domains import proved_domains
from accord_auth.organisations.local_sign_in import only_by_directory
from accord_auth.organisations.models import ProvedDomain
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_auth.sso import domains, enforcing, service
from accord_auth.sso.discovery import fetch
from accord_auth.sso.drafts import Draft
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.models import ProofMethod, Provider
from accord_auth.sso.trail import last_failures
from accord_config.database import NOBODY

blueprint = ApiBlueprint("api_sso", __name__, description="Single sign-on with the organisation's directory.")


@blueprint.get("/single-sign-on")
@problems(blueprint)
@blueprint.response(200, SsoReply)
def overview() -> Values:
    """How the people of one's organisation sign in."""
    who = principal()
    with this_app().gate.transaction(NOBODY) as session:
        found = service.directory_of(session, who)
        accounts = [
            vars(one) | {"passkey": passkey}
            for passkey, some in (
                (True, enforcing.candidates(session, who)),
                (False, enforcing.without_passkey(session, who)),
            )
            for one in some
        ]
        seen = {
            "directory": _directory(found) if found is not None else None,
            "domains": _domains(session, who),
            "only_way": only_by_directory(session, who.organisation),
            "tried": found is not None and service.admin_tried_it(session, found),
            "accounts": accounts,
        }
    return seen | {"addresses": _addresses(who), "failures": last_failures(unit(), who)}


@blueprint.put("/single-sign-on/directory")
@problems(blueprint, 400, 409, 413, 415)
@blueprint.arguments(DirectoryBody)
@blueprint.response(200, DirectoryReply)
def configure(body: Values) -> Values:
    """Set the directory up, or describe it anew; another issuer or client ends sessions that it started."""
    draft = Draft(**(body | {"scopes": tuple(body["scopes"])}))
    with this_app().gate.transaction(NOBODY) as session:
        return _directory(
            service.configure(session, fresh_with(Permission.SSO_MANAGE), draft, this_app().outside.seals)
        )


@blueprint.delete("/single-sign-on/directory")
@problems(blueprint, 404, 409)
@blueprint.response(204)
def remove() -> None:
    """Take the directory away; sessions that it started end."""
    with this_app().gate.transaction(NOBODY) as session:
        service.remove(session, fresh_with(Permission.SSO_MANAGE))


@blueprint.post("/single-sign-on/directory/check")
@problems(blueprint, 404)
@blueprint.response(200, DirectoryCheckReply)
def check() -> Values:
    """Ask the directory for its metadata, and say whether they will do."""
    who = fresh_with(Permission.SSO_MANAGE)
    with this_app().gate.transaction(NOBODY) as session:
        found = service.directory_of(session, who)
    if found is None:
        raise NotFound
    try:
        metadata = fetch(this_app().outside, found.issuer)
    except SsoFailed as error:
        nothing = {"authorization_endpoint": None, "end_session_endpoint": None}
        return {"works": False, "problem": error.reason} | nothing
    return {"works": True, "problem": ""} | vars(metadata)


@blueprint.put("/single-sign-on/emergency-accounts")
@problems(blueprint, 400, 413, 415)
@blueprint.arguments(EmergencyAccountsBody)
@blueprint.response(204)
def emergency(body: Values) -> None:
    """Name the two emergency accounts."""
    with this_app().gate.transaction(NOBODY) as session:
        enforcing.name_emergency_accounts(session, fresh_with(Permission.SSO_MANAGE), body["people"])


@blueprint.put("/single-sign-on/only-way")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(OnlyWayBody)
@blueprint.response(200, OnlyWayReply)
def only_way(body: Values) -> Values:
    """Make the directory the only way to sign in, or let people sign in with passwords again."""
    who, ended = fresh_with(Permission.SSO_MANAGE), 0
    with this_app().gate.transaction(NOBODY) as session:
        if body["only_way"]:
            ended = enforcing.enforce(session, who)
        else:
            enforcing.relax(session, who)
    return {"only_way": body["only_way"], "ended": ended}


@blueprint.post("/single-sign-on/domains")
@problems(blueprint, 400, 409, 413, 415)
@blueprint.arguments(FurtherDomainBody)
@blueprint.response(201, FurtherDomainReply)
def add_domain(body: Values) -> Values:
    """Name a further domain; a TXT record proves it."""
    with this_app().gate.transaction(NOBODY) as session:
        return _domain(domains.add_domain(session, fresh_with(Permission.SSO_MANAGE), body["domain"]))


@blueprint.post("/single-sign-on/domains/<domain>/check")
@problems(blueprint, 404, 409)
@blueprint.response(200, FurtherDomainReply)
def check_domain(domain: str) -> Values:
    """Look for the TXT record of a domain."""
    dns = Dns(current_app.config["DNS_SERVER"])
    with this_app().gate.transaction(NOBODY) as session:
        return _domain(domains.check_domain(session, fresh_with(Permission.SSO_MANAGE), domain, dns))


@blueprint.delete("/single-sign-on/domains/<domain>")
@problems(blueprint, 404)
@blueprint.response(204)
def remove_domain(domain: str) -> None:
    """Take a domain away: nobody with an address there signs in by the directory from now on."""
    with this_app().gate.transaction(NOBODY) as session:
        domains.remove_domain(session, fresh_with(Permission.SSO_MANAGE), domain)


def _directory(found: Provider) -> Values:
    return {
        "issuer": found.issuer,
        "client_id": found.client_id,
        "method": ProofMethod(found.method),
        "has_secret": found.sealed_secret is not None,
        "scopes": found.scopes,
        "role_claim": found.role_claim,
        "role_map": found.role_map,
        "changed_at": found.changed_at,
    }


def _addresses(who: Principal) -> Values:
    """By the names that client metadata have (OpenID Connect Registration, Back-Channel Logout)."""
    here, slug = this_app().outside, who.organisation_slug
    return {
        "redirect_uri": here.callback(slug),
        "backchannel_logout_uri": here.back_channel(slug),
        "post_logout_redirect_uri": here.after_sign_out,
        "initiate_login_uri": here.start(slug),
        "jwks_uri": here.issuer + PATHS["keys"],
    }


def _domains(session: Session, who: Principal) -> list[Values]:
    further = domains.further_domains(session, who)
    joined = sorted(proved_domains(session, who.organisation) - {one.domain for one in further})
    nothing: dict[str, Any] = {"record": None, "challenge": None, "problem": ""}
    return [*({"domain": one, "proved": True} | nothing for one in joined), *map(_domain, further)]


def _domain(one: ProvedDomain) -> Values:
    return {
        "domain": one.domain,
        "proved": one.proved_at is not None,
        "record": record_name(one.domain),
        "challenge": one.challenge,
        "problem": one.problem,
    }
