"""What tests of identity share: the gate's transactions, and somebody who signs in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from accord_config.database import NOBODY, Role


@pytest.fixture
def gate(database: Any) -> Callable[..., Any]:
    """Runs one function in a transaction of the gate."""

    def run(work: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with database(Role.GATE).transaction(NOBODY) as session:
            return work(session, *arguments, **named)

    return run


@pytest.fixture
def change(gate: Any) -> Callable[..., None]:
    """Changes what the gate knows, with SQL."""
    return lambda statement, **values: gate(lambda session: session.execute(text(statement), values))
