"""Ending what an item is about, by the one way out, and what cannot end: the last admin."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Subject, of_credential, of_membership
from accord_auth.access.service import end_access
from accord_auth.people.granting import admin_role, hold_people
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.principal import Principal
from accord_auth.reviews.models import ItemKind, ReviewItem

CHANNELS = {
    ItemKind.ACTIVATION: "plugin",
    ItemKind.CLIENT: "client",
    ItemKind.DIRECTORY_TOKEN: "directory token",
    ItemKind.GRANT: "grant",
    ItemKind.SHARE: "share",
}
"""The channel of `accord_auth.access` that each kind of item is of; a person is a membership."""


def admins_of(session: Session, organisation_id: UUID | None) -> frozenset[UUID]:
    """The people who can sign in and decide about people there; None: on the platform."""
    found = session.scalars(
        select(Person.id)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            RoleAssignment.organisation_id.is_not_distinct_from(organisation_id),
            RoleAssignment.role == admin_role(organisation_id),
            Person.status == PersonStatus.ACTIVE,
        )
    )
    return frozenset(found)


def is_last_admin(session: Session, item: ReviewItem) -> bool:
    """Whether an item is the person without whom nobody decides about people there.

    Until the transaction ends nobody else changes who belongs there.
    """
    if item.kind != ItemKind.PERSON:
        return False
    hold_people(session, item.organisation_id)
    return admins_of(session, item.organisation_id) == {item.subject_id}


def end_item(session: Session, who: Principal, item: ReviewItem, cause: Cause | None, reason: str) -> str:
    """End what an item is about, in the organisation's own audit log; returns what ended, in words.

    Without a `cause` it is the one of somebody who takes it away on purpose. Ask `is_last_admin` first.
    """
    witness = replace(who, organisation_id=item.organisation_id)
    subject: Subject
    if item.kind == ItemKind.PERSON:
        session.execute(
            delete(RoleAssignment).where(
                RoleAssignment.person_id == item.subject_id,
                RoleAssignment.organisation_id.is_not_distinct_from(item.organisation_id),
            )
        )
        subject, usual = of_membership(item.subject_id, item.organisation_id), Cause.REMOVED
    else:
        channel = CHANNELS[ItemKind(item.kind)]
        subject, usual = of_credential(channel, item.subject_id), Cause.REVOKED
    return end_access(session, witness, subject, cause or usual, reason).words()
