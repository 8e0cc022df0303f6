"""Leaders of images and texts in PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from accord.linking.carried import Carried, Name
from accord.linking.nearest import MOST_LEADERS
from accord.linking.nodes import nodes_for
from accord.linking.sketches import bucket_of
from accord_config.database import Role

STOCK = 77
STORED = (
    "SELECT node.value FROM sketch_keys AS stored JOIN selectors AS node ON node.id = stored.selector_id"
    " WHERE stored.bucket = :bucket ORDER BY stored.selector_id"
)


def template(number: int, flipped: int = 0) -> Carried:
    """A text of its own with a key of its own and a stock phrase; `flipped` changes so many bits."""
    bits = pow(0x9E3779B97F4A7C15F39CC0605CEDC835, 20 + number, 1 << 512)
    return Carried("template", f"{bits ^ ((1 << flipped) - 1):0128x}", (STOCK, 1000 + number))


def test_of_a_key_that_many_leaders_share_the_newest_are_kept(organisations: Any, database: Any) -> None:
    member = organisations.company

    def link(values: list[Carried]) -> dict[Name, int]:
        with database(Role.WORKER).transaction(member.scope) as session:
            return nodes_for(session, member.id, values).ids

    def stock() -> list[str]:
        bucket = bucket_of(member.id, "template", STOCK)
        with database(Role.WORKER).transaction(member.scope) as session:
            return list(session.scalars(text(STORED), {"bucket": bucket}))

    first = [template(number) for number in range(1, 2 * MOST_LEADERS + 2)]
    made = [link([value])[value.name] for value in first]
    assert stock() == [value.value for value in first]
    near = template(1, flipped=9)
    assert link([near])[near.name] == made[0]
    assert stock() == [value.value for value in first[-MOST_LEADERS:]]
    # Whoever is no longer found by the stock phrase is found by a key of its own.
    again = template(2, flipped=5)
    assert link([again])[again.name] == made[1]


def test_a_member_s_leaders_are_no_other_member_s(organisations: Any, database: Any) -> None:
    nodes = set()
    for member in (organisations.company, organisations.police):
        with database(Role.WORKER).transaction(member.scope) as session:
            value = template(3)
            nodes.add(nodes_for(session, member.id, [value]).ids[value.name])
    with database(Role.WORKER).transaction(organisations.police.scope) as session:
        follower = template(3, flipped=4)
        (node,) = nodes_for(session, organisations.police.id, [follower]).ids.values()
    assert len(nodes) == 2
    assert node == max(nodes)


def test_the_migration_puts_what_there_was_into_the_same_buckets(organisations: Any, database: Any) -> None:
    member = organisations.company
    # As the revision says it; a file whose name begins with a number cannot be imported by name.
    formula = (
        "(('x' || substr(encode(sha256(uuid_send(:owner) || convert_to(:kind, 'UTF8')), 'hex'), 1, 16))"
        "\\:\\:bit(64) >> 1)\\:\\:bigint # :key"
    )
    with database(Role.WORKER).transaction(member.scope) as session:
        for kind, key in (("image", 15 << 16 | 5), ("template", (1 << 63) - 1)):
            values = {"owner": member.id, "kind": kind, "key": key}
            found = session.scalar(text(f"SELECT {formula}"), values)
            assert found == bucket_of(member.id, kind, key)


def test_a_key_that_meets_another_kind_s_bucket_finds_nothing_there(
    organisations: Any, database: Any
) -> None:
    # A plugin chooses the keys of its sketches; images have hashes of another length.
    member = organisations.company
    image = Carried("image", "ab" * 32, (7,))
    key = bucket_of(member.id, "image", 7) ^ bucket_of(member.id, "template", 0)
    assert bucket_of(member.id, "template", key) == bucket_of(member.id, "image", 7)
    intruder = Carried("template", "ab" * 64, (key,))
    nodes = []
    for value in (image, intruder):
        with database(Role.WORKER).transaction(member.scope) as session:
            nodes.append(nodes_for(session, member.id, [value]).ids[value.name])
    assert nodes[0] != nodes[1]
