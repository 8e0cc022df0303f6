"""Pages of applicants and of those who vet them, from the public form to the end of a membership."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.conftest import PASSWORD, Cluster, Databases, Members, databases_of, make_members
from tests.name_server import NameServer, name_server

from accord.app import create_app
from accord.web.request import AccordFlask
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role

TODAY = datetime.now(UTC).date()
FORM = {
    "name": "Lantern Aid",
    "kind": "ngo",
    "domain": "lantern.example.org",
    "contact_name": "Noor Haddad",
    "contact_email": "noor@lantern.example.org",
    "purpose": "Support for people who want to leave",
    "legal_basis": "Consent of the people supported",
    "jurisdiction": "US-OH",
    "known_to": "",
}
PAPER = {
    "reference": "folder 7",
    "signed_on": str(TODAY),
    "starts_on": str(TODAY),
    "ends_on": str(TODAY + timedelta(days=20)),
}
WHY = {"reason": "Its agreement is under review."}


class Site:
    """The application, its members, platform admins, and the DNS that it asks."""

    def __init__(self, app: AccordFlask, database: Databases, members: Members, dns: NameServer) -> None:
        self.app, self.database, self.members, self.dns = app, database, members, dns
        self._tokens: dict[str, str] = {}
        with database(Role.GATE).transaction(NOBODY) as session:
            for name in ("alex", "kim"):
                email = f"{name}@platform.example.org"
                person = create_person(session, email=email, name=name, password=PASSWORD)
                assign_role(
                    session, person_id=person.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None
                )
            for name, member in (("rosa", members.ngo), ("ines", members.police)):
                email = f"{name}@{member.slug}.example.org"
                person = create_person(session, email=email, name=name, password=PASSWORD)
                assign_role(
                    session,
                    person_id=person.id,
                    role=PersonRole.ORGANISATION_ADMIN,
                    organisation_id=member.id,
                )

    def browser(self, email: str | None = None) -> FlaskClient:
        client = self.app.test_client()
        client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        if email is not None:
            answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
        return client

    def apply(self, **changes: str) -> str:
        """The path of a new application's status page."""
        answer = self.browser().post("/join", data=FORM | changes)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def publish(self, status: str) -> None:
        """Publish the record that the status page shows, and have it looked for."""
        page = self.browser().get(status).text
        name, value = re.findall(r'class="value">([^<]+)<', page)[:2]
        self.dns.records[name] = [f'"{value}"']
        assert self.browser().post(f"{status}/domain").status_code == 303

    def application_path(self, name: str) -> str:
        with self.database(Role.GATE).transaction(NOBODY) as session:
            key = session.scalars(
                text("SELECT id FROM applications WHERE name = :name"), {"name": name}
            ).one()
        return f"/admin/applications/{UUID(str(key))}"

    def vet(self, admin: FlaskClient, path: str, slug: str, sponsor: str = "") -> None:
        assert admin.post(f"{path}/terms", data={"slug": slug, "sponsor": sponsor}).status_code == 303
        assert admin.post(f"{path}/agreement", data=PAPER).status_code == 303
        for item in ("kind", "purpose", "legal_basis", "jurisdiction", "sponsor"):
            given = {"item": item, "state": "met", "note": "seen"}
            assert admin.post(f"{path}/check", data=given).status_code == 303


@pytest.fixture
def site(cluster: Cluster, tmp_path: Any) -> Iterator[Site]:
    with (
        name_server() as dns,
        cluster.home(tmp_path / "home", dns_server=dns.address) as home,
        databases_of(home) as database,
    ):
        app = create_app(home)
        yield Site(app, database, make_members(database), dns)
        app.close()


def test_from_the_public_form_to_a_member(site: Site) -> None:
    status = site.apply()
    assert re.fullmatch(r"/join/[\w-]{43}", status)
    first = site.browser().get(status).text
    assert "Publish the TXT record" in first
    site.publish(status)
    second = site.browser().get(status).text
    assert "the platform" in second
    assert "in 13 days" in second
    alex, kim = site.browser("alex@platform.example.org"), site.browser("kim@platform.example.org")
    path = site.application_path("Lantern Aid")
    assert path in alex.get("/admin/applications").text
    early = alex.post(f"{path}/approve")
    assert early.status_code == 422
    assert "Purpose: nobody looked at it yet" in early.text
    site.vet(alex, path, "lantern", "harbor")
    approved = kim.post(f"{path}/approve")
    assert approved.headers["Location"] == "/admin/organisations/lantern"
    member = kim.get("/admin/organisations/lantern").text
    assert "lantern.example.org" in member
    assert "Harbor Light" in member
    assert "The agreement ends on" in member
    assert "1 agreement ends" in kim.get("/admin/organisations").text
    assert "is approved" in site.browser().get(status).text


