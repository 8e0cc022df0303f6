"""Signed statements of clients: DPoP proofs (RFC 9449) and what assertions have in common with them.

A proof counts once, for one address, for a minute, with a nonce of ours in it; what was seen is kept
in PostgreSQL, so that it counts once for all web processes of all hosts.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Error
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord_auth.oauth.models import ProofNonce, SeenProof
from accord_auth.oauth.request import Received
from accord_auth.oauth.secret_values import hashed

ALGORITHMS = ("Ed25519", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512")
"""What a client may sign with: nothing symmetric, and never `none`. RFC 9864: `EdDSA` is now `Ed25519`."""
FRESH = timedelta(seconds=60)
"""How far a proof's time may be from ours."""
NONCE_NEW = timedelta(minutes=1)
NONCE_LIVES = timedelta(minutes=5)
LONGEST_PROOF = 8 * 1024
SMALLEST_RSA_BITS = 2048


class InvalidProof(OAuth2Error):  # type: ignore[misc]  # Authlib publishes no types
    """The DPoP proof does not hold."""

    error = "invalid_dpop_proof"
    description = "the DPoP proof does not hold"


class NonceWanted(OAuth2Error):  # type: ignore[misc]  # Authlib publishes no types
    """The DPoP proof must repeat the nonce of the header DPoP-Nonce."""

    error = "use_dpop_nonce"
    description = "repeat the request with a DPoP proof that holds the nonce of the DPoP-Nonce header"


def see_once(session: Session, kind: str, identifier: str, expires_at: datetime) -> bool:
    """Remember a statement; False when it was seen before, by whichever process."""
    row = {"kind": kind, "identifier_hash": hashed(identifier), "expires_at": expires_at}
    done = session.execute(
        insert(SeenProof).values(row).on_conflict_do_nothing().returning(SeenProof.id)
    ).scalar_one_or_none()
    return done is not None


def current_nonce(session: Session) -> str:
    """The nonce that new proofs should hold; a new one each minute."""
    now = datetime.now(UTC)
    known = session.scalar(
        select(ProofNonce.value)
        .where(ProofNonce.expires_at > now + NONCE_LIVES - NONCE_NEW)
        .order_by(ProofNonce.expires_at.desc())
        .limit(1)
    )
    if known is not None:
        return known
    value = secrets.token_urlsafe(24)
    session.add(ProofNonce(value=value, expires_at=now + NONCE_LIVES))
    session.flush()
    return value


def check_proof(session: Session, received: Received, *, access_token: str | None = None) -> str | None:
    """The thumbprint of the key that proved itself in a request; None when it holds no proof.

    `session` should be one that commits whatever becomes of the request. With `access_token` the proof
    must be made for it.

    :raises InvalidProof: when the proof does not hold.
    :raises NonceWanted: when it holds no nonce of ours, or an old one.
    """
    if not received.proofs:
        return None
    if len(received.proofs) > 1 or len(received.proofs[0]) > LONGEST_PROOF:
        raise InvalidProof("one DPoP header, please")
    key, claims = _opened(received.proofs[0])
    _check_claims(claims, received, access_token)
    _check_nonce(session, claims.get("nonce"))
    expires_at = datetime.fromtimestamp(claims["iat"], UTC) + 2 * FRESH
    thumbprint = key.thumbprint()
    if not see_once(session, "dpop", f"{thumbprint} {claims['jti']}", expires_at):
        raise InvalidProof("this DPoP proof was used before")
    return thumbprint


def _opened(proof: str) -> tuple[Key, dict[str, Any]]:
    """The key and the claims of a proof whose signature is right."""
    try:
        header = jws.extract_compact(proof.encode("ascii"), registry=_REGISTRY).headers()
        if header.get("typ") != "dpop+jwt" or header.get("alg") not in ALGORITHMS:
            raise InvalidProof
        key = public_key(header.get("jwk"))
        opened = jws.deserialize_compact(proof, key, algorithms=list(ALGORITHMS), registry=_REGISTRY)
        claims = json.loads(opened.payload or b"")
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise InvalidProof from error
    if not isinstance(claims, dict):
        raise InvalidProof
    return key, claims


_REGISTRY = jws.JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)


def public_key(jwk: Any) -> Key:
    """A public key from its JWK.

    :raises ValueError: when it is none, is private or symmetric, or too weak.
    """
    if not isinstance(jwk, dict) or {"d", "k", "p", "q", "dp", "dq", "qi", "oth"} & set(jwk):
        raise ValueError("not a public key")
    try:
        key = import_key(jwk)
    except (JoseError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError("not a public key") from error
    if isinstance(key, RSAKey):
        if key.raw_value.key_size < SMALLEST_RSA_BITS:
            raise ValueError(f"an RSA key needs {SMALLEST_RSA_BITS} bits or more")
    elif not isinstance(key, ECKey | OKPKey) or jwk.get("crv") in ("X25519", "X448"):
        raise ValueError("the key must be one that signs: RSA, EC or Ed25519")
    return key


def _check_claims(claims: dict[str, Any], received: Received, access_token: str | None) -> None:
    issued, identifier = claims.get("iat"), claims.get("jti")
    if not isinstance(identifier, str) or not 1 <= len(identifier) <= 512:
        raise InvalidProof("the DPoP proof has no usable jti")
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        raise InvalidProof("the DPoP proof has no iat")
    # Not "more than": JSON's NaN is neither more nor less.
    if not abs(datetime.now(UTC).timestamp() - issued) <= FRESH.total_seconds():
        raise InvalidProof("the DPoP proof is too old, or its clock is wrong")
    if claims.get("htm") != received.method or not _same_address(claims.get("htu"), received.uri):
        raise InvalidProof("the DPoP proof is for another address or method")
    if access_token is not None:
        digest = hashlib.sha256(access_token.encode()).digest()
        wanted = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        given = claims.get("ath")
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), wanted.encode()):
            raise InvalidProof("the DPoP proof is for another access token")


def _same_address(given: Any, ours: str) -> bool:
    """Whether two addresses are one, without their query and fragment (RFC 9449, 4.3)."""
    if not isinstance(given, str):
        return False
    try:
        one, other = urlsplit(given), urlsplit(ours)
        ports = one.port, other.port
    except ValueError:
        return False
    defaults = {"http": 80, "https": 443}
    return (one.scheme, one.hostname, ports[0] or defaults.get(one.scheme), one.path) == (
        other.scheme,
        other.hostname,
        ports[1] or defaults.get(other.scheme),
        other.path,
    )


def _check_nonce(session: Session, nonce: Any) -> None:
    known = isinstance(nonce, str) and session.scalar(
        select(ProofNonce.id).where(ProofNonce.value == nonce, ProofNonce.expires_at > datetime.now(UTC))
    )
    if not known:
        raise NonceWanted
