"""Joining in a real browser: pages without fault, applying by keyboard, and what is said before an end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import ADMIN, Site, Visit
from tests.browser.faults import faults
from tests.conftest import PASSWORD

from accord_auth.joining import applying, membership, vetting
from accord_auth.joining.acting import PLATFORM_OPERATOR
from accord_auth.joining.models import CheckState, Item
from accord_auth.joining.schemas import CHECKED_BY_PEOPLE, Details
from accord_auth.joining.vetting import SignedAgreement, Terms
from accord_auth.organisations.models import OrganisationKind
from accord_auth.organisations.service import create_organisation
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role

pytestmark = pytest.mark.browser
NADIA = "nadia@shelter.example.org"
TODAY = datetime.now(UTC).date()


@dataclass(frozen=True)
class Joining:
    """Addresses: an application in the applicant's hands and one that can be approved, and their status."""

    asked: str
    asked_status: str
    ready: str
    invited_status: str


def details(name: str) -> Details:
    domain = f"{name.split(maxsplit=1)[0].lower()}.example.org"
    return Details(
        name=name,
        kind=OrganisationKind.LAW_ENFORCEMENT,
        domain=domain,
        contact_name="Noor Haddad",
        contact_email=f"noor@{domain}",
        purpose="Support for people who want to leave",
        legal_basis="Consent of the people supported",
        jurisdiction="US-OH",
        known_to="Harbor Light",
    )


@pytest.fixture(scope="session")
def joining(site: Site) -> Joining:
    """Applicants in different states, and a member whose agreement ends soon with an admin of its own."""
    who = PLATFORM_OPERATOR
    agreement = SignedAgreement("folder 7", TODAY, TODAY, TODAY + timedelta(days=12))
    with site.database(Role.GATE).transaction(NOBODY) as session:
        asked = applying.apply(session, details("Third Street"))
        applying.keep_proof(session, who, asked.application, asked.application, "There is no TXT record yet.")
        key = asked.application.id
        vetting.check(session, who, key, Item.PURPOSE, CheckState.ASKED, "Say which people you support.")
        vetting.check(session, who, key, Item.KIND, CheckState.MET, "Their register entry says so.")
        ready = applying.apply(session, details("Lantern Aid")).application
        applying.keep_proof(session, who, ready, ready, "")
        vetting.set_terms(session, who, ready.id, Terms("lantern", "harbor", hash_lists=True))
        vetting.set_agreement(session, who, ready.id, agreement)
        for item in CHECKED_BY_PEOPLE:
            vetting.check(session, who, ready.id, item, CheckState.MET, "seen")
        invited = applying.invite_organisation(
            session, who, name="Invited", kind=OrganisationKind.NGO, contact_email="i@example.org"
        )
        shelter = create_organisation(session, slug="shelter", name="Shelter", kind=OrganisationKind.NGO)
        nadia = create_person(session, email=NADIA, name="Nadia Petrova", password=PASSWORD)
        assign_role(
            session,
            person_id=nadia.id,
            role=PersonRole.ORGANISATION_ADMIN,
            organisation_id=shelter.id,
        )
        membership.renew(session, who, "shelter", agreement)
        gone = create_organisation(session, slug="gone", name="Gone", kind=OrganisationKind.OTHER)
        membership.suspend(session, who, gone.slug, "Its agreement is under review.")
    return Joining(
        f"/admin/applications/{asked.application.id}",
        f"/join/{asked.token}",
        f"/admin/applications/{ready.id}",
        f"/join/{invited.token}",
    )


def looked_at_unfolded(visit: Visit, email: str | None, paths: list[str]) -> dict[str, list[str]]:
    """The pages with faults, each looked at with everything unfolded."""
    visitor = visit(email)
    found = {}
    for path in paths:
        assert visitor.go(path) == 200, path
        visitor.page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
        found[path] = faults(visitor)
    return {path: wrong for path, wrong in found.items() if wrong}


def test_the_pages_of_joining_are_without_fault(visit: Visit, joining: Joining) -> None:
    public = ["/join", joining.asked_status, joining.invited_status]
    assert looked_at_unfolded(visit, None, public) == {}
    admins = ["/admin/organisations", "/admin/organisations/shelter", "/admin/organisations/gone"]
    admins += ["/admin/applications", joining.asked, joining.ready]
    assert looked_at_unfolded(visit, ADMIN, admins) == {}
    assert looked_at_unfolded(visit, NADIA, ["/organisation"]) == {}


def test_an_organisation_applies_by_keyboard_alone(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/join")
    page = visitor.page
    page.get_by_label("Name of the organisation").focus()
    for words in (
        "Keyboard House",
        "n",
        "keyboard.example.org",
        "US-OH",
        "Noor Haddad",
        "noor@keyboard.example.org",
    ):
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    for words in ("Support for people who want to leave", "Consent of the people supported", ""):
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Keyboard House")).to_be_visible()
    expect(page.get_by_text("Keep the address of this page")).to_be_visible()
    expect(page.get_by_text("_accord-challenge.keyboard.example.org", exact=True)).to_be_visible()


def test_an_admin_reads_what_ends_before_it_is_done(visit: Visit, joining: Joining) -> None:
    visit(NADIA)
    visitor = visit(ADMIN)
    visitor.go("/admin/organisations/shelter")
    page = visitor.page
    page.get_by_text("Suspend", exact=True).click()
    expect(page.get_by_text("This ends: ").first).to_contain_text("session")
