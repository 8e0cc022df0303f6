"""A directory's metadata (OpenID Connect Discovery 1.0), kept for an hour, and what of it may be used."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import update

from accord_auth.oauth.proofs import ALGORITHMS
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.models import ProofMethod, Provider
from accord_auth.sso.outside import Directory, Outside, ask
from accord_config.database import NOBODY

KEPT = timedelta(hours=1)
WELL_KNOWN = "/.well-known/openid-configuration"
LONGEST_ADDRESS = 2_000
SIGNED_WITH = (*ALGORITHMS, "EdDSA")
"""What a directory may sign with: nothing symmetric, and never `none`."""
METHODS = {
    ProofMethod.CLIENT_SECRET: ("client_secret_basic", "client_secret_post"),
    ProofMethod.PRIVATE_KEY_JWT: ("private_key_jwt",),
}


@dataclass(frozen=True)
class Discovered:
    """What the discovery document says, checked."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    says_iss: bool
    """Whether each answer at the front channel names the issuer (RFC 9207)."""
    token_methods: tuple[str, ...]


def discovered(outside: Outside, directory: Directory) -> Discovered:
    """The metadata of a directory: what is known, or fetched anew after an hour.

    :raises SsoFailed: when it cannot be fetched or will not do.
    """
    provider = directory.provider
    until = provider.discovered_until
    if provider.discovered is not None and until is not None and until > datetime.now(UTC):
        return _kept(provider.discovered)
    found = fetch(outside, provider.issuer)
    until = datetime.now(UTC) + KEPT
    with outside.gate.transaction(NOBODY) as session:
        # Only for the issuer that was asked: an admin may have changed it meanwhile.
        session.execute(
            update(Provider)
            .where(Provider.id == provider.id, Provider.issuer == provider.issuer)
            .values(discovered=asdict(found), discovered_until=until)
        )
    return found


def fetch(outside: Outside, issuer: str) -> Discovered:
    """Ask the directory itself.

    :raises SsoFailed: likewise.
    """
    url = issuer.rstrip("/") + WELL_KNOWN
    return checked(issuer, ask(outside, "the discovery document", url))


def checked(issuer: str, document: dict[str, Any]) -> Discovered:
    """What of a discovery document counts, when it is the issuer's own (OpenID Connect Discovery, 4.3).

    :raises SsoFailed: when it names another issuer, or lacks what Accord needs.
    """
    if document.get("issuer") != issuer:
        raise SsoFailed("the discovery document names another issuer than the one that is set")
    algorithms = _words(document, "id_token_signing_alg_values_supported")
    if algorithms and not set(algorithms) & set(SIGNED_WITH):
        raise SsoFailed(f"the directory signs with none of {', '.join(SIGNED_WITH)}")
    challenges = _words(document, "code_challenge_methods_supported")
    if challenges and "S256" not in challenges:
        raise SsoFailed("the directory does not support PKCE with S256")
    kinds = _words(document, "response_types_supported")
    if kinds and "code" not in kinds:
        raise SsoFailed("the directory does not support the authorization code flow")
    return Discovered(
        authorization_endpoint=_address(document, "authorization_endpoint"),
        token_endpoint=_address(document, "token_endpoint"),
        jwks_uri=_address(document, "jwks_uri"),
        userinfo_endpoint=_optional(document, "userinfo_endpoint"),
        end_session_endpoint=_optional(document, "end_session_endpoint"),
        says_iss=document.get("authorization_response_iss_parameter_supported") is True,
        token_methods=_words(document, "token_endpoint_auth_methods_supported") or ("client_secret_basic",),
    )


def _kept(document: dict[str, Any]) -> Discovered:
    return Discovered(**{**document, "token_methods": tuple(document["token_methods"])})


def _address(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not is_address(value):
        raise SsoFailed(f"the discovery document's {name} is no https address")
    return value


def _optional(document: dict[str, Any], name: str) -> str | None:
    return None if document.get(name) is None else _address(document, name)


def is_address(value: str) -> bool:
    """Whether a text is an https address without user, password and fragment."""
    if not (value.isascii() and value.isprintable() and len(value) <= LONGEST_ADDRESS) or " " in value:
        return False
    try:
        parts = urlsplit(value)
        valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    known = parts.scheme == "https" and bool(parts.hostname) and valid_port
    return known and parts.username is None and not parts.fragment and "\\" not in value


def _words(document: dict[str, Any], name: str) -> tuple[str, ...]:
    value = document.get(name)
    if not isinstance(value, list):
        return ()
    return tuple(word for word in value if isinstance(word, str) and word.isascii() and word.isprintable())[
        :100
    ]
