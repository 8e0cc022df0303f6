"""The real PostgreSQL for tests: one server a run, a fresh clone of a migrated database for each home.

With `pytest -n` the first process to come starts the server, under a file lock in a directory that
belongs to the run; the last one to leave stops it and removes the directory.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from accord.setup import open_home
from accord_config.database import Role
from accord_config.embedded import EmbeddedServer
from accord_config.home import Home
from accord_config.settings import Settings

TEMPLATE = "accord_template"
QUICK = {"job_heartbeat": 0.5, "job_stalled": 2.0}
"""Settings under which a dead worker is noticed soon."""
_FAST = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "autovacuum = off",
    "max_wal_size = '512MB'",
    "max_connections = 300",
)
"""Tests lose nothing when the machine goes down; nobody else may say so. All servers and workers of a run
share this one, and keep their connections while they live."""
_MEMORY, _MEMORY_BYTES = Path("/dev/shm"), 4 << 30
"""A file system in memory, and how large it must be to hold a run's databases: some hundred megabytes."""
_CLONE = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY")
"""Copying the template's files takes two thirds of the time of writing them through the log."""


def _place() -> Path:
    """Where a run's databases lie: in memory where there is some, since a clone there takes half of the time.

    Decided by the size and not by what is free, so that all processes of a run decide alike.
    """
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).total >= _MEMORY_BYTES:
        return _MEMORY
    return Path(tempfile.gettempdir())


class Cluster:
    """The server of one test run, and how its databases are made."""

    def __init__(self) -> None:
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid()}"
        name = hashlib.sha256(run.encode()).hexdigest()[:8]
        # Short, because a socket's path has a limit of about 100 bytes.
        self.path = _place() / f"acc-{name}"
        self._users = self.path / "users"
        self._server: EmbeddedServer | None = None

    def __enter__(self) -> Cluster:
        try:
            self._join()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _join(self) -> None:
        """Be one of those who use the server; the first starts it."""
        with self._locked():
            self._users.mkdir(exist_ok=True)
            (self._users / str(os.getpid())).touch()
            self._server = EmbeddedServer(self.path / "database")
            self._server.start()
            self._superuser = self._server.superuser_url
            if not (self.path / "ready").exists():
                self._make_template()
                (self.path / "ready").touch()

    def __exit__(self, *error: object) -> None:
        with self._locked():
            (self._users / str(os.getpid())).unlink()
            if self._server is not None:
                self._server.close()
            # A process that was killed, or had its time limit, could not say goodbye.
            if not any(Path(f"/proc/{user.name}").exists() for user in self._users.iterdir()):
                shutil.rmtree(self.path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.mkdir(exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        if not self.path.exists():
            self.path.with_suffix(".lock").unlink(missing_ok=True)

    def run(self, *statements: sql.SQL | sql.Composed) -> None:
        """Run statements as the superuser."""
        plain = self._superuser.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def url(self, database: str) -> URL:
        """A database as `ACCORD_DATABASE_URL` names it: as its owner."""
        return make_url(self._superuser).set(
            drivername="postgresql", database=database, username=Role.OWNER.value, password="owner"
        )

    def _make_template(self) -> None:
        owner, template = sql.Identifier(Role.OWNER.value), sql.Identifier(TEMPLATE)
        self.run(
            *(sql.SQL("ALTER SYSTEM SET " + setting) for setting in _FAST),
            sql.SQL("SELECT pg_reload_conf()"),
            sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD 'owner'").format(owner),
            sql.SQL("CREATE DATABASE {} OWNER {}").format(template, owner),
        )
        open_home(self.settings(TEMPLATE, self.path / "template"), migrate=True).close()
        # Passwords count from here on, as they do in an installation.
        assert self._server is not None
        self._lock_with_password()

    def _lock_with_password(self) -> None:
        access = self.path / "database" / "pg_hba.conf"
        access.write_text("local all postgres trust\nlocal all all scram-sha-256\n", encoding="utf-8")
        self.run(sql.SQL("SELECT pg_reload_conf()"))

    def settings(self, database: str, path: Path, **changes: object) -> Settings:
        """Settings of a home on one of the server's databases."""
        url = self.url(database).render_as_string(hide_password=False)
        return Settings(home=path, database_url=url, **changes)  # type: ignore[arg-type] # checked by msgspec

    @contextmanager
    def home(self, path: Path, **changes: object) -> Iterator[Home]:
        """A home on a fresh clone of the template, dropped when the block ends."""
        name = f"t{uuid4().hex[:12]}"
        clone, template, owner = (sql.Identifier(part) for part in (name, TEMPLATE, Role.OWNER.value))
        self.run(_CLONE.format(clone, template, owner))
        try:
            home = Home(self.settings(name, path, **(QUICK | changes)))
            yield home
            home.close()
        finally:
            self.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(clone))
