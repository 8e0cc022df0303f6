"""An access token at the API: whom it stands for right now, and with which permissions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from authlib.oauth2 import OAuth2Error
from sqlalchemy import select
from sqlalchemy.orm import Session

from accord_auth.factors.methods import will_do
from accord_auth.oauth.authentication import from_allowed_network
from accord_auth.oauth.issuing import grantor, stands
from accord_auth.oauth.models import AccessToken, ClientStatus, OAuthClient, OAuthGrant
from accord_auth.oauth.proofs import NonceWanted, check_proof, current_nonce
from accord_auth.oauth.request import Received
from accord_auth.oauth.scopes import CLIENTS_OWN, permissions_in
from accord_auth.oauth.secret_values import Prefix, hashed
from accord_auth.organisations.models import Organisation
from accord_auth.principal import Principal
from accord_auth.sessions.service import SignedIn
from accord_auth.standing import acting, asks_second_factor


@dataclass(frozen=True)
class Presented:
    """A token as it came: `scheme` is `bearer` or `dpop`."""

    token: str
    scheme: str
    received: Received


@dataclass(frozen=True)
class Resolved:
    """Whom a token stands for (None: nobody), and what to say to who has to come again."""

    principal: Principal | None
    scope: tuple[str, ...] = ()
    challenge: str | None = None
    nonce: str | None = None
    session: SignedIn | None = None
    """The session, where it is no OAuth token."""


def is_access_token(token: str) -> bool:
    """Whether a credential says of itself that it is one of ours."""
    return token.startswith(Prefix.ACCESS_TOKEN)


def resolve_access_token(session: Session, presented: Presented) -> Resolved:
    """The principal of an access token: person, organisation, client and roles as they are now.

    `session` should commit whatever becomes of the request: proofs that were seen must stay seen.
    """
    row = session.execute(
        select(AccessToken, OAuthGrant, OAuthClient, asks_second_factor(OAuthGrant.organisation_id))
        .join(OAuthGrant, OAuthGrant.id == AccessToken.grant_id)
        .join(OAuthClient, OAuthClient.id == OAuthGrant.client_id)
        .outerjoin(Organisation, Organisation.id == OAuthClient.organisation_id)
        .where(
            AccessToken.token_hash == hashed(presented.token),
            OAuthClient.status == ClientStatus.ACTIVE,
            acting(OAuthClient.organisation_id),
        )
    ).one_or_none()
    if row is None:
        return _refused(presented.scheme)
    token, grant, client, asked = row
    live = token.revoked_at is None and token.expires_at > datetime.now(UTC) and stands(grant)
    if not live or not from_allowed_network(client, presented.received.address):
        return _refused(presented.scheme)
    bound = _bound(session, token, presented)
    if bound is not None:
        return bound
    who = grantor(session, grant) if grant.person_id else own_right(session, client)
    if who is None:
        return _refused(presented.scheme)
    if grant.person_id and asked and not will_do(grant.amr):
        # The person let the program in before a second factor was asked for: it has to ask again.
        return _refused(presented.scheme, "insufficient_user_authentication")
    # What the client may have is read now, too: taking a scope away counts for tokens that are out.
    allowed = permissions_in(token.scope) & permissions_in(client.scopes)
    acts = replace(
        who,
        permissions=who.permissions & allowed,
        withheld=who.permissions - allowed,
        client_id=client.client_id,
    )
    return Resolved(acts, tuple(token.scope))


def _bound(session: Session, token: AccessToken, presented: Presented) -> Resolved | None:
    """A refusal when the token belongs to a key that did not prove itself; None: go on."""
    if token.key_thumbprint is None:
        return None if presented.scheme == "bearer" else _refused("dpop")
    nonce = current_nonce(session)
    if presented.scheme != "dpop":
        # RFC 9449, 7.2: a bound token is no bearer token.
        return _refused("dpop", nonce=nonce)
    try:
        thumbprint = check_proof(session, presented.received, access_token=presented.token)
    except NonceWanted as error:
        return _refused("dpop", error.error, nonce)
    except OAuth2Error as error:
        return _refused("dpop", error.error, nonce)
    return None if thumbprint == token.key_thumbprint else _refused("dpop", nonce=nonce)


def own_right(session: Session, client: OAuthClient) -> Principal | None:
    """A client acting for its organisation, without a person."""
    organisation = session.get(Organisation, client.organisation_id) if client.organisation_id else None
    if organisation is None:
        return None
    return Principal(
        organisation_id=organisation.id,
        organisation_slug=organisation.slug,
        organisation_name=organisation.name,
        organisation_kind=organisation.kind,
        person_id=None,
        person_name=f"client {client.name}",
        email="",
        roles=frozenset(),
        permissions=CLIENTS_OWN,
    )


def _refused(scheme: str, error: str = "invalid_token", nonce: str | None = None) -> Resolved:
    word = "DPoP" if scheme == "dpop" else "Bearer"
    return Resolved(None, challenge=f'{word} realm="accord", error="{error}"', nonce=nonce)
