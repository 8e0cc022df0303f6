"""The installation with its directory for the tests of single sign-on; a test takes a member of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.conftest import Cluster
from tests.sso_parts import SsoSite, sso_site


@pytest.fixture(scope="session")
def shared_site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SsoSite]:
    with sso_site(cluster, tmp_path_factory.mktemp("sso")) as made:
        yield made


@pytest.fixture
def site(shared_site: SsoSite) -> SsoSite:
    """The installation, with a directory that is honest again."""
    shared_site.directory.reset()
    return shared_site
