"""What a plugin may do, in words: nothing that leaves is left out."""

import msgspec

from accord_sdk.manifest import ConfigField, Manifest
from accord_sdk.words import allowance, disclosures, short

MANIFEST = Manifest.parse("""
protocol = 2
name = "acme-words"
title = "Words"
summary = "Marks words."
reads = { title = "the words stand in it" }
provides = { detectors = ["words"] }
card = { purpose = "Tests.", limits = "None.", licence = "Apache-2.0", contact = "tests@example.org" }
""")


def test_a_plugin_that_calls_nobody_sends_nothing_out():
    assert allowance(MANIFEST, "Acme") == "reads title of Acme's records up to AMBER; sends nothing out"
    assert disclosures(MANIFEST) == []


def test_a_host_that_a_setting_names_is_told_like_one_of_the_manifest():
    setting = ConfigField("string", "Where it is.", required=True, calls=True)
    asking = msgspec.structs.replace(
        MANIFEST, calls={"api.example.org": "it knows more"}, config={"address": setting}
    )
    told = "api.example.org and the host in its setting address"
    assert allowance(asking, "Acme").endswith(f"; may send what it reads to {told}")
    assert "calls api.example.org, the host in its setting address" in short(asking, 0)
    assert disclosures(asking)[1].startswith("the host in its setting address can learn title of records")
