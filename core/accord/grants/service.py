"""Deciding over what a plugin's process asks for: every request is checked, bounded and written down.

What leaves by HTTP is a disclosure. So records marked TLP:RED or TLP:AMBER+STRICT never share a process with
a network grant: a process that is to see them is refused every request, whatever the manifest was granted,
unless two admins of the organisation allowed just that (`accord.grants.allowances`).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from accord.grants.allowances import CLOSED, is_allowed
from accord.grants.models import PluginRequest, PluginValue
from accord.host.pool import ActivePlugin
from accord.markings import Marking
from accord_config.database import Database, Scope
from accord_config.fetching import Answer, Fetcher, FetchFailed
from accord_sdk import Manifest, wire
from accord_sdk.host.grants import Grants, NoGrants, Refused
from accord_sdk.manifest import HOST

REQUESTS_PER_MINUTE = 120
"""HTTP requests of one process."""
WANTS_PER_MINUTE = 6_000
"""Whatever it asks for, HTTP included: each costs the host a transaction."""
MOST_SENT = 1 << 20
"""Bytes of the body of one request."""
LONGEST_KEY = 200
LONGEST_PATH = 500
LONGEST_REASON = 300


@dataclass
class Rate:
    """At most `most` of something in any `seconds`."""

    most: int
    seconds: float = 60.0
    clock: Callable[[], float] = time.monotonic
    _times: deque[float] = field(default_factory=deque)

    def take(self) -> bool:
        """Whether there may be one more now."""
        now = self.clock()
        while self._times and now - self._times[0] >= self.seconds:
            self._times.popleft()
        if len(self._times) >= self.most:
            return False
        self._times.append(now)
        return True


@dataclass
class PluginGrants:
    """The grants of one process of an organisation's plugin. `marking` is the highest that it will see."""

    database: Database
    fetcher: Fetcher
    organisation_id: UUID
    manifest: Manifest
    version: str
    marking: Marking | None = None
    _requests: Rate = field(default_factory=lambda: Rate(REQUESTS_PER_MINUTE))
    _wants: Rate = field(default_factory=lambda: Rate(WANTS_PER_MINUTE))

    def give(self, want: wire.Want) -> wire.Gift:
        """What was asked for.

        :raises Refused: when it was not granted, or could not be had.
        """
        if not self._wants.take():
            raise Refused("too_many", f"more than {WANTS_PER_MINUTE} requests to the host in a minute")
        match want:
            case wire.Http():
                return self._http(want)
            case wire.StoreGet(key):
                return wire.Stored(self._value(key))
            case wire.StorePut(key, value):
                self._keep(key, value)
                return wire.Stored()
            case wire.StoreKeys(prefix):
                return wire.Keys(self._keys(prefix))

    # --- HTTP ------------------------------------------------------------------------------------

    def _http(self, want: wire.Http) -> wire.HttpAnswer:
        begun = time.monotonic()
        try:
            answer = self._allowed_answer(want)
        except (Refused, FetchFailed) as error:
            self._log(want, begun, None, error)
            if isinstance(error, FetchFailed):
                raise Refused("failed", str(error)) from error
            raise
        self._log(want, begun, answer, None)
        return wire.HttpAnswer(answer.status, answer.headers, answer.body)

    def _allowed_answer(self, want: wire.Http) -> Answer:
        if not self.manifest.calls:
            raise Refused("not_granted", "the manifest's calls name no host")
        self._look_at_marking()
        if not self._requests.take():
            raise Refused("too_many", f"more than {REQUESTS_PER_MINUTE} HTTP requests in a minute")
        if len(want.body) > MOST_SENT:
            raise Refused("too_large", f"a body of {len(want.body)} bytes; at most {MOST_SENT} may be sent")
        return self.fetcher.fetch(
            want.method, want.url, headers=want.headers, body=want.body, hosts=frozenset(self.manifest.calls)
        )

    def _look_at_marking(self) -> None:
        """Asked each time: an allowance that ended counts from the next request.

        :raises Refused: when records that this process sees never share it with the network.
        """
        if self.marking not in CLOSED:
            return
        with self.database.transaction(self._scope) as session:
            if not is_allowed(session, self.organisation_id, self.manifest.name, self.marking):
                words = f"records marked {self.marking} never share a process with the network"
                raise Refused("not_granted", words)

    def _log(
        self, want: wire.Http, begun: float, answer: Answer | None, error: Refused | FetchFailed | None
    ) -> None:
        host, path = _where(want.url)
        row = PluginRequest(
            organisation_id=self.organisation_id,
            plugin=self.manifest.name,
            version=self.version,
            method=_plain(want.method, 10),
            host=_plain(host, LONGEST_PATH),
            path=_plain(path, LONGEST_PATH),
            sent=len(want.body) if answer is not None or isinstance(error, FetchFailed) else 0,
            received=len(answer.body) if answer else 0,
            milliseconds=round((time.monotonic() - begun) * 1000),
            status=answer.status if answer else None,
            outcome="answered" if answer else error.code if isinstance(error, Refused) else "failed",
            reason=_plain(_reason(error), LONGEST_REASON) if error else None,
        )
        # In a transaction of its own: what left stays written down, whatever becomes of the batch.
        with self.database.transaction(self._scope) as session:
            session.add(row)

    # --- the store -------------------------------------------------------------------------------

    @property
    def _scope(self) -> Scope:
        return Scope(organisation_id=self.organisation_id)

    def _mine(self) -> tuple[Any, ...]:
        return (
            PluginValue.organisation_id == self.organisation_id,
            PluginValue.plugin == self.manifest.name,
        )

    def _value(self, key: str) -> bytes | None:
        with self.database.transaction(self._scope) as session:
            return session.scalar(
                select(PluginValue.value).where(*self._mine(), PluginValue.key == _checked(key))
            )

    def _keys(self, prefix: str) -> tuple[str, ...]:
        query = select(PluginValue.key).where(
            *self._mine(), PluginValue.key.startswith(prefix, autoescape=True)
        )
        with self.database.transaction(self._scope) as session:
            return tuple(session.scalars(query.order_by(PluginValue.key)))

    def _keep(self, key: str, value: bytes | None) -> None:
        """Keep or forget a value.

        :raises Refused: when there is no room for it.
        """
        with self.database.transaction(self._scope) as session:
            # Two processes of one activation must not fill the last room twice.
            session.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
                {"name": f"plugin store {self.organisation_id} {self.manifest.name}"},
            )
            session.execute(delete(PluginValue).where(*self._mine(), PluginValue.key == _checked(key)))
            if value is None:
                return
            size = func.octet_length(PluginValue.value) + func.octet_length(PluginValue.key)
            used = session.scalar(select(func.coalesce(func.sum(size), 0)).where(*self._mine())) or 0
            room = self.manifest.limits.store_kb * 1024
            if used + len(value) + len(key.encode()) > room:
                raise Refused("full", f"the store has {room} bytes and {used} are taken; delete some keys")
            session.execute(
                insert(PluginValue).values(
                    organisation_id=self.organisation_id, plugin=self.manifest.name, key=key, value=value
                )
            )


