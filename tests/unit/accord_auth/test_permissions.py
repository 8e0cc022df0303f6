"""Roles, and what each allows."""

from __future__ import annotations

from uuid import uuid4

import pytest

from accord_auth.errors import PermissionDenied
from accord_auth.permissions import ROLES, Permission, Role, permissions_of
from accord_auth.principal import operator


def test_permissions_and_roles_are_listed_in_alphabetical_order() -> None:
    assert list(Permission.__members__) == sorted(Permission.__members__)
    assert list(Role.__members__) == sorted(Role.__members__)


def test_every_role_is_defined_and_nobody_without_a_role_may_do_anything() -> None:
    assert set(ROLES) == set(Role)
    assert permissions_of(frozenset()) == frozenset()


def test_the_platform_s_administrators_may_see_no_case_data() -> None:
    case_data = {
        permission
        for permission in Permission
        if permission.split(":")[0] in ("cases", "leads", "records", "selectors")
    }
    assert case_data
    assert not permissions_of(frozenset({Role.PLATFORM_ADMIN})) & case_data


def test_several_roles_allow_what_any_of_them_allows() -> None:
    both = permissions_of(frozenset({Role.AUDITOR, Role.ANALYST}))
    assert both == ROLES[Role.AUDITOR] | ROLES[Role.ANALYST]


def test_a_permission_that_is_missing_is_named() -> None:
    principal = operator(uuid4(), "marlin", "Marlin Social", "technology_company")
    missing = next(permission for permission in Permission if permission not in principal.permissions)
    with pytest.raises(PermissionDenied, match=missing.value):
        principal.require(missing)
