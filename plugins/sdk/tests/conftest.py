"""A runner with a plugin that does all that it is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from plugins.sdk.tests.runner_process import PLUGIN, Guest, install, started

from accord_sdk import wire


@pytest.fixture
def guest(tmp_path: Path) -> Iterator[Guest]:
    with started(install(tmp_path, "example", PLUGIN)) as guest:
        guest.send(wire.Open(wire.PROTOCOL, "example"))
        guest.hello = guest.next()
        yield guest
