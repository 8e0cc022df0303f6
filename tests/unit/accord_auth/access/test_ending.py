"""One function ends access: what it counts, what it ends, what it leaves alone and what it writes down."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.conftest import PASSWORD

from accord_auth.access.causes import (
    REACHES,
    Cause,
    Reach,
    of_credential,
    of_membership,
    of_organisation,
    of_person,
)
from accord_auth.access.channels import CHANNELS
from accord_auth.access.service import Ended, end_access, preview, reopen
from accord_auth.people.service import assign_role
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.sessions.service import choices, resolve, start_session
from accord_config.database import Role
from accord_config.queue import enqueue


@pytest.fixture
def ada(organisations: Any, principal_of: Any, gate: Any) -> Principal:
    """Somebody who belongs to the company and to the police unit."""
    made: Principal = principal_of(organisations.company, PersonRole.INVESTIGATOR, email="ada@example.org")
    gate(
        assign_role,
        person_id=made.person_id,
        role=PersonRole.ANALYST,
        organisation_id=organisations.police.id,
    )
    return made


@pytest.fixture
def sign_in(gate: Any) -> Any:
    """Starts a session of somebody for one organisation: `sign_in("ada@example.org", "marlin")`."""

    def sign_in(email: str, slug: str) -> str:
        person_id, found = gate(choices, email=email, password=PASSWORD)
        choice = next(one for one in found if one.slug == slug)
        token: str = gate(start_session, person_id=person_id, choice=choice, hours=1).token
        return token

    return sign_in


def queue(database: Any, who: Principal, **more: Any) -> None:
    with database(Role.WEB).transaction(who.scope) as session:
        enqueue(session, "test:nothing", organisation_id=who.organisation, **more)


def entries(gate: Any, database: Any) -> list[tuple[Any, ...]]:
    query = (
        "SELECT organisation_id, subject, detail, why FROM audit_entries WHERE tag = 'access.end' ORDER BY id"
    )
    with database(Role.OWNER).engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_causes_and_channels_are_in_order_and_complete() -> None:
    assert list(Cause.__members__) == sorted(Cause.__members__)
    assert set(REACHES) == set(Cause)
    assert all(REACHES.values())
    assert len({channel.name for channel in CHANNELS}) == len(CHANNELS)


def test_a_preview_counts_what_would_end_and_changes_nothing(
    gate: Any, database: Any, ada: Principal, organisations: Any, sign_in: Any
) -> None:
    tokens = [sign_in(ada.email, "marlin"), sign_in(ada.email, "marlin"), sign_in(ada.email, "northgate")]
    queue(database, ada, on_behalf_of=ada.person_id)
    queue(database, ada)
    counted = gate(preview, of_membership(ada.person_id, organisations.company.id))
    assert counted.counts == {
        "session": 2,
        "grant": 0,
        "emergency reading": 0,
        "invitation": 0,
        "queued job": 1,
    }
    assert counted.words() == "2 sessions, 1 queued job"
    assert gate(preview, of_person(ada.person_id)).counts["session"] == 3
    whole = gate(preview, of_organisation(organisations.company.id))
    assert whole.counts["queued job"] == 2
    assert whole.counts["plugin"] > 0
    assert all(gate(resolve, token) for token in tokens)
    assert entries(gate, database) == []


def test_leaving_one_organisation_ends_nothing_in_another(
    gate: Any, database: Any, ada: Principal, organisations: Any, sign_in: Any
) -> None:
    lost, kept = sign_in(ada.email, "marlin"), sign_in(ada.email, "northgate")
    subject = of_membership(ada.person_id, organisations.company.id)
    ended = gate(end_access, organisations.company.operator, subject, Cause.REMOVED, "moved away")
    assert ended.counts["session"] == 1
    assert gate(resolve, lost) is None
    assert gate(resolve, kept) is not None
    detail = {"cause": "removed", "session": 1}
    assert entries(gate, database) == [
        (organisations.company.id, f"person {ada.person_id}", detail, "moved away")
    ]
    assert gate(preview, subject).total == 0


def test_a_person_s_end_spares_the_session_that_asks_for_it(
    gate: Any, ada: Principal, sign_in: Any, database: Any
) -> None:
    own, other = sign_in(ada.email, "marlin"), sign_in(ada.email, "northgate")
    with database(Role.GATE).engine.connect() as connection:
        session_id = connection.execute(text("SELECT id FROM sessions ORDER BY id LIMIT 1")).scalar_one()
    gate(end_access, ada, of_person(ada.person_id, sparing=session_id), Cause.PASSWORD_CHANGED)
    assert gate(resolve, own) is not None
    assert gate(resolve, other) is None


def test_one_session_ends_alone(gate: Any, ada: Principal, sign_in: Any, database: Any) -> None:
    first, second = sign_in(ada.email, "marlin"), sign_in(ada.email, "marlin")
    with database(Role.GATE).engine.connect() as connection:
        session_id = connection.execute(text("SELECT id FROM sessions ORDER BY id LIMIT 1")).scalar_one()
    ended = gate(end_access, ada, of_credential("session", session_id), Cause.SESSION_ENDED)
    assert ended == Ended({"session": 1})
    assert (gate(resolve, first), gate(resolve, second) is not None) == (None, True)


def test_an_organisation_s_end_is_seen_in_its_own_log_and_can_be_taken_back(
    gate: Any, database: Any, organisations: Any, principal_of: Any, ada: Principal
) -> None:
    police = organisations.police
    queue(database, ada)
    subject = of_organisation(organisations.company.id)
    before = gate(preview, subject, Cause.ORGANISATION_SUSPENDED)
    ended = gate(end_access, police.operator, subject, Cause.ORGANISATION_SUSPENDED, "a complaint")
    assert ended == before
    assert entries(gate, database)[0][0] == organisations.company.id
    with database(Role.WORKER).transaction(organisations.company.scope) as session:
        open_plugins = session.scalar(text("SELECT count(*) FROM activations WHERE closed_at IS NULL"))
    assert open_plugins == 0
    back = gate(reopen, police.operator, subject)
    assert back.counts == {name: before.counts[name] for name in ("plugin", "client", "queued job")}
    assert gate(preview, subject, Cause.ORGANISATION_SUSPENDED).counts == before.counts


def test_what_ends_somebody_s_place_on_the_platform_ends_no_job_of_a_member(
    gate: Any, database: Any, ada: Principal
) -> None:
    queue(database, ada, on_behalf_of=ada.person_id)
    assert gate(preview, of_membership(ada.person_id, None)).counts["queued job"] == 0
    assert gate(preview, of_person(ada.person_id)).counts["queued job"] == 1


def test_a_cause_that_cannot_end_such_a_subject_s_access_is_a_mistake(gate: Any, ada: Principal) -> None:
    with pytest.raises(ValueError, match="password_changed does not end the access of a organisation"):
        gate(end_access, ada, of_organisation(uuid4()), Cause.PASSWORD_CHANGED)
    with pytest.raises(ValueError, match="only an organisation"):
        gate(reopen, ada, of_person(uuid4()))


@pytest.mark.parametrize("cause", sorted(Cause))
@pytest.mark.parametrize("reach", sorted(Reach))
def test_nothing_ends_for_somebody_unknown(cause: Cause, reach: Reach, gate: Any, ada: Principal) -> None:
    subjects = {
        Reach.CREDENTIAL: of_credential("session", uuid4()),
        Reach.MEMBERSHIP: of_membership(uuid4(), ada.organisation),
        Reach.ORGANISATION: of_organisation(ada.organisation),
        Reach.PERSON: of_person(uuid4()),
    }
    if reach not in REACHES[cause] or reach is Reach.ORGANISATION:
        return
    assert gate(end_access, ada, subjects[reach], cause).total == 0


def share(database: Any, owner: Any, recipient: Any) -> Any:
    query = text(
        "INSERT INTO shares (organisation_id, recipient_id, title, marking, purpose, basis, document, digest)"
        " VALUES (:owner, :recipient, 't', 'TLP:AMBER', 'p', 'b', '{}', 'd') RETURNING id"
    )
    with database(Role.WEB).transaction(owner.scope) as session:
        return session.scalar(query, {"owner": owner.id, "recipient": recipient.id})


def test_shares_end_when_a_member_leaves_and_both_sides_are_told(
    gate: Any, database: Any, organisations: Any
) -> None:
    company, police, ngo = organisations.company, organisations.police, organisations.ngo
    given, received = share(database, company, police), share(database, ngo, company)
    others = share(database, police, ngo)
    subject = of_organisation(company.id)
    assert gate(preview, subject, Cause.ORGANISATION_LEFT).counts["share"] == 2
    for cause in (Cause.ORGANISATION_SUSPENDED, Cause.AGREEMENT_EXPIRED):
        assert "share" not in gate(preview, subject, cause).counts
        assert "share" not in gate(end_access, company.operator, subject, cause).counts
    ended = gate(end_access, company.operator, subject, Cause.ORGANISATION_LEFT)
    assert ended.words() == "2 shares"
    with database(Role.OWNER).engine.connect() as connection:
        live = connection.execute(text("SELECT id FROM shares WHERE revoked_at IS NULL")).scalars().all()
        told = connection.execute(
            text("SELECT organisation_id, subject FROM audit_entries WHERE tag = 'share.revoke'")
        ).all()
    assert live == [others]
    assert {tuple(row) for row in told} == {
        (company.id, f"share {given}"),
        (police.id, f"share {given}"),
        (ngo.id, f"share {received}"),
        (company.id, f"share {received}"),
    }
