"""A lead's near-duplicate texts as one text with slots; where a lead would stand without a reason."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

PHONE = "312-555-0171"
CITIES = ("Columbus", "Dayton", "Toledo")


@pytest.fixture(scope="module")
def lead(task_force: TaskForce) -> UUID:
    """A lead of three records whose text is one but for the city."""
    lines = [
        task_force.record_line(
            11_000 + number,
            phone=PHONE,
            title="Two friends in town",
            body=f"Two friends new in {city} for this week only, we love long walks and good company, "
            f"ask for the garden room, call {PHONE} before ten in the evening please",
        )
        for number, city in enumerate(CITIES)
    ]
    task_force.ingest(task_force.police, lines)
    listed = task_force.program("investigator").get("/api/v1/leads", query_string={"q": PHONE})
    (found,) = listed.json["items"]
    assert found["records"] == 3
    return UUID(found["id"])


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_the_texts_of_a_lead_are_one_text_with_slots(
    task_force: TaskForce, lead: UUID, headers: dict[str, str]
) -> None:
    reply = task_force.browser("investigator").get(f"/leads/{lead}/texts", headers=headers)
    assert reply.status_code == 200
    assert ("<html" in reply.text) is not bool(headers)
    said = " ".join(re.sub(r"<[^>]+>", " ", reply.text).split())
    assert "for this week only, we love long walks and good company" in said
    listed = re.search(r'<dl class="slots">.*?</dl>', reply.text, re.DOTALL)
    assert listed is not None
    assert all(city in listed.group() for city in CITIES)


def test_the_texts_show_no_contact_value(task_force: TaskForce, lead: UUID) -> None:
    text = task_force.browser("investigator").get(f"/leads/{lead}/texts").text
    assert PHONE not in text
    assert "5550171" not in re.sub(r"\D", "", text)


def test_to_a_stranger_the_texts_are_not_there(task_force: TaskForce, lead: UUID) -> None:
    absent = task_force.browser("stranger").get(f"/leads/{UUID(int=7)}/texts")
    foreign = task_force.browser("stranger").get(f"/leads/{lead}/texts")
    assert foreign.status_code == absent.status_code == 404
    assert "Columbus" not in foreign.text


def test_each_reason_says_where_the_lead_would_stand_without_it(task_force: TaskForce, lead: UUID) -> None:
    browser = task_force.browser("investigator")
    listed = task_force.program("investigator").get("/api/v1/leads", query_string={"limit": 200})
    queue = listed.json["items"]
    for item in queue[:5]:
        page = browser.get(f"/leads/{item['id']}").text
        told = [int(rank.replace(",", "")) for rank in re.findall(r"Without it: rank ([\d,]+)", page)]
        raising = sum(1 for reason in item["reasons"] if reason["contribution"] > 0)
        assert len(told) == sum(1 for reason in item["reasons"] if reason["contribution"])
        assert all(1 <= rank <= len(queue) for rank in told)
        assert sum(rank >= item["rank"] for rank in told) >= raising
