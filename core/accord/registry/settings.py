"""A plugin's settings as an organisation filled them in: secret ones lie sealed, bound to their use.

A use is an activation or a data source, by its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from accord.host.pool import ActivePlugin
from accord.registry.service import Use
from accord_config.sealing import SealBroken, Seals
from accord_sdk import Manifest
from accord_sdk.host.errors import EnvironmentIncomplete


def purpose(use_id: UUID) -> str:
    """What a sealed text of an activation or a source is for: moved to another one, it does not open."""
    return f"plugin settings {use_id}"


def sealed(seals: Seals, use_id: UUID, secrets: Mapping[str, Any]) -> bytes | None:
    """Secret settings sealed; None where there are none."""
    return seals.seal(msgspec.json.encode(secrets).decode(), purpose(use_id)) if secrets else None


def parted(manifest: Manifest, settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings apart: those that lie open, and those that the manifest calls secret."""
    secret = {name for name, field in manifest.config.items() if field.secret}
    lying_open = {name: value for name, value in settings.items() if name not in secret}
    return lying_open, {name: value for name, value in settings.items() if name in secret}


def opened(seals: Seals, use_id: UUID, secrets: bytes | None) -> dict[str, Any]:
    """Secret settings as they were entered.

    :raises EnvironmentIncomplete: when they were sealed under another key.
    """
    if secrets is None:
        return {}
    try:
        found: dict[str, Any] = msgspec.json.decode(seals.open(secrets, purpose(use_id)))
    except SealBroken as error:
        raise EnvironmentIncomplete(f"its secret settings do not open: {error}") from error
    return found


def names_of(seals: Seals, use: Use) -> frozenset[str]:
    """Which secret settings are filled in; never what they hold."""
    try:
        return frozenset(opened(seals, use.id, use.secrets))
    except EnvironmentIncomplete:
        return frozenset()


def config_of(seals: Seals, plugin: ActivePlugin) -> dict[str, Any]:
    """Everything that a plugin's process is given: defaults of the manifest, settings, opened secrets."""
    defaults = {
        name: field.default for name, field in plugin.manifest.config.items() if field.default is not None
    }
    return {**defaults, **plugin.config, **opened(seals, plugin.activation_id, plugin.sealed)}
