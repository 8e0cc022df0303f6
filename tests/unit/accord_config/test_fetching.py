"""The guarded HTTP client: where it connects, what it refuses, and that every failure reads alike."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.loopback import LOOPBACK, NAME, Running, always, serving

from accord_config.fetching import Fetcher, FetchFailed, system_resolver


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The server on loopback."""
    with serving(tmp_path_factory.mktemp("tls")) as running:
        yield running


def refused(fetch: Callable[[], Any]) -> str:
    """The reason of a refusal, whose words to the outside are always the same."""
    with pytest.raises(FetchFailed) as failed:
        fetch()
    assert str(failed.value) == "The address could not be fetched."
    return failed.value.reason


def resolving(*addresses: str, seconds: float = 3.0) -> Fetcher:
    """A fetcher for which every name has these addresses."""
    return Fetcher(resolver=always(*addresses), seconds=seconds)


# --- what it fetches ---------------------------------------------------------------------------------


def test_an_answer_comes_with_status_headers_and_body(server: Running) -> None:
    answer = server.fetch("plain?a=1", headers={"Accept": "application/json"})
    assert (answer.status, answer.body) == (200, b"plain")
    assert ("content-length", "5") in answer.headers
    method, path, headers, _ = server.asked[-1]
    assert (method, path, headers["Host"]) == ("GET", "/plain?a=1", f"{NAME}:{server.port}")
    assert headers["Accept"] == "application/json"


def test_a_body_is_sent_as_it_is(server: Running) -> None:
    server.fetch("plain", "POST", body=b'{"a": 1}')
    assert server.asked[-1][3] == b'{"a": 1}'


def test_a_redirect_is_handed_back_and_not_followed(server: Running) -> None:
    before = len(server.asked)
    answer = server.fetch("redirect")
    assert (answer.status, dict(answer.headers)["location"]) == (302, "https://169.254.169.254/latest")
    assert len(server.asked) == before + 1


def test_nothing_is_decompressed(server: Running) -> None:
    assert server.fetch("zipped").body.startswith(b"\x1f\x8b")


# --- where it connects -------------------------------------------------------------------------------

PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "192.0.0.8", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::",
    "2001:0:7f00:1::", "2001:db8::1", "100::1", "5f00::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert "not public" in refused(lambda: resolving(address).fetch("GET", f"https://{NAME}/"))


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    mixed = resolving("93.184.215.14", "10.0.0.1")
    assert "10.0.0.1" in refused(lambda: mixed.fetch("GET", f"https://{NAME}/"))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "localhost",
        "intranet",
        "127.0.0.1.",
        "example.org.",
        "a..example.org",
        "-a.example.org",
        "example.0x1",
        "example.1",
        "①②⑦.0.0.1",
        "exämple.org",
        "a%2eexample.org",
        "",
        "example.org%00.example.com",
    ],
)
def test_what_is_no_full_host_name_is_refused_before_anything_is_resolved(host: str) -> None:
    asked: list[str] = []

    def resolver(name: str, port: int) -> Sequence[str]:
        asked.append(name)
        return ["93.184.215.14"]

    refused(lambda: Fetcher(resolver=resolver, seconds=3.0).fetch("GET", f"https://{host}/"))
    assert asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://keys.example.org/",
        "ftp://keys.example.org/",
        "file:///etc/passwd",
        "//keys.example.org/",
        "https:",
        "https://user@keys.example.org/",
        "https://keys.example.org@10.0.0.1/",
        "https://keys.example.org/#a",
        "https://keys.example.org\\@10.0.0.1/",
        "https://keys.example.org/a b",
        "https://keys.example.org/\n",
        "https://keys.example.org:99999/",
        "https://keys.example.org:0/",
        "https://keys.example.org:8080/",
        "https://keys.example.org:22/",
        "https://keys.example.org:-1/",
        "gopher://keys.example.org:11211/_stats",
    ],
)
def test_an_address_of_another_form_is_refused(url: str) -> None:
    refused(lambda: resolving("93.184.215.14").fetch("GET", url))


