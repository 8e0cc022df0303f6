"""The database's login roles: made when they are missing, never with the power to bypass row security."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from functools import cache

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from accord_config.database import Role
from accord_config.settings import SettingsError

_SETUP_LOCK = 0x6163636F7264
"""Key of the advisory lock under which roles are made: "accord" in ASCII."""


def connect(url: URL) -> psycopg.Connection:
    """A connection of its own, each statement a transaction."""
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def derived_password(owner_password: str, role: Role) -> str:
    """A role's password, made from the owner's: hosts that know the one agree on the other."""
    return hmac.digest(_key(owner_password), role.value.encode(), "sha256").hex()


@cache
def _key(owner_password: str) -> bytes:
    # scrypt with the parameters of RFC 7914's interactive use: who learns a role's password cannot
    # quickly guess the owner's.
    return hashlib.scrypt(owner_password.encode(), salt=b"accord database roles", n=2**14, r=8, p=1, dklen=32)


def ensure_roles(url: URL, passwords: Mapping[Role, str]) -> None:
    """Have each role sign in with its password; connect as somebody who may create roles.

    :raises SettingsError: when one of them could bypass row security.
    :raises psycopg.errors.InsufficientPrivilege: when the user of `url` may not create roles.
    """
    with connect(url) as connection:
        # Two hosts may set up one database at once. Ending the connection lets go of the lock.
        connection.execute("SELECT pg_advisory_lock(%s)", [_SETUP_LOCK])
        for role, password in passwords.items():
            _ensure_role(connection, url, role, password)


def _ensure_role(connection: psycopg.Connection, url: URL, role: Role, password: str) -> None:
    known = connection.execute(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [role.value]
    ).fetchone()
    if known is None:
        command = "CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {}"
    elif known[0]:
        raise SettingsError(
            f"the database role {role.value} may bypass row security:"
            f" ALTER ROLE {role.value} NOSUPERUSER NOBYPASSRLS"
        )
    elif _signs_in(url.set(username=role.value, password=password)):
        return
    else:
        command = "ALTER ROLE {} LOGIN PASSWORD {}"
    # As its hash, so that no server log ever holds the password.
    secret = connection.pgconn.encrypt_password(password.encode(), role.value.encode(), b"scram-sha-256")
    connection.execute(sql.SQL(command).format(sql.Identifier(role.value), sql.Literal(secret.decode())))


def _signs_in(url: URL) -> bool:
    try:
        connect(url).close()
    except psycopg.OperationalError:
        return False
    return True
