"""A home: where one installation keeps its state, and how each database role reaches the database."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from accord_config.database import Database, Role
from accord_config.embedded import EmbeddedServer
from accord_config.roles import connect, derived_password, ensure_roles
from accord_config.sealing import Seals
from accord_config.secrets import Secrets
from accord_config.settings import Settings, SettingsError

DATABASE = "accord"
OLDEST_POSTGRESQL = 18


class Home:
    """One installation's directory and database. Open it once in a process.

    :raises SettingsError: when the database that `database_url` names will not do.
    :raises psycopg.OperationalError: when it cannot be reached.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.path = settings.home
        self._private = self.path / "private"
        self._path_made()
        self.secrets = Secrets(self._private / "secrets.json")
        self._passwords: dict[Role, str] = {}
        self._server: EmbeddedServer | None = None
        with self.locked():
            self._base = self._start_embedded() if settings.embedded else self._external()

    def _path_made(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        self._private.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the home's set-up lock, so that two first commands do not set up at once."""
        with (self._private / "setup.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def database(self, role: Role, *, pool_size: int = 5) -> Database:
        """The database as seen by one role."""
        return Database(self.url(role), pool_size=pool_size)

    def url(self, role: Role) -> URL:
        """Where a role connects, password included."""
        if role is Role.OWNER and not self.settings.embedded:
            return self._base
        return self._base.set(username=role.value, password=self._passwords[role])

    def seals(self) -> Seals:
        """What seals members' secrets in the database."""
        given = self.settings.seal_key
        keys = [key.strip() for key in given.split(",")] if given else [self.secrets.get("seal")]
        return Seals(keys)

    def _external(self) -> URL:
        url = make_url(self.settings.database_url or "").set(drivername="postgresql+psycopg")
        # From the owner's password, so that every host of an installation comes to the same ones.
        owner = str(url.password or "")
        self._passwords = {role: derived_password(owner, role) for role in Role if role is not Role.OWNER}
        with connect(url) as connection:
            version = connection.info.server_version // 10_000
        if version < OLDEST_POSTGRESQL:
            raise SettingsError(f"database_url names PostgreSQL {version}; use {OLDEST_POSTGRESQL} or newer")
        try:
            ensure_roles(url, self._passwords)
        except psycopg.errors.InsufficientPrivilege as error:
            raise SettingsError(
                f"the user of database_url may not create or change roles: give it CREATEROLE ({error})"
            ) from error
        return url

    def _start_embedded(self) -> URL:
        self._passwords = {role: self.secrets.get(role.value) for role in Role}
        server = EmbeddedServer(self.path / "database")
        server.start()
        self._server = server
        base = server.superuser_url
        superuser = base.set(password=self.secrets.get("superuser") if server.locked else None)
        if not server.locked:
            self._prepare_embedded(server, superuser)
        return base.set(database=DATABASE)

    def _prepare_embedded(self, server: EmbeddedServer, superuser: URL) -> None:
        ensure_roles(superuser, self._passwords)
        with connect(superuser) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not found:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(Role.OWNER.value)
                    )
                )
            connection.execute(
                sql.SQL("ALTER USER CURRENT_USER PASSWORD {}").format(
                    sql.Literal(self.secrets.get("superuser"))
                )
            )
            server.lock()
            connection.execute("SELECT pg_reload_conf()")

    def close(self) -> None:
        """Let go of the embedded server; it stops when nobody else uses it."""
        if self._server is not None:
            with self.locked():
                self._server.close()
            self._server = None
