"""Connections of one database role: scopes, statements by themselves, and servers that go away."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text
from tests.conftest import Databases, Members

from accord_config.database import NOBODY, PING_AFTER_S, Role

SCOPE = text("SELECT current_setting('accord.organisation', true), current_setting('accord.person', true)")


def test_a_scope_is_set_in_the_transaction_that_it_is_for(
    database: Databases, organisations: Members
) -> None:
    web = database(Role.WEB)
    for member in (organisations.company, organisations.police, organisations.company):
        with web.transaction(member.scope) as session:
            assert session.execute(SCOPE).one() == (str(member.id), "")
        with web.transaction(NOBODY) as session:
            assert set(session.execute(SCOPE).one()) <= {"", None}


def test_a_scope_costs_no_statement_of_its_own(database: Databases, organisations: Members) -> None:
    # It travels with BEGIN, past the engine: what is counted here are the round trips that remain.
    web, sent = database(Role.WEB), []

    def listen(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        sent.append(statement)

    event.listen(web.engine, "before_cursor_execute", listen)
    with web.transaction(organisations.company.scope) as session:
        assert session.execute(SCOPE).one()[0] == str(organisations.company.id)
    assert len(sent) == 1


def test_statements_by_themselves_have_nobody_s_scope_and_commit_each(
    database: Databases, organisations: Members
) -> None:
    gate = database(Role.GATE)
    with gate.transaction(organisations.company.scope):
        pass
    slug = organisations.company.slug
    with gate.statements() as session:
        assert set(session.execute(SCOPE).one()) <= {"", None}
        session.execute(text("UPDATE organisations SET name = 'Anew' WHERE slug = :slug"), {"slug": slug})
        session.rollback()
    with gate.transaction(NOBODY) as session:
        query = text("SELECT name FROM organisations WHERE slug = :slug")
        assert session.scalar(query, {"slug": slug}) == "Anew"
    # The connection is an ordinary one again: what is rolled back is gone.
    with gate.transaction(NOBODY) as session:
        session.execute(text("UPDATE organisations SET name = 'Lost' WHERE slug = :slug"), {"slug": slug})
        session.rollback()
    with gate.transaction(NOBODY) as session:
        assert session.scalar(query, {"slug": slug}) == "Anew"


@pytest.mark.parametrize("way", ["transaction", "statements"])
def test_a_connection_that_the_server_closed_is_replaced(
    database: Databases, organisations: Members, way: str
) -> None:
    gate = database(Role.GATE)
    with gate.transaction(NOBODY) as first, gate.transaction(NOBODY) as second:
        pids = [one.scalar(text("SELECT pg_backend_pid()")) for one in (first, second)]
    with psycopg.connect(gate.conninfo, autocommit=True) as connection:
        for pid in pids:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with gate.transaction(NOBODY) if way == "transaction" else gate.statements() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) not in pids


def test_a_connection_that_rested_is_tried_before_it_is_used(
    database: Databases, organisations: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = database(Role.GATE)
    with gate.transaction(NOBODY) as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
    monkeypatch.setattr("accord_config.database.PING_AFTER_S", -PING_AFTER_S)
    with gate.transaction(NOBODY) as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) == pid
