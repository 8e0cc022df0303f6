"""What signals need of the installation: its keys, its seals, and the guarded way to other systems."""

from __future__ import annotations

from accord_auth.oauth.signing_keys import KEY_FILE, SigningKeys
from accord_auth.streams.sending import Transmitter
from accord_config.fetching import Fetcher, fetcher_of
from accord_config.home import Home


def transmitter_of(home: Home, fetcher: Fetcher | None = None) -> Transmitter:
    """With what a home signs and sends; `fetcher` stands for what the settings ask for."""
    settings = home.settings
    return Transmitter(
        settings.issuer,
        SigningKeys(home.path / KEY_FILE, settings.oauth_keys),
        home.seals(),
        fetcher or fetcher_of(settings),
    )
