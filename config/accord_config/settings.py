"""Settings: from the environment, then `accord.toml` in ACCORD_HOME, then the defaults.

Every setting has one name: `NAME` in accord.toml is `ACCORD_NAME` in the environment.
`config/accord.example.toml` lists them all.
"""

from __future__ import annotations

import logging
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from accord_config.addresses import address_and_port
from accord_config.sealing import SHORTEST

PUBLIC_URL = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?|http://\[::1\](:[0-9]{1,5})?")

Count = Annotated[int, Meta(ge=1, le=10_000)]
Seconds = Annotated[float, Meta(ge=0.1, le=86_400)]


class SettingsError(Exception):
    """A setting is wrong; the message names it and says what to do."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of one installation. Times are in seconds, sizes in the unit of their name."""

    home: Path
    """Directory that holds all local state; two homes never meet."""
    production: bool = False
    """Refuse what is only good for trying out: the embedded database, an insecure cookie."""
    database_url: str | None = None
    """PostgreSQL 18 as its owner (postgresql://user:password@host/name); none: the embedded one."""
    host: str = "127.0.0.1"
    """Address on which the web server listens."""
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8400
    """Port on which the web server listens."""
    public_url: str | None = None
    """Address at which people and programs reach Accord, the OAuth issuer; none: http://host:port."""
    proxies: Annotated[int, Meta(ge=0, le=10)] = 0
    """Proxies before the web server whose X-Forwarded-For and -Proto are believed."""
    oauth_keys: str | None = None
    """JWK set of private RSA keys that sign id_tokens, the signing one first; none: a file in the home."""
    web_workers: Count = 2
    """Web server processes."""
    web_threads: Count = 4
    """Threads of each web server process."""
    session_hours: Annotated[float, Meta(gt=0, le=8_760)] = 12.0
    """A sign-in ends after so many hours."""
    minors_due_hours: Annotated[float, Meta(gt=0, le=8_760)] = 24.0
    """A lead that may be about a minor has to be looked at within so many hours."""
    smtp_host: str | None = None
    """Mail server for invitations; none: links are shown once to whoever invites."""
    smtp_port: Annotated[int, Meta(ge=1, le=65_535)] = 587
    """Port of the mail server."""
    smtp_starttls: bool = True
    """Talk to the mail server encrypted only, and check its certificate."""
    smtp_user: str | None = None
    """Whom to sign in as at the mail server; none: nobody."""
    smtp_password: str | None = None
    """The password of smtp_user."""
    mail_from: str = "accord@localhost"
    """The address that mail comes from."""
    upload_mb: Count = 16
    """Largest request body that the web server reads."""
    batch_records: Count = 1000
    """Records of one batch: one transaction and one job of each kind."""
    job_heartbeat: Seconds = 5.0
    """Seconds between a worker's signs of life."""
    job_stalled: Seconds = 20.0
    """A worker without a sign of life for so many seconds counts as dead; its jobs go to another."""
    plugins_require_sandbox: bool | None = None
    """Refuse to run plugins without the sandbox; none: as `production`."""
    plugins_user: str = "nobody"
    """Whose processes plugins are where Accord runs as root; ignored where it does not."""
    plugins_index: str | None = None
    """Package index (https://host/simple/) for what plugins require; none: only what was uploaded."""
    dns_server: str | None = None
    """Name server (address, or address:port) that proves applicants' domains; none: the system's."""
    fetch_networks: str | None = None
    """Networks that count as public when members' addresses are fetched, such as 10.0.0.0/8, by commas."""
    fetch_ports: str = "443"
    """Ports to which Accord connects there, by commas."""
    fetch_ca: str | None = None
    """File with further certificates that are believed there, in PEM; none: the system's alone."""
    seal_key: str | None = None
    """Secret under which members' secrets lie sealed in the database; none: one of the home. Newest first."""
    passkey_domain: str | None = None
    """Name for which passkeys are made: that of public_url, or a domain above it; none: that of
    public_url."""
    platform_second_factor: bool | None = None
    """Whoever acts for the platform needs a second factor; none: as `production`."""
    log_level: str = "INFO"
    """Accord's own events from this level on: DEBUG, INFO, WARNING or ERROR."""

    @property
    def sandbox_required(self) -> bool:
        """Whether plugins may run in a sandbox only."""
        return self.production if self.plugins_require_sandbox is None else self.plugins_require_sandbox

    @property
    def second_factor_of_platform(self) -> bool:
        """Whether acting for the platform takes a second factor."""
        chosen = self.platform_second_factor
        return self.production if chosen is None else chosen

    @property
    def passkeys_of(self) -> tuple[str, str]:
        """The name for which passkeys are made, and the one origin from which they are used.

        Browsers make none for an address; a program on one's own machine is reached as localhost, too.
        """
        parts = urlsplit(self.issuer)
        if parts.hostname in ("127.0.0.1", "::1"):
            port = "" if parts.port is None else f":{parts.port}"
            return "localhost", f"{parts.scheme}://localhost{port}"
        return self.passkey_domain or parts.hostname or "", self.issuer

    @property
    def issuer(self) -> str:
        """The installation's own address, without a slash at its end."""
        if self.public_url is not None:
            return self.public_url
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def networks_fetched(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of `fetch_networks`.

        :raises ValueError: naming what is none.
        """
        parts = (part.strip() for part in (self.fetch_networks or "").split(","))
        return tuple(ip_network(part) for part in parts if part)

    def ports_fetched(self) -> frozenset[int]:
        """The ports of `fetch_ports`.

        :raises ValueError: naming what is none.
        """
        return frozenset(int(part) for part in self.fetch_ports.split(",") if part.strip())

    @property
    def embedded(self) -> bool:
        """Whether this installation runs its own PostgreSQL."""
        return self.database_url is None


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of this process.

    :raises SettingsError: naming the setting at fault.
    """
    env = os.environ if environment is None else environment
    home = Path(env.get("ACCORD_HOME") or Path.home() / ".accord").expanduser().resolve()
    filed = _from_file(home / "accord.toml")
    if "home" in filed:
        raise SettingsError("home cannot be set in the file that lies in it: set ACCORD_HOME instead")
    values: dict[str, Any] = {**filed, **_from_environment(env), "home": home}
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"a setting is wrong: {error}; see config/accord.example.toml") from error
    problem = _problem(settings)
    if problem is not None:
        raise SettingsError(f"a setting is wrong: {problem}; see config/accord.example.toml")
    return settings


