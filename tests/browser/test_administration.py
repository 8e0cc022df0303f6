"""What admins of the platform and of members look at, and an emergency reading from asking to the end."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import ADMIN, HANNA, NARROW, Made, Site, Visit
from tests.browser.faults import faults
from tests.conftest import PASSWORD

from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role

pytestmark = pytest.mark.browser

OF_THE_PLATFORM = [
    "/admin/organisations",
    "/admin/organisations/northgate",
    "/admin/applications",
    "/admin/grants",
    "/client-exceptions",
    "/people",
    "/reviews",
    "/emergencies",
    "/audit",
]
OF_A_MEMBER = [
    "/organisation",
    "/people",
    "/clients",
    "/clients/new",
    "/access",
    "/reviews",
    "/emergencies",
    "/audit",
]


@dataclass(frozen=True)
class Pair:
    """Two platform admins of the test's own: their sessions change."""

    asks: str
    approves: str


@pytest.fixture
def pair(site: Site) -> Pair:
    made = Pair(f"asks-{uuid4().hex[:8]}@example.org", f"approves-{uuid4().hex[:8]}@example.org")
    with site.database(Role.GATE).transaction(NOBODY) as session:
        for email, name in ((made.asks, "Pia Sund"), (made.approves, "Rui Costa")):
            person = create_person(session, email=email, name=name, password=PASSWORD)
            assign_role(session, person_id=person.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)
    return made


def test_the_pages_of_admins_are_without_fault(visit: Visit) -> None:
    for email, paths in ((ADMIN, OF_THE_PLATFORM), (HANNA, OF_A_MEMBER)):
        visitor = visit(email)
        found = {path: (visitor.go(path), faults(visitor)) for path in paths}
        assert {path: seen for path, seen in found.items() if seen != (200, [])} == {}


def test_an_emergency_reading_from_asking_to_its_end(visit: Visit, made: Made, pair: Pair) -> None:
    asker = visit(pair.asks, width=NARROW)
    asker.go("/emergencies")
    asker.page.get_by_text("Ask for one").click()
    asker.page.get_by_label("Member").select_option(label="Northgate Police")
    asker.page.get_by_label("Reason").fill("A person may be in danger tonight")
    assert faults(asker) == []
    asker.page.get_by_role("button", name="Ask for it").click()
    expect(asker.page.get_by_role("status")).to_contain_text("Another platform admin has to approve it")
    assert faults(asker) == []
    place = asker.page.url.removeprefix(asker.site.address)

    approver = visit(pair.approves, width=NARROW)
    approver.go(place)
    assert faults(approver) == []
    approver.page.get_by_role("button", name="Approve it").click()
    expect(approver.page.get_by_role("status")).to_contain_text("Pia Sund may read")

    asker.go(place)
    asker.page.get_by_role("button", name="Begin to read").click()
    asker.page.wait_for_url("**/cases")
    asker.go(made.case)
    expect(asker.page.get_by_role("form", name="Emergency reading")).to_contain_text("Northgate Police")
    assert faults(asker) == []

    hanna = visit(HANNA, width=NARROW)
    hanna.go("/people")
    hanna.page.get_by_role("link", name="See who, why and what").click()
    assert faults(hanna) == []
    hanna.go(place)
    expect(hanna.page.get_by_role("table")).to_contain_text(made.case.replace("/cases/", "case "))
    assert faults(hanna) == []

    approver.go(place)
    approver.page.get_by_role("button", name="End it").click()
    expect(approver.page.get_by_role("status")).to_contain_text("It is over")
    asker.go(made.case)
    expect(asker.page.get_by_label("Password")).to_be_visible()
