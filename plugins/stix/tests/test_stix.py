"""The deliverer `stix`: what it makes is STIX 2.1 by the standard's validator, whatever the case holds."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stix2
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stix2validator import ValidationOptions, validate_instance

from accord_sdk import (
    CannotRetract,
    Delivered,
    Party,
    Place,
    Price,
    Reason,
    Rejected,
    Share,
    SharedCase,
    SharedNote,
    SharedRecord,
    SharedSelector,
)
from accord_sdk.manifest import Manifest
from accord_sdk.testing import LocalCall, load
from accord_stix.identifiers import EXTENSION_ID
from accord_stix.markings import TLP
from accord_stix.observables import uri

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PDQ = "0123456789abcdef" * 4
ODD = "caf\u00e9 \U0001f600 \u202e<b>&\"'\\ \x01\x00 {}[]% \u2028"


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
    report = validate_instance(made, ValidationOptions(version="2.1", enforce_refs=True))
    assert report.is_valid, [str(error) for error in report.errors]
    ids = [item["id"] for item in made["objects"]]
    assert len(ids) == len(set(ids))
    parsed = stix2.parse(made)
    assert [item["id"] for item in parsed.objects] == ids
    assert json.loads(parsed.serialize()) == made


def test_the_manifest_names_what_is_registered():
    text = (Path(__file__).parents[1] / "accord.toml").read_text()
    assert list(load("stix").sharing) == list(Manifest.parse(text).provides.sharing)


def test_a_full_case_is_valid_stix_and_survives_the_stix2_library():
    assert_valid(bundle(FULL))


@pytest.mark.parametrize(
    "case",
    [
        SharedCase(title=""),
        SharedCase(title="x", records=(SharedRecord("", "", NOON),)),
        SharedCase(
            title="x", records=(record("a", title=None, body=None, images=(), selectors=(), url=None),)
        ),
        SharedCase(title="x", records=(record("a", place=Place(name="Somewhere"), prices=(Price(1.5),)),)),
        SharedCase(title="x", records=(record("a", place=Place(lat=91.0, lon=0.0)), record("a"))),
        SharedCase(title="x", score=float("nan"), reasons=(Reason("", 1, float("inf"), 0.0, ""),)),
        SharedCase(title="x", records=(record("a", prices=(Price(float("nan")),)),)),
        SharedCase(
            title="x",
            selectors=tuple(SharedSelector(kind, "") for kind in ("phone", "url", "email", "image")),
        ),
        SharedCase(
            title="x", selectors=tuple(SharedSelector(kind, ":") for kind in ("handle", "wallet", "x"))
        ),
    ],
)
def test_empty_and_impossible_fields_still_make_valid_stix(case):
    assert_valid(bundle(share(case)))
    assert_valid(bundle(share(case, purpose="", basis="", expires_at=None)))


def test_odd_characters_everywhere_still_make_valid_stix():
    kinds = ("phone", "email", "handle", "url", "wallet", "image", "template", ODD)
    selectors = tuple(SharedSelector(kind, ODD) for kind in kinds)
    odd = record(
        ODD,
        source=ODD,
        title=ODD,
        body=ODD,
        url=ODD,
        place=Place(ODD, ODD),
        images=(ODD,),
        selectors=selectors,
    )
    case = SharedCase(
        ODD, ODD, 1.0, (Reason(ODD, 1, 1, 1, ODD, ODD),), (odd,), selectors, (SharedNote(ODD, NOON, ODD),)
    )
    item = share(case, key=ODD, sender=Party(ODD, ODD, ODD), purpose=ODD, basis=ODD)
    made = bundle(item)
    assert_valid(made)
    assert one(made, "grouping")["name"] == ODD
    filename = deliver(item).document.filename
    assert filename.replace("-", "").replace(".", "").isalnum()


text = st.text(max_size=20)


@example([("email", "@")], "")
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["phone", "email", "handle", "url", "wallet", "image", "x"]), text),
        max_size=4,
    ),
    text,
)
def test_any_selector_makes_valid_stix(pairs, address):
    selectors = tuple(SharedSelector(kind, value) for kind, value in pairs)
    assert_valid(bundle(share(SharedCase("x", records=(record("a", url=address, selectors=selectors),)))))


@pytest.mark.parametrize(
    ("value", "made"),
    [
        ("ads.example.org/a", "https://ads.example.org/a"),
        ("http://ads.example.org:8080/a?b=c#d", "http://ads.example.org:8080/a?b=c#d"),
        ("ads.example.org/a b?q=\u00e9%20%zz", "https://ads.example.org/a%20b?q=%C3%A9%20%25zz"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("http://a:b:c/", "http://a%3Ab%3Ac/"),
    ],
)
def test_urls_become_uris(value, made):
    assert uri(value) == made


def test_the_same_share_gives_the_same_bytes_and_reference():
    first, second = deliver(FULL), deliver(FULL)
    assert first.document == second.document
    assert first.receipt.reference == second.receipt.reference == bundle(FULL)["id"]
    assert first.receipt.key == "share-1"
    assert first.document.media_type == "application/stix+json;version=2.1"


def test_another_share_has_other_objects_and_the_same_observables():
    first = bundle(FULL)
    second = bundle(share(FULL.case, key="share-2"))
    same = {item["id"].partition("--")[0] for item in first["objects"]} - {"bundle"}
    both = {item["id"] for item in first["objects"]} & {item["id"] for item in second["objects"]}
    assert first["id"] != second["id"]
    assert one(first, "grouping")["id"] != one(second, "grouping")["id"]
    assert {"phone" in str(item) for item in of_type(first, "user-account")} == {True, False}
    observables = {"user-account", "email-addr", "url", "file"}
    assert {ref for ref in both if ref.partition("--")[0] in observables} == {
        item["id"] for item in first["objects"] if item["type"] in observables
    }
    assert "note" in same
    assert not any(ref.startswith(("note--", "observed-data--", "location--")) for ref in both)


@pytest.mark.parametrize("label", TLP)
def test_every_object_that_says_something_carries_the_label_and_the_terms(label):
    made = bundle(share(FULL.case, marking=label))
    assert_valid(made)
    tlp, terms = of_type(made, "marking-definition")
    assert tlp["id"] == TLP[label]
    (extension,) = tlp["extensions"].values()
    assert extension["tlp_2_0"] == label.removeprefix("TLP:").lower()
    statement = terms["definition"]["statement"]
    assert "North Hotline with Example Police" in statement
    assert "find the person" in statement
    assert "2026-11-01" in statement
    unmarked = {"identity", "extension-definition", "marking-definition"}
    for item in made["objects"]:
        if item["type"] not in unmarked:
            assert item["object_marking_refs"] == [tlp["id"], terms["id"]]


def test_a_label_that_is_no_tlp_is_rejected():
    answer = load("stix").sharing["stix"].deliver(share(FULL.case, marking="TLP:WHITE"), LocalCall())
    assert isinstance(answer, Rejected)
    assert "TLP:CLEAR" in answer.reason


def test_everything_that_was_shared_is_in_the_bundle():
    made = bundle(FULL)
    grouping = one(made, "grouping")
    case = grouping["extensions"][EXTENSION_ID]
    assert (grouping["name"], grouping["description"]) == (FULL.case.title, FULL.case.summary)
    assert (case["score"], case["purpose"], case["basis"]) == (7.25, "find the person", "agreement 7")
    assert case["expires_at"].startswith("2026-11-01T00:00:00")
    phone, age = case["selectors"]
    assert (phone["value"], phone["records"]) == ("+16145550134", 2)
    assert age == {"kind": "age", "value": "23", "records": 1}
    accounts = {item["id"]: item for item in of_type(made, "user-account")}
    assert accounts[phone["object_ref"]]["user_id"] == "+16145550134"
    assert {(item.get("account_type"), item.get("account_login")) for item in accounts.values()} >= {
        ("snapchat", "example")
    }
    assert one(made, "email-addr")["value"] == "a@mail.example"
    assert {item["value"] for item in of_type(made, "url")} == {
        "https://ads.example.org/1",
        "https://ads.example.org/2",
    }
    assert one(made, "file")["extensions"][EXTENSION_ID]["selector_value"] == PDQ
    place = one(made, "location")
    assert (place["latitude"], place["longitude"], place["country"]) == (39.96, -83.0, "US")
    first, second = of_type(made, "observed-data")
    assert (first["first_observed"], second["last_observed"]) == (
        "2026-05-01T12:00:00Z",
        "2026-05-02T00:00:00Z",
    )
    said = first["extensions"][EXTENSION_ID]
    assert said["prices"] == [{"amount": 200.0, "currency": "USD", "minutes": 60}]
    assert said["selectors"] == [{"kind": "template", "value": "ab" * 32}]
    assert (said["record_key"], said["source"]) == ("r1", "boards")
    notes = of_type(made, "note")
    assert [note["content"] for note in notes if note["object_refs"] == [first["id"]]] == [
        "Call 614-555-0134"
    ]
    assert [note["authors"] for note in notes if "authors" in note] == [["A. Example"]]
    reasons = [note["extensions"][EXTENSION_ID] for note in notes if "extensions" in note]
    assert [(reason["indicator"], reason["sign"], reason["contribution"]) for reason in reasons] == [
        ("places", 1, 3.5),
        ("movement", -1, -0.5),
        ("note", 0, 0.0),
    ]
    assert len(notes) == 2 + 3 + 1


@pytest.mark.parametrize("value", ["@", "no address", "o'example@mail.example", "a@b"])
def test_an_address_that_the_validator_refuses_is_kept_as_a_property(value):
    made = bundle(share(SharedCase("x", selectors=(SharedSelector("email", value),))))
    assert_valid(made)
    assert not of_type(made, "email-addr")
    stated = one(made, "grouping")["extensions"][EXTENSION_ID]["selectors"]
    assert stated == [{"kind": "email", "value": value, "records": 1}]


def test_a_record_without_any_observable_keeps_its_text_as_an_artifact():
    case = SharedCase("x", records=(record("a", url=None, images=(), selectors=()),))
    made = bundle(share(case))
    artifact = one(made, "artifact")
    assert one(made, "observed-data")["object_refs"] == [artifact["id"]]


def test_a_share_too_large_for_the_wire_is_rejected_with_what_to_do():
    body = "x" * 1024 * 1024
    case = SharedCase("x", records=tuple(record(str(number), body=body) for number in range(49)))
    answer = load("stix").sharing["stix"].deliver(share(case), LocalCall())
    assert isinstance(answer, Rejected)
    assert "share fewer records" in answer.reason


def test_a_bundle_cannot_be_retracted_and_the_answer_says_what_to_do():
    receipt = deliver(FULL).receipt
    answer = load("stix").sharing["stix"].retract(receipt, LocalCall())
    assert isinstance(answer, CannotRetract)
    assert receipt.reference in answer.reason
    assert one(bundle(FULL), "grouping")["id"] in answer.reason


def test_five_hundred_records_make_a_valid_bundle():
    def numbered(number: int) -> SharedRecord:
        selectors = (
            SharedSelector("phone", f"+1614555{number:04}"),
            SharedSelector("email", f"a{number}@mail.example"),
            SharedSelector("handle", f"snapchat:example{number}"),
        )
        return record(
            str(number),
            url=f"https://ads.example.org/{number}",
            images=(f"{number:064x}",),
            selectors=selectors,
        )

    item = share(SharedCase("x", records=tuple(numbered(number) for number in range(500))))
    content = deliver(item).document.content
    assert len(of_type(json.loads(content), "observed-data")) == 500
    assert_valid(json.loads(content))
