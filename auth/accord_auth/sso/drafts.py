"""What an admin says of the organisation's directory, and whether it will do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accord_auth.errors import Invalid, PermissionDenied
from accord_auth.people.granting import require_grant
from accord_auth.permissions import ROLE_NAMES, Role, platform_role
from accord_auth.principal import Principal
from accord_auth.sso.discovery import is_address
from accord_auth.sso.models import ProofMethod

LONGEST_ISSUER = 500
LONGEST_CLIENT_ID = 300
LONGEST_SECRET = 1_000
LONGEST_CLAIM = 200
LONGEST_VALUE = 300
LONGEST_SCOPES = 500
MOST_VALUES = 200
ALWAYS = ("openid", "email", "profile")


@dataclass(frozen=True)
class Draft:
    """A directory as an admin describes it."""

    issuer: str
    client_id: str
    method: ProofMethod
    secret: str = ""
    """Empty: the one that is there stays."""
    scopes: tuple[str, ...] = ()
    """Asked for besides `openid email profile`."""
    role_claim: str = "groups"
    role_map: Mapping[str, str] | None = None
    """A value of the claim to the role that it gives."""


def check(who: Principal, draft: Draft, *, has_secret: bool) -> None:
    """Go on only with a draft that will do.

    :raises Invalid: naming each field that will not.
    """
    problems = {
        field: [why]
        for field, why in (
            ("issuer", _issuer_problem(draft.issuer)),
            ("client_id", _text_problem(draft.client_id, LONGEST_CLIENT_ID)),
            ("secret", _secret_problem(draft, has_secret)),
            ("scopes", _scopes_problem(draft.scopes)),
            ("role_claim", _text_problem(draft.role_claim, LONGEST_CLAIM)),
            ("role_map", _map_problem(who, draft.role_map or {})),
        )
        if why
    }
    if problems:
        raise Invalid("some fields cannot be used", problems)


def scopes_of(draft: Draft) -> list[str]:
    """All scopes that the directory is asked for."""
    return list(dict.fromkeys((*ALWAYS, *draft.scopes)))


def _issuer_problem(issuer: str) -> str:
    if len(issuer) > LONGEST_ISSUER or not is_address(issuer) or "?" in issuer:
        return "write the issuer's address as the directory gives it: with https, without a query"
    return ""


def _text_problem(text: str, longest: int) -> str:
    sound = 1 <= len(text) <= longest and text.isascii() and text.isprintable() and text == text.strip()
    return "" if sound else f"1 to {longest} printable ASCII characters"


def _secret_problem(draft: Draft, has_secret: bool) -> str:
    if draft.method is ProofMethod.PRIVATE_KEY_JWT:
        return "leave it out: Accord signs with its own key" if draft.secret else ""
    if not draft.secret:
        return "" if has_secret else "enter the secret that the directory made for this client"
    return _text_problem(draft.secret, LONGEST_SECRET)


def _scopes_problem(scopes: tuple[str, ...]) -> str:
    sound = all(scope.isascii() and scope.isprintable() and '"' not in scope for scope in scopes)
    return "" if sound and len(" ".join(scopes)) <= LONGEST_SCOPES else "scopes, with spaces between them"


def _map_problem(who: Principal, role_map: Mapping[str, str]) -> str:
    if not role_map:
        return "map at least one value to a role: nobody else signs in"
    if len(role_map) > MOST_VALUES:
        return f"{MOST_VALUES} values at most"
    known = {role.value: role for role in Role if not platform_role(role)}
    for value, name in role_map.items():
        if not value or len(value) > LONGEST_VALUE or not value.isprintable():
            return f"a value has 1 to {LONGEST_VALUE} printable characters"
        if name not in known:
            return f"{name[:40]} is no role of an organisation: there are {', '.join(sorted(known))}"
        try:
            require_grant(who, [known[name]])
        except PermissionDenied:
            return f"you may not give the role {ROLE_NAMES[known[name]]}"
    return ""
