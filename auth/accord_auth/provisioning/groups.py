"""The groups of an organisation's directory. A group gives what admins map it to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.directory.models import DirectoryGroup, DirectoryMember, DirectoryUser
from accord_auth.directory.placing import touch
from accord_auth.errors import Invalid
from accord_auth.provisioning.placing import Acting, place
from accord_auth.provisioning.rows import require_free, require_room
from accord_auth.provisioning.users import checked_text

MOST_GROUPS = 2_000
MOST_MEMBERS = 10_000


@dataclass(frozen=True)
class GroupDraft:
    """A group as the directory describes one. Ids that name no user of the organisation are left out."""

    display_name: str
    external_id: str | None = None
    members: frozenset[UUID] = frozenset()


def create_group(acting: Acting, draft: GroupDraft) -> DirectoryGroup:
    """Announce a group; its members get what the mapping says of it.

    :raises Invalid: when a value will not do.
    :raises Conflict: when the name is taken.
    """
    session = acting.session
    _check(acting, draft, None)
    require_room(acting, DirectoryGroup, MOST_GROUPS, "groups")
    group = DirectoryGroup(
        organisation_id=acting.organisation_id,
        display_name=draft.display_name,
        external_id=draft.external_id,
    )
    session.add(group)
    session.flush()
    _set_members(acting, group, draft.members)
    session.refresh(group)
    _write_down(acting, group, "create")
    return group


def change_group(acting: Acting, group: DirectoryGroup, draft: GroupDraft) -> DirectoryGroup:
    """Describe a group anew; who comes and goes gets and loses what it gives.

    :raises Invalid: when a value will not do.
    :raises Conflict: when the name is taken, or nobody would be left who decides about people.
    """
    session = acting.session
    _check(acting, draft, group.id)
    renamed = draft.display_name.lower() != group.display_name.lower()
    group.display_name, group.external_id = draft.display_name, draft.external_id
    session.flush()
    _set_members(acting, group, draft.members, all_of_them=renamed)
    grown = update(DirectoryGroup).where(DirectoryGroup.id == group.id)
    session.execute(grown.values(version=DirectoryGroup.version + 1, changed_at=func.now()))
    session.refresh(group)
    _write_down(acting, group, "change")
    return group


def delete_group(acting: Acting, group: DirectoryGroup) -> None:
    """Forget a group: its members lose what it gave.

    :raises Conflict: when nobody would be left who decides about people.
    """
    _write_down(acting, group, "delete")
    _set_members(acting, group, frozenset())
    acting.session.delete(group)
    acting.session.flush()


def members_of(session: Session, group_ids: list[UUID]) -> dict[UUID, list[UUID]]:
    """The users in groups, by the groups' ids."""
    found: dict[UUID, list[UUID]] = {}
    rows = session.execute(
        select(DirectoryMember.group_id, DirectoryMember.user_id)
        .where(DirectoryMember.group_id.in_(group_ids))
        .order_by(DirectoryMember.user_id)
    )
    for group_id, user_id in rows:
        found.setdefault(group_id, []).append(user_id)
    return found


def _set_members(
    acting: Acting, group: DirectoryGroup, wanted: Collection[UUID], *, all_of_them: bool = False
) -> None:
    session = acting.session
    known = frozenset(
        session.scalars(
            select(DirectoryUser.id).where(
                DirectoryUser.organisation_id == acting.organisation_id, DirectoryUser.id.in_(wanted)
            )
        )
    )
    before = frozenset(members_of(session, [group.id]).get(group.id, []))
    session.execute(
        delete(DirectoryMember).where(
            DirectoryMember.group_id == group.id, DirectoryMember.user_id.in_(before - known)
        )
    )
    if known - before:
        row = {"group_id": group.id, "organisation_id": acting.organisation_id}
        session.execute(insert(DirectoryMember), [row | {"user_id": one} for one in sorted(known - before)])
    concerned = known | before if all_of_them else known ^ before
    if not concerned:
        return
    touch(session, *concerned)
    users = select(DirectoryUser).where(DirectoryUser.id.in_(concerned)).order_by(DirectoryUser.id)
    for user in session.scalars(users.execution_options(populate_existing=True)).all():
        place(acting, user)


def _check(acting: Acting, draft: GroupDraft, besides: UUID | None) -> None:
    checked_text("displayName", draft.display_name)
    checked_text("externalId", draft.external_id)
    if not draft.display_name.strip():
        raise Invalid("displayName: name the group", {"displayName": ["name the group"]})
    if len(draft.members) > MOST_MEMBERS:
        raise Invalid(f"members: {MOST_MEMBERS} at most", {"members": [f"{MOST_MEMBERS} at most"]})
    named = func.lower(DirectoryGroup.display_name) == draft.display_name.lower()
    require_free(acting, DirectoryGroup, named, besides, "a group of this name is there already")


def _write_down(acting: Acting, group: DirectoryGroup, did: str) -> None:
    members = members_of(acting.session, [group.id]).get(group.id, [])
    detail = {"did": did, "name": group.display_name, "members": [str(one) for one in members]}
    record(acting.session, acting.who, AuditTag.DIRECTORY_GROUP, f"directory group {group.id}", detail)
