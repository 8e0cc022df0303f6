"""E-mail addresses, handles, URLs, wallets, ages and places in text."""

from __future__ import annotations

import pytest

from accord_sdk import Place, Record, Selector
from accord_sdk.runner import Plugin
from accord_sdk.testing import findings, load


@pytest.fixture(scope="module")
def plugin() -> Plugin:
    return load("selectors")


def values(plugin: Plugin, kind: str, body: str = "", *, title: str | None = None) -> list[str]:
    found = findings(plugin, Record(body=body, title=title))
    return [f.value for f in found if isinstance(f, Selector) and f.kind == kind]


@pytest.mark.parametrize(
    "written",
    [
        "sample.one@mail.example",
        "Sample.One@Mail.Example",
        "sample.one @ mail.example",
        "sample.one at mail dot example",
        "sample dot one at mail dot example",
        "sample.one(at)mail(dot)example",
        "sample.one [at] mail [dot] example",
        "sample.one {at} mail.example",
        "sample.one arroba mail punto example",
        "ｓａｍｐｌｅ.ｏｎｅ＠ｍａｉｌ.ｅｘａｍｐｌｅ",
        "sample.one@\u200bmail.example",
    ],
)
def test_an_email_address_is_found_and_its_span_is_exact(plugin: Plugin, written: str) -> None:
    body = f"💬 write to me, {written}"
    (email,) = [f for f in findings(plugin, Record(body=body)) if f.kind == "email"]
    assert isinstance(email, Selector)
    assert email.value == "sample.one@mail.example"
    assert body[email.start : email.end] == written


def test_a_sentence_that_follows_without_a_space_is_not_part_of_an_address(plugin: Plugin) -> None:
    assert values(plugin, "email", "sample@mail.example.Call now") == ["sample@mail.example"]


@pytest.mark.parametrize(
    "written",
    [
        "rose22@gmail",
        "rose22 at gmail",
        "rose22 at g mail dot com",
        "rose22 at g-mail dot com",
        "rose22@gmail,com",
        "rose22@gmaildotcom",
        "rose22atgmaildotcom",
        "r o s e 2 2 @ g m a i l . c o m",
    ],
)
def test_a_well_known_provider_needs_no_domain_and_may_be_misspelt(plugin: Plugin, written: str) -> None:
    assert values(plugin, "email", f"{written} / no calls") == ["rose22@gmail.com"]


def test_a_dash_of_an_address_may_be_written_as_a_word(plugin: Plugin) -> None:
    assert values(plugin, "email", "rose dash one at mail dot example") == ["rose-one@mail.example"]
    assert values(plugin, "email", "rose underscore one at mail dot example") == ["rose_one@mail.example"]


