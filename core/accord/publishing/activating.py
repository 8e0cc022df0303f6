"""A member's use of a plugin: configured, tried out, started and stopped, for itself alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from marshmallow import RAISE, Schema, ValidationError, fields, validate
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.publishing.stopping import ask_to_stop
from accord.registry.models import Activation, Plugin, PluginStatus
from accord.registry.settings import names_of, opened, parted, sealed
from accord.web.fields import storable
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.sealing import Seals
from accord_sdk import Manifest
from accord_sdk.manifest import ConfigField

LONGEST_TEXT = 4_000
MOST_TEXTS = 500


@dataclass(frozen=True)
class Offered:
    """A plugin, and the organisation's use of it where there is one."""

    plugin: Plugin
    activation: Activation | None

    @property
    def manifest(self) -> Manifest:
        """What the host enforces."""
        return msgspec.convert(self.plugin.manifest, Manifest)

    @property
    def in_use(self) -> bool:
        """Whether the organisation has it run."""
        return self.activation is not None and self.activation.active


def schema_of(config: Mapping[str, ConfigField], known: frozenset[str] = frozenset()) -> Schema:
    """What a plugin's settings may hold; a required secret that is `known` already may be left out."""
    made: dict[str, fields.Field[Any]] = {}
    for name, setting in config.items():
        required = setting.required and not (setting.secret and name in known)
        text: list[Callable[[str], Any]] = [validate.Length(max=LONGEST_TEXT), storable]
        if required:
            text.append(_filled)
        if setting.path:
            made[name] = fields.String(required=False, validate=_of_operators)
        elif setting.type == "string":
            made[name] = fields.String(required=required, validate=text)
        elif setting.type == "integer":
            made[name] = fields.Integer(required=required, validate=validate.Range(-(2**53), 2**53))
        elif setting.type == "number":
            made[name] = fields.Float(required=required, allow_nan=False)
        elif setting.type == "boolean":
            made[name] = fields.Boolean(required=required)
        else:
            texts = fields.String(validate=text[:2])
            made[name] = fields.List(
                texts, required=required, validate=validate.Length(int(required), MOST_TEXTS)
            )
    return Schema.from_dict(made)(unknown=RAISE)


def _filled(value: str) -> None:
    if not value.strip():
        raise ValidationError("Write something.")


def _of_operators(value: str) -> None:
    raise ValidationError("Operators name folders: `accord sources add`.")


def offered(session: Session, who: Principal) -> list[Offered]:
    """Every plugin, with the organisation's use of it, by name."""
    who.require(Permission.PLUGINS_READ)
    return [Offered(plugin, activation) for plugin, activation in session.execute(_query(who))]


def find_offered(session: Session, who: Principal, name: str) -> Offered:
    """One plugin, with the organisation's use of it.

    :raises NotFound: when there is none of this name.
    """
    who.require(Permission.PLUGINS_READ)
    found = session.execute(_query(who).where(Plugin.name == name)).one_or_none()
    if found is None:
        raise NotFound
    return Offered(*found)


def configure(
    session: Session, who: Principal, seals: Seals, name: str, values: Mapping[str, Any]
) -> Offered:
    """Keep settings in place of those before; a secret that is left out stays as it is. It starts nothing.

    :raises Conflict: when the plugin may not run.
    :raises Invalid: naming the settings that will not do.
    """
    who.require(Permission.PLUGINS_ACTIVATE)
    found = find_offered(session, who, name)
    if found.plugin.status != PluginStatus.APPROVED:
        raise Conflict(f"{name} is {found.plugin.status}: it runs for nobody")
    manifest, activation = found.manifest, found.activation
    if not any((manifest.provides.detectors, manifest.provides.assessors, manifest.provides.sharing)):
        raise Conflict(f"{name} brings records in: an operator sets its sources up, `accord sources add`")
    known = names_of(seals, activation) if activation is not None else frozenset()
    try:
        read: dict[str, Any] = schema_of(manifest.config, known).load(values)
    except ValidationError as error:
        problems = {key: _flat(why) for key, why in error.normalized_messages().items()}  # type: ignore[no-untyped-call]  # marshmallow leaves it untyped
        raise Invalid("the plugin's settings cannot be used", problems) from error
    config, secrets = parted(manifest, read)
    if activation is None:
        mine = {"organisation_id": who.organisation, "plugin_id": found.plugin.id}
        made = insert(Activation).values(**mine, config={}, active=False)
        session.execute(made.on_conflict_do_nothing())
        activation = find_offered(session, who, name).activation
        if activation is None:
            raise NotFound
    kept = opened(seals, activation.id, activation.secrets) if activation.secrets else {}
    activation.config = config
    activation.secrets = sealed(seals, activation.id, {**kept, **secrets})
    session.flush()
    told = {"settings": sorted(config), "secrets": sorted(secrets)}
    record(session, who, AuditTag.PLUGIN_CONFIGURE, f"plugin {name}", told)
    return Offered(found.plugin, activation)


def start(session: Session, who: Principal, name: str) -> Offered:
    """Have a plugin run for the organisation, with the settings that are kept.

    :raises Conflict: when the plugin may not run, or its settings are not filled in.
    """
    who.require(Permission.PLUGINS_ACTIVATE)
    found = find_offered(session, who, name)
    if found.plugin.status != PluginStatus.APPROVED:
        raise Conflict(f"{name} is {found.plugin.status}: it runs for nobody")
    if found.activation is None:
        raise Conflict("save its settings first")
    found.activation.active = True
    record(session, who, AuditTag.PLUGIN_ACTIVATE, f"plugin {name}", {"version": found.plugin.version})
    return found


def activate(session: Session, who: Principal, seals: Seals, name: str, values: Mapping[str, Any]) -> Offered:
    """Have a plugin run for the organisation, with these settings.

    :raises Conflict: when the plugin may not run.
    :raises Invalid: naming the settings that will not do.
    """
    configure(session, who, seals, name, values)
    return start(session, who, name)


def deactivate(session: Session, who: Principal, name: str, reason: str = "") -> tuple[Offered, UUID]:
    """Have a plugin run no more for the organisation, from now on; what it found stays.

    Its processes that work for the organisation die; workers report under the id that is given, too.

    :raises Conflict: when it does not run for it.
    """
    who.require(Permission.PLUGINS_ACTIVATE)
    found = find_offered(session, who, name)
    if found.activation is None or not found.activation.active:
        raise Conflict(f"{name} does not run for {who.organisation_name}")
    found.activation.active = False
    record(session, who, AuditTag.PLUGIN_DEACTIVATE, f"plugin {name}", why=reason or None)
    return found, ask_to_stop(session, name, who.organisation)


def _flat(why: Any) -> list[str]:
    """What marshmallow says of a field, also where it says it of each of several values."""
    if isinstance(why, dict):
        return [words for part in why.values() for words in _flat(part)]
    return [str(part) for part in why] if isinstance(why, list) else [str(why)]


def _query(who: Principal) -> Any:
    mine = (Activation.plugin_id == Plugin.id) & (Activation.organisation_id == who.organisation)
    return select(Plugin, Activation).outerjoin(Activation, mine).order_by(Plugin.name)
