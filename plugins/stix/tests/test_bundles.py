"""What the deliverer `stix` puts into a bundle, what it refuses, and what it says of taking back."""

from pathlib import Path

import pytest
from plugins.stix.tests.shares import FULL, PDQ, assert_valid, bundle, deliver, of_type, one, record, share

from accord_sdk import CannotRetract, Rejected, SharedCase
from accord_sdk.manifest import Manifest
from accord_sdk.testing import LocalCall, load
from accord_stix.identifiers import EXTENSION_ID
from accord_stix.markings import TLP


def test_the_manifest_names_what_is_registered():
    text = (Path(__file__).parents[1] / "accord.toml").read_text()
    assert list(load("stix").sharing) == list(Manifest.parse(text).provides.sharing)


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