def test_a_name_that_changes_its_address_is_resolved_once_and_connected_there(server: Running) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]])
    names: list[str] = []

    def rebinding(name: str, port: int) -> Sequence[str]:
        names.append(name)
        return next(answers)

    assert replace(server.fetcher, resolver=rebinding).fetch("GET", server.url("plain")).body == b"plain"
    assert names == [NAME]
    # The second time the name means a private address, and nothing remembered of the first time helps it.
    assert "10.0.0.1" in refused(
        lambda: replace(server.fetcher, resolver=rebinding).fetch("GET", server.url("plain"))
    )


def test_the_platform_s_own_resolver_is_checked_too() -> None:
    assert "127.0.0.1" in system_resolver("localhost", 443) or "::1" in system_resolver("localhost", 443)
    fetcher = Fetcher(resolver=always(*system_resolver("localhost", 443)))
    assert "not public" in refused(lambda: fetcher.fetch("GET", f"https://{NAME}/"))


def test_the_certificate_must_be_the_name_s(server: Running) -> None:
    other = f"https://other.example.org:{server.port}/"
    assert "CERTIFICATE" in refused(lambda: server.fetcher.fetch("GET", other)).upper()
    strangers = replace(server.fetcher, tls=None)
    assert "CERTIFICATE" in refused(lambda: strangers.fetch("GET", server.url("plain"))).upper()


def test_a_host_that_was_not_granted_is_refused(server: Running) -> None:
    granted = [f"{NAME}:{server.port}"]
    assert server.fetch("plain", hosts=granted).status == 200
    assert "granted" in refused(lambda: server.fetch("plain", hosts=[NAME]))
    assert "granted" in refused(lambda: server.fetch("plain", hosts=[]))


def test_proxies_of_the_environment_are_not_used(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert server.fetch("plain").status == 200


# --- how much and how long ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["large", "endless", "headers"])
def test_an_answer_ends_at_the_limit(server: Running, path: str) -> None:
    refused(lambda: server.fetch(path))


def test_an_answer_of_one_byte_at_a_time_ends_at_the_time_limit(server: Running) -> None:
    hasty = replace(server.fetcher, seconds=1.0)
    assert "within" in refused(lambda: hasty.fetch("GET", server.url("slow")))


def test_a_resolver_that_never_answers_ends_at_the_time_limit() -> None:
    stop = threading.Event()

    def never(name: str, port: int) -> Sequence[str]:
        stop.wait()
        return []

    try:
        fetcher = Fetcher(resolver=never, seconds=0.5)
        assert "within" in refused(lambda: fetcher.fetch("GET", f"https://{NAME}/"))
    finally:
        stop.set()


def test_a_server_that_accepts_and_says_nothing_ends_at_the_time_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        fetcher = Fetcher(
            seconds=1.0, ports=frozenset({port}), allowed=LOOPBACK, resolver=always("127.0.0.1")
        )
        assert "within" in refused(lambda: fetcher.fetch("GET", f"https://{NAME}:{port}/"))


def test_garbage_and_a_closed_port_read_like_everything_else(server: Running) -> None:
    refused(lambda: server.fetch("garbage"))
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    closed = replace(server.fetcher, ports=frozenset({port}))
    refused(lambda: closed.fetch("GET", f"https://{NAME}:{port}/"))


def test_a_name_without_an_address_reads_like_everything_else() -> None:
    def unknown(name: str, port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    refused(lambda: Fetcher(resolver=unknown).fetch("GET", f"https://{NAME}/"))
    refused(lambda: resolving().fetch("GET", f"https://{NAME}/"))


# --- what a caller may not set -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "other.example.org"},
        {"content-length": "5"},
        {"Transfer-Encoding": "chunked"},
        {"Upgrade": "h2c"},
        {"X": "a\r\nY: b"},
        {"X": "a\nb"},
        {"X\r\nY": "a"},
        {"X": "a\0b"},
        {"": "a"},
        {"X Y": "a"},
        {"X": "\u2603"},
    ],
)
def test_a_header_that_would_change_the_request_is_refused(server: Running, headers: dict[str, str]) -> None:
    before = len(server.asked)
    refused(lambda: server.fetch("plain", headers=headers))
    assert len(server.asked) == before


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "get", "GET / HTTP/1.1\r\n"])
def test_a_method_that_is_not_listed_is_refused(server: Running, method: str) -> None:
    refused(lambda: server.fetch("plain", method))
