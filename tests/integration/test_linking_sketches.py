"""Leaders of images and texts in PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from accord.linking import leaders
from accord.linking.carried import Carried, Name, image_keys
from accord.linking.leaders import MOST_LEADERS
from accord.linking.nodes import nodes_for
from accord.linking.sketches import Dropped, bucket_of, forget_dropped
from accord_config.database import Role

STOCK = 77
PACKED_BY_THE_REVISION = """
    SELECT string_agg(int8send(node.id) || int4send(bit.hint), '' ORDER BY node.id) FROM selectors AS node
    CROSS JOIN LATERAL (SELECT decode(node.value, 'hex') AS raw OFFSET 0) AS value
    CROSS JOIN LATERAL (
        SELECT CAST(bit_or((get_byte(raw, at * (length(raw) / 32)) & 1) << (31 - at)) AS int) AS hint
        FROM generate_series(0, 31) AS at
    ) AS bit
    WHERE node.id = ANY(:nodes)
"""


def template(number: int, flipped: int = 0) -> Carried:
    """A text of its own with a key of its own and a stock phrase; `flipped` changes so many bits."""
    bits = pow(0x9E3779B97F4A7C15F39CC0605CEDC835, 20 + number, 1 << 512)
    return Carried("template", f"{bits ^ ((1 << flipped) - 1):0128x}", (STOCK, 1000 + number))


def test_of_a_key_that_many_leaders_share_the_newest_are_kept(organisations: Any, database: Any) -> None:
    member = organisations.company

    def link(values: list[Carried]) -> dict[Name, int]:
        with database(Role.WORKER).transaction(member.scope) as session:
            return nodes_for(session, member.id, values).ids

    def stock() -> list[int]:
        with database(Role.WORKER).transaction(member.scope) as session:
            found = leaders.under(session, member.id, [bucket_of(member.id, "template", STOCK)])
        return [] if found is None else found.selectors.tolist()

    first = [template(number) for number in range(1, MOST_LEADERS + 2)]
    made = [link([value])[value.name] for value in first[:-1]]
    assert stock() == made
    made.append(link([first[-1]])[first[-1].name])
    assert stock() == made[1:]
    # Whoever is no longer found by the stock phrase is found by a key of its own.
    near = template(1, flipped=9)
    assert link([near])[near.name] == made[0]
    many = [template(number) for number in range(100, 100 + 2 * MOST_LEADERS)]
    newest = sorted(link(many).values())[-MOST_LEADERS:]
    assert stock() == newest
    # So they are where all of them come at once.
    member = organisations.police
    newest = sorted(link(many).values())[-MOST_LEADERS:]
    assert stock() == newest


def test_a_forgotten_leader_stands_under_no_key_and_others_stay(organisations: Any, database: Any) -> None:
    company, police = organisations.company, organisations.police
    image = Carried("image", "5a" * 32, image_keys("5a" * 32))
    made = {}
    for member in (company, police):
        with database(Role.WORKER).transaction(member.scope) as session:
            made[member.id] = nodes_for(session, member.id, [template(1), template(2), image]).ids
    dropped = text("DELETE FROM selectors WHERE id = ANY(:gone) RETURNING id, kind, value, buckets")
    with database(Role.WORKER).transaction(company.scope) as session:
        gone = [made[company.id][value.name] for value in (template(1), image)]
        forget_dropped(
            session, company.id, [Dropped(*row) for row in session.execute(dropped, {"gone": gone})]
        )
        rows = session.execute(text("SELECT bucket, leaders FROM sketch_keys")).all()
        left = made[company.id][template(2).name]
        assert sorted(bucket for bucket, _ in rows) == sorted(
            bucket_of(company.id, "template", key) for key in template(2).keys
        )
        assert all(packed[:8] == left.to_bytes(8) and len(packed) == 12 for _, packed in rows)
    with database(Role.WORKER).transaction(police.scope) as session:
        (count,) = session.scalars(text("SELECT sum(length(leaders)) FROM sketch_keys"))
    assert count == (4 + 16) * 12


def test_the_migration_packs_leaders_as_the_linker_does(organisations: Any, database: Any) -> None:
    member = organisations.company
    values = [template(1), template(2), Carried("image", "5a" * 31 + "01", (7,))]
    with database(Role.WORKER).transaction(member.scope) as session:
        nodes = nodes_for(session, member.id, values).ids
        for value, keys in ((values[:2], (STOCK,)), (values[2:], (7,))):
            bucket = bucket_of(member.id, value[0].kind, keys[0])
            packed = "SELECT leaders FROM sketch_keys WHERE bucket = :bucket"
            stored = session.scalar(text(packed), {"bucket": bucket})
            ids = [nodes[one.name] for one in value]
            assert stored == session.scalar(text(PACKED_BY_THE_REVISION), {"nodes": ids})


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
