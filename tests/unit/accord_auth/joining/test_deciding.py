"""Who decides, how many have to, and what an approval makes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text, update
from tests.conftest import Members

from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.joining import applying, deciding, vetting
from accord_auth.joining.acting import PLATFORM_OPERATOR, platform_admin
from accord_auth.joining.models import Application, ApplicationStatus, CheckState, Item
from accord_auth.joining.vetting import Terms
from accord_auth.organisations.models import Agreement, Membership, Organisation, OrganisationKind
from accord_auth.people.models import RoleAssignment
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from tests.unit.accord_auth.joining.conftest import Platform

REASON = "The purpose is not one of ours."
POLICE = {"kind": OrganisationKind.LAW_ENFORCEMENT}


def test_an_approval_makes_the_organisation_with_its_terms_and_agreement(
    platform: Platform, organisations: Members
) -> None:
    applied = platform.ready(sponsor=organisations.ngo.slug)
    decision = platform.approve(platform.kim, applied.application)
    assert decision.missing == 0
    assert decision.organisation is not None
    with platform.gate.transaction(NOBODY) as session:
        made = session.get_one(Organisation, decision.organisation.id)
        membership = session.get_one(Membership, made.id)
        (agreement,) = session.scalars(select(Agreement).where(Agreement.organisation_id == made.id))
    assert (made.slug, made.name, made.kind, made.status) == ("lantern", "Lantern Aid", "ngo", "active")
    assert (membership.domain, membership.sponsor_id) == ("lantern.example.org", organisations.ngo.id)
    assert not membership.hash_lists
    assert (agreement.reference, agreement.recorded_by) == ("folder 7", platform.kim.person_id)
    assert platform.seen(applied.application.id).application.status == ApplicationStatus.APPROVED


@pytest.mark.parametrize("changes", [POLICE, {"hash_lists": True}])
def test_law_enforcement_and_hash_lists_take_two_different_admins(
    platform: Platform, changes: dict[str, object]
) -> None:
    applied = platform.ready(**changes)
    first = platform.approve(platform.alex, applied.application)
    assert (first.organisation, first.missing) == (None, 1)
    with pytest.raises(Conflict, match="another platform admin"):
        platform.approve(platform.alex, applied.application)
    second = platform.approve(platform.kim, applied.application)
    assert second.organisation is not None


@pytest.mark.parametrize("change", ["terms", "agreement", "details"])
def test_an_approval_counts_for_what_was_approved_and_nothing_else(platform: Platform, change: str) -> None:
    applied = platform.ready(**POLICE)
    platform.approve(platform.alex, applied.application)
    with platform.gate.transaction(NOBODY) as session:
        if change == "terms":
            vetting.set_terms(session, platform.alex, applied.application.id, Terms("lantern", "", True))
        elif change == "agreement":
            longer = datetime.now(UTC).date() + timedelta(days=3650)
            today = datetime.now(UTC).date()
            vetting.set_agreement(
                session,
                platform.alex,
                applied.application.id,
                vetting.SignedAgreement("folder 8", today, today, longer),
            )
        else:
            found = session.get_one(Application, applied.application.id)
            kept = {name: getattr(found, name) for name in applying.Details.__dataclass_fields__}
            again = kept | {
                "contact_email": "other@lantern.example.org",
                "kind": OrganisationKind(found.kind),
            }
            applying.amend(session, applied.token, applying.Details(**again))
    assert platform.approve(platform.kim, applied.application).missing == 1
    assert platform.approve(platform.alex, applied.application).organisation is not None


def test_the_approval_of_somebody_who_is_no_admin_any_more_does_not_count(platform: Platform) -> None:
    applied = platform.ready(**POLICE)
    platform.approve(platform.alex, applied.application)
    with platform.gate.transaction(NOBODY) as session:
        session.execute(
            update(RoleAssignment)
            .where(RoleAssignment.person_id == platform.alex.person_id)
            .values(role="platform_auditor")
        )
    assert platform.approve(platform.kim, applied.application).missing == 1


def test_who_invited_decides_nothing(platform: Platform) -> None:
    applied = platform.ready()
    with platform.gate.transaction(NOBODY) as session:
        session.execute(update(Application).values(invited_by=platform.alex.person_id))
    with platform.gate.transaction(NOBODY) as session:
        with pytest.raises(PermissionDenied, match="You invited"):
            deciding.approve(session, platform.alex, applied.application.id)
        with pytest.raises(PermissionDenied, match="You invited"):
            deciding.refuse(session, platform.alex, applied.application.id, REASON)
    assert platform.approve(platform.kim, applied.application).organisation is not None


def test_people_of_the_sponsor_decide_nothing(platform: Platform, organisations: Members) -> None:
    platform.belongs(platform.alex, organisations.ngo)
    applied = platform.ready(sponsor=organisations.ngo.slug)
    with (
        platform.gate.transaction(NOBODY) as session,
        pytest.raises(PermissionDenied, match="belong to the sponsor"),
    ):
        deciding.approve(session, platform.alex, applied.application.id)
    assert platform.approve(platform.kim, applied.application).organisation is not None


def test_an_earlier_approval_does_not_count_once_its_giver_belongs_to_the_sponsor(
    platform: Platform, organisations: Members
) -> None:
    applied = platform.ready(sponsor=organisations.ngo.slug, **POLICE)
    platform.approve(platform.alex, applied.application)
    platform.belongs(platform.alex, organisations.ngo)
    assert platform.approve(platform.kim, applied.application).missing == 1


def test_somebody_with_an_address_at_the_applicant_s_domain_decides_nothing(platform: Platform) -> None:
    applied = platform.ready(domain="platform.example.org")
    with (
        platform.gate.transaction(NOBODY) as session,
        pytest.raises(PermissionDenied, match="address is the applicant's"),
    ):
        deciding.approve(session, platform.alex, applied.application.id)


def test_a_decision_is_a_person_s(platform: Platform, organisations: Members) -> None:
    applied = platform.ready()
    with platform.gate.transaction(NOBODY) as session:
        with pytest.raises(PermissionDenied, match="name the platform admin"):
            deciding.approve(session, PLATFORM_OPERATOR, applied.application.id)
        with pytest.raises(PermissionDenied):
            deciding.approve(session, organisations.ngo.operator, applied.application.id)
        with pytest.raises(NotFound, match="no active platform admin"):
            platform_admin(session, "nobody@platform.example.org")


@pytest.mark.parametrize("item", list(Item))
def test_what_is_not_met_is_named(platform: Platform, item: Item) -> None:
    applied = platform.apply()
    if item is not Item.DOMAIN:
        platform.prove(applied)
    platform.vet(applied.application)
    with platform.gate.transaction(NOBODY) as session:
        if item is Item.AGREEMENT:
            session.execute(update(Application).values(agreement_ends_on=datetime.now(UTC).date()))
        elif item is not Item.DOMAIN:
            vetting.check(session, platform.alex, applied.application.id, item, None)
    with platform.gate.transaction(NOBODY) as session, pytest.raises(Invalid) as refused:
        deciding.approve(session, platform.kim, applied.application.id)
    assert list(refused.value.fields) == [item]


def test_an_old_proof_is_to_be_renewed(platform: Platform) -> None:
    applied = platform.ready()
    with platform.gate.transaction(NOBODY) as session:
        session.execute(text("UPDATE applications SET domain_proved_at = now() - interval '31 days'"))
    with platform.gate.transaction(NOBODY) as session, pytest.raises(Invalid, match="checklist"):
        deciding.approve(session, platform.kim, applied.application.id)
    platform.prove(applied)
    assert platform.approve(platform.kim, applied.application).organisation is not None


def test_without_a_sponsor_somebody_writes_why_none_is_needed(platform: Platform) -> None:
    applied = platform.apply()
    with platform.gate.transaction(NOBODY) as session, pytest.raises(Invalid) as refused:
        vetting.check(session, platform.alex, applied.application.id, Item.SPONSOR, CheckState.MET)
    assert list(refused.value.fields) == ["note"]


def test_a_domain_and_a_short_name_have_one_member_each(platform: Platform) -> None:
    first, second = platform.ready(), platform.ready()
    platform.approve(platform.kim, first.application)
    with platform.gate.transaction(NOBODY) as session, pytest.raises(Conflict, match="lantern takes part"):
        deciding.approve(session, platform.kim, second.application.id)
    third = platform.apply(domain="other.example.org")
    with platform.gate.transaction(NOBODY) as session, pytest.raises(Invalid) as refused:
        vetting.set_terms(session, platform.alex, third.application.id, Terms("lantern"))
    assert list(refused.value.fields) == ["slug"]


def test_a_refusal_has_its_reason_and_ends_it(platform: Platform) -> None:
    applied = platform.ready()
    with platform.gate.transaction(NOBODY) as session:
        deciding.refuse(session, platform.kim, applied.application.id, REASON)
    found = platform.seen(applied.application.id).application
    assert (found.status, found.reason) == (ApplicationStatus.REFUSED, REASON)
    with platform.gate.transaction(NOBODY) as session, pytest.raises(Conflict, match="refused already"):
        deciding.approve(session, platform.kim, applied.application.id)


def test_joining_stands_in_the_platform_s_log_and_in_the_member_s_own(platform: Platform) -> None:
    decision = platform.approve(platform.kim, platform.ready().application)
    assert decision.organisation is not None
    with platform.database(Role.OWNER).transaction(NOBODY) as session:
        rows = session.execute(
            text("SELECT organisation_id, actor FROM audit_entries WHERE tag = 'organisation.join'")
        ).all()
    assert {tuple(row) for row in rows} == {(None, "kim"), (decision.organisation.id, "kim")}
