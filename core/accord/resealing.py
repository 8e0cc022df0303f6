"""Sealing anew what lies sealed in the database, under the key that seals now; and what lay open before.

As the owner of the schema: everything of every member at once, and nothing of it is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from accord.ingestion.models import Source
from accord.registry.models import Activation, Plugin
from accord.registry.settings import opened, parted, purpose, sealed
from accord_auth.factors.apps import secret_purpose as purpose_of_app
from accord_auth.factors.models import AuthenticatorApp
from accord_auth.signals.models import SignalStream
from accord_auth.sso.coming_back import ID_TOKEN_PURPOSE
from accord_auth.sso.exchange import secret_purpose as purpose_of_provider
from accord_auth.sso.models import DirectorySession, PendingSignIn, Provider
from accord_auth.sso.starting import VERIFIER_PURPOSE
from accord_auth.streams.service import purpose_of as purpose_of_stream
from accord_config.sealing import SealBroken, Seals
from accord_sdk import Manifest


@dataclass(frozen=True)
class _Kind:
    """A column that holds sealed values: what they are, in words, and what each is sealed for."""

    words: str
    model: Any
    column: str
    purpose: Callable[[Any], str]


KINDS = (
    _Kind("settings of plugins", Activation, "secrets", lambda one: purpose(one.id)),
    _Kind("settings of sources", Source, "secrets", lambda one: purpose(one.id)),
    _Kind("authenticator apps", AuthenticatorApp, "secret", lambda one: purpose_of_app(one.person_id)),
    _Kind("signal streams", SignalStream, "sealed_authorization", lambda one: purpose_of_stream(one.id)),
    _Kind("directories", Provider, "sealed_secret", purpose_of_provider),
    _Kind("sessions of directories", DirectorySession, "sealed_id_token", lambda _: ID_TOKEN_PURPOSE),
    _Kind("sign-ins under way", PendingSignIn, "sealed_verifier", lambda _: VERIFIER_PURPOSE),
)
"""Every column that holds something sealed; a test finds one that is missing."""


@dataclass(frozen=True)
class Resealed:
    """How many of a kind were sealed anew, and how many no key opens."""

    words: str
    done: int
    broken: int


def seal_again(session: Session, seals: Seals) -> list[Resealed]:
    """Seal everything under the first key, so that the others can go. What no key opens stays as it is."""
    seal_open_settings(session, seals)
    return [_kind(session, seals, kind) for kind in KINDS]


def _kind(session: Session, seals: Seals, kind: _Kind) -> Resealed:
    done = broken = 0
    column = getattr(kind.model, kind.column)
    for row in session.scalars(select(kind.model).where(column.is_not(None)).with_for_update()):
        what_for = kind.purpose(row)
        try:
            text = seals.open(getattr(row, kind.column), what_for)
        except SealBroken:
            broken += 1
            continue
        setattr(row, kind.column, seals.seal(text, what_for))
        done += 1
    session.flush()
    return Resealed(kind.words, done, broken)


def seal_open_settings(session: Session, seals: Seals) -> int:
    """Seal what a manifest calls secret and lies open in a source's settings; of how many sources."""
    count = 0
    for plugin in session.scalars(select(Plugin)):
        manifest = msgspec.convert(plugin.manifest, Manifest)
        if not any(setting.secret for setting in manifest.config.values()):
            continue
        for source in session.scalars(select(Source).where(Source.plugin == plugin.name).with_for_update()):
            config, secrets = parted(manifest, source.config)
            if secrets:
                kept = opened(seals, source.id, source.secrets)
                source.config, source.secrets = config, sealed(seals, source.id, {**secrets, **kept})
                count += 1
    session.flush()
    return count
