"""Pulls as jobs: bounded, one at a time, each organisation's own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.conftest import Databases, Members
from tests.integration.sources.conftest import Pulling, Strange, line, write

from accord.host.pool import ProcessPool
from accord.sources import pulling
from accord.sources.models import SourcePull, SourceReject
from accord.sources.pulling import pull_source
from accord.worker import run_worker
from accord_auth.errors import NotFound
from accord_config.database import Role
from accord_config.home import Home
from accord_sdk import Manifest
from accord_sdk.host.launch import ProcessLauncher


def test_a_job_is_bounded_and_the_next_one_goes_on(
    from_files: Pulling, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "PAGE_RECORDS", 2)
    monkeypatch.setattr(pulling, "JOB_RECORDS", 4)
    write(folder / "a.jsonl", *(line(key) for key in range(10)))
    asked = from_files.request()
    seen = []
    while from_files.jobs():
        from_files.take_jobs()
        from_files.work()
        seen.append(len(from_files.records()))
    assert seen == [4, 8, 10]
    done = from_files.one(asked)
    assert (done.pages, done.stored, done.finished_at is not None) == (6, 10, True)


def test_a_job_that_was_overtaken_stops(strange: Strange) -> None:
    adverts = strange(
        """
for key in range(start, 5):
    yield Page((record(key),), str(key + 1).encode(), key < 4)
"""
    )
    asked = adverts.request()

    def another_job(pages: int) -> None:
        if pages == 2:
            adverts.work()

    adverts.work(another_job)
    done = adverts.one(asked)
    assert (done.stored, done.unchanged, done.rejected, done.error) == (5, 0, 0, None)
    assert adverts.source().cursor == b"5"


def test_asking_twice_makes_one_pull_and_asking_while_it_runs_makes_another(
    from_files: Pulling, folder: Path
) -> None:
    write(folder / "a.jsonl", line(1))
    first = from_files.request()
    assert from_files.request() == first
    assert from_files.jobs() == 1
    from_files.take_jobs()
    later: list[int] = []

    def ask(pages: int) -> None:
        write(folder / "a.jsonl", line(2))
        later.append(from_files.request())

    from_files.work(ask)
    assert later != [first]
    assert from_files.jobs() == 1
    from_files.work()
    assert from_files.one(later[0]).stored == 1
    assert from_files.records() == ["1", "2"]


class UnluckyLauncher(ProcessLauncher):
    """The first time that the source's plugin is started, somebody asks again and the start fails."""

    def __init__(self, ask: Callable[[], int]) -> None:
        self._ask = ask
        self.starts = 0

    def start(
        self, manifest: Manifest, folders: Sequence[Path] = (), site: Path | None = None
    ) -> subprocess.Popen[bytes]:
        if manifest.name == "files":
            self.starts += 1
            if self.starts == 1:
                self._ask()
                raise OSError("no more processes")
        return super().start(manifest, folders, site)


@pytest.mark.timeout(90)
def test_a_job_that_fails_leaves_its_work_to_the_one_that_waits(
    home: Home, from_files: Pulling, folder: Path
) -> None:
    write(folder / "a.jsonl", line(1))
    asked = from_files.request()
    unlucky = UnluckyLauncher(from_files.request)
    run_worker(home, until_empty=True, launcher=unlucky)
    assert (unlucky.starts, from_files.records(), from_files.jobs()) == (3, ["1"], 0)
    assert from_files.one(asked).stored == 1
    assert [one.pulling for one in from_files.listed()] == [False]


def test_two_organisations_do_not_see_each_others_sources(
    from_files: Pulling, folder: Path, database: Databases, organisations: Members
) -> None:
    write(folder / "a.jsonl", line(1), "{")
    from_files.pull()
    police = Pulling(from_files.home, database(Role.WORKER), organisations.police.operator)
    assert police.listed() == []
    with pytest.raises(NotFound, match="there is no source 'adverts'; there are: none"):
        police.source()
    with pytest.raises(NotFound, match="there is no source 'adverts'; there are: none"):
        police.request()
    police.add(path=str(folder))
    assert (police.rejects(), police.records(), police.source().cursor) == ([], [], None)
    assert [len(one.listed()) for one in (police, from_files)] == [1, 1]
    for role in (Role.WEB, Role.WORKER):
        for model in (SourcePull, SourceReject):
            for member, seen in ((organisations.company, 1), (organisations.police, 0)):
                with database(role).transaction(member.scope) as session:
                    assert session.scalar(select(func.count()).select_from(model)) == seen


def test_the_job_of_one_organisation_does_not_pull_another_ones_source(
    from_files: Pulling, folder: Path, organisations: Members
) -> None:
    write(folder / "a.jsonl", line(1))
    asked = from_files.request()
    pull_source(
        from_files.database, ProcessPool(ProcessLauncher()), organisations.police.id, from_files.source().id
    )
    assert from_files.one(asked).started_at is None
    assert from_files.records() == []