def test_the_applicant_reads_the_question_and_not_what_was_seen(site: Site) -> None:
    status = site.apply()
    site.publish(status)
    alex, path = site.browser("alex@platform.example.org"), site.application_path("Lantern Aid")
    for given in (
        {"item": "kind", "state": "met", "note": "An entry of a register."},
        {"item": "purpose", "state": "asked", "note": "Say which people you support."},
    ):
        assert alex.post(f"{path}/check", data=given).status_code == 303
    silent = alex.post(f"{path}/check", data={"item": "jurisdiction", "state": "asked", "note": ""})
    assert silent.status_code == 422
    assert "Write what the applicant should send" in silent.text
    page = site.browser().get(status).text
    assert "Say which people you support." in page
    assert "An entry of a register." not in page
    changed = FORM | {"purpose": "Support for adults who want to leave"}
    assert site.browser().post(status, data=changed).status_code == 303
    assert "Support for adults" in alex.get(path).text


def test_a_form_with_mistakes_comes_back_as_it_was_sent(site: Site) -> None:
    wrong = FORM | {"domain": "not a domain", "contact_email": "noor", "purpose": "short"}
    answer = site.browser().post("/join", data=wrong)
    assert answer.status_code == 422
    assert answer.text.count("is-invalid") == 3
    assert 'value="not a domain"' in answer.text
    status = site.apply()
    again = site.browser().post(status, data=wrong)
    assert again.status_code == 422
    assert 'value="not a domain"' in again.text


def test_a_known_domain_or_address_is_answered_like_an_unknown_one(site: Site) -> None:
    def seen(path: str) -> str:
        page = site.browser().get(path).text
        page = re.sub(r"/join/[\w-]{43}", "ADDRESS", page)
        page = re.sub(r"[0-9a-f]{32}", "VALUE", page)
        return re.sub(r"(datetime|title)=\"[^\"]+\"|\d\d:\d\d UTC", "TIME", page)

    first = site.apply()
    known = site.apply()
    assert seen(first) == seen(known)


def test_nobody_guesses_a_status_page(site: Site) -> None:
    status = site.apply()
    for wrong in (status[:-1], status + "x", "/join/x", "/join/%00", "/join/" + "A" * 43):
        assert site.browser().get(wrong).status_code == 404
        assert site.browser().post(wrong, data=FORM).status_code == 404
        assert site.browser().post(f"{wrong}/withdraw").status_code == 404
    assert site.browser().get(status).status_code == 200


