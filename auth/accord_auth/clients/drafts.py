"""What an admin says of a client, and whether it will do."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from accord_auth.errors import Invalid
from accord_auth.oauth.models import AuthMethod, GrantType, OAuthClient
from accord_auth.oauth.proofs import public_key
from accord_auth.oauth.redirects import problem_of
from accord_auth.oauth.scopes import CLIENTS_OWN, IDENTITY, permissions_in, unknown
from accord_auth.principal import Principal
from accord_config.fetching import FetchFailed, check_address

LONGEST_NAME = 100
MOST_ADDRESSES = 10
MOST_KEYS = 10
MOST_NETWORKS = 20
LONGEST_KEYS = 20_000
LONGEST_ADDRESS = 500


class ClientKind(StrEnum):
    """What kind of program a client is."""

    NATIVE = "native"
    """On people's own machines, where no secret can be kept: PKCE or the device flow."""
    SERVICE = "service"
    """Runs by itself for the organisation, without a person."""
    WEB = "web"
    """A web application with a server, which signs people in with Accord."""


GRANTS: Mapping[ClientKind, tuple[GrantType, ...]] = {
    ClientKind.NATIVE: (GrantType.AUTHORIZATION_CODE, GrantType.DEVICE_CODE, GrantType.REFRESH_TOKEN),
    ClientKind.SERVICE: (GrantType.CLIENT_CREDENTIALS,),
    ClientKind.WEB: (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN),
}


@dataclass(frozen=True)
class Draft:
    """A client as an admin describes it."""

    name: str
    kind: ClientKind
    scopes: tuple[str, ...]
    redirect_uris: tuple[str, ...] = ()
    jwks: Mapping[str, Any] | None = None
    """Its public keys, as a JWK set."""
    jwks_uri: str | None = None
    """Or where they are read, again and again: an https address."""
    networks: tuple[str, ...] = ()
    """From where it may be used, such as 198.51.100.0/24; empty: from everywhere."""
    require_par: bool = False
    shared_secret: bool = False
    """Authenticate by a shared secret, which takes a platform admin's exception, rather than by keys."""


def kind_of(client: OAuthClient) -> ClientKind:
    """What kind of program a registered client is."""
    if GrantType.CLIENT_CREDENTIALS in client.grant_types:
        return ClientKind.SERVICE
    return ClientKind.NATIVE if client.public else ClientKind.WEB


def columns_of(who: Principal, draft: Draft) -> dict[str, Any]:
    """A draft as the columns of a client.

    :raises Invalid: naming each field that will not do.
    """
    problems: dict[str, list[str]] = {}
    for field, why in (
        ("name", _name_problem(draft.name)),
        ("scopes", _scope_problem(who, draft)),
        ("redirect_uris", _redirect_problem(draft)),
        ("jwks", _keys_problem(draft)),
        ("jwks_uri", _keys_address_problem(draft)),
        ("networks", _network_problem(draft.networks)),
        ("shared_secret", _secret_problem(draft)),
        ("require_par", _par_problem(draft)),
    ):
        if why is not None:
            problems[field] = [why]
    if problems:
        raise Invalid("some fields cannot be used", problems)
    signs = _signs(draft)
    return {
        "name": draft.name.strip(),
        "auth_method": _method(draft),
        "grant_types": [*GRANTS[draft.kind]],
        "redirect_uris": list(dict.fromkeys(draft.redirect_uris)),
        "scopes": list(dict.fromkeys(draft.scopes)),
        "jwks": {"keys": list(draft.jwks["keys"])} if draft.jwks is not None and signs else None,
        "jwks_uri": draft.jwks_uri if signs else None,
        "jwks_read_at": None,
        "jwks_tried_at": None,
        "networks": [str(ipaddress.ip_network(network)) for network in dict.fromkeys(draft.networks)],
        "require_par": draft.require_par,
        # A stolen token of a service is worth nothing without its key.
        "require_dpop": draft.kind is ClientKind.SERVICE and signs,
    }


def _signs(draft: Draft) -> bool:
    return draft.kind is not ClientKind.NATIVE and not draft.shared_secret


def _method(draft: Draft) -> AuthMethod:
    if draft.kind is ClientKind.NATIVE:
        return AuthMethod.NONE
    return AuthMethod.SHARED_SECRET if draft.shared_secret else AuthMethod.PRIVATE_KEY_JWT


def _name_problem(name: str) -> str | None:
    if not name.strip() or len(name.strip()) > LONGEST_NAME or not name.strip().isprintable():
        return f"1 to {LONGEST_NAME} printable characters"
    return None


def _scope_problem(who: Principal, draft: Draft) -> str | None:
    strange = unknown(draft.scopes)
    if strange:
        return f"no such scope: {', '.join(strange)}"
    if not draft.scopes:
        return "choose what it may do"
    asked = permissions_in(draft.scopes)
    beyond = sorted(asked - who.permissions)
    if beyond:
        return f"you cannot give what you may not do yourself: {', '.join(beyond)}"
    if draft.kind is ClientKind.SERVICE:
        lonely = [word for word in draft.scopes if word in IDENTITY]
        if lonely:
            return f"a service has no person to tell of: leave {', '.join(lonely)} out"
        if asked - CLIENTS_OWN:
            return f"a service may not: {', '.join(sorted(asked - CLIENTS_OWN))}"
    return None


def _redirect_problem(draft: Draft) -> str | None:
    if draft.kind is ClientKind.SERVICE:
        return "a service sends nobody back: leave them out" if draft.redirect_uris else None
    if draft.kind is ClientKind.WEB and not draft.redirect_uris:
        return "name the address that people come back to"
    if len(draft.redirect_uris) > MOST_ADDRESSES:
        return f"{MOST_ADDRESSES} at most"
    for address in draft.redirect_uris:
        why = problem_of(address, public=draft.kind is ClientKind.NATIVE)
        if why is not None:
            return f"{address[:100]}: {why}"
    return None


def _keys_problem(draft: Draft) -> str | None:
    if not _signs(draft):
        return "it does not sign: leave the keys out" if draft.jwks is not None else None
    if draft.jwks_uri is not None:
        return "give its keys or their address, not both" if draft.jwks is not None else None
    keys = draft.jwks.get("keys") if draft.jwks is not None else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= MOST_KEYS:
        return (
            f'paste its public keys: {{"keys": [...]}} with 1 to {MOST_KEYS} of them, or give their address'
        )
    for number, key in enumerate(keys, start=1):
        try:
            public_key(key)
        except ValueError as error:
            return f"key {number}: {error}"
    return None


def _keys_address_problem(draft: Draft) -> str | None:
    address = draft.jwks_uri
    if address is None:
        return None
    if not _signs(draft):
        return "it does not sign: leave the address of its keys out"
    if len(address) > LONGEST_ADDRESS:
        return f"{LONGEST_ADDRESS} characters at most"
    try:
        check_address(address)
    except FetchFailed:
        return "an https address with a full host name, such as https://program.example.org/jwks.json"
    return None


def _network_problem(networks: tuple[str, ...]) -> str | None:
    if len(networks) > MOST_NETWORKS:
        return f"{MOST_NETWORKS} at most"
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            return f"{network[:60]} is no network such as 198.51.100.0/24 or 2001:db8::/32"
    return None


def _secret_problem(draft: Draft) -> str | None:
    if draft.shared_secret and draft.kind is ClientKind.NATIVE:
        return "a program on people's machines cannot keep a secret"
    return None


def _par_problem(draft: Draft) -> str | None:
    if draft.require_par and draft.kind is ClientKind.SERVICE:
        return "a service asks no person: there is nothing to push"
    return None
