"""How a bundle may be used: the TLP 2.0 label and the terms of the share, as marking definitions."""

from __future__ import annotations

from typing import Any

import stix2

from accord_sdk import Share
from accord_stix.identifiers import made_id

TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
"""OASIS's extension for TLP 2.0, published in oasis-open/cti-stix-common-objects (tlp-2.0)."""

TLP = {
    "TLP:CLEAR": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "TLP:GREEN": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "TLP:AMBER": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "TLP:AMBER+STRICT": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "TLP:RED": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
"""TLP 2.0 labels and the identifiers that OASIS published for them (same place)."""


def tlp_marking(label: str) -> Any:
    """OASIS's marking definition of a TLP 2.0 label, as published."""
    return stix2.v21.MarkingDefinition(
        id=TLP[label],
        created="2022-10-01T00:00:00.000Z",
        name=label,
        extensions={
            TLP_EXTENSION: {
                "extension_type": "property-extension",
                "tlp_2_0": label.removeprefix("TLP:").lower(),
            }
        },
    )


def terms_marking(share: Share, sender_id: str) -> Any:
    """The terms of the share: who shares with whom, for what, on what basis, until when."""
    sentences = [f"Shared by {share.sender.name} with {share.recipient.name}."]
    if share.purpose:
        sentences.append(f"Purpose: {share.purpose}.")
    if share.basis:
        sentences.append(f"Basis: {share.basis}.")
    if share.expires_at:
        sentences.append(f"Delete by {share.expires_at.isoformat()}.")
    return stix2.v21.MarkingDefinition(
        id=made_id("marking-definition", share.key),
        created_by_ref=sender_id,
        created=share.created_at,
        definition_type="statement",
        definition=stix2.v21.StatementMarking(statement=" ".join(sentences)),
    )
