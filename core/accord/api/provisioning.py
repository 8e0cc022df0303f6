"""An organisation's directory by the API: what it may say, and its tokens. Directories speak SCIM."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlalchemy.orm import Session

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.provisioning_schemas import (
    DefaultsBody,
    MadeTokenReply,
    MappingBody,
    ProvisioningReply,
    TokenBody,
)
from accord.api.schemas import Values
from accord.inviting import hand_over
from accord.web.request import principal, this_app
from accord.web.signing import fresh_with
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_auth.provisioning import configuring, tokens
from accord_auth.provisioning.placing import Acting
from accord_auth.provisioning.tokens import MadeToken
from accord_config.database import NOBODY

blueprint = ApiBlueprint("api_provisioning", __name__, description="The organisation's own directory (SCIM).")
SCIM = "/scim/v2"


@blueprint.get("/provisioning")
@problems(blueprint)
@blueprint.response(200, ProvisioningReply)
def overview() -> Values:
    """How one's organisation is provisioned."""
    with this_app().gate.transaction(NOBODY) as session:
        seen = configuring.overview(session, principal())
        known = tokens.tokens_of(session, principal())
    return dict(vars(seen)) | {
        "address": this_app().issuer + SCIM,
        "tokens": [one.token for one in known],
    }


@blueprint.put("/provisioning/defaults")
@problems(blueprint, 400, 409, 413, 415)
@blueprint.arguments(DefaultsBody)
@blueprint.response(204)
def set_defaults(body: Values) -> None:
    """Say the domain of user names without one, and the role of every active user."""
    _change(lambda session, who: configuring.set_defaults(session, who, **body))


@blueprint.post("/provisioning/mappings")
@problems(blueprint, 400, 409, 413, 415)
@blueprint.arguments(MappingBody)
@blueprint.response(204)
def map_group(body: Values) -> None:
    """Have a group give a role."""
    _change(lambda session, who: configuring.map_group(session, who, **body))


@blueprint.delete("/provisioning/mappings/<uuid:directory_mapping_id>")
@problems(blueprint, 404, 409)
@blueprint.response(204)
def unmap_group(directory_mapping_id: UUID) -> None:
    """Have a group give a role no more: who loses it is signed out."""
    _change(lambda session, who: configuring.unmap_group(session, who, directory_mapping_id))


@blueprint.post("/provisioning/tokens")
@problems(blueprint, 400, 409, 413, 415)
@blueprint.arguments(TokenBody)
@blueprint.response(201, MadeTokenReply)
def make_token(body: Values) -> Values:
    """Make a token; it is told this once."""
    with this_app().gate.transaction(NOBODY) as session:
        return _made(tokens.make_token(session, fresh_with(Permission.PROVISIONING_MANAGE), **body))


@blueprint.post("/provisioning/tokens/<uuid:directory_token_id>/successor")
@problems(blueprint, 404, 409)
@blueprint.response(201, MadeTokenReply)
def replace_token(directory_token_id: UUID) -> Values:
    """Make a token in the place of another, which counts a week longer at most."""
    with this_app().gate.transaction(NOBODY) as session:
        return _made(
            tokens.rotate_token(session, fresh_with(Permission.PROVISIONING_MANAGE), directory_token_id)
        )


@blueprint.delete("/provisioning/tokens/<uuid:directory_token_id>")
@problems(blueprint, 404)
@blueprint.response(204)
def revoke_token(directory_token_id: UUID) -> None:
    """End a token: its next use is refused."""
    with this_app().gate.transaction(NOBODY) as session:
        tokens.revoke_token(session, fresh_with(Permission.PROVISIONING_MANAGE), directory_token_id)


def _change(act: Callable[[Session, Principal], Acting]) -> None:
    app, who = this_app(), fresh_with(Permission.PROVISIONING_MANAGE)
    with app.gate.transaction(NOBODY) as session:
        acting = act(session, who)
    for invited in acting.invited:
        hand_over(app.gate, app.mailer, app.issuer, invited)


def _made(made: MadeToken) -> Values:
    return {"token": made.value, "id": made.token.id, "expires_at": made.token.expires_at}
