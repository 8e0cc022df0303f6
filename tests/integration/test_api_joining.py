"""Joining by the API: anybody applies, platform admins vet and decide, a member sees its own standing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

TODAY = datetime.now(UTC).date()
WHY = {"reason": "Its agreement is under review."}


def test_anybody_applies_and_an_admin_finds_it(task_force: TaskForce) -> None:
    details = {
        "name": "Lantern Aid",
        "kind": "ngo",
        "domain": "Lantern.example.org",
        "contact_name": "Noor Haddad",
        "contact_email": "noor@lantern.example.org",
        "purpose": "Support for people who want to leave",
        "legal_basis": "Consent of the people supported",
        "jurisdiction": "US-OH",
    }
    reply = task_force.program().post("/api/v1/applications", json=details)
    assert reply.status_code == 201
    assert reply.json["record"] == "_accord-challenge.lantern.example.org"
    assert task_force.browser().get(reply.json["status_page"]).status_code == 200
    listed = task_force.program("admin").get("/api/v1/applications").json["items"]
    (found,) = [one for one in listed if one["domain"] == "lantern.example.org"]
    assert found["turn"] == "applicant"
    assert {line["item"]: line["state"] for line in found["checklist"]}["domain"] == "open"
    assert str(found["id"]) not in reply.text


def test_an_application_is_vetted_and_approved(task_force: TaskForce) -> None:
    admin, key = task_force.program("admin"), task_force.application()
    path = f"/api/v1/applications/{key}"
    asked = {"item": "purpose", "state": "asked", "note": "Say which people you support."}
    assert admin.post(f"{path}/checks", json=asked).json["turn"] == "applicant"
    early = admin.post(f"{path}/approve")
    assert early.status_code == 422
    assert early.json["errors"] == {"purpose": ["Say which people you support."]}
    assert admin.post(f"{path}/checks", json={"item": "purpose", "state": "met"}).status_code == 200
    slug = admin.get(path).json["slug"]
    approved = admin.post(f"{path}/approve").json
    assert (approved["organisation"], approved["missing"]) == (slug, 0)
    invitation = urlsplit(approved["invitation"]).path
    assert "organisation admin" in task_force.browser().get(invitation).text.lower()
    assert admin.post(f"{path}/approve").status_code == 409
    member = admin.get(f"/api/v1/organisations/{slug}").json
    assert (member["status"], member["people"]) == ("active", 0)
    assert member["agreement_ends_on"] == str(TODAY + timedelta(days=365))


def test_a_member_is_suspended_resumed_renewed_and_leaves(task_force: TaskForce) -> None:
    admin = task_force.program("admin")
    path = f"/api/v1/organisations/{task_force.spare_member()}"
    assert admin.post(f"{path}/suspend", json=WHY).json["status"] == "suspended"
    assert admin.post(f"{path}/suspend", json=WHY).status_code == 409
    assert admin.post(f"{path}/resume", json=WHY).json["status"] == "active"
    paper = {
        "reference": "folder 7",
        "signed_on": str(TODAY),
        "starts_on": str(TODAY),
        "ends_on": str(TODAY + timedelta(days=30)),
    }
    renewed = admin.post(f"{path}/agreements", json=paper)
    assert (renewed.status_code, renewed.json["agreement_ends_on"]) == (201, paper["ends_on"])
    again = admin.post(f"{path}/agreements", json=paper)
    assert list(again.json["errors"]) == ["ends_on"]
    assert admin.post(f"{path}/leave", json=WHY).json["status"] == "left"


def test_a_member_sees_its_own_standing_and_nobody_else_s(task_force: TaskForce) -> None:
    own = task_force.program("manager").get("/api/v1/organisation").json
    assert own["slug"] == "northgate"
    assert own["would_end"]["session"] >= 1
    task_force.oauth_client("manager")
    assert task_force.program("manager").get("/api/v1/organisation").json["clients"] == own["clients"] + 1
    for who in ("manager", "foreign manager", "investigator"):
        assert task_force.program(who).get("/api/v1/organisations/northgate").status_code == 403
    assert task_force.program("analyst").get("/api/v1/organisation").status_code == 403


@pytest.mark.parametrize("act", ["suspend", "leave"])
def test_an_auditor_of_the_platform_changes_nothing(task_force: TaskForce, act: str) -> None:
    path = f"/api/v1/organisations/{task_force.spare_member()}"
    assert task_force.program("watcher").post(f"{path}/{act}", json=WHY).status_code == 403
    assert task_force.program("watcher").get(path).json["status"] == "active"
