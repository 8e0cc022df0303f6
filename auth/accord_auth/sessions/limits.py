"""How often signing in may be tried, for one account and from one network."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from accord_auth.audit.service import current_address
from accord_auth.throttling.service import Held, Limit, network_of, settle

ACCOUNT = Limit("sign-in account", 10, timedelta(minutes=15))
"""Wrong passwords for one account. NIST SP 800-63B, 3.2.2, asks for no more than 100 in a row."""

NETWORK = Limit("sign-in network", 100, timedelta(minutes=15))
"""Wrong proofs from one network address, for whatever accounts."""


def network_here() -> Held:
    """The limit of the network from which this request comes."""
    return NETWORK.of(network_of(current_address()))


def limits(email: str) -> tuple[Held, Held]:
    """The limits on passwords of an account, whether there is one or not."""
    return ACCOUNT.of(email.strip()), network_here()


def succeeded(session: Session, *whose: Held) -> None:
    """Forget the tries of whoever proved itself, and give the network its one back."""
    settle(session, forgotten=whose, back=(network_here(),))
