"""Jobs of sharing."""

from __future__ import annotations

from procrastinate import Blueprint

blueprint = Blueprint()
