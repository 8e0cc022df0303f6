"""How far detectors are: looked at of all, waiting, skipped, failed, and not for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from tests.conftest import Databases, Members

from accord.detection import operating
from accord.detection.progress import Progress, progress, shown
from accord.ingestion.changes import withdraw
from accord.ingestion.models import Batch, Source, Stage
from accord.ingestion.service import Incoming, ensure_source, store, validate
from accord.markings import Marking
from accord_config.database import Role

if TYPE_CHECKING:
    from tests.integration.detection.conftest import Shop


def far(shop: Shop, source: str | None = None) -> Progress:
    """How far the moody plugin is, with all records or those of a source."""
    with shop.database.transaction(shop.member.scope) as session:
        which = session.scalars(select(Source.id).where(Source.slug == source)).one() if source else None
        (found,) = progress(session, shop.member.operator, plugin="moody", source_id=which)
        return found


def counts(one: Progress) -> tuple[int, int, int, int, int]:
    return one.looked, one.skipped, one.failed, one.waiting, one.others


def test_each_record_is_counted_once_as_it_comes_through(shop: Shop) -> None:
    shop.store("find a", "find", "skip it", "fail at it")
    assert counts(far(shop)) == (0, 0, 0, 4, 0)
    shop.detect()
    assert counts(far(shop)) == (2, 1, 1, 0, 0)
    shop.store("find b", "throw c")
    shop.detect()
    one = far(shop)
    assert (one.records, one.waiting) == (6, 2), "the call failed as a whole, and both are tried again"
    assert counts(one) == (2, 1, 1, 2, 0)
    shop.late()
    assert counts(far(shop)) == (3, 1, 2, 0, 0)
    assert shop.parked().keys() == {"m004", "m006"}


def test_parked_records_that_are_run_again_wait_and_are_failed_no_more(
    shop: Shop, database: Databases, organisations: Members
) -> None:
    shop.store("find a", "fail at it", "fail at that")
    shop.detect()
    assert counts(far(shop)) == (1, 0, 2, 0, 0)
    admin = organisations.company.operator
    with database(Role.WEB).transaction(admin.scope) as session:
        assert operating.retry_parked(session, admin, "moody") == 2
    again = far(shop)
    assert (counts(again), again.records) == ((1, 0, 0, 2, 0), 3)
    shop.late()
    assert counts(far(shop)) == (1, 0, 2, 0, 0)


def test_a_re_run_is_seen_to_go_on(shop: Shop, database: Databases, organisations: Members) -> None:
    shop.store("find a", "find b")
    shop.detect()
    shop.store("find c")
    shop.detect()
    assert counts(far(shop)) == (3, 0, 0, 0, 0)
    admin = organisations.company.operator
    with database(Role.WEB).transaction(admin.scope) as session:
        operating.run_over_all(session, admin, "moody")
    again = far(shop)
    assert counts(again) == (0, 0, 0, 3, 0)
    assert shown(again).words == ("3 waiting",)
    shop.late()
    assert (far(shop).done, far(shop).waiting) == (3, 0)


def test_what_is_above_the_ceiling_or_from_before_it_was_started_is_not_for_it(
    shop: Shop, organisations: Members
) -> None:
    company = organisations.company
    shop.store("find a")
    shop.detect()
    with shop.database.transaction(company.scope) as session:
        line = {"external_id": "red", "observed_at": "2026-05-01T12:00:00Z", "body": "find b"}
        incoming = validate(0, line)
        assert isinstance(incoming, Incoming)
        source = ensure_source(session, company.operator, "closed", marking=Marking.RED)
        store(session, company.operator, source, [incoming], marking=Marking.RED)
    shop.detect()
    assert counts(far(shop)) == (1, 0, 0, 0, 1)
    assert counts(far(shop, "board")) == (1, 0, 0, 0, 0)
    assert counts(far(shop, "closed")) == (0, 0, 0, 0, 1)


def test_what_is_withdrawn_is_not_counted_any_more(shop: Shop) -> None:
    one, *_ = shop.store("find a", "skip it", "find b")
    shop.detect()
    with shop.database.transaction(shop.member.scope) as session:
        source = session.scalars(select(Source).where(Source.slug == "board")).one()
        withdraw(session, source, [one])
    shop.link()
    assert counts(far(shop)) == (1, 1, 0, 0, 0)
    assert far(shop).records == 2


def test_nobody_sees_how_far_another_member_s_are(shop: Shop, organisations: Members) -> None:
    shop.store("find a")
    shop.detect()
    stranger = organisations.police.operator
    with shop.database.transaction(stranger.scope) as session:
        assert [one for one in progress(session, stranger) if one.records or one.done] == []
        assert session.scalars(select(Batch.id).where(Batch.stage != Stage.STORED)).all() == []
