"""What second factors need of an installation: its name, how secrets are sealed, for whom passkeys are
made."""

from __future__ import annotations

from dataclasses import dataclass

from accord_config.sealing import Seals

NAME = "Accord"


@dataclass(frozen=True)
class Means:
    """`domain` is the relying party's id, `origin` the one address from which a passkey may be used."""

    seals: Seals
    domain: str
    origin: str
    name: str = NAME
