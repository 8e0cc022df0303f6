"""Plugins and their uploaded versions, who approved them, and who uses them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class PluginStatus(StrEnum):
    """Whether a plugin may run at all."""

    APPROVED = "approved"
    MISSING = "missing"
    SUSPENDED = "suspended"


class VersionState(StrEnum):
    """Where in its life an uploaded version is. Only an approved one runs, and of those the current one."""

    RECEIVED = "received"
    """Kept and read; its dependencies are yet to be locked, its environment built, its contract checked."""
    FAILED = "failed"
    """One of these steps failed; `problem` says which and why."""
    WAITING = "waiting"
    """For admins to decide."""
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """Its publisher took it back."""
    SUSPENDED = "suspended"


class Plugin(Base):
    """A plugin that members may use: what its manifest says, as far as it was granted.

    `publisher_id` is the member that published it; none: it is installed beside Accord, and `digest` is the
    sha256 of its files, `pins` what it may load, version by name. `reason` says why it is suspended, `stop`
    with which code and what is responsible: {code, about}; `approved_until` when the version that runs ends.
    """

    __tablename__ = "plugins"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    name: Mapped[str] = mapped_column(unique=True)
    version: Mapped[str]
    manifest: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(default=PluginStatus.APPROVED)
    reason: Mapped[str] = mapped_column(server_default=text("''"))
    stop: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    digest: Mapped[str] = mapped_column(server_default=text("''"))
    pins: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    approved_until: Mapped[datetime | None]
    publisher_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"), onupdate=text("now()"))


class PluginWheel(Base):
    """A wheel as it was received, by its digest (sha256 in hexadecimal): a plugin's or a dependency's."""

    __tablename__ = "plugin_wheels"

    digest: Mapped[str] = mapped_column(primary_key=True)
    filename: Mapped[str]
    content: Mapped[bytes]
    received_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class PluginVersion(Base):
    """One version that a member published, and how far it is.

    `wheelhouse` are digests of uploaded dependencies, `lock` the requirements with their hashes, `checks`
    what the contract checks said, `granted` what was approved: {reads, calls, ceiling}. `problem` says why it
    does not run, `stop` with which code and what is responsible: {code, about}.
    """

    __tablename__ = "plugin_versions"
    __table_args__ = (
        UniqueConstraint("name", "version"),
        Index("uq_plugin_versions_current", "name", unique=True, postgresql_where=text("is_current")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str]
    version: Mapped[str]
    digest: Mapped[str] = mapped_column(ForeignKey("plugin_wheels.digest"))
    manifest: Mapped[dict[str, Any]]
    wheelhouse: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    state: Mapped[str]
    problem: Mapped[str] = mapped_column(server_default=text("''"))
    stop: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    lock: Mapped[str] = mapped_column(server_default=text("''"))
    checks: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    granted: Mapped[dict[str, Any] | None]
    approved_at: Mapped[datetime | None]
    approved_until: Mapped[datetime | None]
    is_current: Mapped[bool] = mapped_column(server_default=text("false"))
    published_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    published_name: Mapped[str]
    published_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class PluginEnvironment(Base):
    """The files of a version's environment for one kind of host: path -> sha256, as they were first built.

    `host` names Python, processor and SDK, such as `cp311-x86_64-sdk0.1.0`.
    """

    __tablename__ = "plugin_environments"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("plugin_versions.id"), primary_key=True)
    host: Mapped[str] = mapped_column(primary_key=True)
    files: Mapped[dict[str, Any]]
    built_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class PluginApproval(Base):
    """One admin's approval of a version with these grants, up to a moment where one is set."""

    __tablename__ = "plugin_approvals"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("plugin_versions.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    person_name: Mapped[str]
    granted: Mapped[dict[str, Any]]
    until: Mapped[datetime | None]
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class PluginGrantCheck(Base):
    """The contract of a version with fewer fields or hosts than it asks for, and what came of it.

    `key` names them; `result` has `holds` and `steps`, and where it does not hold `code`, `about`, `message`.
    """

    __tablename__ = "plugin_grant_checks"
    __table_args__ = (UniqueConstraint("version_id", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    version_id: Mapped[UUID] = mapped_column(ForeignKey("plugin_versions.id"))
    key: Mapped[str]
    granted: Mapped[dict[str, Any]]
    asked_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    done_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))


class PluginStop(Base):
    """How many processes one worker ended when a plugin was to stop at once, and in how many milliseconds."""

    __tablename__ = "plugin_stops"

    stop_id: Mapped[UUID] = mapped_column(primary_key=True)
    worker: Mapped[str] = mapped_column(primary_key=True)
    processes: Mapped[int]
    milliseconds: Mapped[float]
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class PluginHost(Base):
    """What came of the last try of a host's sandbox, by a worker that started there.

    `holds`: plugins may run there, in the way that `words` says. Else `about` is what is responsible, and
    `words` what to do. `limits` are those that were tried: {name, holds, words}. `until` is how long it
    counts as running if nothing more is heard of it.
    """

    __tablename__ = "plugin_hosts"

    host: Mapped[str] = mapped_column(primary_key=True)
    holds: Mapped[bool]
    words: Mapped[str]
    about: Mapped[str] = mapped_column(server_default=text("''"))
    limits: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    until: Mapped[datetime]


class PluginAdvisory(Base):
    """What nothing may run with: a wheel by its digest, or versions (PEP 440) of a distribution.

    `installed` are plugins beside Accord that it is or was about: {name, version, digest}. One that was
    withdrawn forbids nothing any more; what it suspended stays so until somebody lets it run again.
    """

    __tablename__ = "plugin_advisories"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    digest: Mapped[str | None]
    distribution: Mapped[str | None]
    versions: Mapped[str] = mapped_column(server_default=text("''"))
    reason: Mapped[str]
    person_name: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    installed: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_name: Mapped[str] = mapped_column(server_default=text("''"))
    withdrawn_reason: Mapped[str] = mapped_column(server_default=text("''"))


class TrialKind(StrEnum):
    """What a run on trial is for. Of none anything is kept but its result, which the organisation sees."""

    CONNECTION = "connection"
    DRAFT = "draft"
    SHADOW = "shadow"


class PluginTrial(Base):
    """A run on trial for one organisation, and what came of it."""

    __tablename__ = "plugin_trials"
    __table_args__ = (Index(None, "organisation_id", "plugin", "kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    plugin: Mapped[str]
    kind: Mapped[str]
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("plugin_versions.id"))
    asked_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    done_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))


class Activation(Base):
    """One organisation's use of a plugin, with its configuration."""

    __tablename__ = "activations"
    __table_args__ = (UniqueConstraint("organisation_id", "plugin_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    plugin_id: Mapped[UUID] = mapped_column(ForeignKey("plugins.id"), index=True)
    config: Mapped[dict[str, Any]]
    secrets: Mapped[bytes | None]
    """Settings that the manifest calls secret, sealed."""
    active: Mapped[bool] = mapped_column(default=True)
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("plugin_versions.id"))
    """The version that the organisation went back to; none: the one that runs for everybody."""
    closed_at: Mapped[datetime | None]
    """When the organisation lost its access; it opens again when the organisation comes back."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
