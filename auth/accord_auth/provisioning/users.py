"""The users of an organisation's directory: everybody who belongs to it, and whom it has announced.

An id of another organisation answers exactly like none. The caller's unit of work commits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.directory.models import DirectoryGroup, DirectoryMember, DirectorySettings, DirectoryUser
from accord_auth.directory.placing import in_domains, touch
from accord_auth.errors import Invalid
from accord_auth.organisations.domains import proved_domains
from accord_auth.people.service import checked_email
from accord_auth.provisioning.placing import Acting, leave, place
from accord_auth.provisioning.rows import require_free, require_room

MOST_USERS = 20_000
LONGEST = 200


@dataclass(frozen=True)
class UserDraft:
    """A user as the directory describes one."""

    user_name: str
    external_id: str | None = None
    display_name: str | None = None
    formatted_name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    active: bool | None = None
    """Whether the person has any access. Left out: a new one has, of a known one it stays as it is."""


WORDS: Mapping[str, str] = {
    "user_name": "userName",
    "external_id": "externalId",
    "display_name": "displayName",
    "formatted_name": "name.formatted",
    "given_name": "name.givenName",
    "family_name": "name.familyName",
}
"""What SCIM calls each of them."""


def create_user(acting: Acting, draft: UserDraft) -> DirectoryUser:
    """Announce somebody: who has the address is invited as soon as there is a role to invite to.

    Nobody learns whether there is an account with the address; one that there is stays its person's own.

    :raises Invalid: when a value will not do, or the address is outside of the organisation's proved domains.
    :raises Conflict: when the user name or the address is taken in this organisation.
    """
    session = acting.session
    address = _address(acting, draft)
    _require_unknown(acting, draft, address, None)
    require_room(acting, DirectoryUser, MOST_USERS, "users")
    values = asdict(draft) | {"active": draft.active is not False}
    user = DirectoryUser(organisation_id=acting.organisation_id, address=address, **values)
    session.add(user)
    session.flush()
    _write_down(acting, user, "create", {}, shown(user))
    place(acting, user)
    session.refresh(user)
    return user


def change_user(acting: Acting, user: DirectoryUser, draft: UserDraft) -> DirectoryUser:
    """Describe a user anew; `active` decides whether the person has any access.

    :raises Invalid: when a value will not do.
    :raises Conflict: when a name is taken, or nobody would be left who decides about people.
    """
    session, before = acting.session, shown(user)
    if draft.user_name.lower() != user.user_name.lower():
        address = _address(acting, draft)
        if user.person_id is not None and address != user.address:
            raise _invalid("user_name", "this person proved another address: delete the user and create one")
        _require_unknown(acting, draft, address, user.id)
        if address != user.address:
            # The invitation went to the address that does not count any more.
            was, user.active = user.active, False
            place(acting, user)
            user.address, user.active, user.invitation_id = address, was, None
    else:
        _check_texts(draft)
    for name in WORDS:
        setattr(user, name, getattr(draft, name))
    user.says_active = draft.active is not None
    user.active = user.active if draft.active is None else draft.active
    session.flush()
    touch(session, user.id)
    _write_down(acting, user, "change", before, shown(user))
    place(acting, user)
    session.refresh(user)
    return user


def delete_user(acting: Acting, user: DirectoryUser) -> None:
    """Forget a user: whatever the person has in this organisation ends at once. The account is the person's.

    :raises Conflict: when nobody would be left who decides about people.
    """
    _write_down(acting, user, "delete", shown(user), {})
    leave(acting, user)
    acting.session.delete(user)
    acting.session.flush()


@dataclass(frozen=True)
class Named:
    """A group as its members name it."""

    id: UUID
    display_name: str


def groups_of(session: Session, user_ids: list[UUID]) -> dict[UUID, list[Named]]:
    """The groups that users are in, by the users' ids."""
    found: dict[UUID, list[Named]] = {}
    rows = session.execute(
        select(DirectoryMember.user_id, DirectoryGroup.id, DirectoryGroup.display_name)
        .join(DirectoryGroup, DirectoryGroup.id == DirectoryMember.group_id)
        .where(DirectoryMember.user_id.in_(user_ids))
        .order_by(DirectoryGroup.display_name, DirectoryGroup.id)
    )
    for user_id, group_id, name in rows:
        found.setdefault(user_id, []).append(Named(group_id, name))
    return found


def shown(user: DirectoryUser) -> dict[str, Any]:
    """What the audit log tells of a user."""
    return {each.name: getattr(user, each.name) for each in fields(UserDraft)} | {"address": user.address}


def _address(acting: Acting, draft: UserDraft) -> str:
    """The address that a user name stands for, in one of the organisation's proved domains."""
    _check_texts(draft)
    domains = proved_domains(acting.session, acting.organisation_id)
    name = draft.user_name
    if "@" not in name:
        settings = acting.session.get(DirectorySettings, acting.organisation_id)
        if settings is None or not settings.default_domain:
            raise _invalid("user_name", "send the person's e-mail address")
        name = f"{name}@{settings.default_domain}"
    try:
        address = checked_email(name)
    except Invalid as error:
        raise _invalid("user_name", "send the person's e-mail address") from error
    if not in_domains(address, domains):
        known = ", ".join(sorted(domains)) or "none yet"
        raise _invalid("user_name", f"the address is outside of the domains that were proved ({known})")
    return address


def _check_texts(draft: UserDraft) -> None:
    for name in WORDS:
        checked_text(name, getattr(draft, name))
    if not draft.user_name.strip():
        raise _invalid("user_name", "send the person's e-mail address")


def checked_text(name: str, value: str | None) -> None:
    """Go on only with a text that can be kept.

    :raises Invalid: naming the attribute as SCIM does.
    """
    if value is None:
        return
    if len(value) > LONGEST:
        raise _invalid(name, f"{LONGEST} characters at most")
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value) or not value.isprintable():
        raise _invalid(name, "take out characters that cannot be seen")


def _invalid(name: str, why: str) -> Invalid:
    return Invalid(f"{WORDS.get(name, name)}: {why}", {name: [why]})


def _require_unknown(acting: Acting, draft: UserDraft, address: str, besides: UUID | None) -> None:
    clash: ColumnElement[bool] = or_(
        func.lower(DirectoryUser.user_name) == draft.user_name.lower(), DirectoryUser.address == address
    )
    require_free(acting, DirectoryUser, clash, besides, "a user of this name or address is there already")


def _write_down(
    acting: Acting, user: DirectoryUser, did: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    subject = f"directory user {user.id}"
    record(
        acting.session, acting.who, AuditTag.DIRECTORY_USER, subject, {"did": did}, before=before, after=after
    )
