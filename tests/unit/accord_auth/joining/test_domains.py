"""Domains and their proof, asked of a real DNS server on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.name_server import NameServer, name_server

from accord_auth.errors import Invalid
from accord_auth.joining.domains import Dns, domain_of, new_challenge, record_name

CHALLENGE = "accord-domain-verification=0123456789abcdef0123456789abcdef"
RECORD = "_accord-challenge.example.org"


@pytest.fixture
def server() -> Iterator[NameServer]:
    with name_server() as running:
        yield running


@pytest.fixture
def dns(server: NameServer) -> Dns:
    return Dns(server.address, longest_wait_s=0.5)


def test_a_record_that_says_the_challenge_proves_the_domain(server: NameServer, dns: Dns) -> None:
    server.records[RECORD] = [f'"{CHALLENGE}"']
    assert dns.problem("example.org", CHALLENGE) == ""
    assert server.asked == [RECORD]


def test_the_challenge_may_stand_among_other_records_and_in_pieces(server: NameServer, dns: Dns) -> None:
    server.records[RECORD] = ['"v=other"', f'"{CHALLENGE[:20]}" "{CHALLENGE[20:]}"']
    assert dns.problem("example.org", CHALLENGE) == ""


@pytest.mark.parametrize("said", ["", "accord-domain-verification=", CHALLENGE + "0", CHALLENGE.upper()])
def test_a_record_that_says_something_else_proves_nothing(server: NameServer, dns: Dns, said: str) -> None:
    server.records[RECORD] = [f'"{said}"']
    assert "something else" in dns.problem("example.org", CHALLENGE)


def test_without_a_record_the_applicant_is_told_where_it_belongs(server: NameServer, dns: Dns) -> None:
    assert dns.problem("example.org", CHALLENGE) == f"There is no TXT record at {RECORD} yet."
    server.records[RECORD] = []
    assert dns.problem("example.org", CHALLENGE) == f"There is no TXT record at {RECORD} yet."


@pytest.mark.parametrize("way", ["silent", "broken"])
def test_a_name_server_that_does_not_answer_is_not_the_applicant_s_fault(
    server: NameServer, dns: Dns, way: str
) -> None:
    getattr(server, way).add(RECORD)
    assert "gave no answer" in dns.problem("example.org", CHALLENGE)


def test_a_record_at_the_domain_itself_proves_nothing(server: NameServer, dns: Dns) -> None:
    server.records["example.org"] = [f'"{CHALLENGE}"']
    assert dns.problem("example.org", CHALLENGE) != ""


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("example.org", "example.org"),
        (" Example.ORG. ", "example.org"),
        ("deep.er.example.org", "deep.er.example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
    ],
)
def test_a_domain_is_written_in_one_way(written: str, meant: str) -> None:
    assert domain_of(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "org",
        "192.0.2.1",
        "2001:db8::1",
        "https://example.org",
        "example.org/path",
        "user@example.org",
        "exa mple.org",
        "-example.org",
        "a..b",
        "*.example.org",
        "_x.example.org",
        "\\101.example",
        "a\x00.example",
        "\ud800.example",
        "x" * 64 + ".example",
        "x." * 120 + "example",
    ],
)
def test_what_is_no_domain_is_refused_by_field(written: str) -> None:
    with pytest.raises(Invalid) as refused:
        domain_of(written)
    assert list(refused.value.fields) == ["domain"]


def test_every_challenge_is_new() -> None:
    assert len({new_challenge() for _ in range(100)}) == 100
    assert record_name("example.org") == RECORD
