"""Data sources by plugin: the real database, the real plugin `files` and strange ones in their processes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, text, update
from tests.conftest import Databases, Members, PrincipalOf

from accord.cli import cli
from accord.host.launch import ProcessLauncher
from accord.ingestion.models import Source, StoredRecord
from accord.registry.models import Plugin, PluginStatus
from accord.registry.service import Discovered, discover, synchronise
from accord.sources import pulling, rejects
from accord.sources.models import SourcePull, SourceReject
from accord.sources.pulling import pull_source
from accord.sources.rejects import rejects_of
from accord.sources.service import (
    PULL,
    Listed,
    add_source,
    list_sources,
    remove_source,
    request_pull,
    source_by_slug,
)
from accord.worker import run_worker
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.organisations.models import Organisation, OrganisationStatus
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Database, Role
from accord_config.home import Home
from accord_sdk import Manifest

MANIFEST = """
protocol = 1
name = "strange"
title = "Strange"
summary = "Gives what a test wants."
[provides]
sources = ["strange"]
[config.token]
type = "string"
help = "A key."
secret = true
[config.share]
type = "number"
help = "A share."
[config.times]
type = "integer"
help = "How often."
[config.loud]
type = "boolean"
help = "Whether."
[config.words]
type = "strings"
help = "Words."
[limits]
batch_seconds = 4.0
[card]
purpose = "Tests."
limits = "Tests only."
licence = "Apache-2.0"
contact = "maintainers@example.org"
"""
PLUGIN = """
import datetime, msgspec
from accord_sdk import Page, RejectedRecord, hookimpl

def record(key, **more):
    given = {{"external_id": str(key), "observed_at": "2026-05-01T12:00:00Z", "title": f"offer {{key}}"}}
    return {{**given, **more}}

class Strange:
    name = "strange"
    def pull(self, cursor, call, *, limit):
        start = int(cursor or 0)
{body}

@hookimpl
def accord_sources(context):
    return [Strange()]
"""


def line(key: object, **more: Any) -> dict[str, Any]:
    return {"external_id": str(key), "observed_at": "2026-05-01T12:00:00Z", "title": f"offer {key}", **more}


def write(path: Path, *lines: dict[str, Any] | str) -> None:
    with path.open("a", encoding="utf-8") as file:
        for item in lines:
            file.write((item if isinstance(item, str) else json.dumps(item)) + "\n")


class Pulling:
    """One organisation's source, as its operator and its worker see it."""

    def __init__(self, database: Database, principal: Principal, slug: str = "adverts") -> None:
        self.database = database
        self.principal = principal
        self.slug = slug
        self.launcher: Any = ProcessLauncher()

    def add(self, plugin: str = "files", **settings: str) -> None:
        given = {name: [value] for name, value in settings.items()}
        with self.database.transaction(self.principal.scope) as session:
            add_source(session, self.principal, self.slug, plugin=plugin, settings=given)

    def source(self) -> Source:
        with self.database.transaction(self.principal.scope) as session:
            return source_by_slug(session, self.principal, self.slug)

    def request(self) -> int:
        with self.database.transaction(self.principal.scope) as session:
            return request_pull(session, self.principal, self.slug).id

    def work(self, on_page: Callable[[int], None] | None = None) -> None:
        source = self.source()
        pull_source(self.database, self.launcher, source.organisation_id, source.id, on_page=on_page)

    def pull(self) -> SourcePull:
        asked = self.request()
        for _ in range(3):
            self.work()
            if (pull := self.one(asked)).finished_at is not None:
                return pull
        raise AssertionError("the pull does not come to an end")

    def one(self, pull_id: int) -> SourcePull:
        with self.database.transaction(self.principal.scope) as session:
            return session.get_one(SourcePull, pull_id)

    def records(self) -> list[str]:
        with self.database.transaction(self.principal.scope) as session:
            query = select(StoredRecord.external_id).join(Source, Source.id == StoredRecord.source_id)
            return list(session.scalars(query.where(Source.slug == self.slug).order_by(StoredRecord.id)))

    def rejects(self) -> list[SourceReject]:
        with self.database.transaction(self.principal.scope) as session:
            return list(rejects_of(session, source_by_slug(session, self.principal, self.slug)))

    def listed(self) -> list[Listed]:
        with self.database.transaction(self.principal.scope) as session:
            return list_sources(session, self.principal)

    def jobs(self) -> int:
        query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo'")
        with self.database.transaction(NOBODY) as session:
            return session.scalar(query, {"task": PULL}) or 0

    def take_jobs(self) -> None:
        """As a worker does that starts every waiting job."""
        with self.database.transaction(NOBODY) as session:
            taken = text("DELETE FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo'")
            session.execute(taken, {"task": PULL})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.fixture
