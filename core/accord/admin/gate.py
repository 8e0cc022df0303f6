"""What these pages work on: the gate, which knows who takes part and sees no case data."""

from __future__ import annotations

from typing import cast

from flask import current_app

from accord.web.presentation import FormState
from accord.web.request import AccordFlask
from accord_auth.errors import Invalid
from accord_config.database import Database


def gate() -> Database:
    """The gate's database."""
    return cast("AccordFlask", current_app).gate


def again(given: dict[str, str], error: Invalid) -> FormState:
    """A form as it was sent, with what is wrong with it."""
    errors = {name: " ".join(why) for name, why in error.fields.items()} or {"": str(error)}
    return FormState(values=given, errors=errors)
