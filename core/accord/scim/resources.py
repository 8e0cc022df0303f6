"""What SCIM shows of a membership: as little as a directory needs, so that nothing else is ever kept.

The schemas that are published are made from these classes. What a directory sends beyond them is left alone.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    External,
    Filter,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

MOST_RESULTS = 200
"""Resources on one page."""


class PersonName(ComplexAttribute):
    """The parts of a person's name."""

    formatted: str | None = Field(None, description="The whole name.")
    family_name: str | None = Field(None, description="The family name.")
    given_name: str | None = Field(None, description="The given name.")


class Address(ComplexAttribute):
    """The e-mail address that a user name stands for."""

    value: Annotated[str | None, Mutability.read_only] = Field(None, description="The address.")
    type: Annotated[str | None, Mutability.read_only] = Field(None, description="Always work.")
    primary: Annotated[bool | None, Mutability.read_only] = Field(None, description="Always true.")


class GroupOfUser(ComplexAttribute):
    """A group that a user is in."""

    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = Field(
        None, description="The group's id."
    )
    ref: Annotated[Reference[Group] | None, Mutability.read_only] = Field(
        None, serialization_alias="$ref", validation_alias="$ref", description="The group's address."
    )
    display: Annotated[str | None, Mutability.read_only] = Field(None, description="The group's name.")


class RoleOfUser(ComplexAttribute):
    """A role that the directory gives."""

    value: Annotated[str | None, Mutability.read_only] = Field(None, description="The role.")


class User(Resource[Any]):
    """Somebody who belongs to the organisation, or was announced to it."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Required.true, Uniqueness.server] = Field(
        None,
        description="The person's e-mail address, in a domain that the organisation proved.",
    )
    name: PersonName | None = Field(None, description="The parts of the person's name.")
    display_name: str | None = Field(None, description="The name as the directory shows it.")
    active: bool | None = Field(
        None, description="Whether the person has any access to the organisation; false ends it at once."
    )
    emails: Annotated[list[Address] | None, Mutability.read_only] = Field(
        None, description="The address that userName stands for."
    )
    groups: Annotated[list[GroupOfUser] | None, Mutability.read_only] = Field(
        None, description="The groups that the user is in."
    )
    roles: Annotated[list[RoleOfUser] | None, Mutability.read_only] = Field(
        None, description="The roles that these groups give by the mapping of the organisation's admins."
    )

    Name: ClassVar[type[ComplexAttribute]] = PersonName
    Emails: ClassVar[type[ComplexAttribute]] = Address
    Groups: ClassVar[type[ComplexAttribute]] = GroupOfUser
    Roles: ClassVar[type[ComplexAttribute]] = RoleOfUser


class Member(ComplexAttribute):
    """A user in a group."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = Field(
        None, description="The user's id; one that names no user is left out."
    )
    ref: Annotated[Reference[User] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref", description="The user's address."
    )
    type: Annotated[str | None, Mutability.immutable] = Field(
        None, examples=["User"], description="Always User."
    )


class Group(Resource[Any]):
    """A group of the directory; what it gives is the organisation's admins' to say."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true, Uniqueness.server] = Field(
        None, description="The group's name, by which admins map it to a role."
    )
    members: list[Member] | None = Field(None, description="The users in it; groups in groups are left out.")

    Members: ClassVar[type[ComplexAttribute]] = Member


CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=MOST_RESULTS),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Bearer token",
            description="A token that an admin of the organisation made; it decides the organisation.",
            spec_uri=Reference[External]("https://datatracker.ietf.org/doc/html/rfc6750"),
            primary=True,
        )
    ],
)

POLICY = ScimPolicy(
    # Directories send whatever they have: job titles, telephone numbers. None of it is kept.
    unknown=ScimPolicy.Unknown.ignore,
    # Microsoft Entra sends both.
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)

PROVIDER = ScimProvider([User, Group], config=CONFIG, policy=POLICY)