@pytest.mark.parametrize(
    "body",
    [
        "meet me at example.com",
        "look at the dot com boom",
        "@sample",
        "a@b",
        "me at home dot",
        "find me at yahoo",
        "look at example dot com",
        "pictures at gmail and more",
        "I work at outlook tower",
    ],
)
def test_no_email_address_is_made_up(plugin: Plugin, body: str) -> None:
    assert values(plugin, "email", body) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Snapchat: Sample_One", "snapchat:sample_one"),
        ("snap chat - sample_one", "snapchat:sample_one"),
        ("my snapchat id is sampleone", "snapchat:sampleone"),
        ("add sampleone on snapchat", "snapchat:sampleone"),
        ("IG @sample.one", "instagram:sample.one"),
        ("insta sample_1", "instagram:sample_1"),
        ("Twitter/ Instagram @sampleone", "instagram:sampleone"),
        ("follow me on Twitter @ sampleone.", "twitter:sampleone"),
        ("@sampleone on twitter", "twitter:sampleone"),
        ("kik me at sample_one", "kik:sample_one"),
        ("telegram @sampleone", "telegram:sampleone"),
        ("t.me/sampleone", "telegram:sampleone"),
        ("https://www.instagram.com/sample.one/", "instagram:sample.one"),
        ("line id: sample99", "line:sample99"),
        ("WeChat: wx_sample9", "wechat:wx_sample9"),
        ("cash app $sampleone", "cashapp:sampleone"),
        ("my X: @sampleone", "twitter:sampleone"),
        ("signal: sample.99", "signal:sample.99"),
        ("reddit u/sampleone", "reddit:sampleone"),
        ("skype: live:sampleone", "skype:live:sampleone"),
        ("s n a p : sample_one", "snapchat:sample_one"),
        ("K1K sample99", "kik:sample99"),
        ("sn@p: sample_one", "snapchat:sample_one"),
        ("find me on insta as sample_one", "instagram:sample_one"),
        ("Snapchat \U0001f449\U0001f3fd sample_one", "snapchat:sample_one"),
        ("discord: sample#1234", "discord:sample#1234"),
        ("sample_one on snapchat", "snapchat:sample_one"),
        ("sample.one (insta)", "instagram:sample.one"),
        ("sample_1 is my kik", "kik:sample_1"),
        ("$sampleone cashapp", "cashapp:sampleone"),
        ("insta-gram: sample_one", "instagram:sample_one"),
        ("\U0001f47b sample_one", "snapchat:sample_one"),
        ("kik \U0001f47b sample99", "kik:sample99"),
    ],
)
def test_a_handle_is_found_with_its_platform(plugin: Plugin, body: str, expected: str) -> None:
    (handle,) = [f for f in findings(plugin, Record(body=body)) if f.kind == "handle"]
    assert isinstance(handle, Selector)
    platform, name = expected.split(":", 1)
    assert (handle.value, handle.attributes) == (expected, {"platform": platform, "name": name})
    assert body[handle.start : handle.end].lower() == name


def test_a_sign_of_a_name_may_be_written_as_a_word(plugin: Plugin) -> None:
    assert values(plugin, "handle", "ig: sample dot one") == ["instagram:sample.one"]
    assert values(plugin, "handle", "snap: sample underscore one") == ["snapchat:sample_one"]


def test_two_platforms_that_are_named_together_share_the_name(plugin: Plugin) -> None:
    both = ["snapchat:sample_one", "instagram:sample_one"]
    assert values(plugin, "handle", "insta & snap: sample_one") == both
    assert sorted(values(plugin, "handle", "snap/ig sample_one")) == sorted(both)


@pytest.mark.parametrize(
    "body",
    [
        "snapchat is better than kik",
        "plan a snack and kicks, no nap",
        "kik and insta welcome",
        "new pictures on insta",
        "example.com on insta",
        "24hr on snap",
        "$100 cashapp",
        "follow me on instagram for more",
        "add me on snapchat",
        "the line is long and the signal me weak",
        "no snapchat or kik please",
        "WhatsApp: 614-555-0134",
        "twitter.com/home",
        "snapchat, instagram and more",
        "a signal: strong",
        "xx @ home, max @somewhere else",
    ],
)
def test_prose_about_a_platform_is_no_handle(plugin: Plugin, body: str) -> None:
    assert values(plugin, "handle", body) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("see HTTPS://Ads.Example.COM/A/b?x=1#part.", "ads.example.com/A/b?x=1"),
        ("(http://example.com/)", "example.com"),
        ("www.example.net, thanks", "www.example.net"),
        ("site: ads.example.org", "ads.example.org"),
        ("example dot com", "example.com"),
        ("example[.]com/Ads/2.", "example.com/Ads/2"),
        ("example dot com slash sample", "example.com/sample"),
        ("sample-one . net for more", "sample-one.net"),
    ],
)
def test_a_url_is_found_in_its_canonical_form(plugin: Plugin, body: str, expected: str) -> None:
    assert values(plugin, "url", body) == [expected]


@pytest.mark.parametrize(
    "body", ["call.me now", "so nice.I am here", "v2.0 or 3.5", "sample@ads.example.com", "ok . org chart"]
)
def test_no_url_is_made_up(plugin: Plugin, body: str) -> None:
    assert values(plugin, "url", body) == []