def adverts(database: Databases, organisations: Members) -> Pulling:
    return Pulling(database(Role.WORKER), organisations.company.operator)


@pytest.fixture
def from_files(adverts: Pulling, folder: Path) -> Pulling:
    adverts.add(path=str(folder), pattern="*.jsonl")
    return adverts


class StrangeLauncher(ProcessLauncher):
    """Starts the runner beside a plugin that a test wrote."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, manifest: Manifest) -> subprocess.Popen[bytes]:
        path = f"import sys; sys.path.insert(0, {str(self._folder)!r})"
        code = f"{path}\nfrom accord_sdk.runner import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        self.started.append(process)
        return process


Strange = Callable[[str], Pulling]


@pytest.fixture
def strange(adverts: Pulling, tmp_path: Path) -> Strange:
    """The organisation's source of a plugin whose `pull` has this body; written anew at each call."""
    packages = tmp_path / "packages"
    information = packages / "strange-0.1.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: strange\nVersion: 0.1\n")
    (information / "entry_points.txt").write_text("[accord]\nstrange = strange_plugin\n")
    with adverts.database.transaction(NOBODY) as session:
        synchronise(session, [*discover(), Discovered(Manifest.parse(MANIFEST), "0.1")])
    adverts.add("strange")
    adverts.launcher = StrangeLauncher(packages)

    def behave(body: str) -> Pulling:
        indented = "\n".join(f"        {row}" for row in body.strip("\n").splitlines())
        (packages / "strange_plugin.py").write_text(PLUGIN.format(body=indented))
        return adverts

    return behave


def test_pulling_twice_stores_once(from_files: Pulling, folder: Path) -> None:
    write(folder / "a.jsonl", line(1), line(2), line(3))
    first, second = from_files.pull(), from_files.pull()
    assert (first.read, first.stored, first.error) == (3, 3, None)
    assert (second.read, second.stored, second.rejected, second.error) == (0, 0, 0, None)
    assert second.finished_at is not None
    assert from_files.records() == ["1", "2", "3"]


def test_what_a_source_gives_again_is_known(from_files: Pulling, folder: Path) -> None:
    write(folder / "a.jsonl", line(1), line(2))
    from_files.pull()
    write(folder / "b.jsonl", line(2), line(1, title="another text"))
    again = from_files.pull()
    assert (again.stored, again.unchanged, again.rejected) == (0, 1, 1)
    (reject,) = from_files.rejects()
    assert (reject.external_id, reject.position) == ("1", "page 1, record 2")
    assert "already stored with different content" in reject.reason


def test_appended_lines_are_picked_up(from_files: Pulling, folder: Path) -> None:
    write(folder / "a.jsonl", line(1))
    from_files.pull()
    write(folder / "a.jsonl", line(2), line(3))
    appended = from_files.pull()
    assert (appended.read, appended.stored) == (2, 2)
    assert from_files.records() == ["1", "2", "3"]


def test_rejects_are_listed_with_file_and_line(from_files: Pulling, folder: Path) -> None:
    write(folder / "a.jsonl", line(1), "{not json", line(2), line("late", observed_at="yesterday"))
    pull = from_files.pull()
    assert (pull.read, pull.stored, pull.rejected) == (4, 2, 2)
    unreadable, refused = from_files.rejects()
    assert (unreadable.position, unreadable.external_id) == ("a.jsonl:2", None)
    assert "JSON" in unreadable.reason
    assert (refused.position, refused.external_id) == ("page 1, record 3", "late")
    assert "observed_at" in refused.reason


def test_a_reject_that_is_seen_again_is_kept_once(from_files: Pulling, folder: Path) -> None:
    for text_after in ("", "# a first change\n", "# a second change of the file\n"):
        (folder / "a.jsonl").write_text("{not json\n" + json.dumps(line(1)) + "\n" + text_after)
        from_files.pull()
    assert [reject.position for reject in from_files.rejects()] == ["a.jsonl:1", "a.jsonl:3"]


def test_the_newest_rejects_of_a_source_are_kept(
    from_files: Pulling, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejects, "KEPT", 3)
    write(folder / "a.jsonl", "{", "{", "{")
    from_files.pull()
    write(folder / "a.jsonl", "{", "{")
    assert from_files.pull().rejected == 2
    kept = {reject.position for reject in from_files.rejects()}
    assert len(kept) == 3
    assert {"a.jsonl:4", "a.jsonl:5"} < kept


