"""What people say of links is done, stands in later runs, and can be taken back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from tests.conftest import Members, principal_maker
from tests.integration.conftest import clusters_of
from tests.integration.notices import TEXTS, Linked, notice

from accord.ingestion.models import StoredRecord
from accord.linking.applying import apply_judgements
from accord.linking.judgements import judge_parts, judge_selector, judgements, withdraw
from accord.linking.models import LeadRecord, SelectorNode, Verdict
from accord_auth.errors import Invalid, NotFound, PermissionDenied
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_config.database import Role

Clusters = set[frozenset[str]]
WHY = "seen by both hotlines"


class Desk:
    """Somebody of a member who judges, and the linker that does what they said."""

    def __init__(self, database: Any, linked: Linked, who: Principal) -> None:
        self.database, self.linked, self.who = database, linked, who

    def strand(self, name: str) -> UUID:
        with self.database(Role.WEB).transaction(self.who.scope) as session:
            query = select(LeadRecord.strand_id).join(StoredRecord, StoredRecord.id == LeadRecord.record_id)
            return session.scalars(query.where(StoredRecord.external_id == name)).one()

    def selector(self, value: str) -> int:
        with self.database(Role.WEB).transaction(self.who.scope) as session:
            return session.scalars(select(SelectorNode.id).where(SelectorNode.value == value)).one()

    def says(self, verdict: Verdict, one: str, other: str) -> UUID:
        strands = self.strand(one), self.strand(other)
        with self.database(Role.WEB).transaction(self.who.scope) as session:
            return judge_parts(session, self.who, verdict, *strands, WHY).id

    def says_strangers_use(self, value: str) -> UUID:
        selector = self.selector(value)
        with self.database(Role.WEB).transaction(self.who.scope) as session:
            return judge_selector(session, self.who, selector, WHY).id

    def takes_back(self, judgement: UUID) -> None:
        with self.database(Role.WEB).transaction(self.who.scope) as session:
            withdraw(session, self.who, judgement)

    def clusters(self) -> Clusters:
        """The leads, once the linker has done what was said."""
        worker, owner = self.database(Role.WORKER), self.linked.principal
        with worker.transaction(owner.scope) as session:
            apply_judgements(session, owner.organisation)
        return clusters_of(self.database, owner)


@pytest.fixture(scope="module")
def linked(module_database: Any, module_organisations: Members) -> Linked:
    return Linked(module_database, module_organisations.company.operator)


@pytest.fixture(scope="module")
def desk(module_database: Any, linked: Linked, module_organisations: Members) -> Desk:
    somebody = principal_maker(module_database)(module_organisations.company, PersonRole.ANALYST)
    return Desk(module_database, linked, somebody)


def together(*numbers: int) -> frozenset[str]:
    return frozenset(f"board/n{number}" for number in numbers)


BONDED = [(0, notice(0, text=0, place=0)), (1, notice(1, text=0, place=0))]
"""Two strands that a text and a place join."""


def test_parts_judged_apart_are_parted_and_stay_so_when_more_comes(linked: Linked, desk: Desk) -> None:
    assert linked([BONDED]) == {together(0, 1)}
    desk.says(Verdict.APART, "n0", "n1")
    assert desk.clusters() == {together(0), together(1)}
    grown = linked.more(
        [[(2, notice(0, text=0, place=0)), (3, notice(1, text=0, place=0, images=frozenset({0})))]]
    )
    assert grown == {together(0, 2), together(1, 3)}


def test_taken_back_the_parts_are_joined_again(linked: Linked, desk: Desk) -> None:
    linked([BONDED])
    said = desk.says(Verdict.APART, "n0", "n1")
    desk.clusters()
    desk.takes_back(said)
    assert desk.clusters() == {together(0, 1)}


def test_a_third_part_goes_to_the_one_with_which_it_has_more_in_common(linked: Linked, desk: Desk) -> None:
    linked([BONDED])
    desk.says(Verdict.APART, "n0", "n1")
    desk.clusters()
    third = notice(2, text=0, place=0, images=frozenset({1}))
    also = notice(1, text=0, place=0, images=frozenset({1}))
    assert linked.more([[(2, third), (3, also)]]) == {together(0), together(1, 2, 3)}


def test_parts_judged_to_be_the_same_are_one_lead_and_stay_so(linked: Linked, desk: Desk) -> None:
    strangers = [(0, notice(0, place=0)), (1, notice(1, place=1))]
    assert linked([strangers]) == {together(0), together(1)}
    said = desk.says(Verdict.TOGETHER, "n0", "n1")
    assert desk.clusters() == {together(0, 1)}
    # What makes the linker look at the lead again does not part it.
    assert linked.more([[(2, notice(0, place=1, price=1)), (3, notice(1, price=0))]]) == {
        together(0, 1, 2, 3)
    }
    desk.takes_back(said)
    assert desk.clusters() == {together(0, 2), together(1, 3)}


def test_the_last_word_on_two_parts_counts(linked: Linked, desk: Desk) -> None:
    linked([BONDED])
    desk.says(Verdict.APART, "n0", "n1")
    desk.clusters()
    desk.says(Verdict.TOGETHER, "n0", "n1")
    assert desk.clusters() == {together(0, 1)}
    with desk.database(Role.WEB).transaction(desk.who.scope) as session:
        assert [one.verdict for one in judgements(session, desk.who, 10)] == [Verdict.TOGETHER]


def test_a_selector_that_strangers_use_joins_nobody_until_that_is_taken_back(
    linked: Linked, desk: Desk
) -> None:
    assert linked([[(0, notice(0)), (1, notice(0))]]) == {together(0, 1)}
    said = desk.says_strangers_use("+16145550134")
    assert desk.clusters() == {together(0), together(1)}
    assert linked.more([[(2, notice(0))]]) == {together(0), together(1), together(2)}
    desk.takes_back(said)
    assert desk.clusters() == {together(0, 1, 2)}


def test_a_text_that_strangers_use_bonds_nobody_until_that_is_taken_back(linked: Linked, desk: Desk) -> None:
    linked([BONDED])
    said = desk.says_strangers_use(TEXTS[0][1])
    assert desk.clusters() == {together(0), together(1)}
    desk.takes_back(said)
    assert desk.clusters() == {together(0, 1)}


def test_an_identity_that_both_show_is_stronger_and_the_word_against_it_stays_to_be_seen(
    linked: Linked, desk: Desk
) -> None:
    linked([BONDED])
    desk.says(Verdict.APART, "n0", "n1")
    desk.clusters()
    assert linked.more([[(2, notice(0)), (3, notice(1)), (4, both())]]) == {together(0, 1, 2, 3, 4)}
    with desk.database(Role.WEB).transaction(desk.who.scope) as session:
        (standing,) = judgements(session, desk.who, 10)
    assert standing.verdict == Verdict.APART


def both(*identities: int) -> Any:
    one = notice(0)
    shown = frozenset(identities or (0, 1))
    return type(one)(shown, one.images, one.text, one.place, one.price, one.day)


@pytest.mark.parametrize("price", [None, 0], ids=["nothing new is stated", "a price is stated"])
def test_a_third_part_that_turns_out_to_be_one_of_two_judged_apart_goes_with_that_one(
    linked: Linked, desk: Desk, price: int | None
) -> None:
    linked([BONDED])
    desk.says(Verdict.APART, "n0", "n1")
    desk.clusters()
    third = notice(2, text=0, place=0, price=price, images=frozenset({1}))
    also = notice(0, text=0, place=0, images=frozenset({1}))
    assert linked.more([[(2, third), (3, also)]]) == {together(0, 2, 3), together(1)}
    # The addresses of the second and the third on one record: they are one part, apart from the first.
    assert linked.more([[(4, both(1, 2))]]) == {together(0, 3), together(1, 2, 4)}


def test_of_another_member_s_links_nobody_says_anything(
    linked: Linked, desk: Desk, module_organisations: Members
) -> None:
    linked([BONDED])
    strands = desk.strand("n0"), desk.strand("n1")
    selector = desk.selector("+16145550134")
    said = desk.says(Verdict.APART, "n0", "n1")
    stranger = principal_maker(desk.database)(module_organisations.ngo, PersonRole.INVESTIGATOR)
    with desk.database(Role.WEB).transaction(stranger.scope) as session:
        for attempt in (
            lambda: judge_parts(session, stranger, Verdict.APART, *strands, WHY),
            lambda: judge_selector(session, stranger, selector, WHY),
            lambda: judge_selector(session, stranger, 10**12, WHY),
            lambda: withdraw(session, stranger, said),
        ):
            with pytest.raises(NotFound):
                attempt()
        assert list(judgements(session, stranger, 10)) == []
        assert session.scalar(text("SELECT count(*) FROM judgements")) == 0


def test_who_may_not_judge_does_not_and_a_word_needs_two_parts_and_a_reason(
    linked: Linked, desk: Desk, module_organisations: Members
) -> None:
    linked([BONDED])
    one, other = desk.strand("n0"), desk.strand("n1")
    auditor = principal_maker(desk.database)(module_organisations.company, PersonRole.AUDITOR)
    with desk.database(Role.WEB).transaction(desk.who.scope) as session:
        with pytest.raises(PermissionDenied):
            judge_parts(session, auditor, Verdict.APART, one, other, WHY)
        for verdict, parts, reason in (
            (Verdict.APART, (one, one), WHY),
            (Verdict.APART, (one, other), " no "),
            (Verdict.TOGETHER, (one, other), "x" * 501),
            (Verdict.STRANGERS, (one, other), WHY),
        ):
            with pytest.raises(Invalid):
                judge_parts(session, desk.who, verdict, *parts, reason)