def test_too_many_applications_are_told_to_wait_and_by_the_address_alone(site: Site) -> None:
    answers = [
        site.browser().post("/join", data=FORM | {"domain": f"d{number}.example.org"}) for number in range(11)
    ]
    assert [answer.status_code for answer in answers] == [303] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    other = site.browser().post(
        "/join", data=FORM | {"domain": "d0.example.org"}, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert other.status_code == 303


def test_one_domain_has_a_limit_of_its_own_whoever_asks(site: Site) -> None:
    statuses = [
        site.browser()
        .post("/join", data=FORM, environ_overrides={"REMOTE_ADDR": f"192.0.2.{number}"})
        .status_code
        for number in range(21)
    ]
    assert statuses == [303] * 20 + [429]


def test_another_site_cannot_apply_in_somebody_s_name(site: Site) -> None:
    forged = site.app.test_client().post("/join", data=FORM, headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 403


def test_an_invited_organisation_fills_the_form_in_and_its_inviter_cannot_decide(site: Site) -> None:
    alex = site.browser("alex@platform.example.org")
    invite = {"name": "Lantern Aid", "kind": "ngo", "contact_email": "noor@lantern.example.org"}
    answer = alex.post("/admin/applications/invite", data=invite)
    (status,) = set(re.findall(r"/join/[\w-]{43}", answer.text))
    assert status not in alex.get("/admin/applications").text
    assert site.browser().post(status, data=FORM).status_code == 303
    site.publish(status)
    path = site.application_path("Lantern Aid")
    site.vet(alex, path, "lantern")
    assert "You invited this organisation" in alex.get(path).text
    assert alex.post(f"{path}/approve").status_code == 403
    assert site.browser("kim@platform.example.org").post(f"{path}/approve").status_code == 303


def test_a_suspended_member_is_out_at_once_and_back_when_resumed(site: Site) -> None:
    rosa, alex = site.browser("rosa@harbor.example.org"), site.browser("alex@platform.example.org")
    assert rosa.get("/organisation").status_code == 200
    shown = alex.get("/admin/organisations/harbor").text
    assert "1 session" in shown
    short = alex.post("/admin/organisations/harbor/suspend", data={"reason": "short"})
    assert short.status_code == 422
    assert "is-invalid" in short.text
    assert alex.post("/admin/organisations/harbor/suspend", data=WHY).status_code == 303
    assert rosa.get("/queue").headers["Location"].startswith("/sign-in")
    out = site.app.test_client().post(
        "/sign-in",
        data={"email": "rosa@harbor.example.org", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert out.status_code == 401
    assert alex.post("/admin/organisations/harbor/suspend", data=WHY).status_code == 409
    assert alex.post("/admin/organisations/harbor/resume", data=WHY).status_code == 303
    again = site.browser("rosa@harbor.example.org")
    log = again.get("/audit").text
    assert "Suspended an organisation" in log
    assert WHY["reason"] in log


def test_on_the_day_access_is_closed_though_no_worker_ran(site: Site) -> None:
    rosa = site.browser("rosa@harbor.example.org")
    alex = site.browser("alex@platform.example.org")
    assert alex.post("/admin/organisations/harbor/renew", data=PAPER).status_code == 303
    assert "The agreement ends on" in rosa.get("/organisation").text
    with site.database(Role.OWNER).transaction(NOBODY) as session:
        session.execute(text("UPDATE agreements SET starts_on = starts_on - 40, ends_on = current_date"))
    assert rosa.get("/organisation").headers["Location"].startswith("/sign-in")
    longer = PAPER | {"ends_on": str(TODAY + timedelta(days=400))}
    assert alex.post("/admin/organisations/harbor/renew", data=longer).status_code == 303
    assert rosa.get("/organisation").status_code == 200


def test_an_organisation_s_own_admin_sees_its_page_and_ends_its_membership(site: Site) -> None:
    rosa, ines = site.browser("rosa@harbor.example.org"), site.browser("ines@northgate.example.org")
    page = rosa.get("/organisation").text
    assert "Harbor Light" in page
    assert "1 session" in page
    assert "Northgate" not in page
    for path in ("/admin/organisations", "/admin/organisations/harbor", "/admin/applications"):
        assert rosa.get(path).status_code == 403
    assert rosa.post("/organisation/leave", data=WHY).status_code == 303
    assert rosa.get("/organisation").headers["Location"].startswith("/sign-in")
    assert ines.get("/organisation").status_code == 200
    alex = site.browser("alex@platform.example.org")
    left = alex.get("/admin/organisations/harbor").text
    assert "Left" in left
    assert "End the membership" not in left


@pytest.mark.parametrize("path", ["suspend", "leave", "resume"])
def test_a_dangerous_act_asks_for_the_password_again(site: Site, path: str) -> None:
    alex = site.browser("alex@platform.example.org")
    with site.database(Role.OWNER).transaction(NOBODY) as session:
        session.execute(text("UPDATE sessions SET proved_at = now() - interval '11 minutes'"))
    answer = alex.post(f"/admin/organisations/harbor/{path}", data=WHY)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/confirm")
    assert alex.post("/confirm", data={"password": PASSWORD, "next": "/"}).status_code == 303
    again = alex.post(f"/admin/organisations/harbor/{path}", data=WHY)
    assert again.status_code == (409 if path == "resume" else 303)
    assert not again.headers.get("Location", "").startswith("/confirm")
