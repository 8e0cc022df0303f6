"""Closed records and the network never share a process, unless two admins allow a marking for a plugin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from tests.conftest import Databases, Members

from accord.grants import allowances
from accord.grants.models import NetworkAllowance
from accord.grants.service import Granting
from accord.markings import Marking
from accord.registry.service import discover
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.permissions import Role as PersonRole
from accord_auth.permissions import permissions_of
from accord_auth.principal import Principal
from accord_config.database import Role
from accord_sdk import wire
from accord_sdk.host.grants import Refused

CALL = wire.Http("GET", "https://api.example.org/")
WHY = "The police unit runs the detector itself."


@pytest.fixture
def ann(principal_of: Any, organisations: Members) -> Principal:
    """An admin of the company."""
    found: Principal = principal_of(
        organisations.company, PersonRole.ORGANISATION_ADMIN, email="ann@marlin.example.org"
    )
    return found


@pytest.fixture
def ben(principal_of: Any, organisations: Members) -> Principal:
    """Another one."""
    found: Principal = principal_of(
        organisations.company, PersonRole.ORGANISATION_ADMIN, email="ben@marlin.example.org"
    )
    return found


@pytest.fixture
def call(database: Databases, organisations: Members) -> Callable[[Marking], str]:
    """What comes of a request from a process that is to see records of this marking."""
    (manifest,) = [one.manifest for one in discover() if one.manifest.name == "remote"]
    manifest = msgspec.structs.replace(manifest, calls={"api.example.org": "to ask"}, ceiling="TLP:RED")
    granting = Granting(database(Role.WORKER))

    def make(marking: Marking) -> str:
        grants = granting.of(organisations.company.id, manifest, "1", marking)
        with pytest.raises(Refused) as refused:
            # Where it is allowed the name cannot be reached from here, which reads "failed".
            grants.give(CALL)
        return refused.value.code

    return make


def acting(database: Databases, who: Principal, act: Callable[..., Any], *given: Any) -> Any:
    with database(Role.WEB).transaction(who.scope) as session:
        return act(session, who, "remote", *given)


def test_two_admins_allow_it_and_either_ends_it_at_once(
    database: Databases, ann: Principal, ben: Principal, call: Any
) -> None:
    assert call(Marking.RED) == call(Marking.AMBER_STRICT) == "not_granted"
    asked = acting(database, ann, allowances.ask, Marking.AMBER_STRICT, WHY)
    assert call(Marking.AMBER_STRICT) == "not_granted"
    with pytest.raises(PermissionDenied, match="another admin"):
        acting(database, ann, allowances.allow, asked.id)
    acting(database, ben, allowances.allow, asked.id)
    assert (call(Marking.AMBER_STRICT), call(Marking.RED)) == ("failed", "not_granted")
    acting(database, ann, allowances.end, asked.id)
    assert call(Marking.AMBER_STRICT) == "not_granted"
    with pytest.raises(Conflict):
        acting(database, ben, allowances.allow, asked.id)
    (kept,) = acting(database, ben, allowances.allowances)
    assert (kept.asked_name, kept.allowed_name, kept.ended_name) == ("ann", "ben", "ann")


def test_the_database_itself_wants_two(database: Databases, ann: Principal) -> None:
    asked = acting(database, ann, allowances.ask, Marking.RED, WHY)
    by_oneself = text("UPDATE network_allowances SET allowed_by = asked_by WHERE id = :id")
    with (
        pytest.raises(IntegrityError, match="ck_network_allowances_two"),
        database(Role.WEB).transaction(ann.scope) as session,
    ):
        session.execute(by_oneself, {"id": asked.id})


def test_what_was_asked_cannot_be_changed(database: Databases, ann: Principal) -> None:
    acting(database, ann, allowances.ask, Marking.RED, WHY)
    for column in ("marking", "plugin", "asked_by", "reason"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            database(Role.WEB).transaction(ann.scope) as session,
        ):
            session.execute(text(f"UPDATE network_allowances SET {column} = {column}"))


def test_only_closed_markings_a_reason_and_one_request_at_a_time(
    database: Databases, ann: Principal, ben: Principal
) -> None:
    with pytest.raises(Invalid):
        acting(database, ann, allowances.ask, Marking.AMBER, WHY)
    with pytest.raises(Invalid):
        acting(database, ann, allowances.ask, Marking.RED, " ")
    acting(database, ann, allowances.ask, Marking.RED, WHY)
    with pytest.raises(Conflict):
        acting(database, ben, allowances.ask, Marking.RED, WHY)


def test_it_is_a_person_s_and_an_admin_s_to_decide(
    database: Databases, organisations: Members, ann: Principal
) -> None:
    with pytest.raises(PermissionDenied, match="two people"):
        acting(database, organisations.company.operator, allowances.ask, Marking.RED, WHY)
    analyst = replace(ann, permissions=permissions_of(frozenset({PersonRole.ANALYST})))
    with pytest.raises(PermissionDenied):
        acting(database, analyst, allowances.ask, Marking.RED, WHY)


def test_another_member_s_allowance_is_none(
    database: Databases, organisations: Members, ann: Principal, principal_of: Any, call: Any
) -> None:
    theirs = [
        principal_of(organisations.police, PersonRole.ORGANISATION_ADMIN, email=f"{name}@badge.example.org")
        for name in ("cal", "dee")
    ]
    asked = acting(database, theirs[0], allowances.ask, Marking.RED, WHY)
    with pytest.raises(NotFound):
        acting(database, ann, allowances.allow, asked.id)
    acting(database, theirs[1], allowances.allow, asked.id)
    assert call(Marking.RED) == "not_granted"
    with database(Role.WORKER).transaction(organisations.company.scope) as session:
        assert session.query(NetworkAllowance).count() == 0
