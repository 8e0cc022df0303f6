"""The remote detector as its host sees it, with the other side in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook

from accord_remote.messages import PATH, schema
from accord_remote.plugin import MOST_BYTES, Remote, accord_detectors
from accord_sdk import Context, Failed, Found, NotGiven, Record, Result, Selector, Skipped, wire
from accord_sdk.outside import Http, Store
from accord_sdk.testing import LocalCall

SECRET = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"  # made up
ENDPOINT = "https://detector.example.org/accord"
DOCS = Path(__file__).parents[3] / "docs" / "reference"

Items = Callable[[list[dict[str, Any]]], Any]


class Other:
    """The other side: answers with what `items` makes of the records, signed."""

    def __init__(self, items: Items) -> None:
        self.items = items
        self.asked: list[dict[str, Any]] = []
        self.signing = Webhook(SECRET)
        self.status = 200
        self.name: str | None = None
        self.moment = datetime.now(UTC)

    def ask(self, want: wire.Want) -> wire.Gift:
        assert isinstance(want, wire.Http)
        asked = Webhook(SECRET).verify(want.body, dict(want.headers))
        self.asked.append(asked)
        body = json.dumps({"items": self.items(asked["records"])})
        name = self.name or want.headers["webhook-id"]
        headers = (
            ("webhook-id", name),
            ("webhook-timestamp", str(int(self.moment.timestamp()))),
            ("webhook-signature", self.signing.sign(name, self.moment, body)),
        )
        return wire.HttpAnswer(self.status, headers, body.encode())


def nothing(records: list[dict[str, Any]]) -> Any:
    return [{"type": "found", "ref": ref, "findings": []} for ref in range(len(records))]


def detector(ask: Callable[[wire.Want], wire.Gift], **config: Any) -> Remote:
    (made,) = accord_detectors(
        Context("remote", "1", {"endpoint": ENDPOINT, "secret": SECRET, **config}, Http(ask), Store(ask))
    )
    assert isinstance(made, Remote)
    return made


def said(other: Other, *records: Record, **config: Any) -> list[Result]:
    return list(detector(other.ask, **config).detect(records, LocalCall()))


def test_findings_come_back_for_the_right_records() -> None:
    def items(records: list[dict[str, Any]]) -> Any:
        handle = {"type": "selector", "kind": "handle", "value": "telegram:a", "confidence": 0.9}
        return [
            {"type": "skipped", "ref": 1, "reason": "a language that it does not know"},
            {"type": "found", "ref": 0, "findings": [handle], "later_field": 1},
        ]

    found = said(Other(items), Record(body="a"), Record(body="b"))
    handle = Selector("handle", "telegram:a", confidence=0.9)
    assert found == [Skipped(1, "a language that it does not know"), Found(0, (handle,))]


def test_only_the_fields_of_the_configuration_are_sent() -> None:
    other = Other(nothing)
    said(other, Record(title="t", body="b", url="https://a.example.org"), fields=["body"])
    ((record,),) = [asked["records"] for asked in other.asked]
    assert record == {"body": "b"}


def test_a_large_batch_goes_in_parts_and_refs_are_those_of_the_batch() -> None:
    other = Other(nothing)
    records = [Record(body="x" * 200_000) for _ in range(5)]
    assert said(other, *records) == [Found(ref) for ref in range(5)]
    assert [len(asked["records"]) for asked in other.asked] == [2, 2, 1]


def test_a_record_that_is_too_large_fails_alone() -> None:
    records = [Record(body="a"), Record(body="x" * (MOST_BYTES + 1)), Record(body="b")]
    one, two, three = said(Other(nothing), *records)
    assert (one, three) == (Found(0), Found(2))
    assert isinstance(two, Failed)
    assert (two.ref, two.code, two.retry) == (1, "too_large", False)


@pytest.mark.parametrize(
    ("items", "code"),
    [
        (lambda _: [{"type": "found", "ref": 7, "findings": []}], "bad_answer"),
        (lambda _: [{"type": "found", "ref": 0, "findings": []}] * 2, "bad_answer"),
        (lambda _: [{"type": "page", "records": []}], "bad_answer"),
        (lambda _: "nonsense", "bad_answer"),
        (lambda _: [], "no_answer"),
    ],
)
def test_an_answer_that_breaks_the_contract_is_no_answer(items: Items, code: str) -> None:
    (one,) = said(Other(items), Record(body="a"))
    assert isinstance(one, Failed)
    assert (one.code, one.retry) == (code, False)


def test_an_answer_that_is_not_signed_by_the_other_side_is_refused() -> None:
    other = Other(nothing)
    other.signing = Webhook("whsec_" + "OTg3NjU0MzIxMDk4NzY1NDMyMTA5ODc2")
    (one,) = said(other, Record(body="a"))
    assert isinstance(one, Failed)
    assert one.code == "signature"


def test_an_answer_to_another_request_is_refused() -> None:
    other = Other(nothing)
    other.name = "msg_of_yesterday"
    (one,) = said(other, Record(body="a"))
    assert isinstance(one, Failed)
    assert (one.code, "webhook-id" in one.message) == ("signature", True)


def test_an_old_answer_is_refused() -> None:
    other = Other(nothing)
    other.moment -= timedelta(minutes=6)
    (one,) = said(other, Record(body="a"))
    assert isinstance(one, Failed)
    assert one.code == "signature"


@pytest.mark.parametrize(
    ("status", "code", "again"),
    [(503, "away", True), (429, "away", True), (401, "refused", False), (302, "refused", False)],
)
def test_a_server_that_is_away_is_asked_again_and_one_that_refuses_is_not(
    status: int, code: str, again: bool
) -> None:
    other = Other(nothing)
    other.status = status
    (one,) = said(other, Record(body="a"))
    assert isinstance(one, Failed)
    assert (one.code, one.retry) == (code, again)


@pytest.mark.parametrize(("code", "again"), [("failed", True), ("too_many", True), ("not_granted", False)])
def test_what_the_host_does_not_give_is_told(code: str, again: bool) -> None:
    def refuse(want: wire.Want) -> wire.Gift:
        raise NotGiven(code, "no")

    (one,) = detector(refuse).detect([Record(body="a")], LocalCall())
    assert isinstance(one, Failed)
    assert (one.code, one.retry) == (code, again)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"endpoint": ""}, "endpoint is missing"),
        ({"secret": "whsec_short"}, "secret is none"),
        ({"fields": ["body", "soul"]}, "'soul'"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(config: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        list(detector(Other(nothing).ask, **config).detect([Record()], LocalCall()))


def test_the_documented_schema_is_that_of_the_code() -> None:
    assert msgspec.json.decode((DOCS / PATH).read_bytes()) == msgspec.json.decode(
        msgspec.json.encode(schema())
    )
