"""The applicant's side: applying, being invited, changing, proving, withdrawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from accord_auth.audit.models import AuditEntry
from accord_auth.errors import Conflict, NotFound, PermissionDenied
from accord_auth.joining import applying, deciding, vetting
from accord_auth.joining.acting import APPLICANT
from accord_auth.joining.models import ApplicationStatus, CheckState, Item, Turn
from accord_auth.joining.progress import State
from accord_auth.joining.register import by_token
from accord_auth.joining.schemas import Details
from accord_auth.organisations.models import OrganisationKind
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from tests.unit.accord_auth.joining.conftest import Platform

REASON = "The purpose is not one of ours."


def details(**changes: object) -> Details:
    given = {
        "name": "Lantern Aid",
        "kind": OrganisationKind.NGO,
        "domain": "lantern.example.org",
        "contact_name": "Noor Haddad",
        "contact_email": "noor@lantern.example.org",
        "purpose": "Support for people who want to leave",
        "legal_basis": "Consent of the people supported",
        "jurisdiction": "US-OH",
    }
    return Details(**(given | changes))  # type: ignore[arg-type]  # what a test changes is of the right kind


def test_an_application_first_waits_for_the_proof_of_the_domain(platform: Platform) -> None:
    applied = platform.apply()
    found = platform.seen(applied.application.id)
    assert found.application.status == ApplicationStatus.RECEIVED
    assert found.progress.turn is Turn.APPLICANT
    assert found.progress.waits_for == ("Publish the TXT record at _accord-challenge.lantern.example.org.",)


def test_the_proof_makes_it_the_platform_s_turn_with_a_day_on_which_an_answer_is_due(
    platform: Platform,
) -> None:
    applied = platform.apply()
    before = platform.seen(applied.application.id).progress
    assert platform.prove(applied, "There is no TXT record yet.") == "There is no TXT record yet."
    assert platform.seen(applied.application.id).progress.since == before.since
    assert platform.prove(applied) == ""
    after = platform.seen(applied.application.id).progress
    assert after.turn is Turn.PLATFORM
    assert after.since > before.since
    assert after.due_at is not None
    assert (after.due_at - after.since).days == 14


def test_only_the_hash_of_the_secret_is_kept(platform: Platform) -> None:
    applied = platform.apply()
    assert len(applied.token) >= 43
    assert applied.token.encode() not in applied.application.token_hash
    with platform.gate.transaction(NOBODY) as session:
        assert by_token(session, applied.token).id == applied.application.id
        for wrong in ("", "x", applied.token[:-1], "\x00", "\ud800", applied.application.token_hash.hex()):
            with pytest.raises(NotFound):
                by_token(session, wrong)


def test_applying_again_for_a_domain_that_is_known_reads_the_same(platform: Platform) -> None:
    first = platform.ready()
    platform.approve(platform.kim, first.application)
    again, fresh = platform.apply(), platform.apply(domain="other.example.org")
    one, other = (platform.seen(applied.application.id) for applied in (again, fresh))
    assert one.application.status == other.application.status
    assert one.progress.turn == other.progress.turn
    assert len(one.progress.waits_for) == len(other.progress.waits_for)


def test_an_invited_organisation_fills_its_application_in(platform: Platform) -> None:
    with platform.gate.transaction(NOBODY) as session:
        invited = applying.invite_organisation(
            session,
            platform.alex,
            name="Lantern",
            kind=OrganisationKind.NGO,
            contact_email="Noor@Lantern.example.org",
        )
    found = platform.seen(invited.application.id)
    assert found.application.status == ApplicationStatus.INVITED
    assert (found.application.contact_email, found.progress.waits_for) == (
        "noor@lantern.example.org",
        ("Fill in the application.",),
    )
    with pytest.raises(Conflict, match="not filled in"):
        platform.prove(invited)
    with platform.gate.transaction(NOBODY) as session:
        applying.amend(session, invited.token, details())
    found = platform.seen(invited.application.id)
    assert found.application.status == ApplicationStatus.RECEIVED
    assert found.application.invited_by == platform.alex.person_id
    assert found.application.received_at is not None


def test_nobody_else_invites(platform: Platform) -> None:
    with platform.gate.transaction(NOBODY) as session, pytest.raises(PermissionDenied):
        applying.invite_organisation(
            session, APPLICANT, name="X", kind=OrganisationKind.NGO, contact_email="x@example.org"
        )


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({"purpose": "Something quite different from before"}, {Item.PURPOSE}),
        ({"legal_basis": "A law that was not named before"}, {Item.LEGAL_BASIS}),
        ({"jurisdiction": "US-MI"}, {Item.JURISDICTION}),
        ({"kind": OrganisationKind.HOTLINE}, {Item.KIND}),
        ({"domain": "other.example.org"}, {Item.DOMAIN}),
        ({"contact_name": "Somebody Else"}, set()),
        ({}, set()),
    ],
)
def test_what_was_seen_of_a_changed_field_is_to_be_seen_again(
    platform: Platform, changes: dict[str, object], again: set[Item]
) -> None:
    applied = platform.ready()
    before = platform.seen(applied.application.id)
    assert before.progress.complete
    with platform.gate.transaction(NOBODY) as session:
        applying.amend(session, applied.token, details(**changes))
    after = platform.seen(applied.application.id)
    assert {line.item for line in after.progress.checklist if line.state is State.OPEN} == again
    assert (after.application.revision > before.application.revision) is bool(changes)
    if Item.DOMAIN in again:
        assert after.application.challenge != before.application.challenge


def test_a_question_makes_it_the_applicant_s_turn_and_an_answer_ours_again(platform: Platform) -> None:
    applied = platform.apply()
    platform.prove(applied)
    with platform.gate.transaction(NOBODY) as session:
        vetting.check(
            session,
            platform.alex,
            applied.application.id,
            Item.PURPOSE,
            CheckState.ASKED,
            "Say which people you support.",
        )
    asked = platform.seen(applied.application.id).progress
    assert (asked.turn, asked.waits_for) == (Turn.APPLICANT, ("Say which people you support.",))
    with platform.gate.transaction(NOBODY) as session:
        applying.amend(session, applied.token, details(purpose="Support for adults who want to leave"))
    assert platform.seen(applied.application.id).progress.turn is Turn.PLATFORM


def test_a_decided_application_stays_as_it_is(platform: Platform) -> None:
    applied = platform.ready()
    with platform.gate.transaction(NOBODY) as session:
        deciding.refuse(session, platform.kim, applied.application.id, REASON)
    with platform.gate.transaction(NOBODY) as session:
        for act in (
            lambda: applying.amend(session, applied.token, details()),
            lambda: applying.withdraw(session, applied.token),
            lambda: platform.prove(applied),
        ):
            with pytest.raises(Conflict, match="refused already"):
                act()


def test_an_applicant_withdraws(platform: Platform) -> None:
    applied = platform.apply()
    with platform.gate.transaction(NOBODY) as session:
        applying.withdraw(session, applied.token)
    found = platform.seen(applied.application.id)
    assert (found.application.status, found.progress.turn) == (ApplicationStatus.WITHDRAWN, Turn.NOBODY)


def test_a_proof_of_what_the_application_no_longer_says_does_not_count(platform: Platform) -> None:
    applied = platform.apply()

    class ChangedMeanwhile:
        def problem(self, domain: str, challenge: str) -> str:
            with platform.gate.transaction(NOBODY) as session:
                applying.amend(session, applied.token, details(domain="other.example.org"))
            return ""

    with pytest.raises(Conflict):
        applying.prove_own_domain(platform.gate, applied.token, ChangedMeanwhile())
    assert platform.seen(applied.application.id).application.domain_proved_at is None


def test_everything_is_written_into_the_platform_s_log(platform: Platform) -> None:
    applied = platform.apply()
    platform.prove(applied)
    with platform.gate.transaction(NOBODY) as session:
        applying.withdraw(session, applied.token)
    with platform.database(Role.OWNER).transaction(NOBODY) as session:
        entries = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.subject == f"application {applied.application.id}")
            .order_by(AuditEntry.id)
        ).all()
    assert [entry.tag for entry in entries] == [
        "application.receive",
        "application.domain",
        "application.withdraw",
    ]
    assert {(entry.organisation_id, entry.actor) for entry in entries} == {(None, "an applicant")}
