"""What the claims of a directory mean here: who it is, in which roles, and how the person proved it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from accord_auth.errors import Invalid
from accord_auth.people.service import LONGEST_NAME, checked_email, checked_name
from accord_auth.permissions import Role, platform_role
from accord_auth.sso.domains import domain_in
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.outside import plain

LONGEST_SUBJECT = 255
MOST_METHODS = 20


@dataclass(frozen=True)
class Identity:
    """A person as the directory knows it, checked; `roles` are those of the mapping."""

    subject: str
    email: str
    name: str
    roles: frozenset[Role]
    amr: tuple[str, ...]
    authenticated_at: datetime | None
    """When the person proved who it is; None: the directory does not say."""
    sid: str | None


def identity_of(
    claims: Mapping[str, Any], *, domains: frozenset[str], role_claim: str, role_map: Mapping[str, Any]
) -> Identity:
    """Read the claims.

    :raises SsoFailed: when they do not say who it is, or the directory may not vouch for the address.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _sound(subject, LONGEST_SUBJECT):
        raise SsoFailed("the directory gives no usable subject (sub)")
    email = _email(claims, domains)
    sid = claims.get("sid")
    return Identity(
        subject=subject,
        email=email,
        name=_name(claims, email),
        roles=roles_of(claims, role_claim, role_map),
        amr=_methods(claims.get("amr")),
        authenticated_at=_authenticated_at(claims.get("auth_time")),
        sid=sid if isinstance(sid, str) and _sound(sid, LONGEST_SUBJECT) else None,
    )


def roles_of(claims: Mapping[str, Any], role_claim: str, role_map: Mapping[str, Any]) -> frozenset[Role]:
    """The roles that the mapping gives for the claims; never one of the platform, whatever it says."""
    known = {role.value: role for role in Role if not platform_role(role)}
    given = (role_map.get(value) for value in values_of(claims, role_claim))
    return frozenset(known[name] for name in given if isinstance(name, str) and name in known)


def values_of(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The values of a claim: a text or a list of texts. `a.b` also names the member b of an object a."""
    found: Any = claims.get(name)
    if found is None and "." in name:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return (found,)
    return tuple(value for value in found if isinstance(value, str)) if isinstance(found, list) else ()


def _email(claims: Mapping[str, Any], domains: frozenset[str]) -> str:
    given = claims.get("email")
    if not isinstance(given, str):
        raise SsoFailed("the directory gives no e-mail address (email): ask it for the scope email")
    try:
        email = checked_email(given)
    except Invalid as error:
        raise SsoFailed("the directory gives something that is no e-mail address") from error
    if claims.get("email_verified") is not True:
        raise SsoFailed(f"the directory does not say that the address {email} is verified (email_verified)")
    if domain_in(email) not in domains:
        raise SsoFailed(f"the address {email} is in none of the organisation's proved domains")
    return email


def _name(claims: Mapping[str, Any], email: str) -> str:
    given = claims.get("name")
    try:
        return checked_name(given[:LONGEST_NAME]) if isinstance(given, str) else email
    except Invalid:
        return email


def _methods(given: Any) -> tuple[str, ...]:
    words: Iterable[Any] = given if isinstance(given, list) else ()
    plainly = (plain(word, 40) for word in words if isinstance(word, str))
    return tuple(word for word in plainly if word)[:MOST_METHODS]


def _authenticated_at(given: Any) -> datetime | None:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < 1e11:
        return None
    told = datetime.fromtimestamp(given, UTC)
    return told if told <= datetime.now(UTC) else datetime.now(UTC)


def _sound(text: str, longest: int) -> bool:
    return 1 <= len(text) <= longest and text.isprintable()
