"""Fetching what somebody else's address names: of organisations (keys, metadata, webhooks) and of plugins.

Whoever names an address chooses where this machine connects. So: https and a name only; the name is resolved
once, refused if any of its addresses is not public, and the connection goes to an address that was checked (a
second look-up could give another one); TLS still verifies the name. Redirects are handed back and never
followed. Bytes and time are bounded, also for a server that sends one byte a second. No proxy of the
environment is used, nothing is decompressed, no connection is kept for the next caller.

To the outside every failure reads alike, whether the name is unknown, the address private, the port closed or
the certificate wrong: otherwise the answers would draw a map of this network.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpcore2
from ssrfguard import DEFAULT_DENIED

from accord_config.settings import Settings

Resolver = Callable[[str, int], Sequence[str]]
"""A name and a port to the addresses that stand for it; OSError where there are none."""
Network = IPv4Network | IPv6Network

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
HTTPS = 443
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)+(?!0x)(?=[a-z0-9-]*[a-z]){_LABEL}")
"""A full name whose last label is no number: 127.1, 0x7f.1 and 2130706433 are addresses in disguise."""
_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset(
    "connection content-length expect host keep-alive proxy-authorization proxy-connection te trailer"
    " transfer-encoding upgrade accept-encoding".split()
)
"""Headers that decide how a request is framed or where it goes."""


class FetchFailed(Exception):
    """The address could not be fetched."""

    def __init__(self, reason: str) -> None:
        # `reason` is for the operator's log only; what people and plugins see is the same for every reason.
        super().__init__((type(self).__doc__ or "").strip())
        self.reason = reason


@dataclass(frozen=True)
class Answer:
    """What a server answered: a redirect too, if that is what it sent. Header names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def system_resolver(name: str, port: int) -> Sequence[str]:
    """The addresses that this machine's resolver knows."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True)
class Fetcher:
    """Fetches from public addresses. `allowed` networks count as public too: for tests and for an
    installation whose members live on one private network. `ports` are where it may connect.

    `seconds` bound one fetch from resolving to the last byte; `most_bytes` the answer with its headers.
    """

    seconds: float = 10.0
    most_bytes: int = 1 << 20
    ports: frozenset[int] = frozenset({HTTPS})
    allowed: tuple[Network, ...] = ()
    resolver: Resolver = field(default=system_resolver)
    tls: ssl.SSLContext | None = None

    def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        hosts: Collection[str] | None = None,
    ) -> Answer:
        """The answer of the server that `url` names.

        `hosts` limit it to these names, each with its port (name:port) where that is not 443.

        :raises FetchFailed: whatever went wrong; its `reason` says what, for the operator's log.
        """
        try:
            target = _target(method, url, hosts)
            fields = _headers(headers or {})
            deadline = time.monotonic() + self.seconds
            addresses = self._addresses(target.name, target.port, deadline)
            walls = _Walls(addresses, deadline, self.most_bytes)
            return self._ask(method, target, fields, body, walls)
        except (httpcore2.ConnectError, httpcore2.ProtocolError, httpcore2.NetworkError) as error:
            raise FetchFailed(f"{type(error).__name__}: {error}") from error
        except (httpcore2.TimeoutException, TimeoutError) as error:
            raise FetchFailed(f"no complete answer within {self.seconds:g} s") from error
        except (OSError, ValueError) as error:
            raise FetchFailed(f"{type(error).__name__}: {error}") from error

    def _addresses(self, name: str, port: int, deadline: float) -> Sequence[str]:
        """The addresses of a name, each of which may be connected to."""
        if port not in self.ports:
            raise FetchFailed(f"port {port} is not among {sorted(self.ports)}")
        addresses = list(dict.fromkeys(_within(deadline, self.resolver, name, port)))
        for text in addresses:
            address = ip_address(text.partition("%")[0])
            if any(address in network for network in self.allowed):
                continue
            verdict = DEFAULT_DENIED.classify(address)
            if verdict.blocked:
                raise FetchFailed(f"{name} is {text}, which is not public: {verdict.reason}")
        if not addresses:
            raise FetchFailed(f"{name} has no address")
        return addresses

    def _ask(
        self, method: str, target: _Target, headers: list[tuple[bytes, bytes]], body: bytes, walls: _Walls
    ) -> Answer:
        limit = dict.fromkeys(("connect", "read", "write", "pool"), self.seconds)
        with (
            httpcore2.ConnectionPool(
                ssl_context=self.tls or _roots(), max_connections=1, network_backend=walls
            ) as pool,
            pool.stream(
                method, target.url, headers=headers, content=body, extensions={"timeout": limit}
            ) as response,
        ):
            content = b"".join(response.iter_stream())
            given = tuple((name.decode("latin-1").lower(), value.decode("latin-1"))
                          for name, value in response.headers)  # fmt: skip
            return Answer(response.status, given, content)


def fetcher_of(settings: Settings) -> Fetcher:
    """The fetcher that the settings ask for."""
    return Fetcher(
        ports=settings.ports_fetched(), allowed=settings.networks_fetched(), tls=_roots(settings.fetch_ca)
    )


@dataclass(frozen=True)
class _Target:
    """Where a request goes, taken apart once: a second parser might read the address otherwise."""

    name: str
    port: int
    path: str

    @property
    def url(self) -> httpcore2.URL:
        return httpcore2.URL(scheme="https", host=self.name, port=self.port, target=self.path)


def check_address(url: str) -> None:
    """Go on only with an address that could be fetched, as far as it says itself.

    :raises FetchFailed: otherwise.
    """
    _target("GET", url, None)


def _target(method: str, url: str, hosts: Collection[str] | None) -> _Target:
    if method not in METHODS:
        raise FetchFailed(f"method {method!r} is none of {', '.join(sorted(METHODS))}")
    if not url.isascii() or not url.isprintable() or set(url) & set(' "<>\\^`{|}'):
        raise FetchFailed("the address holds a character that belongs into no address")
    parts: SplitResult = urlsplit(url)
    if parts.scheme != "https":
        raise FetchFailed("the address is not https")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise FetchFailed("the address holds a user, a password or a fragment")
    name = parts.hostname or ""
    if not _NAME.fullmatch(name):
        raise FetchFailed(f"{name!r} is no full host name")
    port = HTTPS if parts.port is None else parts.port
    written = name if port == HTTPS else f"{name}:{port}"
    if hosts is not None and written not in hosts:
        raise FetchFailed(f"{written} is not among the granted hosts")
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    return _Target(name, port, path)


def _headers(given: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    fields = []
    for name, value in given.items():
        if name.lower() in _OURS or not _FIELD.fullmatch(name.encode("latin-1")):
            raise FetchFailed(f"the header {name!r} cannot be set")
        if set(value) & set("\r\n\0"):
            raise FetchFailed(f"the header {name!r} holds a line break")
        fields.append((name.encode("latin-1"), value.encode("latin-1")))
    return [*fields, (b"Accept-Encoding", b"identity")]


@cache
def _roots(further: str | None = None) -> ssl.SSLContext:
    """The certificates that are believed: the system's, and those of a file."""
    context = ssl.create_default_context()
    if further is not None:
        context.load_verify_locations(further)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _within(deadline: float, resolver: Resolver, name: str, port: int) -> Sequence[str]:
    """Resolve in a thread: the platform's resolver knows no deadline, and somebody else's server answers."""
    found: list[Sequence[str]] = []
    failed: list[Exception] = []

    def look() -> None:
        try:
            found.append(resolver(name, port))
        except Exception as error:  # noqa: BLE001 - raised again by whoever waits
            failed.append(error)

    thread = threading.Thread(target=look, name="resolve", daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    if failed:
        raise failed[0]
    if not found:
        raise TimeoutError("the name was not resolved in time")
    return found[0]


class _Walls(httpcore2.NetworkBackend):
    """Connects to checked addresses only, whatever name it is given; hands out bounded streams."""

    def __init__(self, addresses: Sequence[str], deadline: float, most_bytes: int) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._left = most_bytes
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to the first checked address that takes one."""
        problem: Exception = httpcore2.ConnectError("no address")
        for address in self._addresses:
            try:
                stream = self._inner.connect_tcp(address, port, timeout=self.time())
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                problem = error
            else:
                return _Bounded(stream, self)
        raise problem

    def time(self) -> float:
        """Seconds that are left.

        :raises httpcore2.ReadTimeout: when there are none.
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the time is over")
        return left

    def count(self, size: int) -> None:
        """Take so many bytes off what may still come.

        :raises httpcore2.ReadError: when it is more than that.
        """
        self._left -= size
        if self._left < 0:
            raise httpcore2.ReadError("the answer is larger than allowed")


class _Bounded(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream, walls: _Walls) -> None:
        self._inner = inner
        self._walls = walls

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, self._walls.time())
        self._walls.count(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._walls.time())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        stream = self._inner.start_tls(ssl_context, server_hostname, self._walls.time())
        return _Bounded(stream, self._walls)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