@pytest.mark.parametrize(
    ("address", "expected", "confidence"),
    [
        # test vectors of the specifications: the genesis block, BIP-173, BIP-350, EIP-55
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", 1.0),
        (
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            1.0,
        ),
        (
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "bitcoin:bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            1.0,
        ),
        (
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "ethereum:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            1.0,
        ),
        (
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "ethereum:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            0.8,
        ),
    ],
)
def test_a_wallet_is_found_when_its_checksum_holds(
    plugin: Plugin, address: str, expected: str, confidence: float
) -> None:
    (wallet,) = [f for f in findings(plugin, Record(body=f"deposit: {address}.")) if f.kind == "wallet"]
    assert isinstance(wallet, Selector)
    assert (wallet.value, wallet.confidence, wallet.start) == (expected, confidence, 9)


@pytest.mark.parametrize("text", ["✨️ {} ✨️", "\u200bsend to {}", "é {}"])
@pytest.mark.parametrize(
    "address",
    ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"],
)
def test_a_wallet_is_found_beside_signs_that_are_not_kept(plugin: Plugin, text: str, address: str) -> None:
    body = text.format(address)
    (wallet,) = [f for f in findings(plugin, Record(body=body)) if f.kind == "wallet"]
    assert isinstance(wallet, Selector)
    assert body[wallet.start : wallet.end] == address


@pytest.mark.parametrize(
    "address",
    [
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",  # version 1 under the old checksum
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAEd",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae",
    ],
)
def test_a_wrong_checksum_is_no_wallet(plugin: Plugin, address: str) -> None:
    assert values(plugin, "wallet", address) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Staying in Columbus, OH today", ["Columbus, OH, US"]),
        ("COLUMBUS OH", ["Columbus, OH, US"]),
        ("St. Louis, Missouri", ["St. Louis, MO, US"]),
        ("Ft. Lauderdale area", ["Fort Lauderdale, FL, US"]),
        ("San José, California", ["San Jose, CA, US"]),
        ("visiting Houston and Dallas", ["Houston, TX, US", "Dallas, TX, US"]),
        ("London, Ontario", ["London, ON, CA"]),
        ("from Paris", ["Paris, FR"]),
        ("Mobile, AL", ["Mobile, AL, US"]),
        ("now in nyc", ["New York City, NY, US"]),
        ("in L.A. today", ["Los Angeles, CA, US"]),
        ("visiting D.C.", ["Washington, DC, US"]),
        ("O'Fallon, MO", ["O'Fallon, MO, US"]),
        ("Coeur d\u2019Alene, ID", ["Coeur d'Alene, ID, US"]),
    ],
)
def test_a_city_is_found(plugin: Plugin, body: str, expected: list[str]) -> None:
    assert values(plugin, "place", body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "Call my Mobile, Reading a Nice book",
        "Austin is my name",
        "Paris here with new pictures",
        "Surprise me with Orange juice",
        "houston.example.com @houston_sample",
        "the best price of the day",
    ],
)
def test_a_word_is_no_city_without_context(plugin: Plugin, body: str) -> None:
    assert values(plugin, "place", body) == []


def test_the_records_place_tells_which_of_several_cities_is_meant(plugin: Plugin) -> None:
    for hint, expected in (("Columbus, OH", "Dublin, OH, US"), ("San Jose, CA", "Dublin, CA, US")):
        record = Record(body="ten minutes from Dublin", place=Place(name=hint, country="US"))
        found = [f.value for f in findings(plugin, record) if isinstance(f, Selector) and f.field == "body"]
        assert found == [expected]


def test_a_place_carries_where_it_is(plugin: Plugin) -> None:
    (place,) = [f for f in findings(plugin, Record(body="Columbus, OH")) if isinstance(f, Selector)]
    assert place.attributes["geonameid"] == 4509177
    assert (place.attributes["admin1"], place.attributes["country"]) == ("OH", "US")
    assert place.attributes["lat"] == pytest.approx(39.96, abs=0.01)
