"""The storage below scim2-server: one organisation's users and groups, in one transaction, by the services.

Filters and sorting are evaluated by scim2-models on the organisation's own rows, so that they mean what the
standard says; what directories ask most (`userName eq "..."`) and plain pages are left to the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast
from uuid import UUID

from scim2_models import (
    ConflictException,
    ForbiddenException,
    InvalidFilterException,
    InvalidValueException,
    Meta,
    NotFoundException,
    PreconditionFailedException,
    Reference,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
    UniquenessException,
)
from scim2_models.path import CompareOperator, Comparison
from scim2_server.storage import ScimStorage, SearchPage
from sqlalchemy import ColumnElement, Select, func, select

from accord.scim.resources import Address, Group, GroupOfUser, Member, PersonName, RoleOfUser, User
from accord_auth.directory.models import DirectoryGroup, DirectoryUser
from accord_auth.directory.placing import roles_of_all
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.provisioning import groups, users
from accord_auth.provisioning.groups import GroupDraft
from accord_auth.provisioning.placing import Acting, begin
from accord_auth.provisioning.rows import find_row, rows_of
from accord_auth.provisioning.users import UserDraft

LONGEST_FILTER = 2_000
Row = DirectoryUser | DirectoryGroup
AnyRow = TypeVar("AnyRow", DirectoryUser, DirectoryGroup)


class DirectoryStorage(ScimStorage):
    """What one directory sees and changes, for one request."""

    def __init__(self, acting: Acting, base_url: str) -> None:
        self._acting = acting
        self._base_url = base_url

    @contextmanager
    def operation(self) -> Iterator[None]:
        """One operation; what the services refuse is told in SCIM's words."""
        begin(self._acting)
        with _told():
            yield

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """One resource."""
        with _told():
            return self._shown([self._row(resource_type, resource_id)])[0]

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        """One page of what matches."""
        if search_request.filter is not None and len(str(search_request.filter)) > LONGEST_FILTER:
            raise InvalidFilterException(detail=f"a filter has {LONGEST_FILTER} characters at most")
        start = min(search_request.start_index_0 or 0, users.MOST_USERS)
        stop = None if search_request.count is None else start + search_request.count
        if len(resource_types) == 1 and search_request.sort_by is None:
            condition = _condition(resource_types[0], search_request)
            if search_request.filter is None or condition is not None:
                return self._page(resource_types[0], condition, start, stop)
        found = [
            one for kind in resource_types for one in self._shown(self._rows(_rows_of(kind, self._acting)))
        ]
        if search_request.filter is not None:
            found = [one for one in found if search_request.filter.match(one)]
        if search_request.sort_by is not None:
            found = _sorted(search_request, found)
        return SearchPage(len(found), found[start:stop])

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """A new user or group."""
        with _told():
            if isinstance(resource, Group):
                return self._shown([groups.create_group(self._acting, _group_draft(resource))])[0]
            return self._shown([users.create_user(self._acting, _user_draft(cast("User", resource)))])[0]

    def update(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        *,
        expected_version: str | None = None,
    ) -> Resource[Any]:
        """A user or group as it shall be."""
        with _told():
            row = self._row(resource_type, cast("str", resource.id), lock=True)
            _require_version(row, expected_version)
            if isinstance(row, DirectoryGroup):
                changed = groups.change_group(self._acting, row, _group_draft(cast("Group", resource)))
                return self._shown([changed])[0]
            return self._shown([users.change_user(self._acting, row, _user_draft(cast("User", resource)))])[0]

    def delete(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        expected_version: str | None = None,
    ) -> None:
        """A user or group no more."""
        with _told():
            row = self._row(resource_type, resource_id, lock=True)
            _require_version(row, expected_version)
            if isinstance(row, DirectoryGroup):
                groups.delete_group(self._acting, row)
            else:
                users.delete_user(self._acting, row)

    def _row(self, resource_type: ResourceType, resource_id: str, *, lock: bool = False) -> Row:
        try:
            wanted = UUID(resource_id)
        except ValueError as error:
            raise NotFound from error
        if resource_type.name == "Group":
            return find_row(self._acting, DirectoryGroup, wanted, lock=lock)
        return find_row(self._acting, DirectoryUser, wanted, lock=lock)

    def _rows(self, query: Select[AnyRow]) -> Sequence[AnyRow]:
        fresh = query.execution_options(populate_existing=True)
        return self._acting.session.scalars(fresh).all()

    def _page(
        self, kind: ResourceType, condition: ColumnElement[bool] | None, start: int, stop: int | None
    ) -> SearchPage:
        query = _rows_of(kind, self._acting)
        if condition is not None:
            query = query.where(condition)
        counted = select(func.count()).select_from(query.order_by(None).subquery())
        total = self._acting.session.scalar(counted) or 0
        page = query.offset(start).limit(None if stop is None else stop - start)
        return SearchPage(total, self._shown(self._rows(page)))

    def _shown(self, rows: Sequence[Row]) -> list[Resource[Any]]:
        session = self._acting.session
        belonging = groups.members_of(session, [row.id for row in rows if isinstance(row, DirectoryGroup)])
        those = [row.id for row in rows if isinstance(row, DirectoryUser)]
        inside = users.groups_of(session, those)
        wanted = roles_of_all(session, [row for row in rows if isinstance(row, DirectoryUser)])
        return [
            _group(row, belonging.get(row.id, []), self._base_url)
            if isinstance(row, DirectoryGroup)
            else _user(row, inside.get(row.id, []), sorted(wanted[row.id]), self._base_url)
            for row in rows
        ]


