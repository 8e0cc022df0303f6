"""Leaders of images and texts, as workers remember them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from accord.linking import leaders as leaders_module
from accord.linking.carried import Carried
from accord.linking.leaders import KEPT_S, MOST_LEADERS, Leaders
from accord.linking.nodes import nodes_for
from accord.linking.sketches import Dropped, forget_dropped
from accord_config.database import Role

STOCK = 77
MOST = MOST_LEADERS["template"]
IMAGE = Carried("image", "5a" * 32)
DROP = text("DELETE FROM selectors WHERE id = ANY(:gone) RETURNING id, kind")

Link = Callable[..., list[int]]


def template(number: int, flipped: int = 0, *, stock: int = STOCK) -> Carried:
    """A text of its own with a key of its own and a stock phrase; `flipped` changes so many bits."""
    bits = pow(0x9E3779B97F4A7C15F39CC0605CEDC835, 20 + number, 1 << 512)
    return Carried("template", f"{bits ^ ((1 << flipped) - 1):0128x}", (stock, 1000 + number))


@pytest.fixture
def link(database: Any) -> Link:
    """The nodes of values, as a worker with this memory links them for a member."""

    def linked(member: Any, leaders: Leaders, *values: Carried) -> list[int]:
        with database(Role.WORKER).transaction(member.scope) as session:
            ids = nodes_for(session, member.id, values, leaders).ids
        return [ids[value.name] for value in values]

    return linked


def follower(number: int) -> Carried:
    """Like the text of that number, with the stock phrase's key alone."""
    near = template(number, flipped=9)
    return near._replace(keys=(STOCK,))


def test_of_a_key_that_many_leaders_share_the_newest_are_compared(organisations: Any, link: Link) -> None:
    company, leaders = organisations.company, Leaders()
    made = [link(company, leaders, template(number))[0] for number in range(MOST + 1)]
    assert link(company, leaders, follower(1)) == [made[1]]
    # Whoever is no longer found by the stock phrase is found by a key of its own.
    assert link(company, leaders, template(0, flipped=5)) == [made[0]]
    assert link(company, leaders, follower(0)) not in ([one] for one in made)


def test_a_worker_that_remembers_finds_what_one_that_reads_all_finds(
    organisations: Any, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    police, known = organisations.police, Leaders()
    images = [Carried("image", f"{n:02x}" * 32) for n in range(1, 9)]
    for number in range(20):
        link(police, known, template(number), images[number % 8])
    # It reads in pieces.
    monkeypatch.setattr(leaders_module, "AT_ONCE", 3)
    near = [template(number, flipped=7) for number in range(20)]
    near += [Carried("image", one.value[:-1] + "0") for one in images]
    assert link(police, known, *near) == link(police, Leaders(), *near)


def test_a_dropped_leader_is_found_by_no_worker_and_others_stay(
    organisations: Any, database: Any, link: Link
) -> None:
    company, police = organisations.company, organisations.police
    workers = Leaders(), Leaders()
    for member in (company, police):
        first = link(member, workers[0], template(1), template(2), IMAGE)
        assert link(member, workers[1], template(1, flipped=3), template(2), IMAGE) == first
    gone = link(company, workers[0], template(1), IMAGE)
    with database(Role.WORKER).transaction(company.scope) as session:
        rows = session.execute(DROP, {"gone": gone})
        forget_dropped(session, company.id, [Dropped(*row) for row in rows])
    theirs = link(police, workers[0], template(1, flipped=4), template(2))
    made = []
    for worker in workers:
        again = link(company, worker, template(1, flipped=4), IMAGE, template(2, flipped=4))
        made.append(again)
        assert set(again[:2]).isdisjoint(gone)
    # Who came first made the new leader, and everybody knows.
    assert made[0] == made[1]
    assert made[0][2] == link(company, Leaders(), template(2))[0]
    assert theirs == link(police, workers[1], template(1), template(2))


def test_what_was_dropped_is_written_down_for_a_day(organisations: Any, database: Any) -> None:
    member = organisations.company
    dropped = "SELECT count(*) FROM dropped_leaders"
    with database(Role.WORKER).transaction(member.scope) as session:
        before = session.scalar(text(dropped))
        forget_dropped(session, member.id, [Dropped(1, "image"), Dropped(2, "phone")])
        assert session.scalar(text(dropped)) == before + 1
    with database(Role.OWNER).engine.begin() as connection:
        connection.execute(text("UPDATE dropped_leaders SET dropped_at = now() - interval '25 hours'"))
    with database(Role.WORKER).transaction(member.scope) as session:
        forget_dropped(session, member.id, [Dropped(3, "template")])
        assert session.scalar(text(dropped)) == 1


def test_a_leader_of_a_transaction_that_failed_is_followed_by_nobody(
    organisations: Any, database: Any, link: Link
) -> None:
    member, leaders = organisations.company, Leaders()

    with database(Role.WORKER).transaction(member.scope) as session:
        (lost,) = nodes_for(session, member.id, [template(41)], leaders).ids.values()
        # The second time it reads what is not there yet for anybody else.
        nodes_for(session, member.id, [template(41, flipped=2)], leaders)
        session.rollback()
    (found,) = link(member, leaders, template(41, flipped=3))
    assert found != lost
    assert link(member, Leaders(), template(41)) == [found]


def test_what_a_failed_relinking_dropped_is_found_again(
    organisations: Any, database: Any, link: Link
) -> None:
    member, leaders = organisations.police, Leaders()
    made = link(member, leaders, template(51), IMAGE)

    def relink_and_fail() -> None:
        with (
            leaders.forgotten_on_failure(member.id),
            database(Role.WORKER).transaction(member.scope) as session,
        ):
            rows = session.execute(DROP, {"gone": made})
            forget_dropped(session, member.id, [Dropped(*row) for row in rows])
            ids = nodes_for(session, member.id, [template(51, flipped=3)], leaders).ids
            assert set(ids.values()).isdisjoint(made)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        relink_and_fail()
    assert link(member, leaders, template(51, flipped=3), IMAGE) == made


def test_a_member_s_leaders_are_no_other_member_s(organisations: Any, link: Link) -> None:
    leaders = Leaders()
    nodes = [
        link(member, leaders, template(3))[0] for member in (organisations.company, organisations.police)
    ]
    assert link(organisations.police, leaders, template(3, flipped=4)) == [nodes[1]]
    assert nodes[0] != nodes[1]


def test_memory_is_for_those_for_whom_was_linked_last(organisations: Any, link: Link) -> None:
    company, police = organisations.company, organisations.police
    leaders = Leaders(most_bytes=1)
    made = link(company, leaders, template(61)) + link(police, leaders, template(61))
    assert link(company, leaders, template(61)) == made[:1]
    assert link(police, leaders, template(61)) == made[1:]
    assert list(leaders._known) == [police.id]
    assert link(company, leaders, template(61, flipped=2)) == made[:1]
    assert list(leaders._known) == [company.id]
    leaders._known[company.id].asked -= KEPT_S + 1
    assert link(police, leaders, template(61, flipped=2)) == made[1:]
    assert list(leaders._known) == [police.id]


def test_a_plugin_s_key_that_is_an_image_s_finds_no_image(organisations: Any, link: Link) -> None:
    # A plugin chooses the keys of its sketches.
    leaders = Leaders()
    intruder = Carried("template", "ab" * 64, (7,))
    picture = Carried("image", "ab" * 32)
    first = link(organisations.company, leaders, picture)
    assert link(organisations.company, leaders, intruder) != first
