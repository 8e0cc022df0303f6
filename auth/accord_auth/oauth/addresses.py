"""The addresses of the endpoints, all made from the issuer, never from what a request says."""

from __future__ import annotations

from dataclasses import dataclass

PATHS = {
    "authorization": "/oauth/authorize",
    "token": "/oauth/token",
    "pushed": "/oauth/par",
    "device": "/oauth/device_authorization",
    "device_page": "/oauth/device",
    "revocation": "/oauth/revoke",
    "introspection": "/oauth/introspect",
    "userinfo": "/oauth/userinfo",
    "keys": "/oauth/jwks.json",
}


@dataclass(frozen=True)
class Addresses:
    """`issuer` is the address of the installation, without a slash at its end."""

    issuer: str

    def of(self, endpoint: str) -> str:
        """An endpoint's address."""
        return self.issuer + PATHS[endpoint]

    @property
    def device_page(self) -> str:
        """Where a person types the code that a program shows."""
        return self.of("device_page")

    @property
    def audiences(self) -> tuple[str, ...]:
        """For whom a client's assertion may be made: us, by name or by the endpoint it goes to."""
        return (
            self.issuer,
            *(self.of(name) for name in ("token", "pushed", "device", "revocation", "introspection")),
        )
