"""The plugin `stix`: one deliverer, which turns a share into a STIX 2.1 bundle to download."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from accord_sdk import (
    Call,
    CannotRetract,
    Context,
    Delivered,
    Deliverer,
    Delivery,
    Document,
    Receipt,
    Rejected,
    Retraction,
    Reviewer,
    Share,
    hookimpl,
)
from accord_stix.bundle import bundle_id, bundle_json
from accord_stix.identifiers import made_id
from accord_stix.markings import TLP

MEDIA_TYPE = "application/stix+json;version=2.1"
"""The media type of STIX 2.1 content, as TAXII 2.1 servers send it."""
LARGEST = 48 * 1024 * 1024
"""Largest bundle in bytes; beyond it the answer would not fit the wire's largest frame."""


class StixDeliverer:
    """Makes a STIX 2.1 bundle of a share. The same share gives the same bytes; nothing is sent."""

    name = "stix"

    def deliver(self, share: Share, call: Call) -> Delivery:
        """The bundle as a document; rejected where its marking is no TLP 2.0 label or it is too large."""
        if share.marking not in TLP:
            return Rejected(
                f"{share.marking} is no TLP 2.0 label; mark the share with one of {', '.join(TLP)}"
            )
        content = bundle_json(share)
        if len(content) > LARGEST:
            size = len(content) // 2**20
            return Rejected(f"the bundle would be {size} MiB, beyond {LARGEST // 2**20}; share fewer records")
        reference = bundle_id(share)
        filename = f"accord-{reference.partition('--')[2]}.json"
        receipt = Receipt(share.key, reference, datetime.now(UTC))
        return Delivered(receipt, Document(filename, MEDIA_TYPE, content))

    def retract(self, receipt: Receipt, call: Call) -> Retraction:
        """A file cannot be called back: says what a person should do instead."""
        return CannotRetract(
            "A STIX bundle is a file, and no file can be called back. Ask everybody who received it to delete"
            f" {receipt.reference} with the objects that it brought from their tools (the case is"
            f" {made_id('grouping', receipt.key)}), and record their answer."
        )


@hookimpl
def accord_sharing(context: Context) -> Sequence[Reviewer | Deliverer]:
    """The deliverer `stix`."""
    return [StixDeliverer()]
