"""Second factors by the API: one's own listed and removed; a colleague's reset; asked of a whole
organisation.

Setting one up takes a browser, in which the person sees what for.
"""

from __future__ import annotations

from uuid import UUID

from flask import current_app

from accord.api.blueprint import ApiBlueprint
from accord.api.factor_schemas import CodesReply, FactorRuleBody, FactorRuleReply, FactorsReply
from accord.api.people import manager
from accord.api.people_schemas import ReasonQuery
from accord.api.problem import problems
from accord.api.schemas import EndedReply, Values
from accord.telling import RESET, tell
from accord.web.request import principal, this_app
from accord.web.signing import own_session
from accord_auth.accounts import factors as accounts
from accord_auth.factors.models import AuthenticatorApp, Passkey
from accord_auth.memberships import factors as memberships
from accord_config.database import NOBODY

blueprint = ApiBlueprint("api_factors", __name__, description="Second factors.")


@blueprint.get("/account/factors")
@problems(blueprint)
@blueprint.response(200, FactorsReply)
def own() -> Values:
    """One's own second factors."""
    with this_app().gate.transaction(NOBODY) as session:
        found = accounts.own_factors(session, own_session())
    items = [*map(_values, found.passkeys), *map(_values, found.apps)]
    return {"items": items, "recovery_codes_left": found.recovery_left}


def _values(found: Passkey | AuthenticatorApp) -> Values:
    return {
        "id": found.id,
        "kind": "passkey" if isinstance(found, Passkey) else "app",
        "name": found.name,
        "created_at": found.created_at,
        "last_used_at": found.last_used_at,
        "suspect": isinstance(found, Passkey) and found.suspect_at is not None,
    }


@blueprint.delete("/account/factors/<uuid:factor_id>")
@problems(blueprint, 404, 409)
@blueprint.response(200, EndedReply)
def remove(factor_id: UUID) -> Values:
    """Remove one of one's own second factors. Needs a recent proof; everything that was begun ends."""
    signed_in, platform = own_session(), current_app.config["PLATFORM_SECOND_FACTOR"]
    with this_app().gate.transaction(NOBODY) as session:
        ended = accounts.remove_factor(session, signed_in, factor_id, platform=platform)
    tell(this_app().mailer, signed_in.principal.email, "A second factor was removed from your account.")
    return {"ended": ended.counts}


@blueprint.post("/account/recovery-codes")
@problems(blueprint, 409)
@blueprint.response(201, CodesReply)
def renew_codes() -> Values:
    """Ten new recovery codes, told this once. Needs a recent proof."""
    with this_app().gate.transaction(NOBODY) as session:
        return {"codes": accounts.renew_codes(session, own_session()).codes}


@blueprint.delete("/people/<uuid:person_id>/factors")
@problems(blueprint, 404, 409)
@blueprint.arguments(ReasonQuery, location="query")
@blueprint.response(200, EndedReply)
def reset(query: Values, person_id: UUID) -> Values:
    """Take all second factors of somebody who is locked out; everything by which the person acts ends."""
    who = manager()
    with this_app().gate.transaction(NOBODY) as session:
        done = memberships.reset_factors(session, who, person_id, query["reason"])
    tell(this_app().mailer, done.email, RESET, by_oneself=False)
    return {"ended": done.ended.counts}


@blueprint.get("/organisation/second-factor")
@problems(blueprint)
@blueprint.response(200, FactorRuleReply)
def rule() -> Values:
    """Whether all of one's organisation's people need a second factor, and who of them has none."""
    with this_app().gate.transaction(NOBODY) as session:
        return vars(memberships.rule_of(session, principal()))


@blueprint.put("/organisation/second-factor")
@problems(blueprint, 400, 409, 413, 415)
@blueprint.arguments(FactorRuleBody)
@blueprint.response(200, FactorRuleReply)
def change_rule(body: Values) -> Values:
    """Ask all of one's organisation's people for a second factor, or not any more. Needs a recent proof."""
    who = manager()
    with this_app().gate.transaction(NOBODY) as session:
        memberships.ask_for_factors(session, who, asked=body["second_factor"])
        return vars(memberships.rule_of(session, who))
