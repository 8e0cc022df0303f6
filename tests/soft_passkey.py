"""A passkey in memory: what an authenticator and a browser say (WebAuthn, 6 and 7), honestly or not."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, MAY_SYNC, SYNCED, NEW = 1, 4, 8, 16, 64


def text(value: bytes) -> str:
    """Base64url without its filling."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def plain(value: str) -> bytes:
    """What such a text stands for."""
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


@dataclass
class SoftPasskey:
    """`flags` and `count` are what it says of itself; `origin` is where its browser is."""

    origin: str
    domain: str
    flags: int = PRESENT | VERIFIED
    count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user: bytes | None = None

    def make(self, options: dict[str, Any], **changes: Any) -> str:
        """The answer to options for making one."""
        self.user = plain(options["user"]["id"])
        point = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)
        data = self._data(NEW) + attested
        client = self._client("webauthn.create", options["challenge"], changes)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._credential(
            {
                "clientDataJSON": text(client),
                "attestationObject": text(attestation),
                "transports": ["internal"],
            }
        )

    def use(self, options: dict[str, Any], *, by: int = 1, **changes: Any) -> str:
        """The answer to options for using it; its count goes on `by` so many."""
        self.count += by
        data = self._data()
        client = self._client("webauthn.get", options["challenge"], changes)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": text(client),
            "authenticatorData": text(data),
            "signature": text(signed),
        }
        if self.user is not None:
            response["userHandle"] = text(self.user)
        return self._credential(response)

    def _data(self, more: int = 0) -> bytes:
        domain = hashlib.sha256(self.domain.encode()).digest()
        return domain + bytes([self.flags | more]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, changes: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told | changes).encode()

    def _credential(self, response: dict[str, Any]) -> str:
        named = text(self.id)
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": response})
