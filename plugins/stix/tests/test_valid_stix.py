"""What the deliverer makes is STIX 2.1 by the standard's validator, whatever the case holds."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plugins.stix.tests.shares import (
    FULL,
    NOON,
    assert_read,
    assert_valid,
    bundle,
    deliver,
    of_type,
    one,
    record,
    share,
)

from accord_sdk import (
    Party,
    Place,
    Price,
    Reason,
    SharedCase,
    SharedNote,
    SharedRecord,
    SharedSelector,
)
from accord_stix.identifiers import EXTENSION_ID
from accord_stix.observables import uri

ODD = "caf\u00e9 \U0001f600 \u202e<b>&\"'\\ \x01\x00 {}[]% \u2028"


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


@pytest.mark.parametrize("value", ["@", "no address", "o'example@mail.example", "a@b"])
def test_an_address_that_the_validator_refuses_is_kept_as_a_property(value):
    made = bundle(share(SharedCase("x", selectors=(SharedSelector("email", value),))))
    assert_valid(made)
    assert not of_type(made, "email-addr")
    stated = one(made, "grouping")["extensions"][EXTENSION_ID]["selectors"]
    assert stated == [{"kind": "email", "value": value, "records": 1}]


def of_many_records(count: int) -> dict[str, Any]:
    """The bundle of a case with so many records, all with objects of their own."""

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

    made = bundle(share(SharedCase("x", records=tuple(numbered(number) for number in range(count)))))
    assert len(of_type(made, "observed-data")) == count
    return made


def test_many_records_make_a_valid_bundle():
    # The validator takes 35 ms for each record, and 500 are no other objects than 30.
    assert_valid(of_many_records(30))


def test_five_hundred_records_are_all_in_the_bundle_and_read_by_the_library():
    assert_read(of_many_records(500))