def _problem(settings: Settings) -> str | None:
    if settings.production and settings.embedded:
        return "production needs database_url (or ACCORD_DATABASE_URL): a PostgreSQL 18 of its own"
    if settings.log_level.upper() not in logging.getLevelNamesMapping():
        return f"log_level {settings.log_level!r} is none of DEBUG, INFO, WARNING, ERROR"
    if settings.job_stalled <= settings.job_heartbeat * 2:
        return "job_stalled must be more than twice job_heartbeat, or live workers count as dead"
    if settings.dns_server is not None:
        try:
            address_and_port(settings.dns_server, port=53)
        except ValueError as error:
            return f"dns_server: {error}"
    problem = _fetch_problem(settings)
    if problem is not None:
        return problem
    problem = _key_problem(settings)
    if problem is not None:
        return problem
    if settings.public_url is not None and not PUBLIC_URL.fullmatch(settings.public_url):
        return "public_url is no address such as https://accord.example.org, without a slash at its end"
    if settings.database_url is None:
        return None
    try:
        url = make_url(settings.database_url)
    except (ArgumentError, ValueError):
        # The address itself is not repeated: it holds a password.
        return "database_url is no address such as postgresql://user:password@host/name"
    if url.get_backend_name() not in ("postgresql", "postgres"):
        return f"database_url must begin with postgresql://, not {url.drivername}://"
    if not (url.username and url.password and url.database):
        return "database_url must name user, password and database: postgresql://user:password@host/name"
    return None


def _key_problem(settings: Settings) -> str | None:
    if any(len(key.strip()) < SHORTEST for key in (settings.seal_key or "x" * SHORTEST).split(",")):
        return f"seal_key: each key has {SHORTEST} characters or more"
    host = urlsplit(settings.issuer).hostname or ""
    if settings.passkey_domain is not None and not f".{host}".endswith(f".{settings.passkey_domain}"):
        return "passkey_domain is neither the name in public_url nor a domain above it"
    return None


def _fetch_problem(settings: Settings) -> str | None:
    try:
        settings.networks_fetched()
        ports = settings.ports_fetched()
    except ValueError as error:
        return f"fetch_networks or fetch_ports: {error}"
    if not ports or not all(0 < port < 65_536 for port in ports):
        return "fetch_ports: name ports such as 443,8443"
    if settings.fetch_ca is not None and not Path(settings.fetch_ca).is_file():
        return f"fetch_ca: there is no file {settings.fetch_ca}"
    return None


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return _flat(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """Settings of a table under their full names: `user` in `[plugins]` is `plugins_user`.

    :raises SettingsError: when one is written both ways.
    """
    flat: dict[str, Any] = {}
    for name, value in values.items():
        for key, setting in _entries(name, value):
            if key in flat:
                raise SettingsError(f"{key} is set twice, as {key} and in [{key.partition('_')[0]}]")
            flat[key] = setting
    return flat


def _entries(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f"{name}_{key}", setting) for key, setting in value.items())
    else:
        yield name, value


def _from_environment(env: Mapping[str, str]) -> dict[str, str]:
    names = {f"ACCORD_{field.upper()}": field for field in Settings.__struct_fields__ if field != "home"}
    return {names[key]: value for key, value in env.items() if key in names and value != ""}