def test_a_failing_plugin_keeps_what_it_gave_and_the_cursor_behind_it(strange: Strange) -> None:
    adverts = strange(
        """
yield Page((record(start), record(start + 1)), str(start + 2).encode(), True)
raise OSError("the other side hung up\\x1b[2J")
"""
    )
    failed = adverts.pull()
    assert failed.finished_at is not None
    assert failed.error == "strange: OSError: the other side hung up\N{REPLACEMENT CHARACTER}[2J"
    assert (failed.stored, adverts.source().cursor) == (2, b"2")
    assert [(one.last_error, one.pulling) for one in adverts.listed()] == [(failed.error, False)]
    strange("yield Page((record(start),), str(start + 1).encode(), False)")
    mended = adverts.pull()
    assert (mended.stored, mended.error, adverts.source().cursor) == (1, None, b"3")
    assert adverts.records() == ["0", "1", "2"]
    assert [one.last_error for one in adverts.listed()] == [None]


def test_a_plugin_that_fails_at_once_keeps_the_cursor(from_files: Pulling, folder: Path) -> None:
    write(folder / "a.jsonl", line(1))
    from_files.pull()
    cursor = from_files.source().cursor
    folder.rename(folder.with_name("away"))
    failed = from_files.pull()
    assert failed.error is not None
    assert "no file and no folder" in failed.error
    assert from_files.source().cursor == cursor
    folder.with_name("away").rename(folder)
    assert (from_files.pull().error, from_files.records()) == (None, ["1"])


def test_a_plugin_killed_between_pages_loses_nothing(strange: Strange) -> None:
    adverts = strange(
        """
for key in range(start, 4):
    yield Page((record(key),), str(key + 1).encode(), key < 3)
    if start == 0 and key == 1:
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
"""
    )
    killed = adverts.pull()
    assert killed.error == "strange ended with exit code -9"
    assert (adverts.records(), adverts.source().cursor) == (["0", "1"], b"2")
    assert adverts.pull().error is None
    assert adverts.records() == ["0", "1", "2", "3"]


CHILD = """
import os, signal, sys
from uuid import UUID
from accord.host.launch import ProcessLauncher
from accord.sources.pulling import pull_source
from accord_config.database import Database

def die(pages):
    if pages == 2:
        os.kill(os.getpid(), signal.SIGKILL)

url, organisation, source = sys.argv[1:]
pull_source(Database(url), ProcessLauncher(), UUID(organisation), UUID(source), on_page=die)
"""


def test_a_worker_killed_between_pages_loses_nothing(home: Home, from_files: Pulling, folder: Path) -> None:
    write(folder / "a.jsonl", *(line(key) for key in range(1_700)))
    asked = from_files.request()
    source = from_files.source()
    url = home.url(Role.WORKER).render_as_string(hide_password=False)
    killed = subprocess.run(
        [sys.executable, "-c", CHILD, url, str(source.organisation_id), str(source.id)],
        check=False,
        timeout=120,
    )
    assert killed.returncode == -signal.SIGKILL
    half = from_files.one(asked)
    assert (half.stored, half.finished_at, len(from_files.records())) == (1_000, None, 1_000)
    from_files.work()
    whole = from_files.one(asked)
    assert (whole.read, whole.stored, whole.unchanged, whole.error) == (1_700, 1_700, 0, None)
    assert sorted(map(int, from_files.records())) == list(range(1_700))


def test_values_that_are_not_json_are_refused_one_by_one(strange: Strange) -> None:
    adverts = strange(
        """
deep = []
for _ in range(400):
    deep = [deep]
values = [
    datetime.datetime(2026, 5, 1, tzinfo=datetime.timezone.utc), msgspec.msgpack.Ext(5, b"x"), b"bytes",
    float("nan"), {1: "one"}, {"in": [msgspec.msgpack.Ext(6, b"y")]}, deep, "\\x00", "x" * 3_000_000,
]
records = tuple(record(number, extra={"value": value}) for number, value in enumerate(values))
odd = ({"external_id": 7, "observed_at": values[0]}, {}, {"external_id": "o", "observed_at": ["2026"]})
yield Page((record("good"), *records, *odd), b"1", False)
"""
    )
    pull = adverts.pull()
    assert (pull.error, pull.stored, pull.rejected) == (None, 1, 12)
    assert adverts.records() == ["good"]
    reasons = {reject.external_id or reject.position: reject.reason for reject in adverts.rejects()}
    wanted = ["datetime", "Ext", "bytes", "NaN", "keys", "Ext", "levels", "NUL", "longer"]
    assert all(word in reasons[str(number)] for number, word in enumerate(wanted)), reasons
    assert "datetime" in reasons["page 1, record 11"]
    assert "external_id" in reasons["page 1, record 12"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("yield Page((), b'', True)\nyield Page((), b'', True)", "does not move on"),
        ("yield Page(tuple(record(key) for key in range(limit + 1)), b'1', False)", "a page of 501 records"),
        ("yield Page((), bytes(17 * 1024 * 1024), False)", "cursor of more than"),
        ("yield {'records': []}", "not a frame"),
        ("yield Page((7,), b'1', False)", "not a frame"),
        ("import time\ntime.sleep(30)\nyield Page((), b'', False)", "time limit"),
    ],
)
def test_a_page_that_breaks_the_contract_is_not_kept(strange: Strange, body: str, word: str) -> None:
    adverts = strange(body)
    pull = adverts.pull()
    assert pull.error is not None
    assert word in pull.error
    assert adverts.records() == []


