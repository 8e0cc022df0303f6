"""Pictures that many unrelated leads show are nobody's own: assessors are told how many, member by member."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from accord.linking.models import Lead
from accord_config.database import Role

if TYPE_CHECKING:
    from tests.conftest import Member
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

STOCK, RECORDS = "5a" * 32, 6
numbers = count(20_000)


def lines(task_force: TaskForce) -> list[dict[str, Any]]:
    """Records under one number of their own, with a picture that everybody has."""
    phone = task_force.fresh_phone()
    image = {"pdq": STOCK, "quality": 100}
    return [task_force.record_line(next(numbers), phone=phone, images=[image]) for _ in range(RECORDS)]


def said(task_force: TaskForce, member: Member) -> set[str]:
    """What is said of the pictures of a member's leads that are as long as these."""
    with task_force.database(Role.WORKER).transaction(member.scope) as session:
        reasons = session.scalars(select(Lead.reasons).where(Lead.records == RECORDS))
        return {
            reason["evidence"] for lead in reasons for reason in lead if reason["indicator"] == "few_images"
        }


def test_a_picture_that_many_unrelated_leads_show_is_no_lead_s_own(task_force: TaskForce) -> None:
    task_force.ingest(task_force.police, [line for _ in range(6) for line in lines(task_force)])
    task_force.ingest(task_force.company, lines(task_force))
    records = f"for {RECORDS} records and 1 phone number"
    assert said(task_force, task_force.police) == {
        f"0 images {records}; 1 more that many unrelated leads show"
    }
    # What the police's leads show together says nothing of another member's.
    assert said(task_force, task_force.company) == {f"1 image {records}"}
