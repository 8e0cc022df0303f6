"""Shares as the host hands them over, and the bundles that become of them."""

import json
from datetime import UTC, datetime
from typing import Any

import stix2
from stix2validator import ValidationOptions, validate_instance

from accord_sdk import (
    Delivered,
    Party,
    Place,
    Price,
    Reason,
    Share,
    SharedCase,
    SharedNote,
    SharedRecord,
    SharedSelector,
)
from accord_sdk.testing import LocalCall, load

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PDQ = "0123456789abcdef" * 4


def share(case: SharedCase, **changes: Any) -> Share:
    given = {
        "key": "share-1",
        "created_at": NOON,
        "sender": Party("north", "North Hotline", "hotline"),
        "recipient": Party("police", "Example Police", "police unit"),
        "marking": "TLP:AMBER",
        "purpose": "find the person",
        "basis": "agreement 7",
        "case": case,
        "expires_at": datetime(2026, 11, 1, tzinfo=UTC),
    }
    return Share(**(given | changes))


def record(key: str, **changes: Any) -> SharedRecord:
    given = {
        "key": key,
        "source": "boards",
        "observed_at": NOON,
        "title": "New here",
        "body": "Call 614-555-0134",
        "url": "https://ads.example.org/1",
        "place": Place("Columbus, OH", "US", 39.96, -83.0),
        "prices": (Price(200, "USD", 60),),
        "images": (PDQ,),
        "selectors": (
            SharedSelector("phone", "+16145550134"),
            SharedSelector("email", "a@mail.example"),
            SharedSelector("handle", "snapchat:example"),
            SharedSelector("wallet", "bitcoin:bc1qexample"),
            SharedSelector("url", "ads.example.org/2"),
            SharedSelector("template", "ab" * 32),
        ),
    }
    return SharedRecord(**(given | changes))


FULL = share(
    SharedCase(
        title="Movement along the corridor",
        summary="Seen in five places.",
        score=7.25,
        reasons=(
            Reason("places", 1, 2.0, 3.5, "seen in 5 places in 12 days", "doi 10.1145/3097983.3098082"),
            Reason("movement", -1, 1.0, -0.5, "says that it is new in town"),
            Reason("note", 0, 0.0, 0.0, ""),
        ),
        records=(record("r1"), record("r2", url=None, observed_at=datetime(2026, 5, 2, tzinfo=UTC))),
        selectors=(SharedSelector("phone", "+16145550134", 2), SharedSelector("age", "23", 1)),
        notes=(SharedNote("A. Example", NOON, "Called back."), SharedNote("", NOON, "")),
    )
)


def deliver(item: Share) -> Delivered:
    answer = load("stix").sharing["stix"].deliver(item, LocalCall())
    assert isinstance(answer, Delivered)
    assert answer.document
    return answer


def bundle(item: Share) -> dict[str, Any]:
    document = deliver(item).document
    assert document
    return json.loads(document.content)


def of_type(made: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [item for item in made["objects"] if item["type"] == kind]


def one(made: dict[str, Any], kind: str) -> dict[str, Any]:
    (item,) = of_type(made, kind)
    return item


def assert_valid(made: dict[str, Any]) -> None:
    """A bundle is STIX 2.1 by the standard's validator, and `assert_read` holds."""
    report = validate_instance(made, ValidationOptions(version="2.1", enforce_refs=True))
    assert report.is_valid, [str(error) for error in report.errors]
    assert_read(made)


def assert_read(made: dict[str, Any]) -> None:
    """The standard's library reads a bundle, each object once, and writes it as it was."""
    ids = [item["id"] for item in made["objects"]]
    assert len(ids) == len(set(ids))
    parsed = stix2.parse(made)
    assert [item["id"] for item in parsed.objects] == ids
    assert json.loads(parsed.serialize()) == made