def test_what_was_withdrawn_and_what_the_source_could_not_read_are_counted(strange: Strange) -> None:
    adverts = strange(
        """
rejected = tuple(RejectedRecord(f"page {n}\\x00", "row is broken" * 100) for n in range(3))
yield Page((record(1),), b"1", False, removed=("1", "2"), rejected=rejected)
"""
    )
    pull = adverts.pull()
    assert (pull.read, pull.stored, pull.rejected, pull.removed) == (4, 1, 3, 2)
    assert adverts.records() == ["1"]
    assert [len(reject.reason) for reject in adverts.rejects()] == [500] * 3


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

    def start(self, manifest: Manifest) -> subprocess.Popen[bytes]:
        if manifest.name == "files":
            self.starts += 1
            if self.starts == 1:
                self._ask()
                raise OSError("no more processes")
        return super().start(manifest)


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
    police = Pulling(database(Role.WORKER), organisations.police.operator)
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
    pull_source(from_files.database, ProcessLauncher(), organisations.police.id, from_files.source().id)
    assert from_files.one(asked).started_at is None
    assert from_files.records() == []


@pytest.mark.parametrize(
    ("settings", "problems"),
    [
        ({}, {"path": "is missing"}),
        ({"path": ["  "]}, {"path": "is empty"}),
        ({"path": ["/a", "/b"]}, {"path": "more than once"}),
        ({"path": ["/a\x00"]}, {"path": "cannot be stored"}),
        ({"path": ["/a"], "paths": ["/b"]}, {"paths": "there are: path, pattern"}),
        ({"patern": ["*"]}, {"path": "is missing", "patern": "is no setting"}),
    ],
)
def test_settings_are_held_to_the_manifest(
    adverts: Pulling, settings: dict[str, list[str]], problems: dict[str, str]
) -> None:
    with adverts.database.transaction(adverts.principal.scope) as session:
        with pytest.raises(Invalid) as caught:
            add_source(session, adverts.principal, "adverts", plugin="files", settings=settings)
        assert set(caught.value.fields) == set(problems)
        assert all(word in caught.value.fields[name][0] for name, word in problems.items())
    assert adverts.listed() == []


def test_settings_have_their_types_and_secrets_are_hidden(strange: Strange) -> None:
    adverts = strange("yield Page((), b'', False)")
    given = {"token": ["k"], "share": ["0.5"], "times": ["3"], "loud": ["true"], "words": ["a", "b"]}
    with adverts.database.transaction(adverts.principal.scope) as session:
        add_source(session, adverts.principal, "typed", plugin="strange", settings=given)
        stored = source_by_slug(session, adverts.principal, "typed").config
        wrong = {"share": ["inf"], "times": ["3.5"], "loud": ["loudly"]}
        with pytest.raises(Invalid) as caught:
            add_source(session, adverts.principal, "wrong", plugin="strange", settings=wrong)
    assert stored == {"token": "k", "share": 0.5, "times": 3, "loud": True, "words": ["a", "b"]}
    assert set(caught.value.fields) == set(wrong)
    shown = next(one.config for one in adverts.listed() if one.slug == "typed")
    assert shown == {**stored, "token": "(hidden)"}


def test_a_slug_is_taken_once_and_a_plugin_needs_a_source(from_files: Pulling, folder: Path) -> None:
    with pytest.raises(Conflict, match="already"):
        from_files.add(path=str(folder))
    for plugin in ("selectors", "nothing"):
        with pytest.raises(NotFound, match=f"'{plugin}' with a data source can be used; there are: files"):
            from_files.add(plugin)