@dataclass(frozen=True)
class Granting:
    """Makes the grants of a worker's processes."""

    database: Database
    fetcher: Fetcher = field(default_factory=Fetcher)

    def __call__(self, plugin: ActivePlugin, marking: Marking | None) -> Grants:
        """What a process of this plugin may ask for, when it is to see records up to this marking."""
        if plugin.organisation_id is None:
            return NoGrants()
        manifest = plugin.manifest
        if plugin.version_id is None:
            manifest = with_configured_calls(manifest, plugin.config)
        return self.of(plugin.organisation_id, manifest, plugin.version, marking)

    def of(
        self, organisation_id: UUID, manifest: Manifest, version: str, marking: Marking | None = None
    ) -> PluginGrants:
        """Likewise, where there is no activation: of a data source."""
        ports = frozenset(int(host.partition(":")[2] or 443) for host in manifest.calls) or self.fetcher.ports
        fetcher = replace(self.fetcher, ports=ports)
        return PluginGrants(self.database, fetcher, organisation_id, manifest, version, marking)


def with_configured_calls(manifest: Manifest, config: Mapping[str, Any]) -> Manifest:
    """The manifest with the hosts that the configuration names in settings that are addresses to call."""
    named = {}
    for name, setting in manifest.config.items():
        if not setting.calls or not isinstance(value := config.get(name), str):
            continue
        parts = urlsplit(value)
        host = parts.netloc.rpartition("@")[2].lower()
        if parts.scheme == "https" and HOST.fullmatch(host):
            named[host] = f"the setting {name} names it"
    return msgspec.structs.replace(manifest, calls={**manifest.calls, **named}) if named else manifest


def _where(url: str) -> tuple[str, str]:
    """The host and path of an address, also of one that is none."""
    try:
        parts = urlsplit(url)
        return parts.netloc.rpartition("@")[2], parts.path
    except ValueError:
        return "", ""


def _reason(error: Refused | FetchFailed) -> str:
    return error.reason if isinstance(error, FetchFailed) else str(error)


def _plain(words: str, longest: int) -> str:
    """Text that PostgreSQL stores."""
    return words.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()[:longest]


def _checked(key: str) -> str:
    if not 1 <= len(key) <= LONGEST_KEY or "\x00" in key:
        raise Refused("not_granted", f"a key has 1 to {LONGEST_KEY} characters and no NUL")
    return key
