"""A plugin's settings as an organisation filled them in: secret ones lie sealed, bound to the activation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from accord.host.pool import ActivePlugin
from accord.registry.models import Activation
from accord_config.sealing import SealBroken, Seals
from accord_sdk.host.errors import EnvironmentIncomplete


def purpose(activation_id: UUID) -> str:
    """What a sealed text of an activation is for: moved to another one, it does not open."""
    return f"plugin settings {activation_id}"


def sealed(seals: Seals, activation_id: UUID, secrets: Mapping[str, Any]) -> bytes | None:
    """Secret settings sealed; None where there are none."""
    return seals.seal(msgspec.json.encode(secrets).decode(), purpose(activation_id)) if secrets else None


def opened(seals: Seals, activation_id: UUID, secrets: bytes | None) -> dict[str, Any]:
    """Secret settings as they were entered.

    :raises EnvironmentIncomplete: when they were sealed under another key.
    """
    if secrets is None:
        return {}
    try:
        found: dict[str, Any] = msgspec.json.decode(seals.open(secrets, purpose(activation_id)))
    except SealBroken as error:
        raise EnvironmentIncomplete(f"its secret settings do not open: {error}") from error
    return found


def names_of(seals: Seals, activation: Activation) -> frozenset[str]:
    """Which secret settings are filled in; never what they hold."""
    try:
        return frozenset(opened(seals, activation.id, activation.secrets))
    except EnvironmentIncomplete:
        return frozenset()


def config_of(seals: Seals, plugin: ActivePlugin) -> dict[str, Any]:
    """Everything that a plugin's process is given: defaults of the manifest, settings, opened secrets."""
    defaults = {
        name: field.default for name, field in plugin.manifest.config.items() if field.default is not None
    }
    return {**defaults, **plugin.config, **opened(seals, plugin.activation_id, plugin.sealed)}
