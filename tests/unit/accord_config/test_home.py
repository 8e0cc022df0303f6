"""A home on an external database: its roles, their passwords and what it refuses."""

from __future__ import annotations

import os
import stat
from enum import StrEnum
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import make_url

from accord_config.database import NOBODY, Role
from accord_config.home import Home
from accord_config.roles import derived_password, ensure_roles
from accord_config.settings import Settings, SettingsError


def test_every_role_signs_in_as_itself_and_may_not_bypass_row_security(home: Home, database: Any) -> None:
    for role in (Role.GATE, Role.WEB, Role.WORKER):
        with database(role).transaction(NOBODY) as session:
            row = session.execute(
                text(
                    "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
                    " WHERE rolname = current_user"
                )
            ).one()
        assert tuple(row) == (role.value, False, False, False, False)


def test_two_hosts_with_one_database_agree_on_the_passwords(home: Home, tmp_path: Any) -> None:
    other = Home(Settings(home=tmp_path / "other host", database_url=home.settings.database_url))
    for role in Role:
        assert other.url(role) == home.url(role)
    other.close()


def test_passwords_of_roles_differ_and_follow_the_owner() -> None:
    assert len({derived_password(owner, role) for owner in ("one", "two") for role in Role}) == 8


def test_opening_a_home_again_changes_nothing_in_the_cluster(home: Home, cluster: Any) -> None:
    before = _password_hashes(cluster)
    Home(home.settings).close()
    assert _password_hashes(cluster) == before


def _password_hashes(cluster: Any) -> list[tuple[Any, ...]]:
    plain = cluster.url("postgres").set(username="postgres", password=None)
    with psycopg.connect(plain.render_as_string(hide_password=False)) as connection:
        return connection.execute("SELECT rolname, rolpassword FROM pg_authid ORDER BY 1").fetchall()


def test_a_role_that_may_bypass_row_security_is_refused_by_name(cluster: Any) -> None:
    # A role of the test's own: other tests sign in with Accord's at the same time.
    roles: Any = StrEnum("Roles", {"GATE": f"gate_{os.getpid()}"})
    superuser = cluster.url("postgres").set(username="postgres", password=None)
    role = sql.Identifier(roles.GATE.value)
    ensure_roles(superuser, {roles.GATE: "secret"})
    try:
        cluster.run(sql.SQL("ALTER ROLE {} BYPASSRLS").format(role))
        with pytest.raises(SettingsError, match=rf"{roles.GATE} may bypass row security: ALTER ROLE"):
            ensure_roles(superuser, {roles.GATE: "secret"})
    finally:
        cluster.run(sql.SQL("DROP ROLE {}").format(role))


def test_a_database_that_does_not_answer_is_an_error_of_the_database(tmp_path: Any) -> None:
    settings = Settings(home=tmp_path, database_url="postgresql://a:b@127.0.0.1:9/accord")
    with pytest.raises(psycopg.OperationalError):
        Home(settings)


def test_an_owner_that_may_not_make_roles_is_told_so(home: Home, cluster: Any, tmp_path: Any) -> None:
    name = f"plain_{make_url(home.settings.database_url or '').database}"
    role = sql.Identifier(name)
    cluster.run(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'plain'").format(role))
    try:
        url = make_url(home.settings.database_url or "").set(username=name, password="plain")
        settings = Settings(home=tmp_path / "plain", database_url=url.render_as_string(hide_password=False))
        with pytest.raises(SettingsError, match="CREATEROLE"):
            Home(settings)
    finally:
        cluster.run(sql.SQL("DROP ROLE {}").format(role))


def test_secrets_lie_where_only_their_owner_looks(home: Home) -> None:
    assert stat.S_IMODE((home.path / "private").stat().st_mode) == 0o700


def test_an_error_of_the_database_never_repeats_what_was_to_be_stored(database: Any) -> None:
    with (
        pytest.raises(Exception, match="relation") as raised,
        database(Role.WEB).transaction(NOBODY) as session,
    ):
        session.execute(text("SELECT * FROM nowhere WHERE a = :a"), {"a": "614-555-0134"})
    assert "0134" not in str(raised.value)