def test_only_a_source_without_records_can_be_removed(from_files: Pulling, folder: Path) -> None:
    def remove() -> None:
        with from_files.database.transaction(from_files.principal.scope) as session:
            remove_source(session, from_files.principal, "adverts")

    write(folder / "a.jsonl", "{")
    from_files.pull()
    remove()
    assert from_files.listed() == []
    from_files.add(path=str(folder))
    assert from_files.rejects() == []
    write(folder / "a.jsonl", line(1))
    from_files.pull()
    with pytest.raises(Conflict, match="holds 1 records"):
        remove()
    assert [one.records for one in from_files.listed()] == [1]


def test_a_job_of_a_removed_source_does_nothing(from_files: Pulling) -> None:
    from_files.request()
    source = from_files.source()
    with from_files.database.transaction(from_files.principal.scope) as session:
        remove_source(session, from_files.principal, "adverts")
    pull_source(from_files.database, ProcessLauncher(), source.organisation_id, source.id)
    assert from_files.listed() == []


def test_without_the_permission_nothing_is_added_pulled_or_removed(
    from_files: Pulling, organisations: Members, principal_of: PrincipalOf
) -> None:
    auditor = principal_of(organisations.company, PersonRole.AUDITOR)
    with from_files.database.transaction(auditor.scope) as session:
        for forbidden in (
            lambda: add_source(session, auditor, "other", plugin="files", settings={"path": ["/a"]}),
            lambda: request_pull(session, auditor, "adverts"),
            lambda: remove_source(session, auditor, "adverts"),
            lambda: list_sources(session, auditor),
            lambda: source_by_slug(session, auditor, "adverts"),
        ):
            with pytest.raises(PermissionDenied):
                forbidden()


def test_a_suspended_plugin_or_organisation_is_not_pulled_for(
    from_files: Pulling, folder: Path, database: Databases, organisations: Members
) -> None:
    write(folder / "a.jsonl", line(1))
    with from_files.database.transaction(NOBODY) as session:
        session.execute(update(Plugin).where(Plugin.name == "files").values(status=PluginStatus.SUSPENDED))
    assert "no plugin 'files'" in (from_files.pull().error or "")
    with from_files.database.transaction(NOBODY) as session:
        session.execute(update(Plugin).where(Plugin.name == "files").values(status=PluginStatus.APPROVED))
    with database(Role.GATE).transaction(NOBODY) as session:
        mine = update(Organisation).where(Organisation.id == organisations.company.id)
        session.execute(mine.values(status=OrganisationStatus.SUSPENDED))
    assert "is suspended" in (from_files.pull().error or "")
    assert from_files.records() == []


@pytest.fixture
def accord(home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line on the test's home; its worker is a process of its own."""
    monkeypatch.setenv("ACCORD_HOME", str(home.path))
    monkeypatch.setenv("ACCORD_DATABASE_URL", home.settings.database_url or "")
    monkeypatch.setenv("ACCORD_LOG_LEVEL", "ERROR")
    return lambda *words: CliRunner().invoke(cli, ["sources", *words])


def test_the_command_line_from_adding_to_removing(accord: Callable[..., Result], folder: Path) -> None:
    write(folder / "a.jsonl", line(1), "{", line(2))
    assert accord("add", "adverts", "--plugin", "files", "--set", f"path={folder}").exit_code == 0
    pulled = accord("pull", "adverts")
    assert pulled.exit_code == 0, pulled.output
    assert "adverts: 3 read, 2 stored, 0 unchanged, 1 rejected\n" in pulled.output
    (reject,) = (json.loads(row) for row in accord("rejects", "adverts").output.splitlines())
    assert (reject["position"], reject["external_id"]) == ("a.jsonl:2", None)
    (listed,) = (json.loads(row) for row in accord("list").output.splitlines())
    assert (listed["slug"], listed["plugin"], listed["records"], listed["last_error"]) == (
        "adverts",
        "files",
        2,
        None,
    )
    assert isinstance(accord("remove", "adverts").exception, Conflict)
    folder.joinpath("a.jsonl").unlink()
    folder.rmdir()
    failed = accord("pull", "adverts")
    assert failed.exit_code == 1
    assert "the source failed: files: FileNotFoundError" in failed.output
    assert accord("add", "empty", "--plugin", "files", "--set", "path").exit_code == 2
    assert accord("add", "empty", "--plugin", "files", "--set", "path=/nowhere").exit_code == 0
    assert accord("pull", "empty", "--no-wait").exit_code == 0
    assert accord("remove", "empty").output == "empty: removed\n"