@contextmanager
def _told() -> Iterator[None]:
    """What the services refuse, as SCIM says it."""
    try:
        yield
    except NotFound as error:
        raise NotFoundException(detail="there is no such resource") from error
    except Invalid as error:
        raise InvalidValueException(detail=str(error)) from error
    except PermissionDenied as error:
        raise ForbiddenException(detail=str(error)) from error
    except Conflict as error:
        if "already" in str(error):
            raise UniquenessException(detail=str(error)) from error
        raise ConflictException(detail=str(error)) from error


def _rows_of(kind: ResourceType, acting: Acting) -> Select[Any]:
    if kind.name == "Group":
        return rows_of(DirectoryGroup, acting.organisation_id)
    return rows_of(DirectoryUser, acting.organisation_id)


_COLUMNS = {
    ("User", "user_name"): func.lower(DirectoryUser.user_name),
    ("User", "external_id"): DirectoryUser.external_id,
    ("Group", "display_name"): func.lower(DirectoryGroup.display_name),
    ("Group", "external_id"): DirectoryGroup.external_id,
}


def _condition(kind: ResourceType, wanted: SearchRequest[Any]) -> ColumnElement[bool] | None:
    """The condition that a filter is, where it compares one name to one plain text; None for any other."""
    node = wanted.filter.ast if wanted.filter is not None else None
    if not isinstance(node, Comparison) or node.op != CompareOperator.eq or not isinstance(node.value, str):
        return None
    binding = wanted.filter.resolve_comparison(node.attr_path, strict=False) if wanted.filter else None
    if binding is None or binding.is_multivalued or binding.sub_field_name is not None:
        return None
    column = _COLUMNS.get((cast("str", kind.name), binding.target_field_name))
    # Letters beyond ASCII are compared as the standard says, which the database does otherwise.
    if column is None or not node.value.isascii() or "\x00" in node.value:
        return None
    lower = binding.target_field_name != "external_id"
    return column == (node.value.lower() if lower else node.value)


def _sorted(wanted: SearchRequest[Any], found: list[Resource[Any]]) -> list[Resource[Any]]:
    """In the order that was asked for; what has no such value comes last (RFC 7644, 3.4.2.3)."""

    def key(one: Resource[Any]) -> tuple[bool, Any, str]:
        value = wanted.sort_value(one)
        return value is None, value if value is not None else "", cast("str", one.id)

    return sorted(found, key=key, reverse=wanted.sort_order == SearchRequest.SortOrder.descending)


def _version(row: Row) -> str:
    return f'W/"{row.version}"'


def _require_version(row: Row, expected: str | None) -> None:
    if expected is not None and expected != _version(row):
        raise PreconditionFailedException


def _meta(row: Row, name: str) -> Meta:
    return Meta(
        resource_type=name, created=row.created_at, last_modified=row.changed_at, version=_version(row)
    )


def _user(row: DirectoryUser, inside: list[users.Named], roles: list[Any], base_url: str) -> User:
    parts = (row.formatted_name, row.family_name, row.given_name)
    return User(
        id=str(row.id),
        external_id=row.external_id,
        user_name=row.user_name,
        name=PersonName(formatted=parts[0], family_name=parts[1], given_name=parts[2])
        if any(part is not None for part in parts)
        else None,
        display_name=row.display_name,
        active=row.active if row.says_active else None,
        emails=[Address(value=row.address, type="work", primary=True)],
        groups=[
            GroupOfUser(
                value=str(one.id),
                ref=Reference["Group"](f"{base_url}/Groups/{one.id}"),
                display=one.display_name,
            )
            for one in inside
        ]
        or None,
        roles=[RoleOfUser(value=str(role)) for role in roles] or None,
        meta=_meta(row, "User"),
    )


def _group(row: DirectoryGroup, members: list[UUID], base_url: str) -> Group:
    return Group(
        id=str(row.id),
        external_id=row.external_id,
        display_name=row.display_name,
        members=[
            Member(value=str(one), ref=Reference["User"](f"{base_url}/Users/{one}"), type="User")
            for one in members
        ]
        or None,
        meta=_meta(row, "Group"),
    )


def _user_draft(sent: User) -> UserDraft:
    name = sent.name
    return UserDraft(
        user_name=sent.user_name or "",
        external_id=sent.external_id,
        display_name=sent.display_name,
        formatted_name=name.formatted if name else None,
        given_name=name.given_name if name else None,
        family_name=name.family_name if name else None,
        active=sent.active,
    )


def _group_draft(sent: Group) -> GroupDraft:
    return GroupDraft(
        display_name=sent.display_name or "",
        external_id=sent.external_id,
        members=frozenset(found for one in sent.members or [] if (found := _id_of(one)) is not None),
    )


def _id_of(member: Member) -> UUID | None:
    """Whom a member names: by id, or by the last part of its address."""
    try:
        return UUID(member.value or str(member.ref or "").rpartition("/")[2])
    except ValueError:
        return None
